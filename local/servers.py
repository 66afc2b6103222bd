"""The embedded servers, for the local run and for the tests.

    with EmbeddedServers(Path("local/.data")) as servers:
        provision(servers, "mrejesho")
        create_engine(servers.url("mrejesho_web", "mrejesho"))
        redis.from_url(servers.redis_url(db=0))

They are a real PostgreSQL and a real Valkey, without a TCP port, on sockets in a folder that only
their user may enter. One process at a time may have the servers of a data folder; they end with
that process however it ends, and what a kill left behind is cleared at the next start.

For tests: `durable=False` (no fsync: quick, safe against a killed process, not against a killed
machine), `temporary=True` (the servers' files are removed at the end), `settings` (further
settings of PostgreSQL), `template` of `provision` (a copy of a prepared database in a moment).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from local import places
from local.places import CHECKOUT
from local.postgres import SUPERUSER, PostgresServer
from local.problems import CannotStart, explain
from local.processes import Lock
from local.valkey import QueueServer

ROLES_FILE = CHECKOUT / "migrations" / "roles.sql"
OWNER = "mrejesho_owner"
DATABASE = "mrejesho"
LEAST_SPACE = 200 * 1024 * 1024  # bytes; a new cluster with its first log takes 60 MB
# Any fixed number: two processes that provision at once take turns on it.
PROVISION_LOCK = 7_301_945


class EmbeddedServers:
    """PostgreSQL and the queue of one data folder; leave out what `postgres`, `queue` deny.

    Raises CannotStart, from the `with` line or from `revive()`, with a sentence for a person.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        postgres: bool = True,
        queue: bool = True,
        durable: bool = True,
        temporary: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.temporary = temporary
        try:
            self.place = places.find(data_dir)
        except OSError as error:
            raise explain(error, data_dir) from error
        self.postgres = (
            PostgresServer(self.place, durable=durable, settings=settings or {})
            if postgres
            else None
        )
        self.queue = QueueServer(self.place, durable=durable) if queue else None
        self._lock = Lock(self.place.state / "lock", f"A run on the data in {data_dir}")

    @property
    def has_data(self) -> bool:
        """Whether a database was made here before, in this life of the data folder."""
        here, there = self.data_dir / "instance", self.place.state / "instance"
        if not (here.exists() and there.exists() and here.read_text() == there.read_text()):
            return False
        return (self.place.state / "postgres").exists()

    def __enter__(self) -> EmbeddedServers:
        try:
            self._lock.__enter__()
            try:
                self._start()
            except BaseException:
                self.stop()
                raise
        except OSError as error:
            raise explain(error, self.place.state) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _start(self) -> None:
        free = shutil.disk_usage(self.place.state).free
        if free < LEAST_SPACE:
            raise CannotStart(
                f"The disk is full: {free // 2**20} MB are free for {self.place.state}, and "
                f"{LEAST_SPACE // 2**20} MB are needed."
            )
        self._remove_abandoned()
        places.same_life(self.data_dir, self.place.state)
        for server in self._servers():
            server.start()

    def _servers(self) -> list[PostgresServer | QueueServer]:
        return [server for server in (self.postgres, self.queue) if server is not None]

    def _remove_abandoned(self) -> None:
        if self.place.software is None:
            return
        for state in places.abandoned(self.place.software):
            # One that is locked still has its process; it will go another time.
            with suppress(CannotStart, OSError), Lock(state / "lock", str(state)):
                shutil.rmtree(state, ignore_errors=True)

    def revive(self) -> list[str]:
        """Start again whichever server has died; answers their names."""
        dead = [server for server in self._servers() if not server.alive()]
        try:
            for server in dead:
                server.start()
        except OSError as error:
            raise explain(error, self.place.state) from error
        return [server.name for server in dead]

    def stop(self) -> None:
        """Stop both cleanly and give the data folder free."""
        for server in reversed(self._servers()):
            server.stop()
        if self.temporary:
            shutil.rmtree(self.place.state, ignore_errors=True)
            shutil.rmtree(self.place.sockets, ignore_errors=True)
        self._lock.__exit__(None, None, None)

    def url(self, role: str, dbname: str = DATABASE) -> str:
        """The SQLAlchemy address of a database for a role."""
        return self._database().url(role, dbname)

    def superuser_url(self, dbname: str = "postgres") -> str:
        """The same as the superuser, who is bound by no policy: for provisioning and tests."""
        return self._database().url(SUPERUSER, dbname)

    def conninfo(self, role: str = SUPERUSER, dbname: str = "postgres") -> str:
        """A connection string for `psycopg.connect`."""
        return self._database().conninfo(role, dbname)

    def redis_url(self, db: int = 0) -> str:
        """The address of one of the queue server's 16 databases."""
        if self.queue is None:
            raise ValueError("these servers were asked for without a queue")
        return self.queue.url(db)

    def _database(self) -> PostgresServer:
        if self.postgres is None:
            raise ValueError("these servers were asked for without PostgreSQL")
        return self.postgres


def provision(
    servers: EmbeddedServers,
    dbname: str = DATABASE,
    *,
    roles_file: Path = ROLES_FILE,
    template: str | None = None,
) -> bool:
    """Make the roles, and the database unless it exists; whether it was made now.

    `template` names a database to copy; nobody may be connected to it meanwhile.
    """
    with psycopg.connect(servers.conninfo(), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (PROVISION_LOCK,))
        connection.execute(roles_file.read_bytes())
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (dbname,))
        if known.fetchone():
            return False
        names = (sql.Identifier(name) for name in (dbname, OWNER, template or "template1"))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(*names))
        return True


def drop_database(servers: EmbeddedServers, dbname: str) -> None:
    """Remove a database, with whoever is connected to it."""
    with psycopg.connect(servers.conninfo(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(dbname))
        )
