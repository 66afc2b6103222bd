"""What the database itself returns to each principal: plain SQL in the web role, no application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from feedback.rules import access
from feedback.services import viewers
from feedback.transaction import Principal, transaction
from tests.services import confidential_world
from tests.services.confidential_probe import (
    ADDRESSED,
    APART,
    AUDITED,
    CITIZENS,
    CLOSED,
    COVERED,
    FACTS,
    OF_A_CASE,
    OFFICE,
    OFFICE_WORDS,
    OPENINGS,
    WORDS,
    Connection,
    as_role,
    counted,
    seen,
    standing,
)
from tests.services.confidential_world import Item, Person, World


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


def _expected(person: Person, item: Item) -> tuple[bool, bool]:
    """What the rules say: whether the case is seen, whether its words are read."""
    viewer, facts = person.viewer, item.facts
    return access.may_see_case(viewer, facts), access.may_read_words(viewer, facts)


def test_plain_sql_returns_to_each_officer_what_the_rules_say(
    world: World, web: Connection
) -> None:
    wrong = []
    for name, person in world.people.items():
        inactive = name == "inactive handler"
        with standing(web, ("officer", person.number, None)):
            found = {table: seen(web, table) for table in OF_A_CASE}
        for title, item in world.items.items():
            sees, reads = (False, False) if inactive else _expected(person, item)
            outside = not inactive and _is_outside_ethics(person, item)
            for tables, answer in (
                ((*FACTS, *OFFICE), sees),
                ((*WORDS, *OFFICE_WORDS), reads),
                (COVERED, outside),
            ):
                for table in tables:
                    if (item.id in found[table]) is not answer:
                        said = "must be seen" if answer else "is seen"
                        wrong.append((name, title, table, said))
            for table in (*CLOSED, *CITIZENS):
                assert item.id not in found[table], (name, title, table)
            knows = not inactive and _knows_of_openings(world, person, item)
            if (item.id in found["identity_opening"]) is not knows:
                wrong.append((name, title, "identity_opening", "must be seen" if knows else "seen"))
    assert not wrong


def _is_outside_ethics(person: Person, item: Item) -> bool:
    """An ethics officer of another institution, whom the case does not concern."""
    viewer = person.viewer
    return (
        "ethics" in viewer.roles
        and viewer.institution != item.facts.institution
        and viewer.officer not in item.facts.excluded
    )


def test_the_search_finds_to_each_officer_what_the_rules_say(world: World, web: Connection) -> None:
    """By its reference what may be seen; by words of it open cases among that alone."""
    query = 'SELECT id, reference FROM "case"'
    references = dict(world.connection.execute(query).fetchall())
    search = "SELECT case_id, body FROM guard.search(%s, %s, %s, NULL, NULL, 50)"
    worded = set()
    for name, principal in world.principals().items():
        person = world.people.get(name) if name != "inactive handler" else None
        with standing(web, principal):
            told = dict(web.execute(search, (None, *["taa:*"] * 2)).fetchall())
            for title, item in world.items.items():
                sees = person is not None and access.may_see_case(person.viewer, item.facts)
                found = web.execute(search, (references[item.id], None, None)).fetchall()
                assert found == ([(item.id, None)] if sees else []), (name, title)
                may = sees and item.facts.level is access.Level.OPEN
                assert may or item.id not in told, (name, title)
        worded |= set(told)
        assert None not in told.values(), name
    assert worded


def _knows_of_openings(world: World, person: Person, item: Item) -> bool:
    """Who may ask, or decide about what the handler asked."""
    asker = world.people["handler"].number
    return access.may_open_identity(
        person.viewer, item.facts
    ) is not None or access.may_decide_opening(person.viewer, item.facts, asker)


def test_who_may_ask_and_who_may_decide_is_what_the_rules_say(
    world: World, web: Connection
) -> None:
    asked = set()
    for name, person in world.people.items():
        if name == "inactive handler":
            continue
        with standing(web, ("officer", person.number, None)):
            for title, item in world.items.items():
                row = web.execute(
                    "SELECT guard.may_open(%s), guard.may_decide(%s, 0), guard.may_decide(%s, %s)",
                    (item.id, item.id, item.id, person.number),
                ).fetchone()
                role = access.may_open_identity(person.viewer, item.facts)
                second = access.may_decide_opening(person.viewer, item.facts, 0)
                assert row == (role, second, False), (name, title)
                asked.add((item.facts.level, role, second))
    open_, confidential, restricted = access.Level
    # Never the handler alone, and never one of the institution where it is restricted.
    assert asked >= {(level, "handler", False) for level in (open_, confidential)}
    assert asked >= {(level, "head", True) for level in (open_, confidential)}
    assert (confidential, None, True) in asked
    assert {each for each in asked if each[0] is restricted} == {
        (restricted, None, False),
        (restricted, "ethics", True),
    }


def test_every_table_with_a_case_is_asked(world: World) -> None:
    """From the catalogue: a table with a case's number, or that refers to one that has it."""
    rows = world.connection.execute(
        "SELECT c.relname, c.relnamespace::regnamespace::text FROM pg_class c"
        " WHERE c.relkind IN ('r', 'p') AND c.relnamespace::regnamespace::text IN"
        " ('public', 'guard') AND (c.relname = 'case' OR EXISTS (SELECT FROM pg_attribute a"
        "   WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname LIKE '%case_id%')"
        "  OR EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f'"
        "   AND k.confrelid = '\"case\"'::regclass))"
    ).fetchall()
    assert sorted(OF_A_CASE) == sorted(name for name, _schema in rows)
    # One row of each case in each of them, else asking proves nothing.
    for table in OF_A_CASE:
        assert {item.id for item in world.items.values()} <= set(seen(world.connection, table)), (
            table
        )


