"""A list of open cases on screen: its groups, its filters, which stay in the address, its pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from flask import g, request
from flask_babel import gettext as _
from flask_login import current_user

from feedback.models.columns import KINDS, LEVELS
from feedback.services import forecast_lists, inbox, notices, saved_views, staffing
from feedback.services.inbox import DUE, RISKS, Question
from feedback.services.listing import OPEN_STATUSES, QueueRow
from feedback.services.reference import Directory, directory
from feedback.web import forecast_wording, wording
from feedback.web.formats import name

LONGEST_PLACE = 60
PATHS = {"mine": "/desk", "unit": "/desk/unit", "unowned": "/desk/unowned"}
"""The list of each scope of which views can be saved."""
_FILTERS = ("kind", "status", "category", "place", "confidentiality", "handler", "risk")
_ORDER = (*_FILTERS, "due", "q", "after")


@dataclass(frozen=True, slots=True)
class Listed:
    """A list as its page needs it. `view`: what was typed to save it, where that was refused."""

    scope: str
    title: str
    empty: str
    base: str
    path: str
    tabs: Sequence[Any] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    view: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


def asked(scope: str, source: Mapping[str, str], d: Directory, *, leads: bool) -> Question:
    """What an address or a form asks for; what it cannot ask for is left out."""
    value = {key: source.get(key, "") for key in (*_FILTERS, "due")}
    known = {
        "kind": KINDS,
        "status": OPEN_STATUSES,
        "category": d.categories_by_code,
        "confidentiality": LEVELS,
        "risk": RISKS,
        "due": DUE,
    }
    found = {key: value[key] if value[key] in values else None for key, values in known.items()}
    by_handler = scope == "unit" and leads and value["handler"].isdecimal()
    place = " ".join(value["place"].replace("\x00", "").split())[:LONGEST_PLACE]
    number = int(value["handler"][:9]) if by_handler else None
    return Question(scope, place=place or None, handler=number, **found)


def filters(question: Question) -> dict[str, str]:
    """The question's filters as they stand in an address."""
    values = {key: getattr(question, key) for key in (*_FILTERS, "due")}
    return {key: str(value) for key, value in values.items() if value is not None}


def address(path: str, **values: str) -> str:
    """An address with filters, in one order however they were kept."""
    ordered = {key: values[key] for key in _ORDER if key in values}
    return f"{path}?{urlencode(ordered)}" if ordered else path


def context(listed: Listed, source: Mapping[str, str]) -> dict[str, Any]:
    """What desk/queue.html shows of a list; called within a transaction."""
    d = directory()
    leads = inbox.leads()
    question = asked(listed.scope, source, d, leads=leads)
    after = request.args.get("after")
    page = inbox.page(question, after, g.now)
    outlooks = forecast_lists.of_cases([row.case_id for row in page.rows], g.now)
    counted = inbox.group_counts(question, g.now)
    by_handler = leads and listed.scope == "unit"
    officers = staffing.everyone(current_user.institution_id) if by_handler else []
    views = saved_views.mine() if listed.path in PATHS.values() else None
    g.unread = notices.unread()
    chosen = filters(question)
    subjects = sorted(d.categories.values(), key=lambda each: each.sort)
    narrowed = {key: value for key, value in chosen.items() if key != "due"}
    return {
        "title": listed.title,
        "empty_text": listed.empty,
        "tabs_list": listed.tabs,
        "counts": listed.counts,
        "page": page,
        "groups": _grouped(page.rows, question.due),
        "outlooks": outlooks,
        "forecast_wording": forecast_wording,
        "chosen": chosen,
        "narrowed": narrowed,
        "clear": address(listed.path, **({"due": question.due} if question.due else {})),
        "due_links": _due_links(listed.path, question, counted, narrowed),
        "categories": [(each.code, name(each)) for each in subjects],
        "officers": [(o.id, o.name) for o in officers],
        "views": None if views is None else [_view(v, listed, chosen) for v in views],
        "listed": listed,
        "may_share": views is not None and saved_views.may_share(),
        "longest_name": saved_views.LONGEST_NAME,
        "first": address(listed.path, **chosen) if after else "",
        "following": address(listed.path, **chosen, after=page.next) if page.next else "",
        "base": listed.base,
        "wording": wording,
    }


def _grouped(rows: Sequence[QueueRow], due: str | None) -> list[tuple[str, list[QueueRow]]]:
    """Rows under the heading of their group, in their order."""
    if due == "unread":
        return [("unread", list(rows))] if rows else []
    return [(group, list(under)) for group, under in groupby(rows, lambda row: row.group)]


def _due_links(
    path: str, question: Question, counted: Mapping[str, int], narrowed: dict[str, str]
) -> list[tuple[str, str, bool, int | None]]:
    """The groups, each with its address and how many cases it has; first all of them."""
    everything = (_("All open cases"), address(path, **narrowed), question.due is None, None)
    return [
        everything,
        *(
            (
                wording.due_group(due),
                address(path, **narrowed, due=due),
                question.due == due,
                counted[due],
            )
            for due in DUE
        ),
    ]


def _view(
    view: saved_views.View, listed: Listed, chosen: dict[str, str]
) -> tuple[str, str, bool, bool]:
    """Name, address, whether it is what is shown now, whether somebody else shared it."""
    path = PATHS[view.scope]
    current = path == listed.path and dict(view.filters) == chosen
    return (view.name, address(path, **view.filters), current, not view.own)
