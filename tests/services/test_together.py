"""Related and divided cases, and words that are covered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from feedback import jobs
from feedback.rules.redaction import COVERED
from feedback.services import (
    citizen,
    conflicts,
    desk,
    duplicates,
    identity,
    receipts,
    redaction,
    related,
    splitting,
    views,
)
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]
SAID = "Juma Kapuya alichukua fedha yangu sokoni. Pia taa ya barabarani haiwaki."


def words_of(case_id: UUID, now: datetime) -> list[str]:
    """What the citizen wrote, as the present officer reads it."""
    page = views.for_officer(case_id, now)
    return [line.body for line in page.messages if line.author == "citizen"]


# Related


def test_a_link_stands_on_both_pages_for_who_may_read_both(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    make.officer("KONDOA-DC", "handler")
    first = make.case(monday)
    secret = make.case(monday, confidentiality="confidential")
    elsewhere = make.case(monday, institution="KONDOA-DC")
    with as_officer(handler):
        related.link(first.case_id, secret.reference, "Barabara ileile", monday)
        for case, other in ((first, secret), (secret, first)):
            (link,) = related.of_case(case.case_id)
            assert (link.reference, link.note) == (other.reference, "Barabara ileile")
    # The coordinator knows that the confidential case exists, and reads none of its words.
    with as_officer(coordinator):
        assert views.case_id_of(secret.reference)
        assert not related.of_case(first.case_id)
        assert not related.of_case(secret.case_id)
        with pytest.raises(Refused, match="no-such-case"):
            related.link(first.case_id, secret.reference, "", monday)
    for target, code in ((secret, "linked"), (first, "same-case"), (elsewhere, "no-such-case")):
        with pytest.raises(Refused, match=code), as_officer(handler):
            related.link(first.case_id, target.reference, "", monday)
    assert b"Barabara" not in bytes(kit.rows(superuser, "SELECT note FROM case_link")[0]["note"])
    with as_officer(handler):
        related.unlink(secret.case_id, link.id, monday)
        assert not related.of_case(first.case_id)
    assert {"linked", "unlinked"} <= set(kit.acts(superuser, first.case_id))
    with transaction(Principal.of_case(first.case_id)):
        assert secret.reference not in repr(views.for_citizen(first.case_id, monday))


def test_what_is_possibly_the_same_says_why(
    make: Make, monday: datetime, as_officer: AsOfficer, query_count: Any
) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    make.officer("DODOMA-CC", "handler")
    words = "Taa za barabara ya Nyerere hazijawaka kwa wiki mbili sasa."
    place = {"category": "ROADS", "place": "TZ-03"}
    case = make.case(monday, body=words, **place)
    similar = make.case(
        monday + timedelta(days=1),
        body="Taa za barabara ya Nyerere haziwaki kwa wiki mbili.",
        category="ROADS",
    )
    same_place = make.case(monday, body="Shimo kubwa.", **place)
    make.case(monday, body="Daraja limevunjika kabisa.", category="ROADS")
    make.case(monday, body=words, confidentiality="confidential", **place)
    make.case(monday - timedelta(days=90), body=words, **place)
    closed = make.case(monday, body=words, **place)
    with as_officer(handler):
        desk.answer(closed.case_id, "Tayari.", monday)

    def suggested() -> tuple[int, dict[str, tuple[str, ...]]]:
        with as_officer(handler):
            page = views.for_officer(case.case_id, monday)
            with query_count() as counted:
                found = related.possibly_same(page)
        return counted.number, {each.reference: each.reasons for each in found}

    number, found = suggested()
    assert found == {
        similar.reference: ("category", "words"),
        same_place.reference: ("place", "category"),
    }
    for _ in range(8):
        make.case(monday, body=words, **place)
    more, found = suggested()
    assert (more, len(found)) == (number, related.SHOWN)


# Divided


def test_the_second_case_inherits_what_the_first_had(
    app: Flask, make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    named = make.officer("DODOMA-CC", "coordinator", name="Juma Kapuya")
    case = make.case(
        monday,
        body=SAID,
        phone="+255712000001",
        name="Neema Mushi",
        persons="Juma Kapuya",
        confidentiality="confidential",
    )
    now = monday + timedelta(days=5)
    with as_officer(handler):
        desk.ask(case.case_id, "Taa ipi?", monday + timedelta(days=1))
        splitting.ask(case.case_id, "Taa ya barabarani haiwaki.", "ROADS", None, now)
        assert splitting.waiting(case.case_id) == 1
    paused = kit.case_row(superuser, case.case_id)["due_at"]
    with transaction(JOB):
        assert splitting.make_next(now)
        assert not splitting.make_next(now)
    (made,) = kit.rows(superuser, 'SELECT * FROM "case" WHERE id <> %s', case.case_id)
    first = kit.case_row(superuser, case.case_id)
    for column in ("received_at", "language", "channel", "reachable", "confidentiality", "kind"):
        assert made[column] == first[column], column
    # The clock as frozen; the pause, which the other matter brought about, ends for this one.
    began = {
        kit.clock(superuser, each, "answer")["starts_at"] for each in (case.case_id, made["id"])
    }
    assert len(began) == 1
    assert made["due_at"] < paused
    assert made["first_response_at"] == first["first_response_at"]
    assert made["handler_id"] not in (None, named)
    kept = [
        {row["officer_id"] for row in kit.of_case(superuser, "conflict", each, "officer_id")}
        for each in (case.case_id, made["id"])
    ]
    assert kept[0] == kept[1] == {named}
    with transaction(JOB):
        assert identity.phone_of(made["id"]) == "+255712000001"
        assert identity.is_number_of(made["id"], "+255712000001")
        said = conflicts.said_in_all([made["id"]])[made["id"]]
        assert (list(said.texts), said.persons) == (["Taa ya barabarani haiwaki."], "Juma Kapuya")
    (words,) = kit.of_case(superuser, "message", made["id"])
    assert words["body"] is None
    assert words["sealed"]
    assert kit.owed(superuser, case.case_id)[-1] == "divided"
    # Both citizens' pages are one person's: the first shows the code of the second.
    with transaction(Principal.of_case(case.case_id)):
        (other,) = splitting.of_citizen()
    assert other.reference == made["reference"]
    with transaction(Principal("receipt-check")):
        assert receipts.check(other.reference, other.code, now) == made["id"]
    with transaction(Principal.of_case(made["id"])):
        assert not splitting.of_citizen()
        page = views.for_citizen(made["id"], now)
        assert [line.body for line in page.messages] == ["Taa ya barabarani haiwaki."]
    with as_officer(handler):
        (link,) = related.of_case(case.case_id)
        assert (link.kind, link.reference) == ("split", made["reference"])
        with pytest.raises(Refused, match="not-found"):
            related.unlink(case.case_id, link.id, now)
    assert jobs.divide() == {"made": 0, "failed": 0}


def test_two_workers_make_the_second_case_once(
    app: Flask, make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    case = make.case(monday)
    with as_officer(handler):
        splitting.ask(case.case_id, "Jambo la pili.", "", None, monday)

    def work() -> bool:
        with transaction(JOB):
            return splitting.make_next(monday)

    assert sorted(kit.together(app, [work, work])) == [False, True]
    assert kit.rows(superuser, 'SELECT count(*) AS n FROM "case"')[0]["n"] == 2


def test_a_division_that_breaks_keeps_no_other_waiting(
    app: Flask, make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    for _ in range(2):
        case = make.case(monday)
        with as_officer(handler):
            splitting.ask(case.case_id, "Jambo la pili.", "", None, monday)
        superuser.execute("UPDATE case_split SET words = '\\x00', at = at - interval '1 hour'"
                          " WHERE case_id = %s AND NOT EXISTS (SELECT FROM case_split WHERE"
                          " words = '\\x00')", [case.case_id])  # fmt: skip
    assert jobs.divide() == {"made": 1, "failed": 1}
    assert len(kit.rows(superuser, "SELECT 1 FROM case_split WHERE made_id IS NULL")) == 1


# Covered


def test_covered_words_are_read_by_the_citizen_and_ethics_alone(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    ethics = make.officer("ETHICS", "ethics")
    own_ethics = make.officer("DODOMA-CC", "ethics")
    kept_away = make.officer("ETHICS", "ethics")
    for level in ("open", "confidential"):
        case = make.case(monday, body=SAID, confidentiality=level)
        make.exclude(case.case_id, kept_away, monday)
        with as_officer(handler):
            (line,) = views.for_officer(case.case_id, monday).messages
            redaction.cover(case.case_id, line.id, monday, passage="Juma Kapuya")
            redaction.cover(
                case.case_id,
                line.id,
                monday,
                edited=f"{COVERED} alichukua [...]. Pia taa ya barabarani haiwaki.",
            )
            assert words_of(case.case_id, monday) == [
                f"{COVERED} alichukua {COVERED}. Pia taa ya barabarani haiwaki."
            ]
            with pytest.raises(Refused, match="changed"):
                redaction.cover(case.case_id, line.id, monday, edited="Maneno mengine [...]")
            assert not redaction.waiting(None).rows
        (stored,) = kit.of_case(superuser, "message", case.case_id)
        assert (stored["body"] is not None) is (level == "open")
        assert "Juma" not in str(stored["body"])
        with transaction(Principal.of_case(case.case_id)):
            (own,) = views.for_citizen(case.case_id, monday).messages
            assert own.body == SAID
        # Names are compared with what was written, whatever is covered.
        with transaction(JOB):
            assert list(conflicts.said_in_all([case.case_id])[case.case_id].texts) == [SAID]
        with as_officer(handler):
            assert list(conflicts.said_in(case.case_id).texts) == [SAID]
        with as_officer(ethics):
            (row,) = redaction.waiting(None).rows
            assert redaction.original(row.id, monday) == (case.case_id, SAID)
        for other in (own_ethics, kept_away, handler):
            with as_officer(other):
                assert not redaction.waiting(None).rows
                with pytest.raises(Refused, match="not-found"):
                    redaction.original(row.id, monday)
                with pytest.raises(Refused, match="not-found"):
                    redaction.undo(row.id, monday)
        with as_officer(ethics):
            redaction.undo(row.id, monday)
            with pytest.raises(Refused, match="not-found"):
                redaction.undo(row.id, monday)
        with as_officer(handler):
            assert words_of(case.case_id, monday) == [SAID]
        assert {"words_covered", "looked_at_covered", "words_uncovered"} <= set(
            kit.acts(superuser, case.case_id)
        )


def test_who_may_not_cover(make: Make, monday: datetime, as_officer: AsOfficer) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    case = make.case(monday, body=SAID, confidentiality="confidential")
    with as_officer(handler):
        (line,) = views.for_officer(case.case_id, monday).messages
        desk.ask(case.case_id, "Juma yupi?", monday)
        own = views.for_officer(case.case_id, monday).messages[-1]
        with pytest.raises(Refused, match="not-found"):
            redaction.cover(case.case_id, own.id, monday, passage="Juma")
    with pytest.raises(Refused, match="not-allowed"), as_officer(coordinator):
        redaction.cover(case.case_id, line.id, monday, passage="Juma")
    # What the level's raising seals is the covered form; the original was sealed before.
    open_case = make.case(monday, body=SAID)
    with as_officer(handler):
        (line,) = views.for_officer(open_case.case_id, monday).messages
        redaction.cover(open_case.case_id, line.id, monday, passage="Juma Kapuya")
    with transaction(Principal.of_case(open_case.case_id)):
        citizen.raise_confidentiality(open_case.case_id, "confidential", monday)
        (line,) = views.for_citizen(open_case.case_id, monday).messages
        assert line.body == SAID
        assert COVERED in (line.covered or "")


def test_the_words_of_an_office_are_not_the_citizens(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    case, other = make.case(monday), make.case(monday, body=SAID)
    with as_officer(handler):
        duplicates.merge(other.case_id, case.reference, monday)
        with pytest.raises(Refused, match="others-words"):
            splitting.ask(case.case_id, "taa ya  barabarani haiwaki.", "", None, monday)
        splitting.ask(case.case_id, "Mwananchi alisema taa haiwaki.", "", None, monday)
    with transaction(JOB):
        assert splitting.make_next(monday)
    with transaction(Principal.of_case(case.case_id)):
        (made,) = splitting.of_citizen()
    with as_officer(handler):
        (said,) = words_of(views.case_id_of(made.reference), monday)
    assert said == "[Maneno ya ofisi, si ya mwananchi]\nMwananchi alisema taa haiwaki."
