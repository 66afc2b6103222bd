"""The embedded servers, with real processes: started, killed, recovered, kept apart."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from local import binaries, places
from local.postgres import ENVIRONMENT, SUPERUSER
from local.problems import CannotStart
from local.processes import Account, alive, wait_until
from local.servers import EmbeddedServers, drop_database, provision

HOLDER = """
import sys, time
from pathlib import Path
from local.servers import EmbeddedServers
with EmbeddedServers(Path(sys.argv[1]), durable=False) as servers:
    print(servers.postgres.process.pid, servers.queue.process.pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One data folder for the module, so that its cluster is made once."""
    folder = tmp_path_factory.mktemp("data")
    yield folder
    with EmbeddedServers(folder, durable=False, temporary=True):
        pass


def embedded(data: Path) -> EmbeddedServers:
    return EmbeddedServers(data, durable=False)


def ask(servers: EmbeddedServers, query: bytes) -> object:
    with psycopg.connect(servers.conninfo(), autocommit=True) as connection:
        cursor = connection.execute(query)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def pid_of(servers: EmbeddedServers) -> int:
    assert servers.postgres is not None
    assert servers.postgres.process is not None
    return servers.postgres.process.pid


def hold(data: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """A process that has the servers of `data`, and the servers' pids."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=places.CHECKOUT,
    )
    assert holder.stdout is not None
    return holder, [int(number) for number in holder.stdout.readline().split()]


def kill(holder: subprocess.Popen[str], pids: list[int]) -> None:
    for pid in (holder.pid, *pids):
        os.kill(pid, signal.SIGKILL)
    holder.wait()
    assert holder.stdout is not None
    holder.stdout.close()
    assert wait_until(lambda: not any(alive(pid) for pid in pids), 10)


def test_data_is_kept_from_one_start_to_the_next(data: Path) -> None:
    with embedded(data) as servers:
        ask(servers, b"CREATE TABLE kept AS SELECT 42 AS answer")
        client = redis.from_url(servers.redis_url(db=3))
        client.set("name", "value")
        assert client.get("name") == b"value"
        client.close()
        pid = pid_of(servers)
    assert not alive(pid)
    with embedded(data) as servers:
        assert servers.has_data
        assert ask(servers, b"SELECT answer FROM kept") == 42
        assert ask(servers, b"SHOW timezone") == "UTC"
        assert ask(servers, b"SHOW jit") == "off"
        assert ask(servers, b"SHOW listen_addresses") == ""


def test_files_and_sockets_are_private(data: Path) -> None:
    with embedded(data) as servers:
        for folder in (
            servers.place.sockets,
            servers.place.state / "postgres",
            servers.place.state / "queue",
        ):
            assert folder.stat().st_mode & 0o077 == 0
        assert (servers.place.state / "postgres.log").stat().st_mode & 0o077 == 0


def test_a_dead_server_is_revived_with_its_data(data: Path) -> None:
    with embedded(data) as servers:
        ask(servers, b"CREATE TABLE committed AS SELECT 7 AS seven")
        assert servers.revive() == []
        pid = pid_of(servers)
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: not alive(pid), 5)
        assert servers.revive() == ["PostgreSQL"]
        assert ask(servers, b"SELECT seven FROM committed") == 7


def test_servers_end_when_their_process_is_killed(data: Path) -> None:
    holder, pids = hold(data)
    assert len(pids) == 2
    kill(holder, [])
    assert wait_until(lambda: not any(alive(pid) for pid in pids), 15)


def test_everything_killed_with_its_number_given_to_another_process(data: Path) -> None:
    holder, pids = hold(data)
    kill(holder, pids)
    place = places.find(data)
    pid_file = place.state / "postgres" / "postmaster.pid"
    assert pid_file.exists()
    # A process of the same user, as a reused number could well be.
    with subprocess.Popen(["sleep", "60"], **_as(place.account)) as stranger:
        try:
            pid_file.write_text(re.sub(r"^\d+", str(stranger.pid), pid_file.read_text()))
            lock = place.sockets / ".s.PGSQL.5432.lock"
            lock.write_text(re.sub(r"^\d+", str(stranger.pid), lock.read_text()))
            with embedded(data) as servers:
                assert ask(servers, b"SELECT 1") == 1
            assert stranger.poll() is None
        finally:
            stranger.kill()


def _as(account: Account | None) -> dict[str, object]:
    return {"user": account.uid, "group": account.gid} if account else {}


def test_a_server_that_outlived_its_supervisor_is_stopped_first(data: Path) -> None:
    with embedded(data) as servers:
        place = servers.place
    programs = binaries.postgres(place.software)
    argv = [str(programs.server), "-D", str(place.state / "postgres")]
    argv += ["-k", str(place.sockets), "--listen_addresses="]
    with subprocess.Popen(
        argv,
        cwd=place.state,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **_as(place.account),
    ) as left:
        assert wait_until((place.sockets / ".s.PGSQL.5432").exists, 10)
        with embedded(data) as servers:
            assert left.wait(5) == 0
            assert ask(servers, b"SELECT 1") == 1


