"""What each periodic job promises, and how it fares, in the words of an office."""

from __future__ import annotations

from flask_babel import gettext as _


def promise(name: str) -> str:
    """What holds as long as the job runs; a job without words of its own is shown by its name."""
    return {
        "deliver": _("An SMS that is owed is sent"),
        "replay": _("A sending that was cut short is found, and delivery reports are written down"),
        "process_inbound": _("An SMS that came in becomes a case or gets its reply"),
        "sweep": _("What fell due climbs, is reminded of, runs on or is closed"),
        "take_letters": _("A citizen's letter at a high office takes its case there"),
        "divide": _("A case that an officer divides has its second one"),
        "chain_audit": _("The record is sealed a few seconds after it is written"),
        "send_day_lists": _("An officer's SMS with the list of the day goes out at its hour"),
        "send_notices": _("What is urgent reaches an officer, and lists at the hours chosen"),
        "refresh_figures": _("Figures are at most a minute behind the cases"),
        "refresh_forecasts": _("What climbs if nobody acts is a minute or two behind the cases"),
        "warn_heads": _("Heads hear once a day, as the office opens, what climbs this week"),
        "add_up_costs": _("What SMS cost stands in the sums of its institution and month"),
        "tell_opinions": _("An opinion that is overdue is told once to asker and head"),
        "hand_over": _("No case, task or post stays with an officer who left"),
        "remind_tasks": _("A task is told of in the morning of its day"),
        "follow_improvements": _("Citizens hear once that an improvement is done"),
        "compare_newcomers": _("An officer who comes later is kept off cases that name him or her"),
        "apply_corrections": _("A corrected calendar moves the deadlines that run by it"),
        "ask_to_decide": _("An expected day off that is near is told of until it is confirmed"),
        "measure_held": _("The time that an office held a case stands with its period"),
        "add_up_held": _("How long institutions hold cases is a day old at most"),
        "preview_changes": _("Who agrees to a change of ladders sees what it would have done"),
        "apply_changes": _("A planned change holds from its day on"),
        "vacate_places": _("No open case stays with an institution or unit that closed"),
        "reissue_receipts": _("A secret code that was lost is replaced"),
        "check_files": _("A citizen's file is cleaned and given out, or refused for a reason"),
        "expire_files": _("A file whose form was never sent is forgotten after a day"),
        "purge": _("Tries of codes and logins, old sessions and drafts are not kept"),
        "find_patterns": _("The auditor's odd patterns are an hour old at most"),
        "learn_lateness": _("The risk of lateness follows the cases of the day before"),
        "learn": _("Suggestions follow what handlers corrected up to the day before"),
        "retain": _("What is older than its retention rule is removed"),
    }.get(name, name)


def lag(name: str) -> str:
    """What waits for the jobs."""
    return {
        "sweep": _("Moments of cases that fell due"),
        "outbox": _("SMS and e-mails to be sent"),
        "inbound": _("SMS of citizens to be read"),
        "audit": _("Entries of the record to be sealed"),
        "corrections": _("Corrections of calendars to be applied"),
    }[name]


def outage(kind: str) -> str:
    """What was the matter with the system's own work."""
    return {
        "job_silent": _("It did not run"),
        "job_failing": _("It ran and failed"),
        "clock_moved": _("The clock of a machine was moved"),
    }[kind]


def doubt(kind: str) -> str:
    """Why a machine's clock is not believed."""
    return {
        "forward": _("it was set forward"),
        "back": _("it was set back"),
        "apart": _("it differs from the database's clock"),
    }[kind]


def span(seconds: float) -> str:
    """A time in its largest fitting unit."""
    whole = int(seconds)
    if whole < 60:
        return _("%(num)s s", num=whole)
    if whole < 3_600:
        return _("%(num)s min", num=whole // 60)
    if whole < 86_400:
        return _("%(num)s h", num=whole // 3_600)
    return _("%(num)s d", num=whole // 86_400)