def test_every_table_is_asked_that_not_everybody_reads(world: World) -> None:
    rows = world.connection.execute(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'guard') AND c.relrowsecurity"
        " AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid"
        "   AND p.polcmd IN ('r', '*')"
        "   AND 'mrejesho_web'::regrole = ANY (p.polroles)"
        "   AND pg_get_expr(p.polqual, p.polrelid) = 'true')"
    ).fetchall()
    secret = {name for (name,) in rows} - {f"public.{table}" for table in OF_A_CASE}
    assert set(APART) == secret
    for table in APART:
        assert counted(world.connection, table), table


def test_the_world_has_both_answers_for_each_level(world: World) -> None:
    """A matrix in which a level is never seen, or never hidden, proves nothing."""
    answers = {
        (item.facts.level, _expected(person, item))
        for person in world.people.values()
        for item in world.items.values()
    }
    open_, confidential, restricted = access.Level
    assert answers >= {(level, (s, s)) for level in access.Level for s in (True, False)}
    # Only of a confidential case the facts are seen by one who may not read its words.
    assert (confidential, (True, False)) in answers
    assert not {(open_, (True, False)), (restricted, (True, False))} & answers


def test_excluded_officers_of_every_kind_find_nothing(world: World, web: Connection) -> None:
    closed = {item.id for title, item in world.items.items() if "all excluded" in title}
    for name, person in world.people.items():
        with standing(web, ("officer", person.number, None)):
            for table in OF_A_CASE:
                assert not closed & set(seen(web, table)), (name, table)
            # Nor does the question who is excluded give an answer to one who is.
            for case in closed:
                answer = web.execute("SELECT guard.excluded(%s)", (case,)).fetchone()
                assert answer == ([],), name


def test_a_citizen_finds_the_own_case_and_no_other(world: World, web: Connection) -> None:
    for title in ("open", "confidential", "restricted", "triage"):
        item = world.items[title]
        with standing(web, ("public", None, item.id)):
            for table in (*FACTS, *WORDS, *OPENINGS, *COVERED, *CITIZENS):
                assert set(seen(web, table)) == {item.id}, (title, table)
            for table in (*CLOSED, *OFFICE, *OFFICE_WORDS, *ADDRESSED, *AUDITED):
                assert not seen(web, table), (title, table)
            internal = web.execute("SELECT count(*) FROM message WHERE internal").fetchone()
            assert internal == (0,)


