"""What is kept for how long: never a case that lives, identity before words, facts for ever."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback import jobs, upkeep
from feedback.services import audit, breach, holds, outbox, retention
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import OWNER, Make
from tests.services import kit
from tests.services.confidential_probe import Connection

NOW = datetime(2031, 6, 2, 7, 0, tzinfo=UTC)
MONTH = timedelta(days=31)
OUTBOX = {"language": "sw", "values": {}, "now": NOW, "priority": 0}


@pytest.fixture(autouse=True)
def shipped(superuser: Connection) -> Iterator[None]:
    """The rules stand between tests as reference data does: what a test sets is set back."""
    before = superuser.execute("SELECT * FROM retention_rule").fetchall()
    yield
    superuser.execute("DELETE FROM retention_rule")
    for row in before:
        superuser.execute("INSERT INTO retention_rule VALUES (%s, %s, %s, %s)", row)


Ended = Callable[..., UUID]


@pytest.fixture
def ended(make: Make, superuser: Connection) -> Ended:
    """`ended(age)` is a case that ended so long ago, with a name, a number, words and SMS."""

    def lodge(age: timedelta, category: str = "ROADS", **changed: str) -> UUID:
        ethics = make.officer("ETHICS", "ethics")
        receipt = make.case(
            NOW - age - MONTH,
            category=category,
            place="Mtaa wa Uhindini",
            name="Neema Mushi",
            phone="0712000001",
            email="neema@example.org",
            persons="Bwana Fulani",
        )
        case = receipt.case_id
        superuser.execute("UPDATE timer SET done = true WHERE case_id = %s", (case,))
        superuser.execute(
            "UPDATE \"case\" SET status = 'closed', closed_at = %s WHERE id = %s",
            (NOW - age, case),
        )
        superuser.execute(
            "INSERT INTO inbound_message (id, provider_id, sender, words, number_hash, received_at,"
            " state, attempts, next_attempt_at, case_id) VALUES (%s, %s, 'x', 'x', 'x', %s, 'done',"
            " 1, %s, %s)",
            (uuid4(), str(case), NOW, NOW, case),
        )
        _papers(superuser, case, ethics)
        with transaction(JOB):
            outbox.owe(f"a:{case}", "answer", case_id=case, words="Maneno", **OUTBOX)
        for column, value in changed.items():
            superuser.execute(f'UPDATE "case" SET {column} = %s WHERE id = %s', (value, case))  # noqa: S608
        return case

    return lodge


def _papers(behind: Connection, case: UUID, ethics: int) -> None:
    """A cleaned file, one that waits, their case's key, and an extract."""
    behind.execute("INSERT INTO case_key VALUES (%s, 'x')", (case,))
    for number, state in ((1, "clean"), (2, "waiting")):
        file = uuid4()
        behind.execute(
            "INSERT INTO attachment (id, case_id, number, family, format, size, state, attempts,"
            " next_attempt_at) VALUES (%s, %s, %s, 'image', 'jpeg', 1, %s, 0, %s)",
            (file, case, number, state, NOW if state == "waiting" else None),
        )
        if state == "clean":
            behind.execute(
                "INSERT INTO attachment_content (attachment_id, case_id, sealed)"
                " VALUES (%s, %s, 'x')",
                (file, case),
            )
        else:
            behind.execute(
                "INSERT INTO upload (id, draft_id, attachment_id, family, format, size, received,"
                " sealed_key, at) VALUES (%s, %s, %s, 'image', 'jpeg', 1, 1, 'x', %s)",
                (file, case, file, NOW),
            )
            behind.execute("INSERT INTO upload_part VALUES (%s, 0, 'x')", (file,))
    behind.execute(
        "INSERT INTO identity_opening (id, case_id, officer_id, role, fields, reason, asked_at,"
        " looks) VALUES (%s, %s, %s, 'ethics', '{name}', 'x', %s, 0)",
        (uuid4(), case, ethics, NOW),
    )
    behind.execute(
        "INSERT INTO extract (id, case_id, by_officer_id, post_id, sealed, at)"
        " SELECT %s, %s, %s, (SELECT min(id) FROM post), 'x', %s",
        (uuid4(), case, ethics, NOW),
    )


def due() -> dict[str, dict[str, int]]:
    with transaction(JOB):
        return retention.due(NOW)


def run() -> tuple[int, int]:
    """Cases whose identity and whose words went."""
    with transaction(JOB):
        identities = retention.remove_identities(NOW)
    with transaction(JOB):
        return identities, retention.remove_words(NOW)