def test_one_process_at_a_time(data: Path) -> None:
    with embedded(data), pytest.raises(CannotStart, match=rf"process {os.getpid()}\)"):
        embedded(data).__enter__()


def test_an_unreadable_queue_is_set_aside(data: Path) -> None:
    with embedded(data) as servers:
        queue = servers.place.state / "queue"
    broken = queue / "appendonlydir"
    shutil.rmtree(broken, ignore_errors=True)
    broken.mkdir()
    (broken / "appendonly.aof.manifest").write_text("file gone seq 1 type b\nnonsense\n")
    shutil.chown(broken, queue.stat().st_uid, queue.stat().st_gid)
    with EmbeddedServers(data, postgres=False) as servers:
        client = redis.from_url(servers.redis_url())
        assert client.ping()
        client.close()
        assert list(servers.place.state.glob("queue.unreadable-*"))


def test_data_of_another_version_is_refused_with_a_sentence(data: Path) -> None:
    with embedded(data) as servers:
        version = servers.place.state / "postgres" / "PG_VERSION"
    before = version.read_text()
    version.write_text("12\n")
    try:
        with pytest.raises(CannotStart, match="made by PostgreSQL 12"):
            embedded(data).__enter__()
    finally:
        version.write_text(before)


def test_servers_of_a_removed_data_folder_are_set_aside(tmp_path: Path) -> None:
    with embedded(tmp_path) as servers:
        ask(servers, b"CREATE TABLE earlier ()")
        state = servers.place.state
    (tmp_path / "instance").unlink()
    assert not embedded(tmp_path).has_data
    with EmbeddedServers(tmp_path, durable=False, temporary=True) as servers:
        assert ask(servers, b"SELECT count(*) FROM pg_tables WHERE tablename = 'earlier'") == 0
    aside = state.with_name(state.name + ".aside")
    assert (aside / "postgres" / "PG_VERSION").exists()
    shutil.rmtree(aside)


def test_the_log_does_not_quote_a_failing_row(data: Path) -> None:
    with embedded(data) as servers:
        ask(servers, b"CREATE TABLE checked (body text CHECK (length(body) < 3))")
        with (
            psycopg.connect(servers.conninfo()) as connection,
            pytest.raises(psycopg.errors.CheckViolation),
        ):
            connection.execute("INSERT INTO checked VALUES (%s)", ("words of a citizen",))
        log = (servers.place.state / "postgres.log").read_text()
    assert "violates check constraint" in log
    assert "words of a citizen" not in log


def test_provision_is_idempotent_and_copies_templates(data: Path, tmp_path: Path) -> None:
    roles = tmp_path / "roles.sql"
    roles.write_text(
        "DO $$ BEGIN CREATE ROLE mrejesho_owner LOGIN; "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
    )
    with embedded(data) as servers:
        assert provision(servers, "prepared", roles_file=roles)
        assert not provision(servers, "prepared", roles_file=roles)
        with psycopg.connect(servers.conninfo("mrejesho_owner", "prepared")) as connection:
            connection.execute("CREATE TABLE copied ()")
        assert provision(servers, "copy", roles_file=roles, template="prepared")
        with psycopg.connect(servers.conninfo("mrejesho_owner", "copy")) as connection:
            connection.execute("SELECT * FROM copied")
        with psycopg.connect(servers.conninfo("mrejesho_owner", "copy"), autocommit=True) as left:
            drop_database(servers, "copy")
            with pytest.raises(psycopg.OperationalError):
                left.execute("SELECT 1")
        assert servers.url("mrejesho_web", "prepared").startswith(
            "postgresql+psycopg://mrejesho_web@/prepared?host=/"
        )
        assert f"{SUPERUSER}@/postgres?" in servers.superuser_url()


def test_a_long_path_gets_a_short_private_folder_for_its_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(places, "_account", lambda: None)
    place = places.find(tmp_path / ("long" * 30))
    assert len(str(place.sockets / places.POSTGRES_SOCKET)) <= places.LONGEST_SOCKET_PATH
    assert place.sockets.stat().st_mode & 0o777 == 0o700
    place.sockets.rmdir()
    place.sockets.symlink_to(tmp_path)
    try:
        with pytest.raises(CannotStart, match="belongs to somebody else"):
            places.find(tmp_path / ("long" * 30))
    finally:
        place.sockets.unlink()


def test_a_full_disk_gets_a_sentence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(data)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1024))
    with pytest.raises(CannotStart, match="The disk is full"):
        embedded(data).__enter__()
    with pytest.raises(ValueError, match="without a queue"):
        EmbeddedServers(data, queue=False).redis_url()