def test_those_who_are_nobody_in_particular_find_no_case(world: World, web: Connection) -> None:
    """The web role that calls itself a job is still the web role."""
    nameless = ("officer who does not exist", "citizen without a case", "inactive handler")
    for name, principal in world.principals().items():
        if principal[0] in ("officer", "public") and name not in nameless:
            continue
        with standing(web, principal):
            for table in OF_A_CASE:
                assert not seen(web, table), (name, table)


def test_without_a_principal_nothing_is_found(world: World, web: Connection) -> None:
    for table in OF_A_CASE:
        assert not seen(web, table), table
    assert not any(counted(web, table) for table in APART)


def test_nothing_of_a_principal_outlives_the_transaction(world: World, web: Connection) -> None:
    director = world.people["director"].number
    web.execute("SELECT guard.become('officer', %s, NULL)", (director,))
    assert seen(web, "case")
    web.commit()
    assert not seen(web, "case")


@pytest.mark.parametrize("second", ["public", "nobody", "figures", "reference"])
def test_the_next_principal_of_a_transaction_inherits_nothing(
    world: World, web: Connection, second: str
) -> None:
    for person in world.people.values():
        with standing(web, ("officer", person.number, None)):
            web.execute("SELECT guard.become(%s, NULL, NULL)", (second,))
            for table in OF_A_CASE:
                assert not seen(web, table), (person, table)


READERS = {
    "public.credential": {"login", "officer"},
    "public.receipt_attempt": {"receipt-check"},
    "public.receipt_request": {"receipt-check"},
    "public.audit_link": {"auditor"},
    "public.audit_tail": {"auditor"},
    "public.audit_pattern": {"auditor"},
    "public.figure": {"figures", "officer"},
    "public.figure_held": {"officer"},
    "public.sms_cost": {"admin", "of the institution"},
    "public.job_run": {"officer", "operations"},
    "public.machine_clock": {"admin", "operations"},
    "public.forecast_cell": {"oversight", "head"},
    "public.forecast_state": {"officer"},
    "public.improvement": {"serving there"},
    "public.officer_phone": {"officer"},
    "public.officer_mail": {"officer"},
    "public.notice_choice": {"officer"},
    "public.officer_command": {"officer"},
    "public.suggestion_model": {"officer"},
    "public.totp": {"login", "officer"},
    "public.recovery_code": {"login", "officer"},
    "public.passkey": {"login", "officer"},
    "public.staff_session": {"login", "officer"},
    "public.access_code": {"login"},
    "public.login_attempt": {"login"},
    "public.grant_request": {"admin"},
    "public.reference_change": {"admin", "auditor"},
    "public.saved_view": {"officer"},
    # The row is national.
    "public.answer_template": {"officer"},
    "public.bulk_move": {"leads", "mover"},
    # Who logged it, and whoever sees the case it was about.
    "public.paper_letter": {"sees one", "mover"},
}


def test_tables_apart_answer_only_those_they_are_for(world: World, web: Connection) -> None:
    home = world.items["open"].facts.institution  # that of the rows of sums
    homes = {item.facts.institution for item in world.items.values()}
    for name, principal in world.principals().items():
        person = world.people.get(name)
        who = {principal[0]} if person is None else {"officer", *person.viewer.roles}
        if name in ("inactive handler", "officer who does not exist"):
            who = {"nobody"}
        with standing(web, principal):
            if person is not None and home in person.viewer.heads | person.viewer.coordinates:
                who.add("of the institution")
            if person is not None and homes & (person.viewer.heads | person.viewer.coordinates):
                who.add("leads")
            if (
                name != "inactive handler"
                and person is not None
                and any(
                    access.may_see_case(person.viewer, item.facts) for item in world.items.values()
                )
            ):
                who.add("sees one")
            if name == "handler":
                who.add("mover")
            if person is not None and home == person.viewer.institution:
                serves = access.SERVING & person.viewer.roles
                who |= {"serving there"} if serves and name != "inactive handler" else set()
            for table in APART:
                expected = bool(who & READERS.get(table, set()))
                assert bool(counted(web, table)) is expected, (name, table)


