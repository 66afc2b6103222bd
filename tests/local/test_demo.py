"""The demonstration: made-up data through the real services, and one case made older."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from feedback import models as m
from feedback.clock import DAR_ES_SALAAM, local
from feedback.models.columns import CHANNELS, KINDS, LEVELS, ROLES, STATUSES
from feedback.rules.deadlines import Calendar
from feedback.services import (
    audit,
    citizen,
    desk,
    escalations,
    factors,
    figures,
    listing,
    officers,
    oversight,
    queues,
    sessions,
)
from feedback.services.errors import Refused
from feedback.services.figures import Question
from feedback.services.reference import directory
from feedback.transaction import JOB, Principal, transaction
from local import demo
from local.demo import people
from local.demo.ageing import Shift
from local.demo.play import Act, Player
from tests.factories import Make
from tests.services import kit

AsOfficer = Callable[[int], Any]
EVENING = datetime(2025, 11, 13, 18, 0, tzinfo=UTC)  # a Thursday


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv(people.DATA_VARIABLE, str(tmp_path))
    return tmp_path


def logged_in(login: dict[str, str]) -> officers.Candidate | None:
    with transaction(Principal("login")):
        return officers.login(login["username"], login["password"], EVENING)


def test_an_interrupted_load_goes_on_and_every_screen_shows_something(
    app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch, as_officer: AsOfficer
) -> None:
    done = 0

    def until_killed(self: Player, act: Act) -> None:
        nonlocal done
        done += 1
        if done == 250:
            raise KeyboardInterrupt
        play(self, act)

    play = Player.do
    monkeypatch.setattr(Player, "do", until_killed)
    with pytest.raises(KeyboardInterrupt):
        demo.load(EVENING)
    monkeypatch.setattr(Player, "do", play)
    logins = json.loads((folder / people.LOGINS_FILE).read_text())
    # It goes on later as if it had not been interrupted.
    said = demo.load(EVENING + timedelta(minutes=3))
    assert said["loaded"]
    assert said["refused"] == []
    assert said["cases"] >= 120
    assert json.loads((folder / people.LOGINS_FILE).read_text()) == logins
    assert list(logins) == list(ROLES)
    check_variety(said["cases"])
    users = {role: logged_in(login) for role, login in logins.items()}
    for role, user in users.items():
        assert user is not None
        assert role in user.roles
    ids = {role: user.officer_id for role, user in users.items() if user}
    check_second_steps(ids, logins)
    check_desks(ids, as_officer)
    check_figures()
    check_record()

    # Loaded once. The file of logins, removed, comes back with other passwords that are true.
    kept = folder / people.LOGINS_FILE
    kept.unlink()
    assert not demo.load(EVENING)["loaded"]
    assert kept.stat().st_mode & 0o777 == 0o600
    fresh = json.loads(kept.read_text())
    assert logged_in(fresh["admin"]) is not None
    assert logged_in(logins["admin"]) is None


def check_second_steps(ids: dict[str, int], logins: dict[str, dict[str, str]]) -> None:
    """The roles that need one have a second step, and the command tells its present code."""
    with_one = {role for role, login in logins.items() if login["totp_secret"]}
    assert with_one == sessions.NEEDS_FACTOR
    for role, number in ids.items():
        code = demo.present_code(role, EVENING)
        with transaction(Principal("login")):
            assert factors.of(number).any is bool(code) is (role in with_one)
            assert factors.check(number, code, EVENING) is (role in with_one)
            session_id = sessions.start(number, proven=True, device="", now=EVENING)
        with transaction(Principal.of_officer(number)):
            user = sessions.user(number, session_id, EVENING)
        assert user is not None
        assert not user.must_enrol, role
    with pytest.raises(Refused, match="not-found"):
        demo.present_code("king", EVENING)


def check_variety(count: int) -> None:
    """All kinds, channels, statuses and levels, pauses, appeals, rungs; nothing left to send."""
    with transaction(JOB) as session:

        def known(column: Any) -> set[Any]:
            return set(session.scalars(select(column).distinct()))

        assert session.scalar(select(func.count()).select_from(m.Case)) == count
        assert known(m.Case.status) == set(STATUSES)
        assert known(m.Case.kind) == set(KINDS)
        assert known(m.Case.channel) == set(CHANNELS)
        assert known(m.Case.confidentiality) == set(LEVELS)
        assert known(m.Case.appeals) == {0, 1, 2}
        assert known(m.Case.triage) == {True, False}
        assert known(m.Escalation.rung) == set(range(1, 8))
        assert known(m.Escalation.way) >= {"holder", "deputy", "letter"}
        assert known(m.Outbox.state) == {"delivered"}
        assert known(m.Conflict.reason) == {"named", "recused"}
        assert known(m.Message.kind) >= {"question", "directive", "delay_reason", "final_letter"}
        handed = select(m.Escalation.id).where(m.Escalation.handed_over_at.is_not(None))
        assert session.scalars(handed).all()
        waiting = select(m.Pause.id).where(m.Pause.ends_at.is_(None))
        assert session.scalars(waiting).all()
        # Nothing happened after the load began, and nothing is overdue to be swept.
        assert session.scalar(select(func.max(m.Message.at))) <= EVENING
        open_timers = select(m.Timer).where(~m.Timer.done, m.Timer.due_at <= EVENING)
        assert session.scalars(open_timers).all() == []


def check_desks(ids: dict[str, int], as_officer: AsOfficer) -> None:
    with as_officer(ids["handler"]):
        mine = kit.my_cases(None, EVENING).rows
        assert len(mine) >= 4
        assert {row.late for row in mine} == {True, False}
    with as_officer(ids["coordinator"]):
        assert queues.letters(None, EVENING).rows
        assert len(kit.unit_cases(None, EVENING).rows) == listing.PAGE
    with as_officer(ids["oversight"]):
        reached = oversight.escalated(None, EVENING).rows
        assert len(reached) >= 8
        assert len({row.institution.code for row in reached}) >= 2
    with as_officer(ids["ethics"]):
        assert len(kit.restricted(None, EVENING).rows) >= 4


def check_figures() -> None:
    """Enough cases in enough groups for figures that are not all suppressed."""
    with transaction(Principal("figures")):
        d = directory()
        region = d.institutions_by_code["RS-DODOMA"].id
        board = figures.ask(Question(region, EVENING.year), d, EVENING.date())
        assert board.total.received is not None
        assert board.total.on_time is not None
        for table in (board.months, board.categories, board.channels):
            assert sum(line.received is not None for line in table) >= 2
        shown = [line for line in board.institutions if line.received is not None]
        assert len(shown) >= 2
        assert any(line.answered is not None for line in shown)


def check_record() -> None:
    with transaction(JOB):
        while audit.chain(EVENING):
            pass
        assert audit.verify().ok


def test_refused_where_real_cases_live(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "DEMO", False)
    with pytest.raises(Refused, match="not-a-demonstration"):
        demo.load(EVENING)
    with pytest.raises(Refused, match="not-a-demonstration"):
        demo.age("ABCD-EFGH", 1, EVENING)


def test_an_unknown_reference_cannot_be_aged(app: Flask) -> None:
    for text_ in ("ABCD-EFGH", "nothing like one"):
        with pytest.raises(Refused, match="not-found"):
            demo.age(text_, 5, EVENING)


def test_a_new_case_made_older_climbs_at_the_next_sweep(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC")
    receipt = make.case(monday)
    said = demo.age(receipt.reference.lower(), 18, monday)
    # 18 working days before Monday 10 November 2025; 14 and 29 October were days off.
    assert said["received_at"] == "2025-10-13T06:00:00+00:00"
    with transaction(JOB) as session:
        case = session.get_one(m.Case, receipt.case_id)
        assert local(case.due_at) == datetime(2025, 11, 4, 15, 30, tzinfo=DAR_ES_SALAAM)
        sent = select(m.Message.at).where(m.Message.case_id == case.id)
        assert session.scalars(sent).one() == case.received_at
        counts = escalations.sweep_batch(monday)
    # 2 and 5 days after receipt unacknowledged, then 14 and 17 days unanswered.
    assert counts.escalations == 4
    with as_officer(handler):
        desk.acknowledge(receipt.case_id, monday)
    with transaction(JOB) as session:
        aged = select(m.AuditEntry.details).where(m.AuditEntry.act == "aged")
        assert session.scalars(aged).one() == {"working_days": 18}


def test_a_whole_history_moves_and_its_office_time_stays(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC")
    receipt = make.case(monday)
    case_id = receipt.case_id
    steps = [monday + timedelta(days=n) for n in (1, 3, 4, 7, 9)]
    with as_officer(handler):
        desk.ask(case_id, "Ni mtaa gani?", steps[0])
    with transaction(Principal.of_case(case_id)):
        citizen.add_message(case_id, "Wa pili.", steps[1])
    with as_officer(handler):
        desk.answer(case_id, "Imerekebishwa.", steps[2])
    with transaction(Principal.of_case(case_id)):
        citizen.not_fixed(case_id, "Bado.", steps[3])
    before = facts(case_id)
    demo.age(receipt.reference, 10, steps[4])
    after = facts(case_id)
    assert after["minutes"] == before["minutes"]
    assert after["order"] == before["order"]
    assert after["status"] == before["status"]
    assert all(late < early for late, early in zip(after["at"], before["at"], strict=True))
    with transaction(JOB) as session:
        case = session.get_one(m.Case, case_id)
        calendar = directory().calendar_of(case.institution_id)
        running = session.scalars(
            select(m.Deadline).where(m.Deadline.case_id == case_id, m.Deadline.cycle == 2)
        ).one()
        assert case.due_at == running.due_at
        assert calendar.is_working_day(local(case.due_at).date())
        # The appeal's own rung was due at once, the next when its answer is late.
        ladder = session.get_one(m.Timer, (case_id, "ladder"))
        assert ladder.due_at == running.starts_at
        assert escalations.sweep_batch(steps[4]).escalations >= 1


def facts(case_id: Any) -> dict[str, Any]:
    with transaction(JOB) as session:
        case = session.get_one(m.Case, case_id)
        sent = session.execute(
            select(m.Message.kind, m.Message.at)
            .where(m.Message.case_id == case_id)
            .order_by(m.Message.at)
        ).all()
        minutes = select(m.Deadline.minutes).order_by(m.Deadline.cycle, m.Deadline.clock)
        return {
            "status": case.status,
            "order": [row.kind for row in sent],
            "at": [case.received_at, *(row.at for row in sent)],
            "minutes": session.scalars(minutes).all(),
        }


def test_a_shift_keeps_the_order_of_all_moments() -> None:
    days_off = frozenset({date(2025, 12, 9), date(2025, 12, 25), date(2025, 12, 26)})
    calendar = Calendar(days_off)
    first = datetime(2025, 12, 1, 3, 7, tzinfo=UTC)
    moments = [first + timedelta(hours=5 * n) for n in range(300)]
    for days in (1, 2, 5, 23):
        shift = Shift(calendar, days)
        moved = [shift.moment(moment) for moment in moments]
        assert moved == sorted(set(moved))
        assert all(a < b for a, b in zip(moved, moments, strict=True))
        for a, b in zip(moved, moments, strict=True):
            if calendar.is_working_day(local(b).date()):
                assert calendar.is_working_day(local(a).date())
                assert local(a).time() == local(b).time()


def test_both_commands_say_one_line_of_json(
    app: Flask, make: Make, monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = make.case(monday)
    runner = app.test_cli_runner()
    result = runner.invoke(args=["age", receipt.reference, "--working-days", "3"])
    assert result.exit_code == 0
    assert json.loads(result.output)["working_days"] == 3
    monkeypatch.setitem(app.config, "DEMO", False)
    for args in (["demo"], ["age", receipt.reference, "--working-days", "3"]):
        result = runner.invoke(args=args)
        assert result.exit_code == 1
        assert json.loads(result.output) == {"ok": False, "error": "not-a-demonstration"}


def test_no_number_of_the_demonstration_can_be_anyones() -> None:
    import phonenumbers

    from local.demo.play import NUMBER

    number = phonenumbers.parse(NUMBER.format(1_000_007))
    assert phonenumbers.is_possible_number(number)
    assert not phonenumbers.is_valid_number(number)


def test_names_of_posts_exist(app: Flask) -> None:
    with transaction(people_owner()) as session:
        people.create(directory(), EVENING.date(), {})
        held = session.scalars(select(m.PostHolding.post_id)).all()
        wanted = [p for person in people.PEOPLE for p in (person.post, person.deputy) if p]
        assert len(held) == len(wanted)


def people_owner() -> Principal:
    return Principal("demonstration", role="owner")
