"""The forecast in words: which rungs lie ahead in how many working days, and why a case is likely
late."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from feedback.rules import forecast
from feedback.rules import risk as rules
from feedback.services.forecast_lists import Outlook, Risk
from feedback.services.reference import directory
from feedback.services.views import Rung
from feedback.web.formats import name


def sentence(rungs: Sequence[Rung]) -> str:
    """Where a case will be if nobody acts; empty when it climbs no further."""
    ahead = [each for each in rungs if each.days is not None]
    if not ahead:
        return ""
    first, *others = ahead
    steps = [_first(forecast.short(name(first)), first.days or 0)]
    steps += [
        _("%(rung)s in %(days)s", rung=forecast.short(name(each)), days=each.days)
        for each in others
    ]
    return _("If nobody acts it reaches %(steps)s.", steps=", ".join(steps))


def _first(rung: str, days: int) -> str:
    if days == 0:
        return _("%(rung)s today", rung=rung)
    if days == 1:
        return _("%(rung)s in 1 working day", rung=rung)
    return _("%(rung)s in %(days)s working days", rung=rung, days=days)


def next_rung(outlook: Outlook) -> str:
    """The next rung alone, for a row of a list."""
    rung = forecast.short(name(outlook))
    if not outlook.days:
        return _("%(rung)s: today", rung=rung)
    if outlook.days == 1:
        return _("%(rung)s: 1 day", rung=rung)
    return _("%(rung)s: %(days)s days", rung=rung, days=outlook.days)


def risk(found: Risk) -> str:
    """Why it is likely late: the counts by which it was judged, and what those cases share."""
    why = [words for each in rules.reasons(found.key) if (words := _reason(*each, found.key))]
    return _(
        "Of %(cases)s cases like this one %(late)s were late: %(why)s.",
        cases=found.count.cases,
        late=found.count.late,
        why=", ".join(why),
    )


def _reason(feature: str, value: str, key: rules.Key) -> str:
    """What one feature says; empty for one that another says better, or that says nothing."""
    d = directory()
    if feature == "share":
        return {
            "start": _("less than a quarter of the time gone"),
            "quarter": _("a quarter of the time gone"),
            "half": _("half the time gone"),
            "most": _("three quarters of the time gone"),
        }[value]
    if feature == "acknowledged":
        return _("not acknowledged") if value == "silent" else _("acknowledged")
    if feature == "hold":
        return {"unowned": _("without an owner"), "waiting": _("the clock waits")}.get(value, "")
    if feature == "kind":
        return _("institutions of this kind") if len(key) < rules.INSTITUTION else ""
    if feature == "institution":
        return _("this institution")
    if feature == "category":
        category = d.categories_by_code.get(value)
        return _("subject: %(subject)s", subject=name(category)) if category else ""
    return {
        "few": _("an owner with fewer than 10 cases"),
        "some": _("an owner with 10 to 29 cases"),
        "many": _("an owner with 30 cases or more"),
    }[value]
