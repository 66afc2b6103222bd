"""The local run with real processes: restarts, clean stops, kills, locks, ports, keys."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from local import keys, places, run
from local.problems import CannotStart
from local.processes import alive, wait_until, with_environment
from local.servers import EmbeddedServers
from local.supervisor import parse_procfile

# With these the run starts no server of its own; nothing connects to them here.
ELSEWHERE = {"DATABASE_URL": "postgresql:///none", "REDIS_URL": "redis://127.0.0.1:1/0"}
LIMIT = 20  # seconds to wait for anything


class Run:
    """A `python -m local.run` with a Procfile of the test's own, and what it printed."""

    def __init__(self, data: Path, procfile: str, environ: Mapping[str, str]) -> None:
        data.mkdir(exist_ok=True)
        file = data.parent / f"{data.name}.Procfile"
        file.write_text(procfile)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local.run", "--data", str(data), "--procfile", str(file)],
            cwd=places.CHECKOUT,
            env={"PATH": os.environ["PATH"], "PORT": str(free_port()), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    def wait_for(self, pattern: str, times: int = 1) -> list[str]:
        """The first group of each line that matches, once there are so many."""

        def found() -> list[str]:
            matches = (re.search(pattern, line) for line in list(self.lines))
            return [match[match.lastindex or 0] for match in matches if match]

        assert wait_until(lambda: len(found()) >= times, LIMIT), "".join(self.lines)
        return found()

    def end(self, number: signal.Signals | None = signal.SIGINT) -> int:
        """Signal it, unless it ends by itself, and wait; its exit status."""
        if number is not None:
            self.process.send_signal(number)
        status = self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


def free_port() -> int:
    """One that no program on this machine is given for its own connections."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", 20_000 + secrets.randbelow(10_000)))
            except OSError:
                continue
            return int(probe.getsockname()[1])


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    for pid in with_environment(run.MARK, str(folder)):
        os.kill(pid, signal.SIGKILL)
    if os.geteuid() == 0:
        shutil.rmtree(places.find(folder).state)


def gone(pids: list[str]) -> bool:
    return wait_until(lambda: not any(alive(int(pid)) for pid in pids), LIMIT)


def test_procfile_lines() -> None:
    text = (
        "# web: none\nweb: gunicorn wsgi:app --bind ${HOST:-x}:80\n\nworker : flask worker\nodd\n"
    )
    assert parse_procfile(text) == {
        "web": "gunicorn wsgi:app --bind ${HOST:-x}:80",
        "worker": "flask worker",
    }
    commands = parse_procfile((places.CHECKOUT / "Procfile").read_text())
    assert list(commands) == ["web", "worker", "scheduler"]


def test_lines_carry_names_and_an_interrupt_stops_everything(data: Path) -> None:
    procfile = """
one: sh -c 'echo "pid $$ on $PORT"; sleep 300 & echo "pid $!"; wait'
second: sh -c 'echo "pid $$"; exec sleep 300'
"""
    trial = Run(data, procfile, ELSEWHERE)
    pids = trial.wait_for(r"^(?:one|second) +\| pid (\d+)", times=3)
    trial.wait_for(r"^one    \| pid \d+ on \d+$")
    assert trial.end() == 0
    assert gone(pids)
    assert trial.lines[-1] == "Stopped.\n"
    assert (data / "hook-token").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_stop_signals(data: Path, number: signal.Signals) -> None:
    trial = Run(data, "one: sh -c 'echo pid $$; exec sleep 300'", ELSEWHERE)
    pids = trial.wait_for(r"pid (\d+)")
    assert trial.end(number) == 0
    assert gone(pids)


def test_what_dies_starts_again_and_leaves_no_orphan(data: Path) -> None:
    # The grandchild has a process group of its own, as a worker's work-horse has.
    procfile = "one: sh -c 'echo leader $$; set -m; sleep 300 & echo child $!; wait'"
    trial = Run(data, procfile, ELSEWHERE)
    leader, child = trial.wait_for(r"leader (\d+)")[0], trial.wait_for(r"child (\d+)")[0]
    os.kill(int(leader), signal.SIGKILL)
    trial.wait_for(r"one ended \(signal 9\)")
    again = trial.wait_for(r"leader (\d+)", times=2)[1]
    assert again != leader
    assert gone([child])
    assert trial.end() == 0


def test_the_pause_before_a_restart_grows(data: Path) -> None:
    trial = Run(data, "one: sh -c 'echo started; exit 3'", ELSEWHERE)
    delays = trial.wait_for(r"ended \(status 3\); it starts again in ([\d.]+) s", times=3)
    assert delays == ["0.5", "1", "2"]
    assert trial.end() == 0


def test_a_killed_run_takes_its_processes_along(data: Path) -> None:
    trial = Run(data, "one: sh -c 'echo pid $$; exec sleep 300'", ELSEWHERE)
    pids = trial.wait_for(r"pid (\d+)")
    assert trial.end(signal.SIGKILL) == -signal.SIGKILL
    assert gone(pids)


def test_the_next_run_sweeps_what_would_not_die(data: Path) -> None:
    stubborn = "one: sh -c 'trap \"\" TERM; echo pid $$; while :; do sleep 1; done'"
    trial = Run(data, stubborn, ELSEWHERE)
    pids = trial.wait_for(r"pid (\d+)")
    trial.end(signal.SIGKILL)
    time.sleep(0.2)
    assert alive(int(pids[0]))
    following = Run(data, "one: sh -c 'echo pid $$; exec sleep 300'", ELSEWHERE)
    following.wait_for(r"pid (\d+)")
    assert gone(pids)
    assert following.end() == 0


def test_a_second_run_is_refused_by_name(data: Path) -> None:
    trial = Run(data, "one: sh -c 'echo pid $$; exec sleep 300'", ELSEWHERE)
    pids = trial.wait_for(r"pid (\d+)")
    second = Run(data, "one: echo never", ELSEWHERE)
    second.wait_for(rf"A run of this checkout is already going on \(process {trial.process.pid}\)")
    assert second.end(None) == 1
    assert alive(int(pids[0]))
    assert trial.end() == 0


def test_a_taken_port_gets_a_sentence(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        trial = Run(data, "one: echo never", {**ELSEWHERE, "PORT": str(port)})
        trial.wait_for(rf"Port {port} on 127\.0\.0\.1 is taken by another program")
        assert trial.end(None) == 1
        with pytest.raises(CannotStart, match="wanted for the phone simulator"):
            run.choose_ports({"PORT": str(free_port()), "PHONE_PORT": str(port)})
        # The simulator without a port of its own passes over the taken one.
        if run._is_free("127.0.0.1", port - 1):
            assert run.choose_ports({"PORT": str(port - 1)})[1] > port
    for text in ("eighty", "0", "70000", "-1"):
        with pytest.raises(CannotStart, match="is not a port"):
            run.choose_ports({"PORT": text})
    with pytest.raises(CannotStart, match="not an address of this machine"):
        run.choose_ports({"PORT": "8000", "HOST": "192.0.2.1"})


def test_everything_killed_at_once_with_real_servers(data: Path) -> None:
    procfile = "one: sh -c 'echo pid $$ at $DATABASE_URL and $REDIS_URL; exec sleep 300'"
    trial = Run(data, procfile, {})
    pids = trial.wait_for(r"pid (\d+) at postgresql\+psycopg://mrejesho_web@/mrejesho\?host=.*")
    trial.wait_for(r"and unix://")
    place = places.find(data)
    postmaster = (place.state / "postgres" / "postmaster.pid").read_text().split("\n")[0]
    for pid in (trial.process.pid, int(postmaster), int(pids[0])):
        os.kill(pid, signal.SIGKILL)
    trial.end(None)
    following = Run(data, procfile, {})
    following.wait_for(r"pid (\d+)")
    # A server that dies while the run goes on comes back.
    postmaster = (place.state / "postgres" / "postmaster.pid").read_text().split("\n")[0]
    os.kill(int(postmaster), signal.SIGKILL)
    following.wait_for("PostgreSQL had died and was started again")
    assert following.end() == 0
    assert not (place.state / "postgres" / "postmaster.pid").exists()


def test_keys_are_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "env"
    made = keys.load(path, data_exists=False)
    assert set(made) == set(keys.MAKERS)
    assert made["IDENTITY_KEYS"].startswith("k1:")
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.load(path, data_exists=True) == made
    path.write_text("# by hand\nIDENTITY_KEYS=k2:abc\n")
    assert keys.load(path, data_exists=True)["IDENTITY_KEYS"] == "k2:abc"
    path.unlink()
    with pytest.raises(CannotStart, match="make clean-data"):
        keys.load(path, data_exists=True)


def test_what_stands_in_the_environment_wins(data: Path) -> None:
    servers = EmbeddedServers(data)
    made = dict.fromkeys(keys.MAKERS, "made")
    given = {"AT_BASE_URL": "http://gateway", "SECRET_KEY": "mine", "HOME_INSTITUTION": ""}
    env = run.environment(given, made, servers, (8100, 8101), data)
    assert (env["AT_BASE_URL"], env["SECRET_KEY"]) == ("http://gateway", "mine")
    # An empty value is none.
    assert env["HOME_INSTITUTION"] == "PO-PSMGG"
    assert (env["PORT"], env["PHONE_PORT"]) == ("8100", "8101")
    assert env["PUBLIC_URL"] == "http://127.0.0.1:8100"
    assert env["DEMO"] == "1"
    assert env["SMTP_URL"] == f"smtp://127.0.0.1:{env['MAIL_PORT']}"
    given["SMTP_HOST"] = "mail.example.org"
    assert "SMTP_URL" not in run.environment(given, made, servers, (8100, 8101), data)
    elsewhere = EmbeddedServers(data, postgres=False, queue=False)
    env = run.environment(ELSEWHERE, made, elsewhere, (8100, 8101), data)
    assert env["DATABASE_URL"] == ELSEWHERE["DATABASE_URL"]
    assert "DEMO" not in env
    assert "DATABASE_OWNER_URL" not in env


def test_the_greeting_lists_the_demo_logins(tmp_path: Path) -> None:
    logins = tmp_path / "demo-logins.json"
    logins.write_text('{"handler": {"username": "asha", "password": "pw", "totp_secret": ""}}')
    env = {"PUBLIC_URL": "http://127.0.0.1:8100", "PHONE_PORT": "8101", "DEMO": "1"}
    assert "/mail" not in run.greeting(env, logins, 3.2)
    text = run.greeting(env | {"MAIL_PORT": "8102"}, logins, 3.2)
    assert "http://127.0.0.1:8101/mail\n" in text
    assert "http://127.0.0.1:8100\n" in text
    assert "http://127.0.0.1:8101\n" in text
    assert re.search(r"handler +asha +pw", text)
