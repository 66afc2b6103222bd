"""One embedded server of the Redis protocol, for the queue and the rate limits."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import suppress
from urllib.parse import quote

import redis

from local import binaries
from local.places import Place
from local.postgres import LARGEST_LOG, last_lines, refuse
from local.problems import CannotStart
from local.processes import end, in_session, running_in, send, spawn

PROGRAMS = ("valkey-server", "redis-server", "redis-check-rdb")


class QueueServer:
    """Valkey (or Redis) on a socket in a private folder, with an append-only file."""

    name = "Valkey"

    def __init__(self, place: Place, *, durable: bool) -> None:
        self.place = place
        self.data = place.state / "queue"
        self.log = place.state / "queue.log"
        self.socket = place.sockets / "queue.sock"
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, db: int = 0) -> str:
        """An address for `redis.from_url`."""
        return f"unix://{quote(str(self.socket), safe='/')}?db={db}"

    def start(self) -> None:
        """Start it; data it cannot read is set aside, for a queue only wakes workers up."""
        program = binaries.queue(self.place.software)
        if self.data.exists():
            end(lambda: running_in(self.data, PROGRAMS), signal.SIGTERM, 10)
        had_data = self.data.exists() and any(self.data.iterdir())
        try:
            self._launch(str(program))
        except CannotStart:
            if not had_data or "No space left" in last_lines(self.log):
                raise
            aside = self.data.with_name(f"queue.unreadable-{time.time():.0f}")
            self.data.rename(aside)
            self._launch(str(program))

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        for number, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            send([process.pid], number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience)
                break
        send(in_session(process.pid), signal.SIGKILL)

    def _launch(self, program: str) -> None:
        self.place.own(self.data)
        self.socket.unlink(missing_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        start = self.log.stat().st_size if self.log.exists() else 0
        argv = [program, "--port", "0", "--unixsocket", str(self.socket)]
        argv += ["--unixsocketperm", "700", "--dir", str(self.data)]
        argv += ["--appendonly", "yes" if self.durable else "no", "--save", ""]
        argv += ["--maxmemory-policy", "noeviction", "--databases", "16"]
        with self.log.open("ab") as log:
            self.log.chmod(0o600)
            self.process = spawn(
                argv,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"},
                cwd=self.place.state,
                output=log,
                death_signal=signal.SIGTERM,
                account=self.place.account,
            )
        end_of_patience = time.monotonic() + 60
        while not self._answers():
            if not self.alive() or time.monotonic() > end_of_patience:
                self.stop()
                raise refuse(self.name, last_lines(self.log, start), self.log)
            time.sleep(0.05)

    def _answers(self) -> bool:
        client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5)
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            # BusyLoadingError, while it reads its file, is a ConnectionError too.
            return False
        finally:
            client.close()
