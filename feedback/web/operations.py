"""For those who run the system: alive, ready, and how much waits. Nothing of any case."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

import structlog
from flask import Response, abort, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from feedback.extensions import db
from feedback.services import job_runs
from feedback.transaction import Principal, redis_client, transaction
from feedback.web.edge import Audience, guarded

log = structlog.get_logger()
blueprint = guarded("operations", __name__, audience=Audience.OPERATIONS)
OPERATIONS = Principal("operations")
FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded")
# What each gateway needs; that the plain one is well described is checked at the start.
GATEWAY_SETTINGS = {
    "africastalking": ("AT_USERNAME", "AT_API_KEY", "AT_SHORTCODE", "AT_HOOK_TOKEN"),
    "http": ("SMS_HTTP", "SMS_HTTP_HOOK_TOKEN"),
}
MEANING = {
    "outbox_waiting": "SMS that are owed and not yet taken by the gateway",
    "outbox_unknown": "SMS of which it is not known whether the gateway took them",
    "outbox_oldest_seconds": "age of the oldest SMS that waits",
    "outbox_dead": "SMS given up after an unknown outcome or days without a gateway",
    "outbox_failed": "SMS that the gateway or the network refused",
    "outbox_quiet": "SMS that wait for the morning",
    "outbox_over_budget": "SMS that wait for the next day, for a limit of this one",
    "outbox_expired": "SMS whose time ran out on the network",
    "outbox_suppressed": "SMS not sent to who said STOP",
    "inbound_waiting": "SMS of citizens that no worker has read yet",
    "inbound_oldest_seconds": "age of the oldest SMS that waits for a worker",
    "inbound_dead": "SMS of citizens that no worker could make into a case",
    "reports_waiting": "delivery reports not yet compared with the outbox",
    "timers_overdue": "moments of cases that the sweep has still to handle",
    "sweep_lag_seconds": "how long the oldest of them is overdue",
    "audit_unsealed": "entries of the record that are not yet chained",
    "audit_oldest_seconds": "age of the oldest of them",
    "corrections_waiting": "corrections of calendars that no worker has applied yet",
    "corrections_oldest_seconds": "age of the oldest of them",
    "clocks_in_doubt": "machines whose clock is not believed",
}
JOBS = {
    "job_age_seconds": "how long ago the job ended well; that it did not yet: since it is expected",
    "job_period_seconds": "how often it is asked for",
    "job_seconds": "how long its last run took",
    "job_runs": "how often it ran",
    "job_failures": "how often it failed",
}


@blueprint.get("/health/live")
def live() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/health/ready")
def ready() -> ResponseReturnValue:
    """What a request needs is there: 200, else 503 with the names of what is missing."""
    checks = {
        "database": _database(),
        "queue": _queue(),
        "gateway": all(
            current_app.config[name] for name in GATEWAY_SETTINGS[current_app.config["SMS_GATEWAY"]]
        ),
    }
    checks["migrations"] = checks["database"] and _migrated()
    good = all(checks.values())
    # The web is ready without them: a worker that is away must not take the pages away as well.
    late = _jobs_behind() if checks["migrations"] else []
    status = ("degraded" if late else "ok") if good else "not ready"
    return jsonify(status=status, checks=checks, jobs_behind=late), 200 if good else 503


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Gauges in Prometheus' format, for who shows METRICS_TOKEN; without proxy and TLS also for
    this machine."""
    if not _may_read_metrics():
        abort(403)
    registry = CollectorRegistry()
    registry.register(_Sums())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def sums(now: datetime) -> dict[str, float]:
    """Counts and ages of what waits, by the names of `MEANING`."""
    with transaction(OPERATIONS):
        rows = db.session.execute(
            text("SELECT name, value FROM guard.metrics(:now)"), {"now": now}
        ).all()
    return {row.name: row.value for row in rows}


def _jobs_behind() -> list[str]:
    """Jobs whose promise does not hold."""
    with transaction(OPERATIONS):
        return [each.name for each in job_runs.behind(g.now)]


class _Sums(Collector):
    """The database's sums at this moment; each web process gives the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, value in sums(g.now).items():
            yield GaugeMetricFamily(f"mrejesho_{name}", MEANING[name], value=value)
        yield from self._of_jobs()

    def _of_jobs(self) -> Iterator[GaugeMetricFamily]:
        with transaction(OPERATIONS):
            runs = job_runs.all_runs()
        found = {
            name: GaugeMetricFamily(f"mrejesho_{name}", meaning, labels=["job"])
            for name, meaning in JOBS.items()
        }
        for run in runs:
            age = (g.now - (run.ended_at or run.known_at)).total_seconds()
            values = (max(age, 0), run.period, run.seconds or 0, run.runs, run.failures)
            for gauge, value in zip(found.values(), values, strict=True):
                gauge.add_metric([run.name], value)
        yield from found.values()

    def describe(self) -> list[GaugeMetricFamily]:
        return []


def _may_read_metrics() -> bool:
    expected = current_app.config["METRICS_TOKEN"]
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if expected and scheme.lower() == "bearer":
        return hmac.compare_digest(shown.strip().encode(), expected.encode())
    # A proxy on this machine makes every visitor look like one of this machine. Where one is set
    # up, or TLS tells of one, the address proves nothing, whichever headers it sends.
    if current_app.config["PROXIES"] or current_app.config["SESSION_COOKIE_SECURE"]:
        return False
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _database() -> bool:
    try:
        with transaction(OPERATIONS):
            db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        log.warning("not_ready", part="database", error=type(error).__name__)
        return False
    return True


def _migrated() -> bool:
    """Whether the database stands at the newest migration that this code knows."""
    newest: list[str] | None = current_app.extensions.get("migration-heads")
    if newest is None:
        folder = Path(current_app.root_path).parent / "migrations" / "versions"
        newest = current_app.extensions["migration-heads"] = heads(folder)
    try:
        with transaction(OPERATIONS):
            revision = db.session.scalar(text("SELECT guard.revision()"))
    except SQLAlchemyError as error:
        log.warning("not_ready", part="migrations", error=type(error).__name__)
        return False
    return [revision] == newest


def heads(folder: Path) -> list[str]:
    """The migrations that no other one follows, read from the first lines of their files: the
    library that runs them would take 8 MB of each web for this one answer."""
    lines = "".join(path.read_text() for path in sorted(folder.glob("*.py")))
    revisions = re.findall(r'^revision = "(\w+)"', lines, re.MULTILINE)
    followed = set(re.findall(r'^down_revision = "(\w+)"', lines, re.MULTILINE))
    return [revision for revision in revisions if revision not in followed]


def _queue() -> bool:
    try:
        return bool(redis_client().ping())
    except RedisError as error:
        log.warning("not_ready", part="queue", error=type(error).__name__)
        return False
