"""Schedulers beside each other, dying, on clocks of their own: each period is asked for once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from flask import Flask
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from feedback import jobs
from feedback.jobs import processes
from feedback.jobs.periodic import Periodic
from feedback.transaction import QUEUE
from tests.conftest import LONG

NAMES = sorted(periodic.name for periodic in jobs.PERIODIC)
BEGIN = 1_767_225_600.0  # 1 January 2026: each period begins here
DAY = 86_400


@pytest.fixture
def queue(app: Flask, urls: dict[str, str]) -> Iterator[Queue]:
    client = Redis.from_url(urls["REDIS_URL"])
    yield Queue(QUEUE, connection=client, serializer=JSONSerializer)
    client.close()


def taken(queue: Queue) -> Counter[str]:
    """What stands in the queue, taken off as a worker does."""
    found = Counter(job.func_name.rpartition(".")[2] for job in queue.jobs)
    queue.empty()
    return found


def test_each_job_is_asked_for_once_in_each_of_its_periods(app: Flask, queue: Queue) -> None:
    asked: dict[Periodic, int] = {}
    assert sorted(jobs.tick(asked, BEGIN) or ()) == NAMES
    assert sorted(taken(queue)) == NAMES
    assert jobs.tick(asked, BEGIN + 4.9) == []
    assert jobs.tick(asked, BEGIN + 5) == ["chain_audit"]
    # One that is started anew finds the marks.
    assert jobs.tick({}, BEGIN + 6) == []
    assert taken(queue) == {"chain_audit": 1}


def test_a_queue_that_was_away_is_asked_at_the_next_look(
    app: Flask, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    asked: dict[Periodic, int] = {}
    with monkeypatch.context() as away:
        away.setitem(app.extensions, "redis", nobody)
        assert jobs.tick(asked, BEGIN) is None
    nobody.close()
    assert sorted(jobs.tick(asked, BEGIN + 2) or ()) == NAMES


def test_a_scheduler_that_dies_between_mark_and_job_leaves_neither(
    app: Flask, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(self: Pipeline) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Pipeline, "execute", dies)
        with pytest.raises(KeyboardInterrupt):
            jobs.tick({}, BEGIN)
    assert not taken(queue)
    assert sorted(jobs.tick({}, BEGIN + 1) or ()) == NAMES


def test_two_that_look_at_the_same_moment_ask_once(
    app: Flask, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second has seen no mark yet when the first leaves its own."""
    exists = Pipeline.exists
    first: dict[Periodic, int] = {}

    def looks(self: Pipeline, mark: str) -> bool:
        found = bool(exists(self, mark))
        if not first:
            first[jobs.PERIODIC[0]] = 0
            monkeypatch.setattr(Pipeline, "exists", exists)
            assert processes._ask(jobs.PERIODIC[0], 7)
        return found

    monkeypatch.setattr(Pipeline, "exists", looks)
    assert not processes._ask(jobs.PERIODIC[0], 7)
    assert taken(queue) == {jobs.PERIODIC[0].name: 1}


WEEK = [
    # periodic jobs of these seconds, for so many days
    ((3_600, 86_400), 7.0),
    ((300,), 7.0 if LONG else 1.0),
    ((60, 30, 15, 5), 0.25 if LONG else 0.02),
]


@pytest.mark.parametrize(("periods", "days"), WEEK, ids=["hours", "minutes", "seconds"])
def test_two_schedulers_for_a_week(
    app: Flask,
    queue: Queue,
    monkeypatch: pytest.MonkeyPatch,
    periods: tuple[int, ...],
    days: float,
) -> None:
    """Their clocks differ by up to nine seconds, and wander; each dies now and then, also within a
    look, and forgets what it saw. Every period is asked for once, and none is passed over."""
    listed = tuple(each for each in jobs.PERIODIC if each.seconds in periods)
    # One job of each period stands for the others of it: the rest of the tick is the same.
    chosen = tuple({each.seconds: each for each in listed}.values())
    monkeypatch.setattr(processes, "PERIODIC", chosen)
    rng = Random(7)  # noqa: S311 -- which moment, not which secret
    ask = processes._ask
    dying = [False]

    def asks(periodic: Periodic, number: int) -> bool:
        if dying[0] and rng.random() < 0.5:
            raise KeyboardInterrupt
        return ask(periodic, number)

    monkeypatch.setattr(processes, "_ask", asks)
    known: list[dict[Periodic, int]] = [{}, {}]
    found: Counter[str] = Counter()
    shortest = min(periods)
    # Looks come thrice in a period: more than a tenth of it, and a clock would jump over one.
    wander = min(4.5, shortest / 10)
    moment, end = BEGIN, BEGIN + days * DAY
    while moment < end:
        for scheduler, seen in enumerate(known):
            ahead = (4.5 if scheduler else -4.5) + rng.uniform(-wander, wander)
            dying[0] = rng.random() < 0.02
            try:
                jobs.tick(seen, min(max(moment + ahead, BEGIN), end - 0.1))
            except KeyboardInterrupt:
                seen.clear()
            dying[0] = False
        moment += min(shortest / 3, 900)
        if len(queue) > 100:
            found += taken(queue)
    for seen in known:
        jobs.tick(seen, end - 0.1)
    found += taken(queue)
    whole = {
        each.name: int((end - 0.1) // each.seconds - BEGIN // each.seconds) + 1 for each in chosen
    }
    assert found == whole


def test_a_scheduler_that_was_away_for_three_days_asks_once(app: Flask, queue: Queue) -> None:
    asked: dict[Periodic, int] = {}
    jobs.tick(asked, BEGIN)
    queue.empty()
    later = BEGIN + 3 * DAY
    jobs.tick(asked, later)
    assert taken(queue) == dict.fromkeys(NAMES, 1)
    assert jobs.tick(asked, later + 1) == []


@pytest.mark.parametrize("shift", [DAY, -DAY])
def test_a_clock_that_is_set_by_a_day_and_back_asks_on(
    app: Flask, queue: Queue, shift: int
) -> None:
    """Of the jobs that run once a day one is asked for a second time at most; it finds nothing."""
    asked: dict[Periodic, int] = {}
    now = BEGIN + 40 * DAY
    found: Counter[str] = Counter()
    for minute in range(60):
        wrong = shift if 20 <= minute < 40 else 0
        assert jobs.tick(asked, now + 60 * minute + wrong) is not None
        found += taken(queue)
    for periodic in jobs.PERIODIC:
        wanted = max(1, 3_600 // max(periodic.seconds, 60))
        assert wanted - 2 <= found[periodic.name] <= wanted + 2
        assert found[periodic.name] >= 1


def test_the_marks_do_not_stay(app: Flask, queue: Queue) -> None:
    jobs.tick({}, BEGIN)
    for periodic in jobs.PERIODIC:
        number = int(BEGIN // periodic.seconds)
        left = queue.connection.ttl(f"tick:{periodic.name}:{number}")
        assert 2 * periodic.seconds < left <= 2 * periodic.seconds + processes.APART_SECONDS


def test_an_error_of_the_queue_is_no_end(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> bool:
        raise RedisError

    monkeypatch.setattr(processes, "_ask", breaks)
    assert jobs.tick({}, BEGIN) is None
