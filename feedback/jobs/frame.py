"""What every job runs in: an application context of its own, and no error's message leaves it."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import structlog
from flask import Flask, current_app
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from feedback import clock
from feedback.jobs.periodic import PERIODIC
from feedback.services import job_runs
from feedback.transaction import JOB, redis_client, transaction, wake

log = structlog.get_logger()
Counts = dict[str, Any]
# A job gives the others their turn after so many seconds.
RUN_SECONDS = 10
TIMEOUT_SECONDS = 120  # after which a job is ended by force
NOTE_SECONDS = 15
WATCH_SECONDS = 60

# By job, on this process's count of seconds: when its run was written last ("": when the others
# were looked after), and how many runs were not.
_noted: dict[str, float] = {}
_unwritten: dict[str, int] = {}
_app: Flask | None = None


class JobFailed(Exception):
    """A job broke; its log line tells where. Redis keeps this in place of the error's message."""


def job(run: Callable[[], Counts]) -> Callable[[], Counts]:
    """Run in an application context of its own; no message of an error leaves it."""

    @functools.wraps(run)
    def wrapped() -> Counts:
        with _context():
            _forget_wake_up(run.__name__)
            begun, begun_at = time.monotonic(), clock.now()
            try:
                counts = run()
            except Exception as error:
                log.exception("job_failed", job=run.__name__)
                failure = JobFailed(type(error).__name__)
                _note(run.__name__, begun_at, begun, {}, type(error).__name__)
            else:
                if any(counts.values()):
                    seconds = round(time.monotonic() - begun, 3)
                    log.info("job_done", job=run.__name__, seconds=seconds, **counts)
                _note(run.__name__, begun_at, begun, counts)
                return counts
        raise failure

    return wrapped


def _note(name: str, begun_at: datetime, begun: float, counts: Counts, error: str = "") -> None:
    """Write down that the job ran, and look after the others now and then.

    Runs that had nothing to do are many: of those one is written in `NOTE_SECONDS`.
    """
    periodic = next((each for each in PERIODIC if each.name == name), None)
    if periodic is None:
        return
    ended = time.monotonic()
    _unwritten[name] = _unwritten.get(name, 0) + 1
    idle = not error and not any(counts.values())
    try:
        if not idle or ended - _noted.get(name, -NOTE_SECONDS) >= NOTE_SECONDS:
            run = job_runs.Run(
                name,
                periodic.seconds,
                begun_at,
                clock.now(),
                round(ended - begun, 3),
                counts,
                error,
                _unwritten[name],
            )
            with transaction(JOB):
                job_runs.record(run)
            _noted[name], _unwritten[name] = ended, 0
        look_after_jobs()
    except SQLAlchemyError as problem:
        log.error("job_not_noted", job=name, error=type(problem).__name__)


def look_after_jobs() -> None:
    """Raise an alarm for jobs that do not run, at most every `WATCH_SECONDS`."""
    moment = time.monotonic()
    if moment - _noted.get("", -WATCH_SECONDS) < WATCH_SECONDS:
        return
    _noted[""] = moment
    with transaction(JOB):
        job_runs.watch(clock.now())


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