def left(behind: Connection, case: UUID) -> dict[str, bool]:
    """What is still there of a case."""
    row = kit.case_row(behind, case)
    inbound = kit.of_case(behind, "inbound_message", case)
    return {
        "identity": bool(kit.of_case(behind, "sealed_identity", case)) or row["reachable"],
        "sender": any(each["sender"] or each["number_hash"] for each in inbound),
        "words": any(
            each["body"] or each["sealed"] for each in kit.of_case(behind, "message", case)
        ),
        "sms": any(each["words"] for each in inbound + kit.of_case(behind, "outbox", case)),
        "place": row["place"] is not None,
        "papers": any(
            kit.of_case(behind, table, case, order="case_id")
            for table in ("attachment", "attachment_content", "case_key", "extract")
        )
        or bool(kit.rows(behind, "SELECT FROM upload WHERE draft_id = %s", case)),
        "reasons": any(each["reason"] for each in kit.of_case(behind, "identity_opening", case)),
    }


EVERYTHING = dict.fromkeys(
    ("identity", "sender", "words", "sms", "place", "papers", "reasons"), True
)
NO_IDENTITY = EVERYTHING | {"identity": False, "sender": False}
NOTHING = dict.fromkeys(EVERYTHING, False)


@pytest.mark.parametrize(
    ("age", "category", "rests"),
    [
        (11 * MONTH, "ROADS", EVERYTHING),
        (13 * MONTH, "ROADS", NO_IDENTITY),
        (58 * MONTH, "ROADS", NO_IDENTITY),
        (61 * MONTH, "ROADS", NOTHING),
        (13 * MONTH, "CORRUPTION", EVERYTHING),
        (61 * MONTH, "CORRUPTION", NO_IDENTITY),
        (121 * MONTH, "CORRUPTION", NOTHING),
    ],
)
def test_identity_goes_first_and_words_later_by_category(
    ended: Ended, superuser: Connection, age: timedelta, category: str, rests: dict[str, bool]
) -> None:
    case = ended(age, category)
    facts = {k: v for k, v in kit.case_row(superuser, case).items()
             if k not in ("place", "reachable", "mail")}  # fmt: skip
    acts = kit.acts(superuser, case)
    said = due()
    run()
    assert left(superuser, case) == rests
    assert facts.items() <= kit.case_row(superuser, case).items()
    expected = {
        "identity_removed": not rests["identity"],
        "words_removed": not rests["words"],
    }
    done = [act for act, happened in expected.items() if happened]
    assert sorted(kit.acts(superuser, case)) == sorted(acts + done)
    assert said.get(category, {"identity": 0, "words": 0, "held": 0}) == {
        "identity": int(not rests["identity"]),
        "words": int(not rests["words"]),
        "held": 0,
    }
    assert due() == {}
    assert run() == (0, 0)


ALIVE = {
    "new": "UPDATE \"case\" SET status = 'new'",
    "answered": "UPDATE \"case\" SET status = 'answered'",
    "in progress": "UPDATE \"case\" SET status = 'in_progress'",
    "waiting": "UPDATE \"case\" SET status = 'waiting_citizen'",
    "window": "UPDATE \"case\" SET window_ends_at = '2031-07-01'",
    "timer": "UPDATE timer SET done = false",
    "directive": "INSERT INTO directive (id, case_id, escalation_id, message_id, post_id,"
    " officer_id, due_on, at) SELECT gen_random_uuid(), e.case_id, e.id, m.id, p.id, o.id, now(),"
    " now() FROM (SELECT * FROM escalation LIMIT 1) e, (SELECT id FROM message LIMIT 1) m,"
    " (SELECT id FROM post LIMIT 1) p, (SELECT id FROM officer LIMIT 1) o",
    "hold": "INSERT INTO legal_hold (id, case_id, officer_id, ground, at)"
    " SELECT gen_random_uuid(), c.id, o.id, 'x', now()"
    ' FROM "case" c, (SELECT id FROM officer LIMIT 1) o',
}


@pytest.mark.parametrize("why", ALIVE)
def test_what_lives_or_is_held_keeps_everything(
    make: Make, ended: Ended, superuser: Connection, why: str
) -> None:
    make.officer("PO-PSMGG", "auditor")
    case = ended(200 * MONTH)
    superuser.execute(
        "INSERT INTO escalation (id, case_id, cycle, rung, ladder, clock, from_institution_id, way,"
        " restricted, due_at, at) SELECT gen_random_uuid(), id, 1, 1, 'council', 'answer',"
        " institution_id, 'skipped', false, now(), now() FROM \"case\""
    )
    assert superuser.execute(ALIVE[why]).rowcount
    if why == "timer":
        superuser.execute("UPDATE timer SET done = true WHERE purpose <> 'ladder'")
    held = {"ROADS": {"identity": 0, "words": 0, "held": 1}} if why == "hold" else {}
    assert due() == held
    assert run() == (0, 0)
    assert left(superuser, case) == EVERYTHING


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    status=st.sampled_from(["new", "assigned", "answered", "closed", "withdrawn"]),
    months=st.integers(0, 130),
    held=st.booleans(),
)
def test_whatever_happens_no_living_case_loses_a_word(
    make: Make, ended: Ended, superuser: Connection, status: str, months: int, held: bool
) -> None:
    officer = make.officer("PO-PSMGG", "auditor")
    case = ended(months * MONTH, status=status)
    if held:
        superuser.execute(
            "INSERT INTO legal_hold (id, case_id, officer_id, ground, at)"
            " VALUES (%s, %s, %s, 'x', now())",
            (uuid4(), case, officer),
        )
    run()
    after = left(superuser, case)
    over = status in ("closed", "withdrawn") and not held
    if not over or months < 11:
        assert after == EVERYTHING
    if over and months > 60:
        assert after == NOTHING


