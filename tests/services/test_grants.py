"""Who decides about what makes an officer more powerful, and what the decision does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError

from feedback.extensions import db
from feedback.services import alarms, factors, grants, officers, staffing
from feedback.services.errors import Refused
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services.kit import rows

Behind = psycopg.Connection[Any]


@pytest.fixture
def admin(make: Make) -> int:
    return make.officer("PO-PSMGG", "admin")


@pytest.fixture
def second_admin(make: Make) -> int:
    return make.officer("PO-PSMGG", "admin")


def ask(admin: int, kind: str, officer: int, now: datetime, **more: Any) -> grants.Outcome:
    with transaction(Principal.of_officer(admin)):
        return grants.ask(kind, officer, now, **more)


def waiting(officer: int, now: datetime) -> list[UUID]:
    with transaction(Principal.of_officer(officer)):
        return [request.id for request in grants.to_decide(now)]


def decide(officer: int, request: UUID, now: datetime, approve: bool = True) -> grants.Outcome:
    with transaction(Principal.of_officer(officer)):
        return grants.decide(request, now, approve=approve)


def approvers(admin: int, superuser: Behind) -> list[int]:
    (request,) = rows(superuser, "SELECT id FROM grant_request ORDER BY ctid DESC LIMIT 1")
    with transaction(Principal.of_officer(admin)):
        return sorted(db.session.scalar(select(func.guard.approvers(request["id"]))) or [])


def test_the_head_decides_for_the_institution(
    make: Make, admin: int, second_admin: int, monday: datetime, superuser: Behind
) -> None:
    officer = make.officer("DODOMA-CC", "handler")
    head = make.officer("DODOMA-CC", "head")
    above = make.officer("RS-DODOMA", "oversight")
    make.hold(above, "RS-DODOMA", "institution_head")
    ask(admin, "roles", officer, monday, roles=["coordinator"])
    assert approvers(admin, superuser) == [above]  # nobody holds the council's own post
    make.hold(head, "DODOMA-CC", "institution_head")
    assert approvers(admin, superuser) == [head]
    deputy = make.officer("DODOMA-CC", "head")
    make.hold(deputy, "DODOMA-CC", "institution_head", capacity="deputy")
    assert approvers(admin, superuser) == [head]
    today = datetime.now().date()  # noqa: DTZ005 - the database's own day decides who acts
    make.leave(head, today - timedelta(days=1), today + timedelta(days=2))
    assert deputy in approvers(admin, superuser)
    assert not waiting(second_admin, monday)


def test_an_ethics_officer_decides_for_ethics(
    make: Make, admin: int, second_admin: int, monday: datetime, superuser: Behind
) -> None:
    officer = make.officer("ETHICS", "handler")
    head = make.officer("ETHICS", "head")
    make.hold(head, "ETHICS", "institution_head")
    ask(admin, "roles", officer, monday, roles=["ethics"])
    assert approvers(admin, superuser) == [second_admin]  # no ethics officer yet
    first = make.officer("DODOMA-CC", "ethics")
    assert approvers(admin, superuser) == [first]
    for kind in ("password", "factors", "activate"):
        ask(admin, kind, first, monday)
        assert approvers(admin, superuser) == [second_admin]  # never about oneself
    senior = make.officer("ETHICS", "handler")
    post = make.hold(senior, "ETHICS", "ethics_senior")
    ask(admin, "password", senior, monday)
    assert approvers(admin, superuser) == [first]  # the post reads, whatever the role
    ask(admin, "post", officer, monday, post_id=post, capacity="deputy")
    assert approvers(admin, superuser) == [first]


def test_nobody_makes_an_ethics_officer_alone_by_closing_the_others(
    make: Make, admin: int, monday: datetime
) -> None:
    first = make.officer("ETHICS", "handler")
    assert ask(admin, "roles", first, monday, roles=["ethics"]).state in ("done", "code")
    friend = make.officer("ETHICS", "handler")
    with transaction(Principal.of_officer(admin)):
        staffing.deactivate(first, monday)
    with pytest.raises(Refused, match="nobody-decides"):
        ask(admin, "roles", friend, monday, roles=["ethics"])
    assert ask(admin, "roles", friend, monday, roles=["coordinator"]).state in ("done", "code")


@pytest.fixture
def official(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler", name="Neema Swai")


def test_nobody_makes_an_administrator_alone(
    make: Make, admin: int, official: int, monday: datetime, superuser: Behind
) -> None:
    """A second one whose code the first holds is no second person."""
    with pytest.raises(Refused, match="nobody-decides"):
        ask(admin, "roles", official, monday, roles=["admin"])
    with pytest.raises(Refused, match="nobody-decides"):
        ask(admin, "roles", official, monday, roles=["admin", "auditor"])
    assert rows(superuser, "SELECT FROM alarm WHERE kind = 'granted_alone'") == []
    assert ask(admin, "roles", official, monday, roles=["coordinator"]).state == "done"


@pytest.mark.parametrize("kind", ["password", "factors"])
def test_nobody_gets_into_the_only_other_administrators_account(
    admin: int, second_admin: int, official: int, monday: datetime, kind: str
) -> None:
    with pytest.raises(Refused, match="nobody-decides"):
        ask(admin, kind, second_admin, monday)
    assert ask(admin, kind, official, monday).state == "pending"


@pytest.mark.parametrize("way", ["closes", "takes the role"])
def test_nobody_is_alone_by_sending_the_other_administrator_away(
    admin: int, second_admin: int, official: int, monday: datetime, superuser: Behind, way: str
) -> None:
    superuser.execute("UPDATE officer SET roles = '{admin,auditor}' WHERE id = %s", (second_admin,))
    with transaction(Principal.of_officer(admin)):
        if way == "closes":
            staffing.deactivate(second_admin, monday)
        else:
            staffing.set_roles(second_admin, ["auditor"], monday)
    for kind, roles in (("roles", ["head"]), ("password", []), ("activate", [])):
        with pytest.raises(Refused, match="nobody-decides"):
            ask(admin, kind, official, monday, roles=roles)
    with pytest.raises(Refused, match="nobody-decides"):
        ask(admin, "activate", second_admin, monday)


@pytest.mark.parametrize("way", ["closes", "empties the post", "takes the role"])
def test_nobody_is_alone_by_sending_the_head_away(
    make: Make, admin: int, official: int, monday: datetime, way: str
) -> None:
    head = make.officer("RS-DODOMA", "oversight", "head")
    post = make.hold(head, "RS-DODOMA", "institution_head")
    with transaction(Principal.of_officer(admin)):
        if way == "closes":
            staffing.deactivate(head, monday)
        elif way == "takes the role":
            staffing.set_roles(head, ["oversight"], monday)
        else:
            staffing.seat(post, None, None, datetime.now(UTC))
    wanted = {"roles": ["head"]}
    if way == "takes the role":  # the post decides, and it is still held
        assert ask(admin, "roles", official, monday, **wanted).state == "pending"
        return
    with pytest.raises(Refused, match="nobody-decides"):
        ask(admin, "roles", official, monday, **wanted)
    # Where no head ever was the first one is still made, and an alarm tells.
    elsewhere = make.officer("TANESCO", "handler")
    assert ask(admin, "roles", elsewhere, monday, **wanted).state == "done"


def test_an_alarm_about_power_given_alone_is_settled_by_another(
    make: Make, admin: int, official: int, monday: datetime, superuser: Behind
) -> None:
    for kind in ("roles", "password"):
        ask(admin, kind, official, monday, roles=["coordinator"] if kind == "roles" else [])
    first, second = (row["id"] for row in rows(superuser, "SELECT id FROM alarm ORDER BY id"))
    other = make.officer("PO-PSMGG", "admin")
    superuser.execute("UPDATE officer SET roles = '{admin}' WHERE id = %s", (official,))
    for who, may in ((admin, False), (official, False), (other, True)):
        with transaction(Principal.of_officer(who)):
            listed = {row.id: row.may_settle for row in alarms.standing(None)[0]}
        assert listed == {first: may, second: may}
    for who in (admin, official):
        with pytest.raises(Refused, match="yourself"), transaction(Principal.of_officer(who)):
            alarms.settle(first, monday)
        with transaction(Principal.of_officer(who)) as session:
            done = session.execute(text("UPDATE alarm SET settled_at = now()"))
            assert done.rowcount == 0  # type: ignore[attr-defined]
    with transaction(Principal.of_officer(other)):
        alarms.settle(first, monday)
    left = rows(superuser, "SELECT id FROM alarm WHERE settled_at IS NULL")
    assert left == [{"id": second}]


def test_no_administrator_changes_what_a_seat_gives(make: Make, admin: int) -> None:
    for statement in (
        "UPDATE post SET kind = 'institution_head', unit_id = NULL",
        "INSERT INTO post SELECT * FROM post LIMIT 1",
    ):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction(Principal.of_officer(admin)) as session,
        ):
            session.execute(text(statement))


def test_nobody_else_decides(
    make: Make, admin: int, second_admin: int, monday: datetime, superuser: Behind
) -> None:
    officer = make.officer("DODOMA-CC", "handler")
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    ask(admin, "roles", officer, monday, roles=["coordinator"])
    (request,) = waiting(head, monday)
    for other in (admin, second_admin, officer):
        assert request not in waiting(other, monday)
        with (
            pytest.raises((ProgrammingError, Refused)),
            transaction(Principal.of_officer(other)),
        ):
            grants.decide(request, monday, approve=True)
        with pytest.raises(ProgrammingError), transaction(Principal.of_officer(other)):
            db.session.execute(select(func.guard.decide(request, True, b"", monday)))
    assert decide(head, request, monday).state == "done"
    assert rows(superuser, "SELECT roles FROM officer WHERE id = %s", officer) == [
        {"roles": ["coordinator", "handler"]}
    ]
    told = rows(superuser, "SELECT officer_id, kind FROM notice ORDER BY kind")
    assert told == [
        {"officer_id": head, "kind": "grant_asked"},
        {"officer_id": officer, "kind": "granted_roles"},
    ]


def test_a_request_waits_seven_days_and_is_decided_once(
    make: Make, admin: int, second_admin: int, monday: datetime
) -> None:
    officer = make.officer("DODOMA-CC", "handler")
    ask(admin, "roles", officer, monday, roles=["coordinator"])
    (request,) = waiting(second_admin, monday + timedelta(days=6, hours=23))
    late = monday + timedelta(days=7)
    assert not waiting(second_admin, late)
    with pytest.raises(Refused, match="not-found"):
        decide(second_admin, request, late)
    with pytest.raises(Refused, match="gone"):
        decide_as_seen(second_admin, request, monday, late)
    ask(admin, "roles", officer, late, roles=["coordinator"])  # once more
    (again,) = waiting(second_admin, late)
    assert decide(second_admin, again, late, approve=False).state == "refused"
    with pytest.raises(Refused):
        decide(second_admin, again, late)


def decide_as_seen(officer: int, request: UUID, seen: datetime, now: datetime) -> None:
    """The page was opened in time, the button pressed too late."""
    with transaction(Principal.of_officer(officer)):
        assert [each.id for each in grants.to_decide(seen)] == [request]
        answer = db.session.scalar(select(func.guard.decide(request, True, b"", now)))
        raise Refused(answer or "")


def test_the_same_is_asked_once_and_nobody_bootstraps_oneself(
    make: Make, admin: int, monday: datetime
) -> None:
    with pytest.raises(Refused, match="nobody-decides"):
        ask(admin, "roles", admin, monday, roles=["ethics"])
    with pytest.raises(Refused, match="bad-roles"):
        ask(admin, "roles", admin, monday, roles=["king"])
    make.officer("PO-PSMGG", "admin")
    assert ask(admin, "roles", admin, monday, roles=["ethics"]).state == "pending"
    with pytest.raises(Refused, match="asked-already"):
        ask(admin, "roles", admin, monday, roles=["ethics"])


def test_a_reset_of_factors_takes_every_way_in_away(
    make: Make, admin: int, second_admin: int, monday: datetime, superuser: Behind
) -> None:
    official = make.officer("RS-DODOMA", "oversight")
    with transaction(Principal.of_officer(official)):
        factors.new_recovery_codes(official, monday)
    ask(admin, "factors", official, monday)
    (request,) = waiting(second_admin, monday)
    outcome = decide(second_admin, request, monday)
    assert outcome.state == "code"
    for table in ("credential", "totp", "recovery_code", "passkey"):
        left = rows(superuser, f"SELECT FROM {table} WHERE officer_id = %s", official)
        assert not left, table
    kept = rows(superuser, "SELECT code_hash FROM access_code")
    assert outcome.code.encode() not in bytes(kept[0]["code_hash"])


def test_an_invitation_under_way_stays_good(
    make: Make, admin: int, monday: datetime, superuser: Behind
) -> None:
    officer = make.officer("DODOMA-CC", "handler")
    post = make.hold(make.officer("DODOMA-CC", "handler"), "DODOMA-CC", "hr_head")
    superuser.execute("DELETE FROM credential WHERE officer_id = %s", (officer,))
    first = ask(admin, "roles", officer, monday, roles=["coordinator"])
    assert first.state == "code"
    assert ask(admin, "roles", officer, monday, roles=["head"]).state == "done"
    given = {"post_id": post, "capacity": "deputy"}
    assert ask(admin, "post", officer, monday, **given).state == "done"
    with transaction(Principal("login")):
        found = officers.redeem(first.username, first.code, "maneno matatu yangu peke", monday)
    assert found == officer
    late = ask(admin, "password", officer, monday)
    assert (late.state, late.code != first.code) == ("code", True)
    with transaction(Principal("login")):
        for code, moment in ((first.code, monday), (late.code, monday + timedelta(days=7))):
            found = officers.redeem(late.username, code, "maneno matatu yangu peke", moment)
            assert found is None


def test_an_administrator_reads_requests_with_their_names_in_one_query(
    make: Make, admin: int, second_admin: int, monday: datetime, query_count: Any
) -> None:
    officers = [make.officer("DODOMA-CC", "handler") for _ in range(4)]
    for number in officers:
        ask(admin, "roles", number, monday, roles=["coordinator"])
    with transaction(Principal.of_officer(admin)):
        staffing.officer(admin)
        with query_count() as counted:
            found = grants.asked_about(officers, monday)
    assert (len(found), counted.number) == (4, 1)
    assert {request.kind for request in found} == {"roles"}