def test_auditors_read_of_no_restricted_report_about_their_own_institution(
    world: World, web: Connection
) -> None:
    hidden = 0
    for name, person in world.people.items():
        viewer = person.viewer
        with standing(web, ("officer", person.number, None)):
            found = {table: set(seen(web, table)) for table in AUDITED}
            ids = [item.id for item in world.items.values()]
            named = web.execute("SELECT case_id FROM guard.references_of(%s)", (ids,)).fetchall()
            touched = web.execute("SELECT case_id FROM guard.cases_touched(%s)", (ids,)).fetchall()
            macs = web.execute("SELECT count(*) FROM guard.hidden_macs()").fetchone()
        found["references"] = {row[0] for row in named}
        found["touched"] = {row[0] for row in touched}
        assert bool(macs and macs[0]) is ("auditor" in viewer.roles), name
        for title, item in world.items.items():
            own = item.facts.institution == viewer.institution
            concealed = (own and item.facts.level == "restricted") or (
                person.number in item.facts.excluded
            )
            expected = "auditor" in viewer.roles and not concealed
            hidden += "auditor" in viewer.roles and own and not expected
            for where, cases in found.items():
                assert (item.id in cases) is expected, (name, title, where)
    assert hidden


OWN = (
    *("credential", "recovery_code", "passkey", "staff_session", "totp"),
    *("officer_phone", "officer_command", "officer_mail", "notice_choice"),
)


def test_an_officer_reads_only_what_proves_the_own_self(world: World, web: Connection) -> None:
    for name, person in world.people.items():
        if name == "inactive handler":
            continue
        with standing(web, ("officer", person.number, None)):
            for table in OWN:
                found = web.execute(f"SELECT officer_id FROM {table}").fetchall()  # noqa: S608
                assert found == [(person.number,)], (name, table)


def test_an_extract_reaches_ethics_and_the_post_addressed(world: World, web: Connection) -> None:
    (post,) = world.connection.execute("SELECT DISTINCT post_id FROM extract").fetchall()
    for name, person in world.people.items():
        with standing(web, ("officer", person.number, None)):
            found = set(seen(web, "extract"))
        for title, item in world.items.items():
            sees, _reads = _expected(person, item)
            expected = sees and item.facts.level == "restricted"
            if post[0] in person.viewer.posts and person.number not in item.facts.excluded:
                expected = True
            expected = expected and name != "inactive handler"
            assert (item.id in found) is expected, (name, title)


def test_an_opinion_reaches_those_who_see_the_case_and_those_asked(
    world: World, web: Connection
) -> None:
    """Every case asks the council's water unit, which has few of them: of an open one it reads what
    citizen and office wrote, of no other a word."""
    (unit, council), = world.connection.execute(
        "SELECT DISTINCT unit_id, institution_id FROM opinion"
    ).fetchall()  # fmt: skip
    for name, person in world.people.items():
        viewer = person.viewer
        asked = unit in viewer.units or council in viewer.heads | viewer.coordinates
        with standing(web, ("officer", person.number, None)):
            found = set(seen(web, "opinion"))
            said = dict(
                web.execute(
                    "SELECT o.case_id, count(m.id) FROM opinion o,"
                    " LATERAL guard.opinion_said(o.id) m WHERE NOT m.internal GROUP BY 1"
                ).fetchall()
            )
        for title, item in world.items.items():
            sees, _reads = _expected(person, item)
            waits = asked and item.facts.level == "open"
            waits = waits and person.number not in item.facts.excluded
            waits, sees = (name != "inactive handler" and each for each in (waits, sees))
            assert (item.id in found) is (sees or waits), (name, title)
            assert bool(said.get(item.id)) is waits, (name, title)


