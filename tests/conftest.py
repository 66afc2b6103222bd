"""What all tests share: real servers, a database of their own, an application.

The process that runs pytest starts one PostgreSQL and one queue server and prepares a template
database (migrated, reference data loaded); each worker of xdist copies it. Between tests the
tables are emptied, reference data apart.
"""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

import config
from feedback import create_app
from feedback.extensions import db
from feedback.transaction import Principal, redis_client, transaction
from local import i18n
from local.servers import EmbeddedServers, provision
from tests import factories

LONG = os.environ.get("MREJESHO_LONG") == "1"
TEMPLATE = "mrejesho_template"
SERVERS: list[EmbeddedServers] = []
SETTINGS = pytest.StashKey[str]()

settings.register_profile("quick", max_examples=40, deadline=None)
settings.register_profile(
    "long", max_examples=1_500, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("long" if LONG else "quick")


def key(letter: str) -> str:
    """A key of 32 bytes for tests."""
    return base64.b64encode(letter.encode() * 32).decode()


def environment(urls: dict[str, str]) -> dict[str, str]:
    """The environment of an application under test."""
    return {
        **urls,
        "SECRET_KEY": "test-secret-" + "x" * 40,
        "NUMBER_HASH_KEY": "test-number-" + "n" * 40,
        "IDENTITY_KEYS": f"k1:{key('i')}",
        "AUDIT_KEYS": f"a1:{key('a')}",
        "AT_USERNAME": "sandbox",
        "AT_API_KEY": "test-key",
        "AT_SHORTCODE": "15200",
        "USSD_CODE": "*152*00#",
        "AT_HOOK_TOKEN": "test-hook-token-" + "t" * 24,
        "HOME_INSTITUTION": "PO-PSMGG",
        "METRICS_TOKEN": "test-metrics-token",
        # One after the other, so that what is sent stands in order; tests of several say so.
        "SMS_SENDERS": "1",
        "DEMO": "1",
    }


def urls_of(servers: EmbeddedServers, database: str, redis_db: int) -> dict[str, str]:
    """The addresses of a database in each role."""
    return {
        "DATABASE_URL": servers.url("mrejesho_web", database),
        "DATABASE_WORKER_URL": servers.url("mrejesho_worker", database),
        "DATABASE_OWNER_URL": servers.url("mrejesho_owner", database),
        "DATABASE_LOADER_URL": servers.url("mrejesho_loader", database),
        "REDIS_URL": servers.redis_url(redis_db),
    }


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers once, in the process that was called."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    i18n.compile_catalogs()
    folder = Path(tempfile.mkdtemp(prefix="mrejesho-test-"))
    # Sessions of a test are too short to find out that one plan serves all.
    options = {"max_connections": "200", "plan_cache_mode": "force_generic_plan"}
    servers = EmbeddedServers(folder, durable=False, temporary=True, settings=options)
    servers.__enter__()
    SERVERS.append(servers)
    os.environ["MREJESHO_TEST_FOLDER"] = str(folder)
    os.environ["MREJESHO_TEST_SUPERUSER"] = servers.superuser_url("DATABASE")
    os.environ["MREJESHO_TEST_REDIS"] = servers.redis_url(0)
    provision(servers, TEMPLATE)
    app = create_app(_config(urls_of(servers, TEMPLATE, 0)))
    runner = app.test_cli_runner()
    for command in (["db", "upgrade"], ["import-reference"]):
        result = runner.invoke(args=command)
        if result.exit_code:
            raise RuntimeError(f"{command}: {result.output}") from result.exception
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers with the run."""
    while SERVERS:
        servers = SERVERS.pop()
        servers.__exit__(None, None, None)
        shutil.rmtree(servers.data_dir, ignore_errors=True)


# What some tests need of the machine: by their mark, the programs, and how to get them.
NEEDS = {
    "browser": (("chromium",), "Chromium is missing", "apt-get install chromium"),
    "npm": (("node", "npm"), "node or npm is missing", "apt-get install nodejs npm"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where a program that tests need is missing they are left out, and said to be."""
    for mark, (programs, missing, _) in NEEDS.items():
        if all(shutil.which(program) for program in programs):
            continue
        for item in items:
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=missing))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say in the last lines what was not run, and how to get it."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    lines = []
    for mark, (_, missing, command) in NEEDS.items():
        if count := sum(missing in reason for reason in skipped):
            lines.append(f"{count} {mark} tests were not run: {missing}. Get it with: {command}")
    if lines:
        terminalreporter.section("not run")
        for line in lines:
            terminalreporter.line(line)


def _config(urls: dict[str, str]) -> dict[str, Any]:
    loaded = config.load(environment(urls))
    loaded.update(TESTING=True, PROPAGATE_CRASHES=True, SERVER_NAME=None)
    return loaded


