"""A database of one's own: what it lacks is made, or said in one sentence."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local import external, flask, keys, places, run
from local.problems import CannotStart
from local.servers import EmbeddedServers

ROLES = ("mrejesho_owner", "mrejesho_web", "mrejesho_worker", "mrejesho_loader")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    folder = tmp_path_factory.mktemp("external")
    with EmbeddedServers(folder, queue=False, durable=False, temporary=True) as started:
        yield started


@pytest.fixture
def admin(servers: EmbeddedServers) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The server without any role or database of ours, and one login `app` with a database."""
    with psycopg.connect(servers.conninfo(), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS theirs WITH (FORCE)")
        for role in (*ROLES, "app"):
            connection.execute(f"DROP ROLE IF EXISTS {role}")
        connection.execute("CREATE ROLE app LOGIN")
        connection.execute("CREATE DATABASE theirs OWNER app")
        yield connection


def roles(connection: psycopg.Connection[tuple[object, ...]]) -> set[object]:
    rows = connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'mrejesho%'")
    return {row[0] for row in rows}


def may_make_tables(servers: EmbeddedServers) -> bool:
    with psycopg.connect(servers.conninfo("mrejesho_owner", "theirs")) as connection:
        connection.execute("CREATE SCHEMA tried")
        connection.execute("CREATE TABLE public.tried (id integer)")
        connection.rollback()
    return True


def test_a_superusers_database_is_made_ready(
    servers: EmbeddedServers, admin: psycopg.Connection[tuple[object, ...]]
) -> None:
    env = {"DATABASE_URL": servers.superuser_url("theirs")}
    for _ in range(2):  # again changes nothing
        external.make_ready(env)
        assert roles(admin) == set(ROLES)
        assert may_make_tables(servers)


def test_an_ordinary_login_is_told_what_an_administrator_runs(
    servers: EmbeddedServers, admin: psycopg.Connection[tuple[object, ...]]
) -> None:
    env = {"DATABASE_URL": servers.url("app", "theirs")}
    with pytest.raises(CannotStart, match=r"psql -f migrations/roles\.sql"):
        external.make_ready(env)
    assert roles(admin) == set()
    admin.execute((places.CHECKOUT / "migrations" / "roles.sql").read_bytes())
    # The database is theirs, so what the owner of the tables needs is granted.
    with pytest.raises(CannotStart, match="GRANT mrejesho_owner TO app"):
        external.make_ready(env)
    for role in ROLES[:3]:
        admin.execute(f"GRANT {role} TO app")
    external.make_ready(env)
    assert may_make_tables(servers)


def test_a_login_for_each_role(
    servers: EmbeddedServers, admin: psycopg.Connection[tuple[object, ...]]
) -> None:
    admin.execute((places.CHECKOUT / "migrations" / "roles.sql").read_bytes())
    env = {"DATABASE_URL": servers.url("mrejesho_web", "theirs")}
    with pytest.raises(CannotStart, match="owner runs once: GRANT CONNECT, CREATE ON DATABASE"):
        external.make_ready(env)
    env["DATABASE_OWNER_URL"] = servers.superuser_url("theirs")
    with pytest.raises(CannotStart, match="may in DATABASE_WORKER_URL"):
        external.make_ready(env)
    env["DATABASE_WORKER_URL"] = servers.url("mrejesho_worker", "theirs")
    external.make_ready(env)
    env["DATABASE_OWNER_URL"] = servers.url("mrejesho_owner", "theirs")
    external.make_ready(env)


def test_a_database_that_cannot_be_reached(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://web:secret-word@/mrejesho?host={tmp_path}"
    with pytest.raises(CannotStart, match="DATABASE_URL cannot be reached") as caught:
        external.make_ready({"DATABASE_URL": url})
    assert "secret-word" not in str(caught.value)


def test_without_a_demonstration_there_is_no_simulator(tmp_path: Path) -> None:
    theirs = {"DATABASE_URL": "postgresql://elsewhere/db", "REDIS_URL": "redis://elsewhere"}
    assert run.is_demonstration({})
    assert not run.is_demonstration({"DEMO": "0"})
    assert not run.is_demonstration(theirs)
    assert run.is_demonstration({**theirs, "DEMO": "1"})
    ports = run.choose_ports({"PORT": "8977"}, phone=False)
    assert ports == (8977, None)
    elsewhere = EmbeddedServers(tmp_path, postgres=False, queue=False)
    made = dict.fromkeys(keys.MAKERS, "made")
    env = run.environment(theirs, made, elsewhere, ports, tmp_path)
    assert not {"PHONE_PORT", "AT_BASE_URL", "DEMO"} & set(env)
    assert "simulator" not in run.greeting(env, tmp_path / "none", 1.0)


def test_a_runs_settings_serve_commands_from_another_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flask, "DATA", tmp_path)
    with pytest.raises(SystemExit, match="make run"):
        flask.main()
    path = flask.publish({"HOME": "/h", "DEMO": "1", "PORT": "8001"}, {"HOME": "/h"}, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.read(path) == {"DEMO": "1", "PORT": "8001"}
    called: list[tuple[str, list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda *given: called.append(given))
    monkeypatch.setattr(os, "chdir", lambda _folder: None)
    monkeypatch.setattr(sys, "argv", ["local.flask", "sweep"])
    flask.main()
    [(program, words, env)] = called
    assert words == [program, "-m", "flask", "sweep"]
    assert env["PORT"] == "8001"
