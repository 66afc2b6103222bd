"""Runs the Procfile's processes and restarts what dies, until it is told to stop.

One thread, one loop, woken by output, by signals and by the next time something is due.
"""

from __future__ import annotations

import http.client
import os
import selectors
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from local.processes import in_session, send, spawn, wait_until
from local.servers import EmbeddedServers

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0  # seconds before a restart; doubled each time
STEADY = 30.0  # seconds a process must live for its delay to begin anew
GRACE = 10.0  # seconds between SIGTERM and SIGKILL
LONGEST_LINE = 64 * 1024  # bytes kept of a line that does not end


def parse_procfile(text: str) -> dict[str, str]:
    """The processes of a Procfile: `name: command` lines, `#` comments."""
    commands = {}
    for line in text.splitlines():
        name, colon, command = line.partition(":")
        if colon and not name.strip().startswith("#") and command.strip():
            commands[name.strip()] = command.strip()
    return commands


@dataclass(slots=True)
class Task:
    """One process to keep running: `command` is a line for the shell."""

    name: str
    command: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = 0.0
    due: float = 0.0
    buffer: bytearray = field(default_factory=bytearray)


class Supervisor:
    """Keeps `tasks` and `servers` running.

    `ready_url` is asked until it answers 200; then `when_ready` is called, once.
    """

    def __init__(
        self,
        tasks: Mapping[str, str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        servers: EmbeddedServers | None = None,
        ready_url: str | None = None,
        when_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self.tasks = [Task(name, command) for name, command in tasks.items()]
        self.env = dict(env)
        self.cwd = cwd
        self.servers = servers
        self.ready_url = ready_url
        self.when_ready = when_ready
        self._stops = 0
        self._width = max((len(task.name) for task in self.tasks), default=0)
        self._selector = selectors.DefaultSelector()
        self._next_question = 0.0
        self._patience = 0.0

    def run(self) -> None:
        """Return after a stop signal, with every process of the tasks gone.

        The stop signals stay caught afterwards, so that the servers too are stopped in peace.
        """
        inside, outside = socket.socketpair()
        for end in (inside, outside):
            end.setblocking(False)
        signal.set_wakeup_fd(outside.fileno(), warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self._selector.register(inside, selectors.EVENT_READ, None)
        self._patience = time.monotonic() + 60
        try:
            while not self._stops:
                self._look_after()
                self._wait(inside)
        finally:
            self._stop_all()
            signal.set_wakeup_fd(-1)
            self._selector.close()
            inside.close()
            outside.close()

    def _on_stop(self, _number: int, _frame: object) -> None:
        self._stops += 1

    def _look_after(self) -> None:
        """Start what is due, notice what has died, ask whether all is ready."""
        now = time.monotonic()
        if self.servers is not None:
            for name in self.servers.revive():
                self.say(f"{name} had died and was started again")
        for task in self.tasks:
            if task.process is not None and task.process.poll() is not None:
                self._bury(task, now)
            if task.process is None and task.due <= now and not self._stops:
                self._start(task)
        if self.ready_url is not None and now >= self._next_question:
            self._next_question = now + 0.25
            if self._is_ready(self.ready_url):
                self.ready_url = None
                self.when_ready()
            elif now > self._patience:
                self._patience = now + 60
                self.say("not ready yet; the lines above may say why")

    def _wait(self, wakeups: socket.socket) -> None:
        moments = [task.due for task in self.tasks if task.process is None]
        if self.ready_url is not None:
            moments.append(self._next_question)
        timeout = max(0.0, min(moments) - time.monotonic()) if moments else None
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                wakeups.recv(4096)
            else:
                self._read(key.data)

    def _start(self, task: Task) -> None:
        task.process = spawn(
            ["/bin/sh", "-c", f"exec {task.command}"],
            env=self.env,
            cwd=self.cwd,
            output=subprocess.PIPE,
            death_signal=signal.SIGTERM,
        )
        task.started = time.monotonic()
        if task.process.stdout is not None:
            os.set_blocking(task.process.stdout.fileno(), False)
            self._selector.register(task.process.stdout, selectors.EVENT_READ, task)

    def _bury(self, task: Task, now: float) -> None:
        """Kill what a dead process left of itself, and set the time of its next start."""
        if task.process is None:
            return
        code = task.process.returncode
        send(in_session(task.process.pid), signal.SIGKILL)
        self._close(task)
        task.process = None
        if now - task.started >= STEADY:
            task.delay = 0.0
        task.delay = min(LONGEST_DELAY, max(FIRST_DELAY, task.delay * 2))
        task.due = now + task.delay
        if not self._stops:
            how = f"signal {-code}" if code < 0 else f"status {code}"
            self.say(f"{task.name} ended ({how}); it starts again in {task.delay:g} s")

    def _read(self, task: Task) -> bool:
        """Print the whole lines of what a process wrote; whether there may be more to read."""
        stdout = task.process.stdout if task.process else None
        if stdout is None or stdout.closed:
            return False
        try:
            chunk = os.read(stdout.fileno(), 65536)
        except BlockingIOError:
            return False
        if not chunk and stdout.fileno() in self._selector.get_map():
            self._selector.unregister(stdout)
        task.buffer += chunk
        *lines, rest = bytes(task.buffer).split(b"\n")
        if not chunk or len(rest) > LONGEST_LINE:
            lines, rest = [*lines, rest], b""
        task.buffer = bytearray(rest)
        for line in lines:
            if line.strip():
                self._write(task.name, line.decode(errors="replace").rstrip("\r"))
        return bool(chunk)

    def _close(self, task: Task) -> None:
        """Print the last words of a dead process and close its pipe."""
        stdout = task.process.stdout if task.process else None
        if stdout is None:
            return
        # Bounded, for a process that left the session may hold the pipe and go on writing.
        for _ in range(100):
            if not self._read(task):
                break
        if stdout.fileno() in self._selector.get_map():
            self._selector.unregister(stdout)
        stdout.close()

    def _is_ready(self, url: str) -> bool:
        address = urlsplit(url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=2)
        try:
            connection.request("GET", address.path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _stop_all(self) -> None:
        """SIGTERM to each group, then SIGKILL to each session; a second signal hurries."""
        running = [task.process for task in self.tasks if task.process is not None]
        for process in running:
            if process.poll() is None:
                send([-process.pid], signal.SIGTERM)
        hurry = self._stops + 1

        def gone() -> bool:
            for task in self.tasks:
                self._read(task)
            return all(p.poll() is not None for p in running) or self._stops >= hurry

        wait_until(gone, GRACE)
        for process in running:
            send(in_session(process.pid), signal.SIGKILL)
            process.wait()
        for task in self.tasks:
            self._close(task)
            task.process = None

    def say(self, text: str) -> None:
        """A line of the supervisor's own."""
        self._write("run", text)

    def _write(self, name: str, text: str) -> None:
        try:
            sys.stdout.write(f"{name:<{self._width}} | {text}\n")
            sys.stdout.flush()
        except OSError:
            # The terminal is gone; the processes go on until they are told to stop.
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - stays open as the standard output


def python_module(module: str, *arguments: str) -> str:
    """A line for the shell that runs a module with this Python."""
    return shlex.join([sys.executable, "-m", module, *arguments])