def test_notices_reach_only_the_officer_addressed(world: World, web: Connection) -> None:
    for name, person in world.people.items():
        with standing(web, ("officer", person.number, None)):
            rows = web.execute("SELECT officer_id, case_id FROM notice").fetchall()
        assert {row[0] for row in rows} <= {person.number}, name
        excluded = {i.id for i in world.items.values() if person.number in i.facts.excluded}
        assert not {row[1] for row in rows} & excluded, name


def test_a_draft_is_its_officer_s_alone_and_goes_with_the_sight_of_the_case(world: World) -> None:
    connection = world.connection
    numbers = {person.number: name for name, person in world.people.items()}
    seen_by = {
        (person.number, item.id)
        for name, person in world.people.items()
        for item in world.items.values()
        if name != "inactive handler" and _expected(person, item)[0]
    }
    with connection.transaction(force_rollback=True):
        connection.execute(
            "INSERT INTO draft (id, officer_id, case_id, verb, kept, version, sealed, saved_at)"
            " SELECT gen_random_uuid(), o.id, c.id, 'note', false, 1, '\\x00', now()"
            ' FROM officer o, "case" c WHERE o.id = ANY (%s)',
            [list(numbers)],
        )
        for number, name in numbers.items():
            with (
                as_role(connection, "mrejesho_web"),
                standing(connection, ("officer", number, None)),
            ):
                rows = connection.execute("SELECT DISTINCT officer_id, case_id FROM draft")
                own = {(officer, case) for officer, case in seen_by if officer == number}
                assert set(rows.fetchall()) == own, name
        with as_role(connection, "mrejesho_web"), standing(connection, ("job", None, None)):
            assert connection.execute("SELECT count(*) FROM draft").fetchone() == (0,)
        with as_role(connection, "mrejesho_worker"):
            connection.execute("SELECT guard.become('job', NULL, NULL)")
            connection.execute("SELECT guard.forget_unseen_drafts()")
            assert connection.execute("SELECT guard.kind()").fetchone() == ("job",)
        left = connection.execute("SELECT DISTINCT officer_id, case_id FROM draft").fetchall()
        assert set(left) == seen_by


def test_alarms_tell_no_superior_of_a_restricted_case(world: World, web: Connection) -> None:
    for name, person in world.people.items():
        viewer = person.viewer
        with standing(web, ("officer", person.number, None)):
            found = set(seen(web, "alarm"))
        for title, item in world.items.items():
            answers_for = item.facts.institution in viewer.heads | viewer.coordinates
            expected = answers_for and access.may_see_case(viewer, item.facts)
            if "admin" in viewer.roles:
                expected = person.number not in item.facts.excluded
            assert (item.id in found) is expected, (name, title)


def test_cases_moved_in_one_act_are_listed_for_those_who_see_them(
    world: World, web: Connection
) -> None:
    mover = world.people["handler"].number
    for name, person in world.people.items():
        viewer = person.viewer
        with standing(web, ("officer", person.number, None)):
            found = set(seen(web, "bulk_move_item"))
        for title, item in world.items.items():
            leads = item.facts.institution in viewer.heads | viewer.coordinates
            expected = access.may_see_case(viewer, item.facts) and (leads or person.number == mover)
            expected = expected and name != "inactive handler"
            assert (item.id in found) is expected, (name, title)


def test_the_application_knows_the_officer_as_the_database_does(
    application: Flask, world: World
) -> None:
    with application.app_context():
        for name, person in world.people.items():
            if name == "inactive handler":
                continue
            with transaction(Principal.of_officer(person.number)):
                assert viewers.present() == person.viewer, name


