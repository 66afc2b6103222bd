"""Workers without the seconds that their start takes: one process loads the application's code,
and each worker is a fork of it, a process of its own that is killed like any other.

The parent asks on standard input for a worker in an environment, one line of JSON each, and reads
its process id; a second line says, once it was killed, that nothing is left of it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Nursery:
    """The process that forks workers."""

    parent: subprocess.Popen[str]

    @contextmanager
    def worker(self, environment: dict[str, str]) -> Iterator[int]:
        """A worker that runs; answers its process id. It is gone at the end."""
        number = self._ask(environment)
        try:
            yield number
        finally:
            self.kill(number)

    def kill(self, number: int) -> None:
        """SIGKILL, and wait until nothing is left; once more does nothing."""
        self._ask({"kill": str(number)})

    def _ask(self, what: dict[str, str]) -> int:
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write(json.dumps(what) + "\n")
        self.parent.stdin.flush()
        return int(self.parent.stdout.readline())


@contextmanager
def nursery() -> Iterator[Nursery]:
    """The process, ended with its workers at the end."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.nursery"],
        cwd=Path(__file__).parents[2],
        env={"PATH": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        yield Nursery(parent)
        parent.kill()


def _work(environment: dict[str, str]) -> None:
    """In the fork: what `flask worker` does, with an application of its own."""
    from feedback import create_app, jobs

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(environment)
    app = create_app()
    with app.app_context():
        jobs.worker_main(app)


def main() -> None:
    """Fork on request, kill on request."""
    import feedback.cli
    import feedback.jobs
    import feedback.web  # noqa: F401 (loaded here once for all forks)

    living: set[int] = set()
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        number = int(asked.get("kill", 0))
        if number in living:
            living.discard(number)
            os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)
        elif not number:
            number = os.fork()
            if not number:
                os.dup2(os.open(os.devnull, os.O_RDWR), 0)
                os.dup2(2, 1)
                try:
                    _work(asked)
                finally:
                    os._exit(1)
            living.add(number)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
    for number in living:
        os.kill(number, signal.SIGKILL)


if __name__ == "__main__":
    main()
