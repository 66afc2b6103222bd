"""What SMS cost, for whoever pays: the same page for administrators and for an institution."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from babel import numbers
from flask import g, request, url_for
from flask_babel import format_date

from feedback.clock import local_day
from feedback.services import sms_costs
from feedback.services.reference import directory
from feedback.web import boards


def page(endpoint: str, *, exact: bool) -> dict[str, Any]:
    """What templates/macros/costs.html takes; called within a transaction.

    exact: see sms_costs.of_year.
    """
    this_year = local_day(g.now).year
    years = sorted({this_year, *sms_costs.years()}, reverse=True)
    asked = request.args.get("year", years[0], type=int)
    year = asked if asked in years else this_year
    lines, d = sms_costs.of_year(year, exact=exact), directory()
    return {
        "action": url_for(endpoint),
        "year": year,
        "years": [(each, str(each)) for each in years],
        "exact": exact,
        "lines": [
            {
                "month": format_date(line.month, "LLLL yyyy"),
                "institution": d.institutions.get(line.institution_id),
                "messages": boards.count(line.messages, boards.language()),
                "parts": boards.count(line.parts, boards.language()),
                "cost": _money(line.costs),
                "untold": boards.count(line.untold, boards.language()),
            }
            for line in lines
        ],
        "total": _money(_total(lines)) if exact else "",
    }


def _total(lines: Sequence[sms_costs.Line]) -> list[tuple[str, Decimal]]:
    sums: dict[str, Decimal] = {}
    for line in lines:
        for currency, amount in line.costs:
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sorted(sums.items())


def _money(costs: Sequence[tuple[str, Decimal]]) -> str:
    """`TZS 1,234.50 · KES 12.00`, or a dash. The currency stands as the gateway names it."""
    language = boards.language()
    said = (
        f"{currency} {numbers.format_decimal(amount, '#,##0.00', locale=language)}"
        for currency, amount in costs
    )
    return " · ".join(said) or boards.HIDDEN