def test_a_deputy_stands_in_while_the_holder_is_away(world: World) -> None:
    """The same deputy, before and after the director's leave, and once nobody holds the post."""
    deputy = ("officer", world.people["deputy of a present director"].number, None)
    director = {"officer": world.people["director"].number}
    item = world.items["confidential, below the region"].id
    connection = world.connection

    def sees() -> bool:
        with as_role(connection, "mrejesho_web"), standing(connection, deputy):
            return item in seen(connection, "case") and item in seen(connection, "message")

    with connection.transaction(force_rollback=True):
        assert not sees()
        connection.execute(
            "INSERT INTO leave (officer_id, first_day, last_day)"
            " VALUES (%(officer)s, current_date - 1, current_date + 1)",
            director,
        )
        assert sees()
        connection.execute(
            "UPDATE leave SET first_day = current_date + 3, last_day = current_date + 9"
        )
        assert not sees()
        connection.execute("UPDATE officer SET active = false WHERE id = %(officer)s", director)
        assert sees()
        connection.execute("UPDATE officer SET active = true WHERE id = %(officer)s", director)
        assert not sees()
        connection.execute(
            "UPDATE post_holding SET until_day = current_date - 1 WHERE officer_id = %(officer)s",
            director,
        )
        assert sees()


def test_a_deputy_who_stood_in_for_one_case_loses_it_with_the_seat(world: World) -> None:
    item = world.items["confidential, below the region"].id
    number = world.people["deputy of the RAS"].number
    connection = world.connection

    def sees() -> bool:
        with as_role(connection, "mrejesho_web"), standing(connection, ("officer", number, None)):
            return item in seen(connection, "case") and item in seen(connection, "message")

    with connection.transaction(force_rollback=True):
        # The holder, who is excluded, is there again: it is the rung alone that opens the case.
        connection.execute("DELETE FROM leave")
        connection.execute(
            "INSERT INTO escalation (id, case_id, cycle, rung, ladder, clock, post_id,"
            " from_institution_id, way, officer_id, restricted, due_at, at)"
            " SELECT gen_random_uuid(), %s, 1, 80, 'council', 'answer', h.post_id,"
            " c.institution_id, 'deputy', h.officer_id, false, now(), now()"
            ' FROM post_holding h, "case" c WHERE h.officer_id = %s AND c.id = %s',
            (item, number, item),
        )
        assert sees()
        connection.execute(
            "UPDATE post_holding SET until_day = current_date - 1 WHERE officer_id = %s", (number,)
        )
        assert not sees()


def test_a_rung_opens_the_case_when_it_is_climbed(world: World) -> None:
    before = world.items["confidential, below the region"].id
    ras = ("officer", world.people["deputy of the RAS"].number, None)
    connection = world.connection

    def sees() -> bool:
        with as_role(connection, "mrejesho_web"), standing(connection, ras):
            return before in seen(connection, "case") and before in seen(connection, "message")

    with connection.transaction(force_rollback=True):
        assert not sees()
        connection.execute(
            "UPDATE escalation SET case_id = %s WHERE case_id = %s AND rung = 4",
            (before, world.items["confidential, at the region"].id),
        )
        assert sees()


def test_what_the_search_for_a_receipt_answers(world: World, web: Connection) -> None:
    """Only the purpose that compares codes gets the submission, and from no table."""
    item = world.items["restricted"]
    row = world.connection.execute('SELECT reference FROM "case" WHERE id = %s', (item.id,))
    reference = row.fetchone()
    assert reference
    for name, principal in world.principals().items():
        with standing(web, principal):
            found = web.execute("SELECT * FROM guard.receipt(%s)", reference).fetchall()
            again = web.execute(
                "SELECT case_id FROM guard.repeated(%s)", (item.submission,)
            ).fetchall()
        assert bool(found) is (principal[0] == "receipt-check"), name
        assert bool(again) is (principal[0] == "lodging"), name


def _metrics(connection: Connection) -> Any:
    return connection.execute("SELECT * FROM guard.metrics(now())").fetchall()


def test_sums_for_the_operators_go_to_the_operators(world: World, web: Connection) -> None:
    for name, principal in world.principals().items():
        with standing(web, principal):
            if principal[0] == "operations":
                assert _metrics(web)
                continue
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                _metrics(web)
        assert name
