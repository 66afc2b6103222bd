"""The record: added to and never changed; what tampering shows, and what of it cannot."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from feedback.services import audit
from feedback.transaction import JOB, Principal, transaction
from tests.conftest import key
from tests.factories import Make
from tests.services.confidential_probe import Connection

OPERATIONS = Principal("operations")


@pytest.fixture
def record(app: Flask, monday: datetime) -> Callable[..., None]:
    """`record(n)` adds n entries, a second apart, each in a transaction of its own."""
    made = 0

    def add(number: int = 1) -> None:
        nonlocal made
        for _ in range(number):
            made += 1
            with transaction(OPERATIONS):
                audit.record("tried", now=monday + timedelta(seconds=made), number=made)

    return add


def chain(now: datetime) -> int:
    with transaction(JOB):
        return audit.chain(now)


def verify() -> audit.AuditReport:
    with transaction(JOB):
        return audit.verify()


@pytest.fixture
def tampered(superuser: Connection) -> Callable[[str], audit.AuditReport]:
    """`tampered(sql)` changes the record as one who owns the server could, and verifies it.

    Without triggers, so that no foreign key gives it away.
    """

    def change(statement: str) -> audit.AuditReport:
        superuser.execute("SET session_replication_role = replica")
        try:
            assert superuser.execute(statement).rowcount > 0
        finally:
            superuser.execute("RESET session_replication_role")
        return verify()

    return change


def test_entries_are_chained_once_and_hold_together(
    record: Callable[..., None], monday: datetime
) -> None:
    assert verify().ok
    record(5)
    assert (verify().entries, verify().chained) == (5, 0)
    assert verify().ok
    assert chain(monday) == 5
    assert chain(monday) == 0
    record(2)
    assert chain(monday) == 2
    report = verify()
    assert (report.ok, report.entries, report.chained) == (True, 7, 7)


def test_an_entry_carries_the_hash_of_its_own_content(
    record: Callable[..., None], superuser: Connection
) -> None:
    record(2)
    rows = superuser.execute("SELECT key_id, mac FROM audit_entry").fetchall()
    assert {row[0] for row in rows} == {"a1"}
    assert len({bytes(row[1]) for row in rows}) == 2
    assert all(len(row[1]) == 32 for row in rows)


def test_the_actor_is_the_principal(app: Flask, superuser: Connection, monday: datetime) -> None:
    case = UUID(int=5)
    with transaction(JOB):
        audit.record("tried", case, now=monday, to=3)
    with transaction(OPERATIONS):
        audit.record("tried", now=monday)
    rows = superuser.execute(
        "SELECT actor_kind, actor_id, case_id, details FROM audit_entry ORDER BY actor_kind"
    ).fetchall()
    assert rows == [("job", None, case, {"to": 3}), ("operations", None, None, {})]


def test_many_at_once_are_entries_like_others(app: Flask, monday: datetime) -> None:
    with transaction(JOB):
        audit.record_all([audit.entry("tried", None, monday, {"n": n}) for n in range(3)])
        audit.record_all([])
    assert chain(monday) == 3
    assert verify().ok


def test_what_was_rolled_back_is_not_chained(record: Callable[..., None], monday: datetime) -> None:
    record(1)

    def fail() -> None:
        with transaction(OPERATIONS):
            audit.record("tried", now=monday)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert chain(monday) == 1
    report = verify()
    assert (report.ok, report.entries, report.chained) == (True, 1, 1)


def test_an_open_transaction_is_chained_after_its_commit(
    record: Callable[..., None], superuser: Connection, urls: dict[str, str], monday: datetime
) -> None:
    """Entries made first and committed last lose nothing and stop nobody."""
    address = urls["DATABASE_URL"].replace("+psycopg", "")
    with psycopg.connect(address) as slow:
        slow.execute("SELECT guard.become('operations', NULL, NULL)")
        slow.execute(
            "INSERT INTO audit_entry (id, at, act, actor_kind, details, key_id, mac)"
            " VALUES (gen_random_uuid(), now(), 'slow', 'operations', '{}', 'a1', '\\x00')"
        )
        record(2)
        assert chain(monday) == 2
        slow.commit()
    assert chain(monday) == 1
    # Its hash was made up, and that shows: whoever has no key adds nothing unnoticed.
    assert [p for p in verify().problems if "was changed" in p]


@pytest.mark.parametrize(
    "column",
    [
        "act = 'other'",
        "at = at + interval '1 microsecond'",
        "actor_id = 7",
        "actor_kind = 'officer'",
        "case_id = gen_random_uuid()",
        "details = '{\"number\": 99}'",
        "details = details || '{\"more\": 1}'",
        'details = \'{"number": "3"}\'',
        "mac = '\\x00'",
        "key_id = 'other'",
        "id = gen_random_uuid()",
    ],
)
def test_a_change_of_an_entry_shows(
    record: Callable[..., None],
    tampered: Callable[[str], audit.AuditReport],
    monday: datetime,
    column: str,
) -> None:
    record(5)
    chain(monday)
    statement = (
        f"UPDATE audit_entry SET {column}"  # noqa: S608
        " WHERE id = (SELECT entry_id FROM audit_link WHERE position = 3)"
    )
    assert not tampered(statement).ok


def test_a_change_before_it_is_chained_shows(
    record: Callable[..., None], tampered: Callable[[str], audit.AuditReport], monday: datetime
) -> None:
    record(3)
    assert not tampered("UPDATE audit_entry SET act = 'x' WHERE details = '{\"number\": 2}'").ok
    chain(monday)
    assert not verify().ok


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_entry WHERE id = (SELECT entry_id FROM audit_link WHERE position = 3)",
        "DELETE FROM audit_entry WHERE id = (SELECT entry_id FROM audit_link WHERE position = 5)",
        "DELETE FROM audit_link WHERE position = 1",
        "DELETE FROM audit_link WHERE position = 3",
        # The last link alone: its entry stays and waits for no link.
        "DELETE FROM audit_link WHERE position = 5",
        "UPDATE audit_link SET chain = '\\x00' WHERE position = 3",
        "UPDATE audit_link SET chain = '\\x00' WHERE position = 5",
        "UPDATE audit_link SET key_id = 'gone' WHERE position = 3",
        "UPDATE audit_link SET position = position + 1 WHERE position = 5",
        "WITH gone AS (DELETE FROM audit_link WHERE position = 3 RETURNING entry_id)"
        " DELETE FROM audit_entry USING gone WHERE id = gone.entry_id",
        "TRUNCATE audit_link",
    ],
)
def test_a_missing_or_changed_link_shows(
    record: Callable[..., None],
    superuser: Connection,
    monday: datetime,
    statement: str,
) -> None:
    record(5)
    chain(monday)
    superuser.execute("SET session_replication_role = replica")
    superuser.execute(statement)
    superuser.execute("RESET session_replication_role")
    assert not verify().ok


def test_swapped_entries_show(
    record: Callable[..., None], superuser: Connection, monday: datetime
) -> None:
    record(5)
    chain(monday)
    superuser.execute(
        "WITH two AS (DELETE FROM audit_link WHERE position IN (2, 4) RETURNING *)"
        " INSERT INTO audit_link SELECT position + 100, entry_id, key_id, chain FROM two"
    )
    superuser.execute(
        "INSERT INTO audit_link SELECT 4, entry_id, key_id, chain FROM audit_link"
        " WHERE position = 102 ON CONFLICT DO NOTHING"
    )
    assert not verify().ok
    superuser.execute("UPDATE audit_link SET position = 4 WHERE position = 102")
    superuser.execute("UPDATE audit_link SET position = 2 WHERE position = 104")
    assert "the chain breaks at position 2" in verify().problems


def test_links_renumbered_to_hide_a_gap_show(
    record: Callable[..., None], superuser: Connection, monday: datetime
) -> None:
    record(5)
    chain(monday)
    superuser.execute("SET session_replication_role = replica")
    superuser.execute(
        "WITH gone AS (DELETE FROM audit_link WHERE position = 3 RETURNING entry_id)"
        " DELETE FROM audit_entry USING gone WHERE id = gone.entry_id"
    )
    superuser.execute("UPDATE audit_link SET position = 3 WHERE position = 4")
    superuser.execute("UPDATE audit_link SET position = 4 WHERE position = 5")
    superuser.execute("RESET session_replication_role")
    assert "the chain breaks at position 3" in verify().problems


def test_the_newest_entries_taken_with_their_links_need_a_head_to_show(
    record: Callable[..., None], superuser: Connection, monday: datetime
) -> None:
    """By itself the chain cannot tell; tests of the signed heads show what can."""
    record(5)
    chain(monday)
    superuser.execute("DELETE FROM audit_link WHERE position >= 4")
    superuser.execute("DELETE FROM audit_entry WHERE id NOT IN (SELECT entry_id FROM audit_link)")
    report = verify()
    assert (report.ok, report.chained) == (True, 3)


def test_the_chain_goes_on_after_a_change_of_key(
    app: Flask, record: Callable[..., None], monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(3)
    chain(monday)
    old = app.config["AUDIT_KEYS"]
    monkeypatch.setitem(app.config, "AUDIT_KEYS", {"a2": key("b").encode()[:32], **old})
    record(3)
    chain(monday)
    report = verify()
    assert (report.ok, report.chained) == (True, 6)
    monkeypatch.setitem(app.config, "AUDIT_KEYS", old)
    assert not verify().ok


def test_an_auditor_verifies_in_the_web_role(
    make: Make, record: Callable[..., None], monday: datetime
) -> None:
    auditor = make.officer("PO-PSMGG", "auditor")
    record(3)
    chain(monday)
    record(1)
    with transaction(Principal.of_officer(auditor)):
        report = audit.verify()
    assert (report.ok, report.entries, report.chained) == (True, 4, 3)


def test_workers_that_chain_at_once_make_one_chain(
    app: Flask, record: Callable[..., None], monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "CHAIN_BATCH", 7)
    record(60)
    start, done, failed = threading.Barrier(4), [], []

    def work() -> None:
        try:
            with app.app_context():
                start.wait(10)
                while number := chain(monday):
                    done.append(number)
        except Exception as error:  # reported below, out of the thread
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failed
    assert sum(done) == 60
    report = verify()
    assert (report.ok, report.chained) == (True, 60)


@pytest.mark.parametrize("role", ["DATABASE_URL", "DATABASE_WORKER_URL"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET act = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "UPDATE audit_link SET position = 1",
        "DELETE FROM audit_link",
        "DROP TABLE audit_link",
    ],
)
def test_neither_role_of_the_application_can_change_it(
    record: Callable[..., None], urls: dict[str, str], role: str, statement: str
) -> None:
    record(1)
    kind = "job" if "WORKER" in role else "officer"
    with psycopg.connect(urls[role].replace("+psycopg", "")) as connection:
        connection.execute("SELECT guard.become(%s, NULL, NULL)", (kind,))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