def _worker_number() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session")
def urls() -> Iterator[dict[str, str]]:
    """The addresses of this worker's own database and queue."""
    number = _worker_number()
    name = f"mrejesho_test_{number}"
    superuser = os.environ["MREJESHO_TEST_SUPERUSER"].replace("+psycopg", "")
    with psycopg.connect(superuser.replace("DATABASE", "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} OWNER mrejesho_owner TEMPLATE {TEMPLATE}")
    base = os.environ["MREJESHO_TEST_SUPERUSER"].replace("DATABASE", name)
    found = {
        variable: base.replace("postgres@", f"mrejesho_{role}@")
        for variable, role in (
            ("DATABASE_URL", "web"),
            ("DATABASE_WORKER_URL", "worker"),
            ("DATABASE_OWNER_URL", "owner"),
            ("DATABASE_LOADER_URL", "loader"),
        )
    }
    redis = os.environ["MREJESHO_TEST_REDIS"]
    found["REDIS_URL"] = redis.replace("db=0", f"db={number + 1}")
    found["SUPERUSER_URL"] = base
    yield found
    with psycopg.connect(superuser.replace("DATABASE", "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def application(urls: dict[str, str]) -> Iterator[Flask]:
    """The application of this worker."""
    app = create_app(_config(urls))
    yield app
    with app.app_context():
        redis_client().close()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(scope="session")
def superuser(urls: dict[str, str]) -> Iterator[psycopg.Connection[Any]]:
    """A connection that no policy binds, to look behind the application."""
    address = urls["SUPERUSER_URL"].replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


LARGE = 1024 * 1024  # bytes of a table from which on it is truncated
REFERENCE = (
    "alembic_version",
    "calendar",
    "category",
    "holiday",
    "institution",
    "ladder_rung",
    "people_state",
    "place",
    "post",
    "reference_state",
    "retention_rule",
    "service_standard",
    "unit",
)


@pytest.fixture(scope="session")
def empty(superuser: psycopg.Connection[Any]) -> Callable[[], None]:
    """Empties every table but reference data and lets counting begin anew.

    In one call, by plans that are kept. Few rows are deleted: TRUNCATE makes new files for every
    table and index, which takes longer than most tests. Large tables, as of a loaded history, are
    truncated.
    """
    found = superuser.execute(
        "SELECT c.oid, format('%%I.%%I', n.nspname, c.relname),"
        " (SELECT pg_get_serial_sequence(format('%%I.%%I', n.nspname, c.relname), a.attname)"
        "    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attidentity <> '')"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND n.nspname IN ('public', 'guard')"
        " AND c.relname <> ALL (%s)",
        (list(REFERENCE),),
    ).fetchall()
    # Kept in memory by the application, which no trigger tells here.
    known = "UPDATE reference_state SET version = version + 1;"
    after = {name: f"PERFORM setval('{own}', 1, false);" for _, name, own in found if own}
    after["public.text_version"] = after.get("public.text_version", "") + known
    deletes = (
        f"DELETE FROM {name}; IF FOUND THEN {after.get(name, 'NULL;')} END IF;"  # noqa: S608
        for _, name, _ in found
    )
    numbers = ", ".join(str(oid) for oid, _, _ in found)
    superuser.execute(f"""
        CREATE FUNCTION pg_temp.make_empty() RETURNS void LANGUAGE plpgsql
          SET session_replication_role = replica AS $$
        BEGIN
          IF EXISTS (SELECT FROM unnest('{{{numbers}}}'::oid[]) AS t (oid)
                      WHERE pg_relation_size(t.oid) > {LARGE}) THEN
            TRUNCATE {", ".join(name for _, name, _ in found)} RESTART IDENTITY CASCADE;
            {known}
            RETURN;
          END IF;
          {" ".join(deletes)}
        END $$""")

    def run() -> None:
        superuser.execute("SELECT pg_temp.make_empty()")

    return run


@pytest.fixture
def app(application: Flask, empty: Callable[[], None]) -> Iterator[Flask]:
    """The application on empty tables, inside an app context."""
    empty()
    with application.app_context():
        redis_client().flushdb()
        yield application
        db.session.remove()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without cookies."""
    return app.test_client()


@pytest.fixture
def make(app: Flask) -> factories.Make:
    """Plain factories: officers, posts, cases."""
    return factories.Make(app)


@pytest.fixture
def monday() -> datetime:
    """A Monday morning in office hours: 10 November 2025, 09:00 in Dar es Salaam."""
    return datetime(2025, 11, 10, 6, 0, tzinfo=UTC)


@pytest.fixture
def as_officer() -> Any:
    """`with as_officer(id): …` runs a transaction of that officer."""
    return lambda number: transaction(Principal.of_officer(number))


@pytest.fixture
def query_count(app: Flask) -> Any:
    """`with query_count() as counted: …; counted.number` counts statements sent."""
    return factories.count_queries
