"""Where the measuring happens: servers of its own in a temporary folder, gunicorn as deployed."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import keys
from local.servers import EmbeddedServers, provision

CHECKOUT = Path(__file__).resolve().parent.parent
DATABASE = "bench"
PATIENCE = 60  # seconds until the web must answer


@dataclass(frozen=True, slots=True)
class Web:
    """The running web processes."""

    port: int
    process: subprocess.Popen[bytes]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Embedded servers with a fresh database; answers the environment for the product."""
    with tempfile.TemporaryDirectory(prefix="mrejesho-bench-") as folder:
        place = EmbeddedServers(Path(folder), temporary=True)
        with place as running:
            provision(running, DATABASE)
            yield {
                "DATABASE_URL": running.url("mrejesho_web", DATABASE),
                "DATABASE_WORKER_URL": running.url("mrejesho_worker", DATABASE),
                "DATABASE_OWNER_URL": running.url("mrejesho_owner", DATABASE),
                "DATABASE_LOADER_URL": running.url("mrejesho_loader", DATABASE),
                "REDIS_URL": running.redis_url(0),
                **{name: make() for name, make in keys.MAKERS.items()},
                "AT_SHORTCODE": "15200",
                "DEMO": "1",
                # For the plans, which the server tells to a superuser alone.
                "BENCH_SUPERUSER_URL": running.superuser_url(DATABASE),
                "FLASK_APP": "wsgi",
                "HOST": "127.0.0.1",
                "PORT": str(_free_port()),
            }


def command(*words: str) -> None:
    """Run one of the product's commands; its complaint ends the bench."""
    subprocess.run([sys.executable, "-m", "flask", *words], cwd=CHECKOUT, check=True)


@contextmanager
def web() -> Iterator[Web]:
    """The web as the Procfile starts it, until the block ends."""
    line = next(
        words.partition(":")[2].strip()
        for words in (CHECKOUT / "Procfile").read_text().splitlines()
        if words.startswith("web:")
    )
    expanded = subprocess.run(
        ["sh", "-c", f"echo {line}"], capture_output=True, text=True, check=True
    ).stdout
    words = shlex.split(expanded)
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / words[0]), *words[1:], "--log-level", "warning"],
        cwd=CHECKOUT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    port = int(os.environ["PORT"])
    try:
        _wait(port, process)
        yield Web(port, process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live"):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("the web did not answer")
