"""No policy is idle: one at a time is dropped, or made to let everything through, in a transaction
that is rolled back. Each change must show in what some principal reads or writes, else nothing
would notice its loss.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from psycopg.types.json import Jsonb

from tests.conftest import LONG
from tests.services import confidential_world
from tests.services.confidential_probe import Connection, Principal, as_role, standing
from tests.services.confidential_world import Person, World

WEB, WORKER, OWNER = "mrejesho_web", "mrejesho_worker", "mrejesho_owner"
# A change of each table that reads no column, so that the policies for writing alone decide.
CHANGES = {
    "bulk_move": "undone_at = now(), undone_by = guard.officer()",
    "bulk_move_item": "undone = 'back'",
    "duty": "deputy_id = NULL",
    "roster": "ended_at = now()",
    "case_link": "removed_at = now(), removed_by = guard.officer()",
    "case_split": "made_at = now()",
    "redaction": "original = '\\x01'",
    "alarm": "settled_at = now()",
    "attachment": "attempts = 1",
    "assignment": "ended_at = now()",
    "calendar_correction": "deadlines_moved = 1",
    "case": "place = 'x'",
    "case_key": "sealed = '\\x01'",
    "access_code": "used_at = now()",
    "credential": "password_hash = 'x'",
    "grant_request": "state = 'approved'",
    "reference_change": "state = 'done'",
    "login_attempt": "failures = 2",
    "passkey": "used_at = now()",
    "recovery_code": "used_at = now()",
    "staff_session": "ended_at = now()",
    "totp": "last_step = 1",
    "case_erasure": "words_at = now()",
    "correction": "from_code = 'x'",
    "deadline": "extension_days = 0",
    "delivery_problem": "settled_at = now(), way = 'letter', by_officer_id = guard.officer()",
    "extract": "answer = '\\x01', answered_at = now(), answered_by = guard.officer()",
    "directive": "done_at = now()",
    "delegation": "ended_at = now(), ended_by = guard.officer()",
    "recommendation": "settled_at = now(), settled_by = guard.officer()",
    "draft": "version = 2",
    "extension": "granted = true, decided_at = now(), decided_by = guard.officer()",
    "opinion": "told_at = now()",
    "outcome": "sealed = NULL",
    "escalation": "handed_over_at = now()",
    "figure": "received = 1",
    "filing_proof": "pin_failures = 1",
    "holiday": "name_en = 'x'",
    "inbound_message": "attempts = 1",
    "improvement": "late_told = true",
    "improvement_case": "unlinked_at = now(), officer_id = guard.officer()",
    "office_file": "number = 'x', officer_id = guard.officer()",
    "lowering": "answered_at = now(), granted = true",
    "officer_standing": "digest = 'y'",
    "leave": "last_day = current_date",
    "legal_hold": "ended_at = now()",
    "message": "body = NULL, sealed = '\\x01'",
    "notice": "read = true",
    "officer": "language = 'en'",
    "outbox": "attempts = 1",
    "officer_phone": "failures = 1",
    "officer_mail": "code_failures = 1",
    "notice_choice": "muted = '{}'",
    "officer_command": "done_at = now()",
    "phone": "stopped_at = now()",
    "sms_day": "sent = 0",
    "pause": "ends_at = now()",
    "post": "name_en = 'x'",
    "post_holding": "until_day = current_date",
    "receipt_attempt": "failures = 2",
    "receipt_request": "done = true",
    "retention_rule": "source = 'x'",
    "sms_cost": "messages = 2",
    "job_run": "runs = 2",
    "machine_clock": "ticks = 2",
    "case_forecast": "ladder = 'x'",
    "forecast_cell": "cases = 2",
    "forecast_state": "learned_from = 1",
    "warning_day": "day = current_date",
    "sealed_identity": "number_hash = '\\x01'",
    "suggestion_model": "cases = 1",
    "saved_view": "name = 'y', shared = true",
    "task": "state = 'done', settled_at = now(), settled_by = guard.officer()",
    "timer": "done = true",
    "upload": "received = 0",
    "ussd_session": "version = 2",
}
# Changes that a policy must look at the outcome of.
MORE = {
    "delegation": "ended_at = now(), ended_by = by_officer_id",
    "recommendation": "settled_at = now(), settled_by = officer_id",
    "extension": "granted = true, decided_at = now(), decided_by = 1",
    "bulk_move": "undone_at = now(), undone_by = by_officer_id",
    "duty": "deputy_id = guard.officer()",
    "roster": "ended_at = NULL, share = 50",
    "case_link": "removed_at = now(), removed_by = by_officer_id",
    "escalation": "case_id = '{case}'",
    "extract": "answer = '\\x01', answered_at = now(), answered_by = by_officer_id",
    "delivery_problem": "settled_at = now(), way = 'sms', by_officer_id = guard.officer()",
    "improvement_case": "unlinked_at = now()",
    "office_file": "number = 'x'",
    "lowering": "granted = true",
    "message": "body = 'x'",
    "task": "state = 'done', settled_at = now(), settled_by = by_officer_id",
}
# The column of a table that names who did it, where that is not `officer_id`.
# Who did it stands in the row.
BY_OFFICER = {
    *("extract", "task", "case_link", "case_merge", "case_split", "assignment", "bulk_move"),
}
ASKERS = {
    "assignment": "by_officer_id",
    "extension": "asked_by",
    "extract": "by_officer_id",
    "grant_request": "asked_by",
    "opinion": "by_officer_id",
}
# Cases to which a row is added, where the ordinary two would be refused whatever the policy.
SAMPLED = {
    "extract": ("restricted", "restricted, about ethics"),
    "lowering": ("confidential", "open, elsewhere"),
}


@pytest.fixture(scope="module")
def world(application: Flask, superuser: Connection) -> World:
    """Every role and every confidentiality; what a test changes it rolls back."""
    with application.app_context():
        return confidential_world.build(application, superuser)


def _all(connection: Connection, query: str, *values: Any) -> list[Any]:
    return connection.execute(query, values or None).fetchall()


PROBED = (
    "handler",
    "coordinator",
    "director",
    "Chief Secretary",
    "reader for the Chief Secretary",
    "ethics officer",
    "administrator",
    "auditor",
    "citizen of open",
    "login",
    "receipt-check",
    "hook",
    "ussd",
    "figures",
    "nobody",
)
POLICIES = (
    "SELECT schemaname, tablename, policyname, permissive, roles::text[], cmd,"
    " qual IS NOT NULL, with_check IS NOT NULL FROM pg_policies"
    " WHERE schemaname IN ('public', 'guard') ORDER BY 1, 2, 3"
)


class Snapshot:
    """What principals read from a table, and what becomes of what they write to it."""

    def __init__(self, world: World, schema: str, table: str) -> None:
        self.world, self.name = world, f'{schema}."{table}"'
        self.table = table
        titles = SAMPLED.get(table, ("open", "open, elsewhere"))
        self.rows = [self._sample(title) for title in titles]
        run = self.world.connection.execute
        # The rungs of a case that reached every post, and the delegation that runs.
        case = world.items["open, at the top"].id
        reached = "SELECT post_id, id::text FROM escalation WHERE case_id = %s AND way <> 'skipped'"
        self.rungs = {
            post: {"escalation_id": rung, "case_id": str(case)}
            for post, rung in run(reached, (case,)).fetchall()
        }
        last = "SELECT id, post_id FROM delegation WHERE case_id IS NULL ORDER BY until_day DESC"
        delegation, post = run(last).fetchall()[0]
        self.running = {"delegation_id": delegation, "post_id": post, "case_id": str(case)}

    def _sample(self, title: str) -> dict[str, Any]:
        item = self.world.items[title]
        keys = {"case": "id", "upload": "draft_id", "upload_part": "upload_id"}
        key = keys.get(self.table, "case_id")
        run = self.world.connection.execute
        columns = run(f"SELECT to_jsonb(t) FROM {self.name} t LIMIT 1").fetchone()  # noqa: S608
        assert columns is not None, f"no row in {self.name}"
        return columns[0] | ({key: str(item.id)} if key in columns[0] else {})

    def take(self, roles: list[str]) -> dict[str, Any]:
        """Everything of the principals that come in these roles."""
        taken: dict[str, Any] = {}
        open_case = self.world.items["open"].id
        lodging: Principal = ("lodging", None, open_case)
        web = {name: self.world.principals()[name] for name in PROBED}
        web |= {"lodging": lodging, "uploading": ("uploading", None, open_case)}
        worker: dict[str, Principal] = {
            "job": ("job", None, None),
            "nobody": ("nobody", None, None),
        }
        for role, principals in ((WEB, web), (WORKER, worker), (OWNER, {"nobody": web["nobody"]})):
            for name, principal in principals.items() if role in roles else ():
                with as_role(self.world.connection, role):
                    taken[f"{role} {name}"] = self._of(principal)
        return taken

    def _of(self, principal: Principal) -> list[Any]:
        connection = self.world.connection
        with standing(connection, principal):
            statements = [f"SELECT FROM {self.name}", f"DELETE FROM {self.name}"]  # noqa: S608
            if self.table in CHANGES:
                statements.append(f"UPDATE {self.name} SET {CHANGES[self.table]}")  # noqa: S608
            if self.table in MORE:
                more = MORE[self.table].format(case=self.world.items["open, elsewhere"].id)
                statements.append(f"UPDATE {self.name} SET {more}")  # noqa: S608
            found: list[Any] = [self._run(statement) for statement in statements]
            for row in self.rows:
                found += [self._insert(row | v) for v in self._variants(row, principal)]
        return found

    def _variants(self, row: dict[str, Any], principal: Principal) -> list[dict[str, Any]]:
        """As another, and in the own name."""
        kind, officer, _ = principal
        person = next((p for p in self.world.people.values() if p.number == officer), None)
        own: dict[str, Any] = {}
        if "officer_id" in row and self.table not in ("notice", "grant_request"):
            own["officer_id"] = officer
        if self.table in ASKERS:
            own[ASKERS[self.table]] = officer
        if self.table == "outbox" and officer:
            own |= {"case_id": None, "template": "officer_code"}
        if self.table == "officer":
            own["roles"] = []
        if self.table == "message":
            own["kind"] = "note" if officer else "citizen"
        if self.table == "directive" and person:
            own["post_id"] = min(person.viewer.posts, default=0)
        if self.table == "audit_entry":
            own |= {"actor_kind": kind, "actor_id": officer}
        if person:
            own |= self._of_officials(person)
        if self.table in BY_OFFICER:
            own["by_officer_id"] = officer
        other = {"by_officer_id": 1} if self.table == "assignment" else {}
        return [other, own]

    def _of_officials(self, person: Person) -> dict[str, Any]:
        """What a decision, a delegation and a recommendation of this officer would be like."""
        post = min(person.viewer.posts, default=0)
        if self.table == "reason_decision":
            return {"post_id": post, **self.rungs.get(post, {})}
        if self.table == "recommendation":  # by the delegation that runs, for a case it opens
            return self.running
        if self.table == "delegation":
            reader = self.world.people["former reader"].number
            last = {"case_id": None, "until_day": "2999-01-01"}
            return {**last, "by_officer_id": person.number, "post_id": post, "officer_id": reader}
        return {}

    def _run(self, statement: str) -> int | str:
        try:
            with self.world.connection.transaction(force_rollback=True):
                return self.world.connection.execute(statement).rowcount
        except psycopg.errors.InsufficientPrivilege:
            return "refused"
        except psycopg.IntegrityError:
            return "accepted"

    def _insert(self, row: dict[str, Any]) -> str:
        try:
            with self.world.connection.transaction(force_rollback=True):
                self.world.connection.execute(
                    f"INSERT INTO {self.name}"  # noqa: S608
                    f" SELECT * FROM jsonb_populate_record(NULL::{self.name}, %s)",
                    (Jsonb(row),),
                )
        except psycopg.errors.InsufficientPrivilege:
            return "refused"
        except psycopg.IntegrityError:
            return "accepted"
        return "accepted"


def _mutations(policy: tuple[Any, ...], writable: bool) -> list[str]:
    """The policy dropped; and made to let everything through, where it does not by design."""
    schema, table, name, permissive, roles, _, using, check = policy
    target = f'{name} ON {schema}."{table}"'
    found = [f"DROP POLICY {target}"]
    if roles == [OWNER] or name == "everyone_reads" or permissive == "RESTRICTIVE":
        return found
    if using:
        found.append(f"ALTER POLICY {target} USING (true)")
    if check and writable:
        found.append(f"ALTER POLICY {target} WITH CHECK (true)")
    return found


def test_losing_or_loosening_any_policy_shows(world: World) -> None:
    connection, idle = world.connection, []
    with connection.transaction(force_rollback=True):
        connection.execute(
            "INSERT INTO calendar_correction (calendar_id, day, status, at)"
            " SELECT id, '2025-01-01', 'removed', now() FROM calendar"
        )
        connection.execute(
            "INSERT INTO message (id, case_id, cycle, kind, internal, body, at)"
            " VALUES (%s, %s, 1, 'citizen', false, 'maneno', now())",
            (uuid4(), world.items["open, elsewhere"].id),
        )
        # A case that came back from ethics, whose notes stay there.
        connection.execute(
            "INSERT INTO lowering (id, case_id, officer_id, from_level, to_level, at, answered_at,"
            " granted) VALUES (%s, %s, %s, 'restricted', 'confidential', now(), now(), true)",
            (uuid4(), world.items["confidential"].id, world.people["ethics officer"].number),
        )
        # A case that the council gave away, and that was given on once more.
        elsewhere = world.items["open, elsewhere"].id
        for statement in (
            "INSERT INTO assignment (id, case_id, institution_id, unit_id, at)"
            " SELECT gen_random_uuid(), %s, u.institution_id, u.id, now() FROM unit u JOIN"
            " institution i ON i.id = u.institution_id WHERE i.code = 'DODOMA-CC' LIMIT 1",
            "INSERT INTO alarm (dedupe, kind, institution_id, case_id, cycle, at)"
            " SELECT 'x', 'second_transfer', id, %s, 1, now() FROM institution"
            " WHERE code = 'DODOMA-CC'",
        ):
            connection.execute(statement, (elsewhere,))
        before: dict[str, tuple[Snapshot, dict[str, Any]]] = {}
        # Who leads stands on a roster too, and may change that row no other way than to end it.
        connection.execute(
            "INSERT INTO roster (officer_id, unit_id, share, since_day)"
            " SELECT id, unit_id, 100, '2025-01-01' FROM officer WHERE id = %s",
            (world.people["coordinator"].number,),
        )
        policies = _all(connection, POLICIES)
        tables = sorted({(policy[0], policy[1]) for policy in policies})
        # Every fourth table; the long run loses and loosens the policies of all.
        tried = set(tables if LONG else tables[::8])
        for policy in policies:
            if (policy[0], policy[1]) not in tried:
                continue
            schema, table, roles = policy[0], policy[1], policy[4]
            if f"{schema}.{table}" not in before:
                snapshot = Snapshot(world, schema, table)
                before[f"{schema}.{table}"] = snapshot, snapshot.take([WEB, WORKER, OWNER])
            snapshot, taken = before[f"{schema}.{table}"]
            (writable,) = _all(
                connection,
                "SELECT bool_or(has_any_column_privilege(r, %s, 'INSERT, UPDATE'))"
                " FROM unnest(%s::text[]) r",
                snapshot.name,
                roles,
            )
            for mutation in _mutations(policy, writable[0]):
                with connection.transaction(force_rollback=True):
                    connection.execute(mutation)
                    if snapshot.take(roles).items() <= taken.items():
                        idle.append(mutation)
    assert not idle
