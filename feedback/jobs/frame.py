"""What every job runs in: an application context of its own, and no error's message leaves it."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from flask import Flask, current_app
from redis import RedisError

from feedback.transaction import JOB, redis_client, transaction, wake

log = structlog.get_logger()
Counts = dict[str, Any]
# A job gives the others their turn after so many seconds.
RUN_SECONDS = 10
TIMEOUT_SECONDS = 120  # after which a job is ended by force

_app: Flask | None = None


class JobFailed(Exception):
    """A job broke; its log line tells where. Redis keeps this in place of the error's message."""


def job(run: Callable[[], Counts]) -> Callable[[], Counts]:
    """Run in an application context of its own; no message of an error leaves it."""

    @functools.wraps(run)
    def wrapped() -> Counts:
        with _context():
            _forget_wake_up(run.__name__)
            begun = time.monotonic()
            try:
                counts = run()
            except Exception as error:
                log.exception("job_failed", job=run.__name__)
                failure = JobFailed(type(error).__name__)
            else:
                if any(counts.values()):
                    seconds = round(time.monotonic() - begun, 3)
                    log.info("job_done", job=run.__name__, seconds=seconds, **counts)
                return counts
        raise failure

    return wrapped


def adopt(app: Flask | None) -> Flask:
    """Let this process's jobs run in `app`, by default the present one; answers it."""
    global _app
    _app = app or current_app._get_current_object()  # type: ignore[attr-defined]
    return _app


@contextmanager
def _context() -> Iterator[None]:
    """A context of its own for each job, so that no session outlives it."""
    app = _app or current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context():
        yield


def again(name: str) -> None:
    """Ask for another run: the time of this one is used up."""
    with transaction(JOB):
        wake(name)


def _forget_wake_up(name: str) -> None:
    """From here on a new wake-up is wanted: what is written now may be missed by this run."""
    try:
        redis_client().delete(f"wake:{name}")
    except RedisError as error:
        log.warning("queue_unreachable", job=name, error=type(error).__name__)
