"""One embedded PostgreSQL: made, started, stopped and recovered by driving its own programs."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo

from local import binaries
from local.places import POSTGRES_SOCKET, Place
from local.problems import CannotStart
from local.processes import end, in_session, running_in, send, spawn, wait_until

SUPERUSER = "postgres"
PORT = 5432  # names the socket; no TCP port is opened
LARGEST_LOG = 10 * 1024 * 1024  # bytes
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "512MB",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    # Compiling short queries costs more than it saves.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "synchronous_commit": "on",
    # DETAIL lines quote the values of a failing row, and those may be a citizen's.
    "log_error_verbosity": "terse",
}
# For tests only: a crash of the machine may lose everything, a killed server nothing. So
# synchronous_commit stays on: without it a commit waits in the server's own memory.
VOLATILE = {"fsync": "off", "full_page_writes": "off"}


def last_lines(log: Path, start: int = 0) -> str:
    """What a server wrote into its log since byte `start`, at most its last ten lines."""
    try:
        with log.open("rb") as file:
            file.seek(start)
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-10:])


def refuse(what: str, said: str, log: Path) -> CannotStart:
    """The sentence for a server that would not start, with the cause where it is a known one."""
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return CannotStart(f"The disk is full: {what} cannot write below {log.parent}.")
    return CannotStart(f"{what} did not start. Its last words, from {log}:\n{said}")


class PostgresServer:
    """PostgreSQL on a socket in a private folder, open to whoever may enter that folder."""

    name = "PostgreSQL"

    def __init__(self, place: Place, *, durable: bool, settings: Mapping[str, str]) -> None:
        self.place = place
        self.data = place.state / "postgres"
        self.log = place.state / "postgres.log"
        self.settings = SETTINGS | ({} if durable else VOLATILE) | dict(settings)
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None

    def conninfo(self, role: str, dbname: str) -> str:
        """A connection string for `psycopg.connect`."""
        host = str(self.place.sockets)
        return make_conninfo(user=role, dbname=dbname, host=host, port=PORT)

    def url(self, role: str, dbname: str) -> str:
        """An SQLAlchemy address."""
        sockets = quote(str(self.place.sockets), safe="/")
        return (
            f"postgresql+psycopg://{quote(role)}@/{quote(dbname, safe='')}"
            f"?host={sockets}&port={PORT}"
        )

    def start(self) -> None:
        """Start it, making the cluster when there is none; raises CannotStart."""
        programs = binaries.postgres(self.place.software)
        self._end_leftovers()
        if not self.data.exists():
            self._make_cluster(programs)
        self._check_version(programs)
        # Nothing runs on this data any more, so whatever these files say is stale; the number in
        # the first may be another process's by now, and PostgreSQL would refuse to start for it.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (POSTGRES_SOCKET, f"{POSTGRES_SOCKET}.lock"):
            (self.place.sockets / name).unlink(missing_ok=True)
        self._launch(programs)

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Fast shutdown; kills it when it has not ended within half a minute."""
        process, self.process = self.process, None
        if process is None:
            return
        for number, patience in ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            send([process.pid], number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience)
                break
        send(in_session(process.pid), signal.SIGKILL)

    def _end_leftovers(self) -> None:
        """End a PostgreSQL on this data that outlived its supervisor, orphaned backends too."""

        def find() -> list[int]:
            return running_in(self.data, ("postgres",)) if self.data.exists() else []

        left = find()
        if not left:
            return
        try:
            postmaster = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            postmaster = 0
        if postmaster in left:
            send([postmaster], signal.SIGINT)
            if wait_until(lambda: not find(), 30):
                return
        # Backends without their postmaster end when they notice; those at work may not.
        if not wait_until(lambda: not find(), 2):
            end(find, signal.SIGKILL, 5)

    def _make_cluster(self, programs: binaries.Postgres) -> None:
        """initdb beside, then rename: a cluster that exists is a whole one."""
        part = self.data.with_name("postgres.new")
        shutil.rmtree(part, ignore_errors=True)
        self.place.own(part)
        argv = [str(programs.initdb), "-D", str(part), "-U", SUPERUSER, "-A", "trust"]
        argv += ["-E", "UTF8", "--locale=C.UTF-8"] + ([] if self.durable else ["--no-sync"])
        start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.log.chmod(0o600)
            maker = spawn(
                argv,
                env=ENVIRONMENT,
                cwd=self.place.state,
                output=log,
                death_signal=signal.SIGKILL,
                account=self.place.account,
            )
            try:
                result = maker.wait()
            except BaseException:
                send(in_session(maker.pid), signal.SIGKILL)
                maker.wait()
                raise
        if result != 0:
            shutil.rmtree(part, ignore_errors=True)
            raise refuse("initdb", last_lines(self.log, start), self.log)
        part.rename(self.data)

    def _check_version(self, programs: binaries.Postgres) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != str(programs.major):
            raise CannotStart(
                f"The data in {self.data} was made by PostgreSQL {made_by}, but {programs.major} "
                "is what runs here. Bring that version back, or throw the local data away with: "
                "make clean-data"
            )

    def _launch(self, programs: binaries.Postgres) -> None:
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        start = self.log.stat().st_size if self.log.exists() else 0
        options = [f"--{name}={value}" for name, value in self.settings.items()]
        argv = [str(programs.server), "-D", str(self.data), "-k", str(self.place.sockets)]
        with self.log.open("ab") as log:
            self.log.chmod(0o600)
            self.process = spawn(
                [*argv, *options],
                env=ENVIRONMENT,
                cwd=self.place.state,
                output=log,
                # The fast shutdown, as in stop().
                death_signal=signal.SIGINT,
                account=self.place.account,
            )
        end_of_patience = time.monotonic() + 120  # recovery after a crash takes its time
        while not self._answers():
            if not self.alive() or time.monotonic() > end_of_patience:
                self.stop()
                raise refuse(self.name, last_lines(self.log, start), self.log)
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.conninfo(SUPERUSER, "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True