def test_the_record_stays_whole(ended: Ended) -> None:
    ended(61 * MONTH)
    run()
    with transaction(JOB):
        assert audit.chain(NOW) > 2
    with transaction(JOB):
        assert audit.verify().ok


def test_batches_go_on_until_nothing_is_due(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        ended(61 * MONTH)
    with transaction(JOB):
        assert retention.remove_identities(NOW, limit=2) == 2
    with transaction(JOB):
        assert retention.remove_words(NOW, limit=2) == 2
    monkeypatch.setattr(upkeep, "believed_now", lambda: NOW)
    rest = {"notices": 0, "moves": 0}
    assert jobs.retain() == {"identities": 1, "words": 1, **rest}
    assert upkeep.retain() == {"identities": 0, "words": 0, **rest}


def test_a_batch_asks_no_more_for_more_cases(ended: Ended, query_count: object) -> None:
    numbers = []
    for count in (1, 4):
        for _ in range(count):
            ended(61 * MONTH)
        with query_count() as counted:  # type: ignore[operator]
            run()
        numbers.append(counted.number)
    assert numbers[0] == numbers[1]


def test_the_command_counts_and_removes_nothing_on_a_dry_run(
    app: Flask, ended: Ended, superuser: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = ended(13 * MONTH)
    monkeypatch.setattr("feedback.clock.now", lambda: NOW)
    monkeypatch.setattr(upkeep, "believed_now", lambda: NOW)
    runner = app.test_cli_runner()
    dry = runner.invoke(args=["retention", "--dry-run"])
    assert json.loads(dry.output) == {
        "ok": True,
        "dry_run": True,
        "categories": {"ROADS": {"identity": 1, "words": 0, "held": 0}},
    }
    assert left(superuser, case) == EVERYTHING
    done = runner.invoke(args=["retention"])
    told = {"identities": 1, "words": 0, "notices": 0, "moves": 0}
    assert json.loads(done.output) == {"ok": True, "dry_run": False, **told}
    assert left(superuser, case) == NO_IDENTITY


def test_rules_are_set_by_a_command_and_each_names_its_source(
    app: Flask, ended: Ended, superuser: Connection
) -> None:
    runner = app.test_cli_runner()
    shown = json.loads(runner.invoke(args=["retention-rule"]).output)["rules"]
    assert [rule["category"] for rule in shown] == ["", "CONDUCT", "CORRUPTION"]
    assert all(rule["source"] for rule in shown)
    case = ended(13 * MONTH)
    given = ["--identity-months", "24", "--words-months", "36", "--source", "Ratiba Na. 7"]
    assert runner.invoke(args=["retention-rule", "ROADS", *given]).exit_code == 0
    run()
    assert left(superuser, case) == EVERYTHING
    for wrong in (
        ["NOWHERE", *given],
        ["ROADS", "--identity-months", "24", "--words-months", "12", "--source", "x"],
        ["ROADS", "--identity-months", "0", "--words-months", "12", "--source", "x"],
        ["ROADS", "--identity-months", "2", "--words-months", "12"],
    ):
        assert runner.invoke(args=["retention-rule", *wrong]).exit_code == 1, wrong
    with transaction(OWNER):
        assert len(retention.rules()) == 4


# Legal holds.


def test_an_auditor_holds_and_releases(make: Make, ended: Ended, superuser: Connection) -> None:
    case = ended(61 * MONTH)
    reference = kit.case_row(superuser, case)["reference"]
    auditor = Principal.of_officer(make.officer("PO-PSMGG", "auditor"))
    with transaction(auditor):
        holds.set_hold(reference.lower(), " Mahakama Kuu, shauri 12/2031 ", NOW)
    run()
    assert left(superuser, case) == EVERYTHING
    for typed, ground, code in (
        (reference, "x", "not-allowed"),
        ("NOPE-NOPE", "x", "not-found"),
        (str(uuid4()), "x", "not-found"),
        (reference, " ", "empty"),
        (reference, "x" * 201, "too-long"),
    ):
        with pytest.raises(Refused, match=code), transaction(auditor):
            holds.set_hold(typed, ground, NOW)
    with transaction(auditor):
        (hold,) = holds.holds()
        assert (hold.reference, hold.ground) == (reference, "Mahakama Kuu, shauri 12/2031")
        holds.end_hold(hold.id, NOW)
    with pytest.raises(Refused, match="not-found"), transaction(auditor):
        holds.end_hold(hold.id, NOW)
    assert run() == (1, 1)
    assert {"hold_set", "hold_ended"} <= set(kit.acts(superuser, case))


# A breach.


def test_a_report_names_cases_and_fields_and_no_citizen(
    app: Flask, make: Make, superuser: Connection, monday: datetime
) -> None:
    curious = make.officer("DODOMA-CC", "oversight", name="Juma Hamisi")
    other = make.officer("DODOMA-CC", "oversight")
    case = make.case(monday, name="Neema Mushi", phone="0712000001", confidentiality="confidential")
    far = make.case(monday)
    for officer, act, case_id, details in (
        (curious, "looked", case.case_id, {"words": 1}),
        (curious, "looked", case.case_id, {"words": 0}),
        (curious, audit.IDENTITY_LOOKED, case.case_id, {"fields": "phone,name"}),
        (other, "looked", far.case_id, {"words": 0}),
        (curious, "noted", far.case_id, {}),
    ):
        with transaction(Principal.of_officer(officer)):
            audit.record(act, case_id, now=monday, **details)
    name = superuser.execute("SELECT username FROM officer WHERE id = %s", (curious,)).fetchone()
    assert name
    command = ["breach-report", "--since", "2025-11-10", "--until", "2025-11-11"]
    output = app.test_cli_runner().invoke(args=[*command, "--officer", name[0]]).output
    said = json.loads(output)
    assert said["cases"] == [
        {
            "reference": case.reference,
            "confidentiality": "confidential",
            "institution": "DODOMA-CC",
            "looks": 2,
            "words": True,
            "opened": ["name", "phone"],
            "officers": 1,
        }
    ]
    assert (said["looks"], said["openings"], said["levels"]) == (2, 1, {"confidential": 1})
    assert set(said["draft"]) == {"sw", "en"}
    for draft in said["draft"].values():
        assert "27(5)" in draft
        assert "2025-11-10 00:00" in draft
        assert case.reference not in draft
    for secret in ("Neema", "0712", "255712", "Taa za", "Juma"):
        assert secret not in output
    whole = json.loads(app.test_cli_runner().invoke(args=command).output)
    assert {each["reference"] for each in whole["cases"]} == {case.reference, far.reference}
    assert "breach_report" in {
        row[0] for row in superuser.execute("SELECT act FROM audit_entry").fetchall()
    }


@pytest.mark.parametrize(
    ("until", "username", "code"),
    [(timedelta(0), None, "bad-days"), (MONTH, "nobody", "bad-target")],
)
def test_a_report_about_nothing_is_refused(
    app: Flask, until: timedelta, username: str | None, code: str
) -> None:
    with pytest.raises(Refused, match=code), transaction(JOB):
        breach.report(NOW, NOW + until, username, NOW)


def test_what_officers_were_told_goes_after_a_while(make: Make, superuser: Connection) -> None:
    officer = make.officer("DODOMA-CC", "head")
    unit, institution = superuser.execute("SELECT id, institution_id FROM unit LIMIT 1").fetchone()
    for name, days, read in [
        ("read-old", 91, True),
        ("read-new", 89, True),
        ("unread", 300, False),
        ("unread-old", 366, False),
    ]:
        superuser.execute(
            "INSERT INTO notice (id, dedupe, officer_id, kind, at, read)"
            " VALUES (gen_random_uuid(), %s, %s, 'reminder', %s, %s)",
            (name, officer, NOW - timedelta(days=days), read),
        )
    for days in (29, 31):
        superuser.execute(
            "WITH move AS (INSERT INTO bulk_move (id, institution_id, by_officer_id, at)"
            " VALUES (gen_random_uuid(), %s, %s, %s) RETURNING id)"
            " INSERT INTO bulk_move_item (move_id, case_id, outcome, from_unit_id)"
            " SELECT id, gen_random_uuid(), 'moved', %s FROM move",
            (institution, officer, NOW - timedelta(days=days), unit),
        )
    with transaction(JOB):
        assert (retention.forget_notices(NOW), retention.forget_notices(NOW)) == (2, 0)
        assert (retention.forget_moves(NOW), retention.forget_moves(NOW)) == (1, 0)
    left = kit.rows(superuser, "SELECT dedupe FROM notice ORDER BY 1")
    assert [row["dedupe"] for row in left] == ["read-new", "unread"]
    assert kit.rows(superuser, "SELECT count(*) FROM bulk_move_item") == [{"count": 1}]
