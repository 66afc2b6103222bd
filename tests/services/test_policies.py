"""Row-level security as the catalogue has it, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from psycopg.types.json import Jsonb

from feedback.rules import access
from tests.services import confidential_world
from tests.services.confidential_probe import Connection, Principal, as_role, standing
from tests.services.confidential_world import World

WEB, WORKER, OWNER = "mrejesho_web", "mrejesho_worker", "mrejesho_owner"
# What everybody may read: the tree of institutions, texts, calendars. Only the owner writes it.
REFERENCE = {
    "alembic_version",
    "calendar",
    "category",
    "institution",
    "ladder_choice",
    "ladder_rung",
    "people_state",
    "place",
    "reference_state",
    "service_standard",
    "unit",
}

# What functions of the owner alone read and write: no other role has a grant or a policy.
CLOSED = {"case_words"}


@pytest.fixture(scope="module")
def world(application: Flask, superuser: Connection) -> World:
    """Every role and every confidentiality; what a test changes it rolls back."""
    with application.app_context():
        return confidential_world.build(application, superuser)


@pytest.fixture
def web(urls: dict[str, str]) -> Iterator[Connection]:
    """The web role itself."""
    with psycopg.connect(urls["DATABASE_URL"].replace("+psycopg", "")) as connection:
        yield connection


def _all(connection: Connection, query: str, *values: Any) -> list[Any]:
    return connection.execute(query, values or None).fetchall()


# The catalogue


def test_each_table_is_reference_or_secured(superuser: Connection) -> None:
    rows = _all(
        superuser,
        "SELECT n.nspname, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity,"
        " (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid"
        "   AND p.polroles <> ARRAY['mrejesho_owner'::regrole::oid])"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname IN ('public', 'guard') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')",
    )
    open_tables = {name for _, name, _, enabled, forced, _ in rows if not (enabled and forced)}
    assert open_tables == REFERENCE
    assert not [name for _, name, kind, *_ in rows if kind in ("v", "m", "f")]
    closed = {r[1] for r in rows if r[1] not in REFERENCE and r[5] == 0}
    assert closed == CLOSED
    granted = _all(
        superuser,
        "SELECT table_name, grantee FROM information_schema.role_table_grants"
        " WHERE table_name = ANY (%s) AND grantee <> %s",
        list(CLOSED),
        OWNER,
    )
    assert not granted


def test_no_schema_but_the_known_ones(superuser: Connection) -> None:
    names = {row[0] for row in _all(superuser, "SELECT nspname FROM pg_namespace")}
    assert {n for n in names if not n.startswith("pg_")} == {
        "public",
        "guard",
        "information_schema",
    }


def test_functions_run_as_the_owner_only_with_a_fixed_path(superuser: Connection) -> None:
    rows = _all(
        superuser,
        "SELECT p.oid::regprocedure::text, p.prosecdef, coalesce(p.proconfig, '{}'),"
        " has_function_privilege('public', p.oid, 'EXECUTE'), p.proowner::regrole::text"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname IN ('public', 'guard')",
    )
    assert rows
    for name, definer, settings, public, owner in rows:
        assert not public, name
        assert owner == OWNER, name
        if definer:
            assert "search_path=public, pg_temp" in settings, name


def test_the_roles_of_the_application_own_and_pass_nothing(superuser: Connection) -> None:
    for role in (WEB, WORKER):
        (row,) = _all(
            superuser,
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname = %s",
            role,
        )
        assert row == (False, False, False, False)
        owned = _all(superuser, "SELECT relname FROM pg_class WHERE relowner = %s::regrole", role)
        assert not owned
        member = "SELECT roleid FROM pg_auth_members WHERE member = %s::regrole"
        assert not _all(superuser, member, role)
        create = "SELECT has_schema_privilege(%s, 'public', 'CREATE')"
        assert _all(superuser, create, role) == [(False,)]


# Every function that runs as the owner, past all policies, and whom it answers. A new one fails
# here until it says so; those that return something of a case are asked below by everybody.
DEFINERS = {
    "delegated": "nobody: guard.reached asks it",
    "given_by_concerned": "nobody: guard.delegated asks it",
    "delegates": "officers who see the case: officers' numbers",
    "delegations_of": "nobody: guard.become asks it",
    "derive_rungs": "nobody: triggers ask it",
    "derive_rungs_added": "trigger",
    "derive_rungs_of": "trigger",
    "derive_rungs_of_case": "trigger",
    "may_delegate": "everybody: whether the asker may name an officer",
    "on_rung": "officers on a rung of the case, and who reads for them: facts of the process",
    "on_rung_by_institution": "the same: numbers",
    "on_rung_counts": "the same: numbers",
    "rung_reads": "nobody: the three above ask it",
    "decide_change": "an administrator: no case",
    "occupied": "an administrator, the worker: whether a place has work, no case",
    "write_reference": "the worker: a change that is due, no case",
    "next_letter": "everybody: the next number of an institution's letters, no case",
    "genuine_letter": "letter-check: number, day and addressee of a letter by its token",
    "own_entries": "the officer who entered it: reference and day of an ordinary case",
    "improvements_below": "oversight: titles of the own institution and those below, no case",
    "improvements_told": "the citizen of the case",
    "as_written": "nobody: guard.words_said asks it",
    "cover": "officers who read the words of the case",
    "covered": "an ethics officer outside, not concerned",
    "divided": "the citizen of the case",
    "group_of": "nobody: other functions ask it",
    "joined_due": "the worker, the citizen of the case, officers who see it: due times",
    "keep_group": "trigger",
    "lock_group": "everybody: locks, returns nothing of a case",
    "may_join": "trigger",
    "may_uncover": "everybody: whether the asker may",
    "part": "the worker, the citizen of the case, officers who see it: numbers of cases",
    "parted": "nobody: guard.part and a trigger ask it",
    "uncover": "an ethics officer outside, not concerned",
    "alone": "nobody: guard.decide asks it",
    "leads": "everybody: whether the asker answers for an officer",
    "sends_away": "everybody: whether the asker enters an officer's leave",
    "open_cases_of": "an administrator, those who answer for the officer: a number",
    "worked_on": "trigger",
    "cases_touched": "an auditor, of cases that are not hidden from the asker; the worker",
    "may_settle": "everybody: whether the asker may settle an alarm",
    "approvers": "everybody: officers' numbers, no case",
    "audited_case": "an auditor: the number of a case by its reference",
    "audits": "everybody: whether the asker audits a case",
    "decide": "the officer who approves a grant",
    "held_about_me": "the citizen of the case",
    "hidden_macs": "an auditor: keyed hashes alone",
    "references_of": "an auditor: references of cases that are not hidden from the asker",
    "to_decide": "the officer who approves a grant",
    "adopt_receipt": "receipt-check",
    "ask_opening": "officers who may open the identity",
    "decide_opening": "the second person",
    "drop_draft": "lodging: the files of one draft",
    "forget_drafts": "the officer: own drafts alone",
    "forget_unseen_drafts": "the worker: a number",
    "keep_words": "login: adds a draft for the officer of a known session, answers whether",
    "drop_upload": "uploading: a file of one draft not sent yet",
    "end_opening": "the officer whose opening it is",
    "forget_identity": "the citizen of the case",
    "keep_turn": "trigger",
    "may_open": "officers who see the case: in which role they may ask",
    "number_message": "trigger",
    "openings_to_decide": "the second person",
    "read_identity": "the officer whose opening was allowed",
    "receipt_again": "the check of receipts, by one who knows the random submission id",
    "receipt_nonce": "the citizen of the case",
    "keep_proof_mark": "the citizen of the case",
    "own_proof": "the citizen of the case",
    "proofs": "receipt-check, the worker: facts of a case, to one who knows its proof code",
    "proof_missed": "receipt-check, the worker",
    "proof_shown": "receipt-check, the worker",
    "sees": "everybody: whether the asker sees the case",
    "staged_bytes": "everybody: a sum",
    "relay_alone": "trigger",
    "ussd_cases": "ussd: reference, status and day of the cases of a number",
    "ussd_end": "ussd",
    "ussd_keep": "ussd: the session itself",
    "ussd_language": "ussd: the language of a number",
    "ussd_open": "ussd: the session itself, or one that the number dropped",
    "take_uploads": "lodging, the citizen of the case",
    "vault_fields": "the citizen of the case, officers who may open the identity",
    "await_chain": "trigger",
    "case_changed": "trigger",
    "reword": "nobody: triggers ask it",
    "search": "officers, of cases they see",
    "words_added": "trigger",
    "words_changed": "trigger",
    "become": "everybody: writes the scope of the officer named, returns nothing of a case",
    "dead_letters": "an administrator: no case",
    "send_again": "officers who see the case",
    "sending_state": "an administrator: sums",
    "settle_dead_letter": "an administrator: no case",
    "decide_exclusion": "an ethics officer outside, not concerned",
    "forget_officer_phone": "trigger",
    "forget_officer_mail": "trigger",
    "remove_officer_mail": "the officer",
    "officer_phone_since": "the officer, an administrator: a moment",
    "remove_officer_phone": "the officer, an administrator",
    "due_times": "one who knows the random submission id",
    "erase_papers": "the worker",
    "exclude": "the worker, the citizen of the case, officers who see it",
    "excluded": "the worker, the citizen of the case, officers who see it",
    "exclusions": "an ethics officer outside, not concerned",
    "exclusions_of": "an ethics officer outside, not concerned",
    "institution_of": "an ethics officer outside, not concerned",
    "kept_by_ethics": "everybody: whether a moment lies before the return from ethics",
    "driven": "the worker, the citizen of the case, officers who see it: moments",
    "late_between": "the worker: which cases were late",
    "level_stands": "trigger",
    "forecast_of": "heads and coordinators: sums of the own office, without what is kept from them",
    "may_compare": "everybody: whether the asker may",
    "may_decide": "everybody: whether the asker may",
    "metrics": "operations",
    "move_case": "the worker, the citizen of the case, officers who see it",
    "people_changed": "trigger",
    "persons_named": "the worker, the citizen of the case, officers who see it or decide",
    "pick_ethics": "everybody: an officer's number",
    "pick_handler": "everybody: an officer's number",
    "posts_of": "everybody: reference data",
    "reached": "everybody: about the asker's own posts",
    "receipt": "receipt-check",
    "reference_changed": "trigger",
    "repeated": "lodging, the worker",
    "revision": "everybody: no case",
    "standing_of": "the worker: reference data",
    "give_opinion": "officers whose opinion is asked: whether it was taken",
    "is_asked": "no role: the functions of opinions ask it",
    "leads_ethics": "everybody: about the asker's own post",
    "opinion_places": "who sees the case, its citizen, the worker: which offices are asked",
    "may_opine": "everybody: whether a case lets the asker give an opinion",
    "opinion_cases": "officers whose opinion is asked: what a case is about",
    "opinion_said": "officers whose opinion is asked: the question, words of an open case",
    "passed_on": "heads and coordinators of an institution that had the case: its reference",
    "reads": "officers who see the case: whether another may read its words",
    "second_transfer": "the worker, the citizen of the case, officers who see it: an alarm",
    "words_said": "the worker, the citizen of the case, officers who see it or decide",
}


def test_each_function_that_passes_policies_says_whom_it_answers(superuser: Connection) -> None:
    rows = _all(
        superuser,
        "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname IN ('public', 'guard') AND p.prosecdef",
    )
    assert {row[0] for row in rows} == set(DEFINERS)


def test_functions_of_a_case_answer_whom_they_say(world: World) -> None:
    """With an exclusion to decide on every case, nobody but these gets anything."""
    connection, wrong = world.connection, []
    with connection.transaction(force_rollback=True):
        connection.execute("UPDATE conflict SET state = 'provisional'")
        for name, principal in world.principals().items():
            person = world.people.get(name)
            with as_role(connection, WEB), standing(connection, principal):
                asked = _all(connection, "SELECT * FROM guard.exclusions(NULL, NULL, 999)")
                listed = {row[0] for row in asked}
                for title, item in world.items.items():
                    sees = decides = False
                    if person and name != "inactive handler":
                        viewer, facts = person.viewer, item.facts
                        sees = access.may_see_case(viewer, facts)
                        decides = (
                            "ethics" in viewer.roles
                            and viewer.institution != facts.institution
                            and viewer.officer not in facts.excluded
                        )
                    sees |= principal[0] == "public" and principal[2] == item.id
                    expected = {
                        "words_said": sees or decides,
                        "persons_named": sees or decides,
                        "exclusions_of": decides,
                    }
                    for function, answer in expected.items():
                        got = _all(connection, f"SELECT * FROM guard.{function}(%s)", item.id)  # noqa: S608
                        if bool(got) is not answer:
                            wrong.append((name, title, function))
                    place = _all(connection, "SELECT guard.institution_of(%s)", item.id)
                    if (place != [(None,)]) is not decides or (item.id in listed) is not decides:
                        wrong.append((name, title, "exclusions"))
    assert not wrong


DELETES = {
    "audit_pattern",
    "audit_tail",
    "sealed_identity",  # by retention
    "notice",
    "bulk_move",
    "bulk_move_item",
    "receipt_attempt",
    "receipt_request",
    "phone",
    "sms_day",
    "officer_phone",
    "officer_mail",
    "suggestion_model",  # older versions of the counts
    "ussd_session",
    "figure",
    "figure_dirty",
    "figure_held",
    "case_forecast",  # made anew from the case, which stays
    "forecast_cell",
    "risk_cell",
    "delivery_report",
    "job_run",  # a job that is asked for no more
    "machine_clock",  # a machine that was started anew
    "draft",  # nothing of the case: words of an officer that were not sent
    "upload",
    "login_attempt",
    "staff_session",
}


def test_only_the_worker_deletes_and_nothing_of_a_case(superuser: Connection) -> None:
    rows = _all(
        superuser,
        "SELECT g.grantee, g.table_name, g.privilege_type"
        " FROM information_schema.role_table_grants g"
        " WHERE g.table_schema IN ('public', 'guard') AND g.grantee = ANY (%s)"
        " AND g.privilege_type IN ('DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER')",
        [WEB, WORKER],
    )
    assert {verb for _, _, verb in rows} == {"DELETE"}
    assert {table for role, table, _ in rows if role == WORKER} == DELETES
    # An officer's own filters, which are nothing of a case.
    assert {table for role, table, _ in rows if role == WEB} == {"saved_view"}


def test_the_record_can_only_be_added_to(superuser: Connection) -> None:
    for table in ("audit_entry", "audit_link"):
        for role in (WEB, WORKER):
            for verb in ("UPDATE", "DELETE", "TRUNCATE"):
                row = _all(superuser, "SELECT has_table_privilege(%s, %s, %s)", role, table, verb)
                assert row == [(False,)], (table, role, verb)


# What is refused


@dataclass(frozen=True)
class Attempt:
    """A statement of a principal. `{case}` stands for the id of the case named."""

    who: str
    statement: str
    case: str = "open"


ASKED = (
    "INSERT INTO reference_change (id, subject, key, act, said, before, from_day, officer_id, at,"
    " needs_second, alone, state, problem) VALUES (gen_random_uuid(), 'unit', 'X', 'add', '{{}}',"
    " '{{}}', current_date, {me}, now(), false, false, 'planned', '')"
)
REFUSED = [
    Attempt("handler", "DELETE FROM \"case\" WHERE id = '{case}'"),
    Attempt("handler", "DELETE FROM message"),
    Attempt("handler", "TRUNCATE message"),
    Attempt(
        "handler",
        "UPDATE \"case\" SET institution_id = {other}, unit_id = {desk} WHERE id = '{case}'",
    ),
    Attempt("handler", "UPDATE message SET body = 'other words'"),
    Attempt("handler", "UPDATE message SET officer_id = NULL"),
    Attempt("handler", "UPDATE message SET at = now()"),
    Attempt("citizen of open", "UPDATE message SET body = 'other words'"),
    Attempt("auditor", "UPDATE audit_entry SET act = 'x'"),
    Attempt("auditor", "DELETE FROM audit_entry"),
    Attempt("auditor", "DELETE FROM audit_link"),
    Attempt("administrator", "UPDATE audit_entry SET act = 'x'"),
    Attempt("handler", "SELECT * FROM sealed_identity"),
    Attempt("handler", "SELECT * FROM outbox"),
    Attempt("handler", "SELECT * FROM submission"),
    # Nobody writes an opening but the functions, and they ask who it is.
    Attempt("handler", "UPDATE identity_opening SET decided_by = 1"),
    Attempt("director", "DELETE FROM identity_opening"),
    Attempt("handler", "INSERT INTO identity_opening SELECT * FROM identity_opening"),
    Attempt("job", "SELECT {ask}"),
    Attempt("administrator", "SELECT {ask}"),
    Attempt("coordinator", "SELECT {ask}"),
    Attempt("colleague of the unit", "SELECT {ask}"),
    Attempt("Chief Secretary", "SELECT {ask}", "open, at the top"),
    Attempt("director", "SELECT {ask}", "restricted"),
    Attempt("director", "SELECT {ask}", "open, all excluded"),
    Attempt("ethics officer", "SELECT {ask}", "confidential"),
    Attempt("ethics officer of the council", "SELECT {ask}", "restricted"),
    Attempt("citizen of open", "SELECT {ask}"),
    Attempt("handler", "SELECT guard.forget_identity(now())"),
    Attempt("job", "SELECT guard.forget_identity(now())"),
    Attempt("citizen without a case", "SELECT guard.forget_identity(now())"),
    Attempt("handler", "SELECT * FROM conflict"),
    Attempt("ethics officer", "SELECT * FROM conflict"),
    Attempt("ethics officer", "SELECT * FROM sealed_identity"),
    Attempt("handler", "SELECT * FROM officer_standing"),
    Attempt("administrator", "UPDATE officer SET name = 'x'"),
    Attempt("administrator", "UPDATE alarm SET kind = 'x'"),
    Attempt("administrator", "UPDATE alarm SET dedupe = 'x'"),
    Attempt("handler", "UPDATE conflict SET state = 'lifted'"),
    Attempt("ethics officer", "UPDATE conflict SET state = 'lifted'"),
    Attempt(
        "handler", "SELECT guard.exclude('{case}', '{{1}}', 'named', now())", "open, elsewhere"
    ),
    Attempt("nobody", "SELECT guard.exclude('{case}', '{{1}}', 'named', now())"),
    Attempt("job", "SELECT guard.exclude('{case}', '{{1}}', 'named', now())"),
    Attempt(
        "handler",
        "UPDATE \"case\" SET confidentiality = 'open' WHERE id = '{case}'",
        "confidential",
    ),
    Attempt("citizen of confidential", "UPDATE \"case\" SET confidentiality = 'open'"),
    Attempt(
        "ethics officer",
        "UPDATE \"case\" SET confidentiality = 'confidential' WHERE id = '{case}'",
        "restricted",
    ),
    Attempt("ethics officer", "UPDATE extract SET sealed = '\\x01'"),
    # More time is decided by another than who asked, and nothing but decided.
    Attempt("director", "UPDATE extension SET days = 99"),
    Attempt(
        "colleague of the unit",
        "INSERT INTO extension (id, case_id, cycle, days, message_id, asked_by, asked_at)"
        " VALUES (gen_random_uuid(), '{case}', 2, 9, gen_random_uuid(), {me}, now())",
    ),
    Attempt(
        "director",
        "UPDATE extension SET granted = true, decided_at = now(), decided_by = {me} + 1"
        " WHERE case_id = '{case}'",
    ),
    # Whoever is asked writes by the function alone, and learns nothing of a case otherwise.
    Attempt("handler of another unit", "UPDATE opinion SET declined = true"),
    Attempt("handler", "SELECT guard.is_asked('{case}')"),
    Attempt("Chief Secretary", "UPDATE extract SET sealed = '\\x01'"),
    Attempt("director", "SELECT * FROM inbound_message"),
    Attempt("administrator", "SELECT * FROM sealed_identity"),
    Attempt("citizen of open", "SELECT * FROM sealed_identity"),
    Attempt("job", "SELECT * FROM sealed_identity"),
    Attempt("hook", "SELECT * FROM inbound_message"),
    Attempt("hook", "SELECT * FROM guard.delivery_report"),
    Attempt("auditor", "DELETE FROM audit_tail"),
    # What a text said stays on record, and nobody says it in another's name.
    Attempt("administrator", "UPDATE text_version SET said = NULL"),
    Attempt("administrator", "DELETE FROM text_version"),
    Attempt(
        "administrator",
        "INSERT INTO text_version VALUES ('help', 2, NULL, 1, {me} + 1, now(), now())",
    ),
    Attempt("handler", "INSERT INTO text_version VALUES ('help', 2, NULL, 1, {me}, now(), now())"),
    Attempt("job", "INSERT INTO text_version VALUES ('help', 2, NULL, 1, {me}, now(), now())"),
    Attempt(
        "citizen of open",
        "INSERT INTO text_version VALUES ('help', 2, NULL, 1, {me}, now(), now())",
    ),
    Attempt("administrator", "UPDATE answer_template SET body_sw = 'x'"),
    Attempt("coordinator", "DELETE FROM answer_template"),
    # What a task says stays; it is settled once, in the own name.
    Attempt("handler", "UPDATE task SET sealed = '\\x01'"),
    Attempt("handler", "UPDATE task SET officer_id = {me}"),
    Attempt("handler", "DELETE FROM task"),
    Attempt(
        "handler",
        "UPDATE task SET state = 'done', settled_at = now(), settled_by = {me} + 1"
        " WHERE case_id = '{case}'",
    ),
    Attempt("administrator", "UPDATE institution SET name_en = 'x'"),
    # What is changed of the reference data is planned in the own name, and written by the worker.
    Attempt("administrator", "UPDATE reference_change SET state = 'done'"),
    Attempt("administrator", ASKED.replace("{me}", "{me} + 1")),
    Attempt("administrator", ASKED.replace("now(), false", "now(), true")),
    Attempt("administrator", ASKED.replace("false, 'planned'", "true, 'planned'")),
    Attempt("handler", ASKED),
    Attempt("handler", "SELECT guard.decide_change(gen_random_uuid(), 'approve', now())"),
    Attempt("administrator", "SELECT guard.write_reference(gen_random_uuid(), 'unit', 1, '{{}}')"),
    Attempt("job", "SELECT guard.write_reference(gen_random_uuid(), 'unit', 1, '{{}}')"),
    Attempt("job", "UPDATE unit SET name_en = 'x'"),
    Attempt("administrator", "UPDATE reference_state SET version = 0"),
    # An administrator alone makes nobody more powerful, and gets into no account.
    Attempt("administrator", "UPDATE officer SET roles = roles || '{{ethics}}'"),
    Attempt("administrator", "UPDATE officer SET roles = '{{handler}}' WHERE id = {me}"),
    Attempt("administrator", "UPDATE officer SET unit_id = {desk} WHERE id = {me}"),
    Attempt("administrator", "UPDATE officer SET active = true"),
    Attempt(
        "administrator",
        "INSERT INTO officer (institution_id, unit_id, username, name, roles,"
        " active, language) VALUES (1, 1, 'x', 'x', '{{admin}}', true, 'sw')",
    ),
    Attempt(
        "administrator",
        "INSERT INTO post_holding (post_id, officer_id, capacity, since_day)"
        " VALUES (1, {me}, 'holder', '2020-01-01')",
    ),
    Attempt("administrator", "UPDATE post_holding SET officer_id = {me}"),
    Attempt("administrator", "UPDATE post_holding SET until_day = NULL"),
    Attempt("administrator", "UPDATE post_holding SET until_day = current_date + 10"),
    Attempt("administrator", "UPDATE grant_request SET state = 'approved'"),
    Attempt("administrator", "SELECT guard.decide(id, true, '', now()) FROM grant_request"),
    Attempt(
        "handler",
        "SELECT guard.decide((SELECT id FROM guard.to_decide(now()) LIMIT 1), true, '', now())",
    ),
    Attempt("administrator", "INSERT INTO access_code VALUES ({me}, '', now(), now())"),
    Attempt(
        "handler",
        "INSERT INTO staff_session (id, officer_id, started_at, seen_at, device)"
        " SELECT gen_random_uuid(), {me} + 1, now(), now(), ''",
    ),
    Attempt("handler", "CREATE TABLE public.copy AS SELECT 1"),
    Attempt("handler", 'ALTER TABLE "case" DISABLE ROW LEVEL SECURITY'),
    Attempt("handler", "SET ROLE mrejesho_worker"),
    Attempt("handler", "SET ROLE mrejesho_owner"),
    Attempt("handler", "COPY \"case\" TO PROGRAM 'cat'"),
    # Files are put in under a form's id, taken by its case, and changed by the worker alone.
    Attempt("handler", "SELECT * FROM upload_part"),
    Attempt("uploading", "SELECT * FROM upload_part"),
    Attempt("uploading", "DELETE FROM upload"),
    Attempt("uploading", "UPDATE upload SET draft_id = '{case}'"),
    Attempt("handler", "UPDATE attachment SET state = 'refused'"),
    Attempt("citizen of open", "UPDATE attachment SET case_id = '{case}'", "confidential"),
    Attempt("citizen of open", "INSERT INTO attachment_content SELECT * FROM attachment_content"),
    Attempt("citizen of open", "UPDATE case_key SET sealed = '\\x00'"),
    Attempt("handler", "SELECT guard.erase_papers(ARRAY['{case}'::uuid])"),
    Attempt("citizen of open", "SELECT guard.erase_papers(ARRAY['{case}'::uuid])"),
    Attempt("handler", "SELECT guard.take_uploads('{case}', now())"),
    Attempt("uploading", "SELECT guard.take_uploads('{case}', now())"),
    Attempt("nobody", "SELECT guard.take_uploads('{case}', now())"),
    # A case moves through one function, and only for one who sees it.
    Attempt("handler", "SELECT {move}", "open, elsewhere"),
    Attempt("job", "SELECT {move}"),
    Attempt("nobody", "SELECT {move}"),
    Attempt("receipt-check", "SELECT {move}"),
    Attempt("coordinator", "SELECT {move}", "restricted"),
    Attempt("director", "SELECT {move}", "restricted"),
    Attempt("citizen of open", "SELECT {move}", "confidential"),
    Attempt("ethics officer", "SELECT {move}", "confidential"),
    Attempt("head of ethics", "SELECT {move}", "restricted, all excluded"),
    Attempt("director", "SELECT {move}", "open, all excluded"),
]
UNTOUCHED = [
    Attempt("handler", "UPDATE \"case\" SET place = 'x' WHERE id = '{case}'", "open, elsewhere"),
    Attempt("coordinator", "UPDATE \"case\" SET place = 'x' WHERE id = '{case}'", "restricted"),
    Attempt("director", "UPDATE \"case\" SET place = 'x' WHERE id = '{case}'", "restricted"),
    Attempt("citizen of open", "UPDATE \"case\" SET place = 'x' WHERE id = '{case}'", "restricted"),
    Attempt("administrator", "UPDATE \"case\" SET place = 'x'"),
    Attempt("auditor", "UPDATE \"case\" SET place = 'x'"),
    Attempt("job", "UPDATE \"case\" SET place = 'x'"),
    Attempt("nobody", "UPDATE \"case\" SET place = 'x'"),
    Attempt("handler", "UPDATE escalation SET rung = 9 WHERE case_id = '{case}'", "restricted"),
    Attempt("handler", "UPDATE deadline SET due_at = now() WHERE case_id = '{case}'", "restricted"),
    Attempt("nobody", "UPDATE timer SET done = true"),
    Attempt("auditor", "UPDATE notice SET read = true"),
    Attempt("handler", "UPDATE alarm SET settled_at = now()"),
    Attempt("handler", "UPDATE lowering SET granted = true, answered_at = now()"),
    Attempt("director", "UPDATE lowering SET granted = true, answered_at = now()"),
    Attempt("ethics officer", "UPDATE extract SET answer = '\\x01', answered_by = {me}"),
    Attempt(
        "handler",
        "UPDATE extension SET granted = true, decided_at = now(), decided_by = {me}",
    ),
    Attempt("director", "UPDATE extract SET answer = '\\x01', answered_by = {me}"),
    Attempt("handler", "UPDATE officer SET roles = '{{ethics}}'"),
    Attempt("handler", "UPDATE credential SET password_hash = 'x' WHERE officer_id <> {me}"),
    Attempt("administrator", "UPDATE credential SET password_hash = 'x' WHERE officer_id <> {me}"),
    Attempt("administrator", "UPDATE totp SET secret = NULL WHERE officer_id <> {me}"),
    Attempt("administrator", "UPDATE staff_session SET ended_at = NULL WHERE officer_id <> {me}"),
    Attempt("coordinator", "UPDATE task SET state = 'done', settled_at = now(),"
            " settled_by = {me} WHERE case_id = '{case}'", "confidential"),
    Attempt("citizen of open", "UPDATE task SET state = 'done', settled_at = now(),"
            " settled_by = {me}"),
    # A coordinator assigns what may not be read, and cannot overwrite it unread either.
    Attempt("coordinator", "UPDATE message SET body = NULL, sealed = '\\x01'"
            " WHERE case_id = '{case}'", "confidential"),
]  # fmt: skip


def _said(world: World, attempt: Attempt) -> tuple[Principal, str]:
    case = world.items[attempt.case].id
    principal = world.principals()[attempt.who]
    move = f"guard.move_case('{case}', 1, 1, NULL, 'restricted', 'new', false, 0)"
    ask = f"guard.ask_opening(gen_random_uuid(), '{case}', '{{name}}', '\\x00', now())"
    other = confidential_world.institution(world, "DAWASA")
    desk = confidential_world.unit(world, "DAWASA", "REGISTRY")
    said = attempt.statement.format(
        case=case, other=other, desk=desk, move=move, ask=ask, me=principal[1] or 0
    )
    return principal, said


def test_statements_that_are_refused(world: World, web: Connection) -> None:
    for attempt in REFUSED:
        principal, said = _said(world, attempt)
        with standing(web, principal):
            try:
                web.execute(said)
            except psycopg.errors.InsufficientPrivilege:
                continue
        pytest.fail(f"not refused: {attempt}")


def test_the_worker_moves_any_case_and_a_web_role_taken_by_another_login_none(
    world: World, urls: dict[str, str]
) -> None:
    principal, said = _said(world, Attempt("job", "SELECT {move}", "restricted"))
    with psycopg.connect(urls["DATABASE_WORKER_URL"].replace("+psycopg", "")) as worker:
        with standing(worker, principal):
            worker.execute(said)
        with (
            standing(worker, ("nobody", None, None)),
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            worker.execute(said)
    with (
        world.connection.transaction(force_rollback=True),
        as_role(world.connection, WEB),
        standing(world.connection, principal),
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        world.connection.execute(said)


def test_statements_that_touch_no_row(world: World, web: Connection) -> None:
    for attempt in UNTOUCHED:
        principal, said = _said(world, attempt)
        with standing(web, principal):
            assert web.execute(said).rowcount == 0, attempt


@dataclass(frozen=True)
class Addition:
    """A row that a principal adds: a copy of one that stands, with other values."""

    table: str
    who: str
    case: str
    values: dict[str, Any]
    accepted: bool


def _additions(world: World) -> list[Addition]:
    me = world.people["handler"].number
    colleague = world.people["colleague of the unit"].number
    chief = world.people["Chief Secretary"]
    note = {"kind": "note", "officer_id": me, "internal": True}
    said = {"kind": "citizen", "officer_id": None, "internal": False}
    entry = {"actor_kind": "officer", "actor_id": me}
    order = {"officer_id": chief.number, "post_id": min(chief.viewer.posts)}
    by_me, by_nobody = {"by_officer_id": me}, {"by_officer_id": None}
    return [
        Addition("message", "handler", "open", note, True),
        Addition("message", "handler", "open, elsewhere", note, False),
        Addition("message", "handler", "restricted", note, False),
        Addition("message", "handler", "open", note | {"officer_id": colleague}, False),
        Addition("message", "handler", "open", note | {"officer_id": None}, False),
        Addition("message", "handler", "open", note | {"kind": "citizen"}, False),
        Addition("message", "citizen of open", "open", said, True),
        Addition("message", "citizen of open", "confidential", said, False),
        Addition("message", "citizen of open", "open", said | {"officer_id": me}, False),
        Addition("message", "citizen of open", "open", said | {"kind": "answer"}, False),
        Addition("message", "job", "open", said, False),
        Addition("assignment", "handler", "open", by_me, True),
        Addition("assignment", "handler", "open", {"by_officer_id": colleague}, False),
        Addition("assignment", "handler", "open, elsewhere", by_me, False),
        Addition("assignment", "citizen of open", "open", by_nobody, True),
        Addition("assignment", "citizen of open", "open", by_me, False),
        Addition("task", "handler", "open", by_me, True),
        Addition("task", "handler", "open", {"by_officer_id": colleague}, False),
        Addition("task", "handler", "open", by_me | {"state": "done"}, False),
        Addition("task", "handler", "open, elsewhere", by_me, False),
        # Who shares out what may not be read gives nobody work for it either.
        Addition(
            "task",
            "coordinator",
            "confidential",
            {"by_officer_id": world.people["coordinator"].number},
            False,
        ),
        Addition("task", "citizen of open", "open", by_me, False),
        Addition("directive", "Chief Secretary", "open, at the top", order, True),
        Addition("directive", "Chief Secretary", "open", order, False),
        Addition("directive", "handler", "open", order, False),
        Addition("directive", "handler", "open", order | {"officer_id": me}, False),
        Addition("directive", "citizen of open", "open", order, False),
        Addition("escalation", "handler", "open", {}, False),
        Addition("escalation", "Chief Secretary", "open, at the top", {}, False),
        Addition("conflict", "handler", "open", {}, True),
        Addition("conflict", "handler", "open, elsewhere", {}, False),
        Addition("sealed_identity", "handler", "open", {}, False),
        Addition("submission", "handler", "open", {}, False),
        Addition("outbox", "handler", "open, elsewhere", {}, False),
        Addition("outbox", "nobody", "open", {}, False),
        Addition("inbound_message", "handler", "open", {}, False),
        Addition("inbound_message", "hook", "open", {}, True),
        Addition("case", "handler", "open", {}, False),
        Addition("notice", "nobody", "open", {}, False),
        Addition("alarm", "director", "open", {}, False),
        Addition("audit_entry", "handler", "open", entry, True),
        Addition("audit_entry", "handler", "open", entry | {"actor_id": colleague}, False),
        Addition("audit_entry", "handler", "open", entry | {"actor_kind": "job"}, False),
        Addition("audit_entry", "nobody", "open", {}, False),
    ]


def _row(connection: Connection, table: str, case: UUID | None, values: dict[str, Any]) -> Jsonb:
    """A copy of a row that stands, of the case where one is named, with other values."""
    columns = "id" if table == "case" else "case_id"
    where = f" WHERE {columns} = '{case}'" if case else ""
    found = connection.execute(f'SELECT to_jsonb(t) FROM "{table}" t{where} LIMIT 1').fetchone()  # noqa: S608
    assert found is not None, table
    return Jsonb(found[0] | values)


def _adds(connection: Connection, table: str, row: Jsonb) -> str:
    """What becomes of the row. A policy speaks before any constraint does."""
    try:
        with connection.transaction():
            connection.execute(
                f'INSERT INTO "{table}" SELECT * FROM jsonb_populate_record(NULL::"{table}", %s)',  # noqa: S608
                (row,),
            )
    except psycopg.errors.InsufficientPrivilege:
        return "refused"
    except psycopg.IntegrityError:
        return "accepted"
    return "accepted"


def test_rows_that_may_and_may_not_be_added(world: World, web: Connection) -> None:
    wrong = []
    for addition in _additions(world):
        row = _row(world.connection, addition.table, world.items[addition.case].id, addition.values)
        with standing(web, world.principals()[addition.who]):
            accepted = _adds(web, addition.table, row) == "accepted"
        if accepted is not addition.accepted:
            wrong.append(addition)
    assert not wrong
