"""The migrations: up from nothing, down to nothing, with rows in place, and equal to the models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Engine, create_engine, make_url

import feedback
from feedback.extensions import Base
from feedback.models import __all__ as _models  # noqa: F401  (fills the metadata)

ROOT = Path(feedback.__file__).parent.parent


@pytest.fixture
def address(urls: dict[str, str]) -> Iterator[str]:
    """A fresh database that the owner role owns; the owner's address of it."""
    own = make_url(urls["DATABASE_OWNER_URL"])
    name = f"{own.database}_migrations"
    superuser = urls["SUPERUSER_URL"].replace("+psycopg", "")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} OWNER mrejesho_owner TEMPLATE template0")
        yield own.set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    """The owner's connection to it."""
    made = create_engine(address)
    yield made
    made.dispose()


def _config() -> Config:
    config = Config(str(ROOT / "migrations" / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def migrate(engine: Engine, to: str) -> None:
    """Up to a revision; down to the base, or by a step ("-1")."""
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if to in ("base", "-1") else command.upgrade)(config, to)


def shape(engine: Engine) -> dict[str, list[Any]]:
    """Everything a migration makes, in plain words."""
    queries = {
        "columns": "SELECT table_schema, table_name, column_name, data_type, is_nullable,"
        " column_default FROM information_schema.columns"
        " WHERE table_schema IN ('public', 'guard') ORDER BY 1, 2, 3",
        "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('public', 'guard')"
        " ORDER BY 1",
        "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE connamespace IN ('public'::regnamespace) ORDER BY 1, 2",
        "policies": "SELECT * FROM pg_policies ORDER BY 1, 2, 3",
        "functions": "SELECT oid::regprocedure::text, prosrc, proacl::text FROM pg_proc"
        " WHERE pronamespace = 'guard'::regnamespace ORDER BY 1",
        "triggers": "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
        " WHERE NOT tgisinternal ORDER BY 1, 2",
        "grants": "SELECT table_name, grantee, privilege_type"
        " FROM information_schema.role_table_grants"
        " WHERE table_schema IN ('public', 'guard') ORDER BY 1, 2, 3",
    }
    with engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.exec_driver_sql(query)]
            for name, query in queries.items()
        }


def left_over(engine: Engine) -> list[Any]:
    """Tables, types, functions and schemas of ours that stand."""
    with engine.connect() as connection:
        return [
            tuple(row)
            for row in connection.exec_driver_sql(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                " AND relname NOT LIKE 'alembic_version%%'"
                " UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = 'guard'"
                " UNION ALL SELECT proname FROM pg_proc"
                " WHERE pronamespace = 'public'::regnamespace"
                " UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace"
                " AND typname NOT LIKE '%%alembic_version'"
            )
        ]


def test_there_is_one_head_and_one_base() -> None:
    script = ScriptDirectory.from_config(_config())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_the_head_equals_the_models(engine: Engine) -> None:
    migrate(engine, "head")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_the_head_has_the_checks_of_the_models(engine: Engine) -> None:
    """Alembic compares no CHECK constraints."""
    migrate(engine, "head")
    declared = {
        (table.name, str(constraint.name))
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT relname, conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid"
            " WHERE contype = 'c' AND t.relnamespace = 'public'::regnamespace"
        )
        assert {tuple(row) for row in found} == declared


def test_up_down_and_up_again(engine: Engine) -> None:
    migrate(engine, "head")
    first = shape(engine)
    assert all(first.values())
    migrate(engine, "base")
    assert left_over(engine) == []
    migrate(engine, "head")
    assert shape(engine) == first


def test_going_up_when_up_changes_nothing(engine: Engine) -> None:
    migrate(engine, "head")
    first = shape(engine)
    migrate(engine, "head")
    assert shape(engine) == first


def test_each_step_goes_down_and_up_with_rows_in_place(engine: Engine) -> None:
    """Every step above the first keeps the rows that stand when it is taken."""
    script = ScriptDirectory.from_config(_config())
    steps = [s.revision for s in reversed(list(script.walk_revisions()))]
    migrate(engine, steps[0])
    with engine.begin() as connection:
        connection.exec_driver_sql(FILL)
    before = counts(engine)
    assert before["case"] == before["message"] == before["audit_entry"] == 1
    for step in steps:
        migrate(engine, step)
        assert counts(engine) == before
    migrate(engine, "base")
    assert left_over(engine) == []


COSTS = [
    ("TZS 22.0000", "TZS", "22.0000", True),
    ("KES 1,022.5", "KES", "1022.5000", True),
    ("tzs22", "TZS", "22.0000", True),
    ("0", None, "0.0000", True),
    ("None", None, None, True),
    ("TZS 22,5", None, None, True),
    (None, None, None, True),
    (None, None, None, False),  # was never taken
]


