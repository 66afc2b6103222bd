"""What the worker does: each job finds its work in the database, calls services, and ends.

A job takes no arguments. It may run twice, at the same time as its double, or not at all: then
its next period finds what is left. Redis holds nothing but wake-ups.

    periodic    the one list of what is asked for, and how often
    sending, clocks, people, places, cases, keeping    the jobs, by subject; gathered here, where
                the queue finds them by name
    frame       what every job runs in
    processes   worker and scheduler
"""

from __future__ import annotations

from feedback.jobs.cases import check_files, divide, expire_files, reissue_receipts
from feedback.jobs.clocks import (
    add_up_held,
    apply_corrections,
    ask_to_decide,
    follow_improvements,
    measure_held,
    refresh_forecasts,
    remind_tasks,
    sweep,
    sweep_all,
    take_letters,
    tell_opinions,
    warn_heads,
)
from feedback.jobs.frame import JobFailed
from feedback.jobs.keeping import (
    chain_audit,
    find_patterns,
    learn,
    learn_lateness,
    purge,
    refresh_figures,
    retain,
)
from feedback.jobs.people import compare_newcomers, hand_over
from feedback.jobs.periodic import PERIODIC, Periodic
from feedback.jobs.places import apply_changes, preview_changes, vacate_places
from feedback.jobs.processes import scheduler_main, tick, worker_main
from feedback.jobs.sending import (
    add_up_costs,
    deliver,
    deliver_all,
    process_inbound,
    replay,
    send_day_lists,
    send_notices,
)

__all__ = [
    "JobFailed",
    "PERIODIC",
    "Periodic",
    "add_up_costs",
    "add_up_held",
    "apply_changes",
    "apply_corrections",
    "ask_to_decide",
    "chain_audit",
    "check_files",
    "compare_newcomers",
    "deliver",
    "deliver_all",
    "divide",
    "expire_files",
    "find_patterns",
    "follow_improvements",
    "hand_over",
    "learn",
    "learn_lateness",
    "measure_held",
    "preview_changes",
    "process_inbound",
    "purge",
    "refresh_figures",
    "refresh_forecasts",
    "reissue_receipts",
    "remind_tasks",
    "replay",
    "retain",
    "scheduler_main",
    "send_day_lists",
    "send_notices",
    "sweep",
    "sweep_all",
    "take_letters",
    "tell_opinions",
    "tick",
    "vacate_places",
    "warn_heads",
    "worker_main",
]
