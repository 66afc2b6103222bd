"""The menu of the desk: the lists in which work waits, and behind them the pages of the office."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_login import current_user

from feedback.rules.access import LEADING
from feedback.services import viewers

Tabs = Sequence[tuple[Any, ...]]
"""What the macro of tabs takes: label, address, whether it is shown now; here also how many wait,
and whether it belongs to the office."""
Item = tuple[str, str, int | None]


def tabs(counts: dict[str, int], here: str = "") -> Tabs:
    """What this officer finds (within a transaction). `here`: the list that is shown, where the
    address names another."""
    path = here or request.path
    work, office = _work(counts), _office()
    return [
        (label, url, _stands_under(url, path), count, url in {each[1] for each in office})
        for label, url, count in (*work, *office)
    ]


def _work(counts: dict[str, int]) -> list[Item]:
    """Lists in which somebody waits for this officer."""
    leads = bool(LEADING & current_user.roles)
    items: list[Item] = [
        (_("Mine"), "/desk", counts.get("mine")),
        (_("The institution's") if leads else _("My unit's"), "/desk/unit", None),
        (_("Without an owner"), "/desk/unowned", counts.get("unowned")),
        (_("My tasks"), "/desk/tasks", counts.get("tasks")),
        (_("Opinions asked of you"), "/desk/opinions", counts.get("opinions")),
    ]
    if "extensions" in counts:
        items.append((_("Extensions to decide"), "/desk/extensions", counts["extensions"]))
    if "head" in current_user.roles:
        items.append((_("Identities to open"), "/desk/openings", None))
    return items


def _office() -> list[Item]:
    """Pages about the office: letters and alarms are for those who answer for the institution, the
    board for those who answer for a unit as well."""
    viewer = viewers.present()
    items: list[Item] = []
    if viewer.heads or viewer.coordinates or "unit_head" in viewer.roles:
        items += [
            (_("Workload"), "/desk/board", None),
            (_("Forecast"), "/desk/forecast", None),
            (_("Team"), "/desk/team", None),
        ]
    items += [
        (_("Paper and telephone"), "/desk/register", None),
        (_("Improvements"), "/desk/improvements", None),
    ]
    if LEADING & current_user.roles:
        items += [
            (_("Letters"), "/desk/letters", None),
            (_("Alarms"), "/desk/alarms", None),
            (_("Answer templates"), "/desk/answers", None),
            (_("Poster"), "/desk/poster", None),
            (_("Cost of SMS"), "/desk/costs", None),
        ]
    items.append((_("My leave"), "/desk/leave", None))
    return items


def _stands_under(url: str, path: str) -> bool:
    return path == url or url != "/desk" and path.startswith(f"{url}/")
