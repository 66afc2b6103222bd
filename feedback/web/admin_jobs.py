"""The system's own work, for administrators: what runs, what waits, and when it did not run."""

from __future__ import annotations

from typing import Any

from flask import g, render_template
from flask.typing import ResponseReturnValue

from feedback.services import job_runs
from feedback.transaction import transaction
from feedback.web import job_wording, operations
from feedback.web.admin_frame import blueprint, only

# What waits, by the names of its count and of its oldest among the operators' sums.
LAGS = (
    ("sweep", "timers_overdue", "sweep_lag_seconds"),
    ("outbox", "outbox_waiting", "outbox_oldest_seconds"),
    ("inbound", "inbound_waiting", "inbound_oldest_seconds"),
    ("audit", "audit_unsealed", "audit_oldest_seconds"),
    ("corrections", "corrections_waiting", "corrections_oldest_seconds"),
)


@blueprint.get("/jobs")
@only("admin")
def jobs() -> ResponseReturnValue:
    """Each periodic job with its promise, its last run and its state."""
    sums = operations.sums(g.now)
    with transaction():
        runs = job_runs.all_runs()
        silent = {each.name: each for each in job_runs.behind(g.now)}
        doubts, outages = job_runs.doubts(), job_runs.outages()
    rows = [
        {
            "name": run.name,
            "period": run.period,
            "ended_at": run.ended_at,
            "took": run.seconds,
            "failures": run.failures,
            "error": run.error,
            "silence": silent.get(run.name),
        }
        for run in sorted(runs, key=lambda run: run.name not in silent)
    ]
    lags: list[dict[str, Any]] = [
        {"name": name, "count": int(sums[count]), "age": sums[age]} for name, count, age in LAGS
    ]
    return render_template(
        "admin/jobs.html",
        jobs=rows,
        lags=lags,
        doubts=doubts,
        outages=outages,
        wording=job_wording,
    )
