"""One commit at the edge, under one principal, and only then the wake-up of the queue.

Row-level security reads the principal from settings local to the transaction, so it is set
anew at each transaction's begin and cannot outlive a commit or leak through the pool.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from flask import current_app
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, scoped_session

from feedback.extensions import db

log = structlog.get_logger()
QUEUE = "mrejesho"
BECOME = "SELECT guard.become(%(kind)s, %(officer)s::integer, %(case)s::uuid)"


@dataclass(frozen=True, slots=True)
class Principal:
    """On whose behalf a transaction runs; the database decides by it what may be seen.

    kind: officer, public (one case, its receipt code proven), job (the worker), or a narrow
    purpose: lodging, uploading (`case` is then the form's id), login, receipt-check, hook, ussd,
    figures, reference, reference-load.
    role: the database role that carries it. channel: by which way an officer acts, if it is not
    the browser; it stands in the record.
    """

    kind: str
    officer: int | None = None
    case: UUID | None = None
    role: str = "web"
    channel: str = ""

    @staticmethod
    def of_officer(officer: int, *, channel: str = "") -> Principal:
        return Principal("officer", officer=officer, channel=channel)

    @staticmethod
    def of_case(case: UUID) -> Principal:
        return Principal("public", case=case)

    @staticmethod
    def lodging(case: UUID, *, by_worker: bool = False, officer: int | None = None) -> Principal:
        """officer: who enters it for the citizen; it stands in the record, and opens nothing."""
        role = "worker" if by_worker else "web"
        return Principal("lodging", officer=officer, case=case, role=role)


JOB = Principal("job", role="worker")
NOBODY = Principal("nobody")

_current: ContextVar[Principal] = ContextVar("principal", default=NOBODY)


def current() -> Principal:
    """The principal under which the running code acts."""
    return _current.get()


def enter(principal: Principal) -> None:
    """Make `principal` the one of this request; what an earlier one had read is let go."""
    session = db.session()
    if session.in_transaction() and session.info.get("principal") != principal:
        if session.new or session.dirty or session.deleted:
            raise RuntimeError("unsaved work belongs to another principal")
        session.rollback()
        session.expunge_all()
    _current.set(principal)
    session.info["role"] = principal.role


def leave() -> None:
    """End of the request: nothing of it stays in this thread."""
    db.session().info.pop("wake", None)
    db.session.rollback()
    _current.set(NOBODY)


@contextmanager
def transaction(principal: Principal | None = None) -> Iterator[scoped_session[Any]]:
    """Run the block as one transaction of `principal` (default: the request's own).

    Commits at the end, rolls back on any exception, then wakes the queue for what the
    block asked for with `wake`. Services flush and never commit.
    """
    before = _current.get()
    if db.session().info.get("open"):
        raise RuntimeError("a transaction is open already: one commit, at the edge")
    enter(principal or before)
    db.session().info["open"] = True
    try:
        yield db.session
        db.session.commit()
    except BaseException:
        db.session.rollback()
        db.session().info.pop("wake", None)
        raise
    finally:
        db.session().info["open"] = False
        if principal is not None and principal != before:
            db.session.rollback()
            enter(before)
    for name in sorted(db.session().info.pop("wake", ())):
        _enqueue(name)


def wake(job: str) -> None:
    """Ask for a run of `feedback.jobs.<job>` once the transaction is committed."""
    db.session().info.setdefault("wake", set()).add(job)


@event.listens_for(Session, "after_begin")
def _set_principal(session: Session, _transaction: Any, connection: Connection) -> None:
    principal = _current.get()
    session.info["principal"] = principal
    session.info["viewer"] = None
    if principal.role in ("owner", "loader"):
        return
    session.info["reference_version"] = connection.exec_driver_sql(
        BECOME, {"kind": principal.kind, "officer": principal.officer, "case": principal.case}
    ).scalar_one()


def redis_client() -> Redis:
    """The application's connection to the Redis-protocol server, made on first use."""
    client = current_app.extensions.get("redis")
    if client is None:
        # No retries: a queue that is away must not hold up the citizen whose case is safe already.
        client = Redis.from_url(
            current_app.config["REDIS_URL"],
            socket_timeout=2,
            socket_connect_timeout=1,
            retry=Retry(NoBackoff(), 0),
        )
        current_app.extensions["redis"] = client
    return client


def _enqueue(name: str) -> None:
    """Wake a worker. The queue only saves waiting time: a sweep finds what a lost one missed."""
    try:
        client = redis_client()
        # One waiting wake-up is enough, however many rows were written meanwhile.
        if client.set(f"wake:{name}", "1", nx=True, ex=5):
            Queue(QUEUE, connection=client, serializer=JSONSerializer).enqueue(
                f"feedback.jobs.{name}", result_ttl=0, failure_ttl=3600, description=name
            )
    except RedisError as error:
        log.warning("queue_unreachable", job=name, error=type(error).__name__)
