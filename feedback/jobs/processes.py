"""The worker and the scheduler: two processes of the Procfile."""

from __future__ import annotations

import gc
import os
import signal
import time
from typing import Any

import structlog
from flask import Flask
from redis import Redis, RedisError, WatchError
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from feedback import clock, upkeep
from feedback.jobs.frame import TIMEOUT_SECONDS, adopt, look_after_jobs
from feedback.jobs.periodic import PERIODIC, Periodic
from feedback.services import job_runs
from feedback.transaction import JOB, QUEUE, redis_client, transaction

log = structlog.get_logger()
LOOK_SECONDS = 0.25
AWAY_SECONDS = 5  # between two looks at a queue that cannot be reached
APART_SECONDS = 600  # so far may the clocks of two schedulers be apart

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
    # What was loaded by now stays: the collector need not go through it again at every large batch.
    gc.collect()
    gc.freeze()
    worker.work(logging_level="WARNING")
    with app.app_context():
        upkeep.write_head(at_once=True)


def scheduler_main(app: Flask | None = None) -> None:
    """Ask for each periodic job once in each of its periods, until told to stop.

    Several may run at once: whoever comes first in a period asks. It looks after the jobs as well:
    where no worker runs, nobody else would raise the alarm.
    """
    app = adopt(app)
    told: list[int] = []
    for number in _STOPS:
        signal.signal(number, lambda received, _frame: told.append(received))
    with app.app_context():
        asked: dict[Periodic, int] = {}
        expected = False
        while not told:
            reached = tick(asked, time.time()) is not None
            expected = _look_after(expected)
            time.sleep(LOOK_SECONDS if reached else AWAY_SECONDS)


def _look_after(expected: bool) -> bool:
    """Expect the jobs of the list, once, and raise the alarm for one that does not run; answers
    whether they are expected."""
    try:
        if not expected:
            with transaction(JOB):
                job_runs.know({each.name: each.seconds for each in PERIODIC}, clock.now())
        look_after_jobs()
    except SQLAlchemyError as error:
        log.warning("jobs_not_looked_after", error=type(error).__name__)
        return expected
    return True


def tick(asked: dict[Periodic, int], moment: float) -> list[str] | None:
    """Ask for the jobs in whose present period nobody did; answers their names, or None when the
    queue cannot be reached: the next look asks for what this one could not.

    asked: for each job the number of the last period that this scheduler saw asked for. A period's
    number counts from 1970 on, alike for every scheduler: one whose clock is some seconds behind
    finds the mark of the one that is ahead.
    """
    found = []
    for periodic in PERIODIC:
        number = int(moment // periodic.seconds)
        if asked.get(periodic) == number:
            continue
        try:
            if _ask(periodic, number):
                found.append(periodic.name)
        except RedisError as error:
            log.warning("queue_unreachable", job=periodic.name, error=type(error).__name__)
            return None
        asked[periodic] = number
    return found


def _ask(periodic: Periodic, number: int) -> bool:
    """Enqueue a periodic job, unless another scheduler did for this period.

    The mark of the period and the job go to the queue in one step: a scheduler that dies between
    them leaves neither.
    """
    client = redis_client()
    mark = f"tick:{periodic.name}:{number}"
    with client.pipeline() as together:
        together.watch(mark)
        if together.exists(mark):
            return False
        together.multi()
        together.set(mark, os.getpid(), ex=2 * periodic.seconds + APART_SECONDS)
        Queue(QUEUE, connection=client, serializer=JSONSerializer).enqueue(
            f"feedback.jobs.{periodic.name}",
            description=periodic.name,
            job_timeout=TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=3600,
            # One that no worker took within two periods is not missed: the next is the same.
            ttl=max(60, 2 * periodic.seconds),
            pipeline=together,
        )
        try:
            together.execute()
        except WatchError:
            return False
    return True
