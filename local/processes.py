"""Starting, finding and ending the processes of a local run (Linux: it reads /proc).

Every process is started through `child.py` and leads a session of its own, so that it is
told when the process that started it is gone, and can be ended with all that it started.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from local.problems import CannotStart

PROC = Path("/proc")
CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the machine that a server runs as."""

    name: str
    uid: int
    gid: int


class Lock:
    """A lock file that one process holds at a time; the kernel frees it however the holder ends.

    `holder` says in the refusal what the other process is, as in "A run of this checkout".
    """

    def __init__(self, path: Path, holder: str) -> None:
        self.path = path
        self.holder = holder
        self._handle: int | None = None

    def __enter__(self) -> Lock:
        """Take the lock, or raise CannotStart naming the process that has it."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(handle, 32).decode(errors="replace").strip()
            os.close(handle)
            who = f" (process {pid}). Stop it first: kill {pid}" if pid else " in another process."
            raise CannotStart(f"{self.holder} is already going on{who}") from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._handle = handle
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    output: int | IO[bytes],
    death_signal: signal.Signals,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, with its output and errors going to `output`.

    `death_signal` is sent to it when the calling thread's process dies, kill -9 included.
    """
    uid, gid = (account.uid, account.gid) if account else (-1, -1)
    wrapper = [str(number) for number in (int(death_signal), os.getpid(), uid, gid)]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(CHILD), *wrapper, *argv],
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output == subprocess.PIPE else output,
        start_new_session=True,
    )


def _pids() -> Iterator[int]:
    for entry in os.scandir(PROC):
        if entry.name.isdigit():
            yield int(entry.name)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name, which may hold spaces; [] when gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    fields = _stat(pid)
    return bool(fields) and fields[0] not in "ZX"


def in_session(leader: int) -> list[int]:
    """The living processes of the session that `leader` began, whatever groups they are in."""
    found = []
    for pid in _pids():
        fields = _stat(pid)
        if fields and fields[0] not in "ZX" and int(fields[3]) == leader:
            found.append(pid)
    return found


def running_in(folder: Path, programs: Iterable[str]) -> list[int]:
    """The processes of the named programs whose working directory is `folder`.

    Servers work in their data folder, so this finds one by what it is, where a number in a
    pid file may belong to another process by now.
    """
    names = set(programs)
    found = []
    for pid in _pids():
        try:
            program = os.readlink(PROC / str(pid) / "exe").removesuffix(" (deleted)")
            if Path(program).name in names and (PROC / str(pid) / "cwd").samefile(folder):
                found.append(pid)
        except OSError:
            continue  # gone meanwhile, or another user's
    return found


def with_environment(name: str, value: str) -> list[int]:
    """The processes started with `name=value`, except this one and those above it."""
    wanted = f"{name}={value}".encode()
    above = {os.getpid()}
    pid = os.getppid()
    while pid > 0 and pid not in above:
        above.add(pid)
        fields = _stat(pid)
        pid = int(fields[1]) if fields else 0
    found = []
    for pid in _pids():
        try:
            environment = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # gone meanwhile, or another user's
        if wanted in environment and pid not in above and alive(pid):
            found.append(pid)
    return found


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal each process that is still there."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Whether `done()` became true within the time; it is asked twenty times a second."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def end(find: Callable[[], list[int]], number: signal.Signals, patience: float) -> None:
    """Ask what `find()` finds to stop, wait `patience` seconds, then kill what is left."""
    first = find()
    if not first:
        return
    send(first, number)
    if not wait_until(lambda: not find(), patience):
        send(find(), signal.SIGKILL)
        wait_until(lambda: not find(), 5)
