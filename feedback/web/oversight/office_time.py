"""For oversight: how long each institution held cases, and offices closed by order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from feedback.clock import local_day
from feedback.services import closures, held, notices
from feedback.services.reference import Directory, InstitutionInfo, directory
from feedback.transaction import transaction
from feedback.web import boards, days_wording

Tabs = list[tuple[str, str, bool, None, bool]]


def mount(
    blueprint: Blueprint, tabs: Callable[[], Tabs], chosen: Callable[[Directory], InstitutionInfo]
) -> None:
    """Give the officials' pages these two; `chosen`: the institution that the address asks for."""

    @blueprint.get("/held")
    def time_held() -> ResponseReturnValue:
        """How long an institution and each just below it held cases themselves."""
        today = local_day(g.now)
        with transaction():
            d = directory()
            here = chosen(d)
            asked = boards.question(request.args, here.id, d, today)
            below = sorted(
                (i for i in d.institutions_by_code.values() if i.parent_id == here.id),
                key=lambda i: i.name_sw,
            )
            first = date(asked.year, asked.month or 1, 1)
            last = date(asked.year, asked.month or 12, 1)
            lines = held.by_institution([here.id, *(i.id for i in below)], first, last)
            g.unread = notices.unread()
        return render_template(
            "oversight/held.html",
            tabs_list=tabs(),
            lines=lines,
            institutions=d.institutions,
            chosen=here,
            year=asked.year,
            month=asked.month,
            years=[(y, y) for y in range(boards.FIRST_YEAR, today.year + 1)],
            months=[(n, f"{n:02}") for n in range(1, 13)],
        )

    @blueprint.get("/days-off")
    def closure_list() -> ResponseReturnValue:
        """Days of single regions and offices, by which order, and what they moved."""
        try:
            before = date.fromisoformat(request.args.get("before", ""))
        except ValueError:
            before = None
        with transaction():
            d = directory()
            rows = closures.listed(before)
            g.unread = notices.unread()
        full = len(rows) == closures.PAGE
        return render_template(
            "oversight/days_off.html",
            tabs_list=tabs(),
            rows=rows,
            whose=lambda scope: days_wording.scope(scope, d),
            first=url_for("oversight.closure_list") if before else "",
            following=url_for("oversight.closure_list", before=rows[-1].day.isoformat())
            if full
            else "",
        )