def test_costs_become_amounts_and_count_for_their_case_s_institution(engine: Engine) -> None:
    migrate(engine, "0007")
    with engine.begin() as connection:
        connection.exec_driver_sql(FILL)
        for number, (cost, *_, taken) in enumerate(COSTS):
            connection.exec_driver_sql(
                "INSERT INTO outbox (id, dedupe, case_id, language, template, values, priority,"
                " state, attempts, unknown_attempts, next_attempt_at, provider_id, cost,"
                " created_at, finished_at) SELECT gen_random_uuid(), %s, id, 'sw', 'help', '{}',"
                " 1, 'failed', 1, 0, now(), %s, %s, now(), '2026-10-31 22:00+00' FROM \"case\"",
                (f"d{number}", f"p{number}" if taken else None, cost),
            )
    migrate(engine, "0008")
    with engine.begin() as connection:
        found = connection.exec_driver_sql(
            "SELECT cost_currency, cost_amount::text, charge_on::text,"
            ' o.institution_id = c.institution_id FROM outbox o JOIN "case" c ON c.id = case_id'
            " ORDER BY dedupe"
        ).all()
    assert [tuple(row) for row in found] == [
        (currency, amount, "2026-11-01" if taken else None, True if taken else None)
        for _, currency, amount, taken in COSTS
    ]
    migrate(engine, "-1")
    with engine.begin() as connection:
        kept = connection.exec_driver_sql("SELECT cost FROM outbox ORDER BY dedupe").all()
    assert [row[0] for row in kept][:5] == [
        "TZS 22.0000",
        "KES 1022.5000",
        "TZS 22.0000",
        "0",
        None,
    ]


def counts(engine: Engine) -> dict[str, int]:
    """Rows of the tables that FILL fills."""
    tables = ("calendar", "institution", "unit", "officer", "case", "message", "audit_entry")
    with engine.connect() as connection:
        return {
            table: connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one()  # noqa: S608
            for table in tables
        }


FILL = """
INSERT INTO calendar (code, name, opens, closes, weekend)
  VALUES ('C', 'C', '07:30', '15:30', '{6,7}');
INSERT INTO institution (code, kind, path, name_sw, name_en, region, aliases, ladder, sector,
  calendar_id, verified, active)
  SELECT 'I', 'council', '{1}', 'I', 'I', 'R', '{}', 'council', '', id, true, true FROM calendar;
INSERT INTO unit (institution_id, code, name_sw, name_en, is_default)
  SELECT id, 'U', 'U', 'U', true FROM institution;
INSERT INTO officer (institution_id, unit_id, username, name, roles, active, language)
  SELECT institution_id, id, 'o', 'O', '{handler}', true, 'sw' FROM unit;
INSERT INTO "case" (id, reference, kind, status, channel, language, institution_id, unit_id,
  confidentiality, anonymous, reachable, triage, received_at, cycle, appeals, due_at, standard,
  highest_rung, first_rung, unread, transfers)
  SELECT gen_random_uuid(), 'R', 'complaint', 'new', 'web', 'sw', institution_id, id,
  'open', false, false, false, now(), 1, 0, now(), 'STANDARD', 0, 1, true, 0 FROM unit;
INSERT INTO message (id, case_id, cycle, kind, internal, body, at)
  SELECT gen_random_uuid(), id, 1, 'citizen', false, 'maneno', now() FROM "case";
INSERT INTO audit_entry (id, at, act, actor_kind, details, key_id, mac)
  VALUES (gen_random_uuid(), now(), 'x', 'job', '{}', 'a', '');
"""


def test_the_roles_can_be_made_again_and_keep_what_they_are(superuser: Any) -> None:
    roles = (ROOT / "migrations" / "roles.sql").read_text()
    look = (
        "SELECT rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb"
        " FROM pg_roles WHERE rolname LIKE 'mrejesho%' ORDER BY 1"
    )
    before = superuser.execute(look).fetchall()
    for _ in range(2):
        superuser.execute(roles)
    assert superuser.execute(look).fetchall() == before
    assert [(row[0], row[2]) for row in before] == [
        ("mrejesho_loader", True),
        ("mrejesho_owner", False),
        ("mrejesho_web", False),
        ("mrejesho_worker", False),
    ]
    assert not any(row[1] or row[4] or row[5] for row in before)


def test_the_template_of_all_tests_stands_at_the_head(superuser: Any) -> None:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert superuser.execute("SELECT version_num FROM alembic_version").fetchall() == [(head,)]
