"""The one list of periodic jobs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job that the scheduler asks for. promise: what holds as long as it runs."""

    name: str
    seconds: int
    promise: str


PERIODIC = (
    Periodic("deliver", 15, "an SMS that is owed is sent, also when its wake-up was lost"),
    Periodic("replay", 15, "a send cut short is found, and delivery reports are written down"),
    Periodic("process_inbound", 15, "an SMS that came in becomes a case or gets its reply"),
    Periodic("sweep", 15, "what fell due is escalated, reminded, resumed or closed"),
    Periodic("take_letters", 15, "a citizen's letter at a high office takes its case there"),
    Periodic("divide", 30, "a case that an officer divides has its second one"),
    Periodic("chain_audit", 5, "the record's unsealed tail stays a few seconds long"),
    Periodic("send_day_lists", 60, "an officer's list of the day goes out once, at its hour"),
    Periodic("send_notices", 60, "what is urgent reaches an officer, and lists at chosen hours"),
    Periodic("refresh_figures", 30, "dashboards are at most a minute behind the cases"),
    Periodic(
        "refresh_forecasts", 60, "what climbs if nobody acts is a minute or two behind the cases"
    ),
    Periodic(
        "warn_heads", 300, "heads hear once a day, as the office opens, what climbs this week"
    ),
    Periodic("add_up_costs", 60, "what SMS cost stands in the sums of its institution and month"),
    Periodic("tell_opinions", 300, "an opinion that is overdue is told once to asker and head"),
    Periodic("hand_over", 60, "no case, task, post or roster entry stays with who left"),
    Periodic("remind_tasks", 300, "a task is told of in the morning of its day"),
    Periodic("follow_improvements", 60, "citizens hear once that an improvement is done"),
    Periodic("compare_newcomers", 60, "an officer hired or seated later is kept off as well"),
    Periodic("apply_corrections", 60, "a corrected calendar moves the deadlines that run by it"),
    Periodic("ask_to_decide", 3_600, "an expected day off that is near is told of until confirmed"),
    Periodic("measure_held", 300, "the time that an office held a case stands with its period"),
    Periodic("add_up_held", 86_400, "how long institutions hold cases is a day old at most"),
    Periodic("apply_changes", 60, "a planned change of reference data holds from its day on"),
    Periodic(
        "preview_changes", 60, "who agrees to a change of ladders sees what it would have done"
    ),
    Periodic("vacate_places", 60, "no open case stays with an institution or unit that closed"),
    Periodic("reissue_receipts", 60, "codes said to be lost on the web, which the queue lost"),
    Periodic(
        "check_files", 30, "a citizen's file is cleaned and given out, or refused for a reason"
    ),
    Periodic("expire_files", 3_600, "a file whose form was never sent is forgotten after a day"),
    Periodic("purge", 3_600, "tries, PINs that are over, old sessions and drafts are not kept"),
    Periodic("find_patterns", 3_600, "an auditor's odd patterns are an hour old at most"),
    Periodic("learn_lateness", 86_400, "the risk of lateness follows the cases of the day before"),
    Periodic("learn", 86_400, "suggestions follow what handlers corrected up to the day before"),
    Periodic("retain", 86_400, "what is older than its retention rule is removed"),
)
