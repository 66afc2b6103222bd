"""The worker and the scheduler: two processes of the Procfile."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import structlog
from flask import Flask
from redis import Redis, RedisError
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from feedback import upkeep
from feedback.jobs.frame import TIMEOUT_SECONDS, adopt
from feedback.jobs.periodic import PERIODIC, Periodic
from feedback.transaction import QUEUE, redis_client

log = structlog.get_logger()
LOOK_SECONDS = 0.25

_STOPS = {signal.SIGTERM, signal.SIGINT}


class _Worker(SimpleWorker):
    """A worker that may be told to stop from its first moment on.

    RQ makes a worker known before it listens to signals: one that comes in between would end the
    process in the middle of a step. They are kept back until the loop can heed them.
    """

    def work(self, *args: Any, **options: Any) -> bool:
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        return super().work(*args, **options)

    def check_for_suspension(self, burst: bool) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        super().check_for_suspension(burst)


def worker_main(app: Flask | None = None) -> None:
    """Work until told to stop; the present job is finished first.

    A worker without a fork for each job: one process to kill, whose database connections are its
    own. Whatever job a kill cuts short is found again by the next period.
    """
    app = adopt(app)
    connection = Redis.from_url(app.config["REDIS_URL"], socket_connect_timeout=2)
    queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    worker = _Worker(
        [queue],
        connection=connection,
        serializer=JSONSerializer,
        log_job_description=False,
        default_result_ttl=0,
    )
    worker.work(logging_level="WARNING")
    with app.app_context():
        upkeep.write_head(at_once=True)


def scheduler_main(app: Flask | None = None) -> None:
    """Ask for each periodic job when its period has passed, until told to stop.

    Several may run at once: the first to mark a period asks, and a job asked for twice finds
    nothing the second time.
    """
    app = adopt(app)
    told: list[int] = []
    for number in _STOPS:
        signal.signal(number, lambda received, _frame: told.append(received))
    with app.app_context():
        due = dict.fromkeys(PERIODIC, time.monotonic())
        while not told:
            tick(due, time.monotonic())
            time.sleep(LOOK_SECONDS)


def tick(due: dict[Periodic, float], moment: float) -> list[str]:
    """Ask for the jobs whose time has come and set their next; answers their names.

    due: for each job the monotonic moment at which it is wanted.
    """
    asked = []
    for periodic, at in due.items():
        if at <= moment:
            due[periodic] = moment + periodic.seconds
            if _ask(periodic):
                asked.append(periodic.name)
    return asked


def _ask(periodic: Periodic) -> bool:
    """Enqueue a periodic job, unless another scheduler did for this period."""
    try:
        client = redis_client()
        # A little shorter than the period, so that a scheduler never meets its own mark.
        mark = max(1, int(periodic.seconds * 0.9))
        if not client.set(f"tick:{periodic.name}", os.getpid(), nx=True, ex=mark):
            return False
        Queue(QUEUE, connection=client, serializer=JSONSerializer).enqueue(
            f"feedback.jobs.{periodic.name}",
            description=periodic.name,
            job_timeout=TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=3600,
            # One that no worker took within two periods is not missed: the next is the same.
            ttl=max(60, 2 * periodic.seconds),
        )
    except RedisError as error:
        log.warning("queue_unreachable", job=periodic.name, error=type(error).__name__)
        return False
    return True
