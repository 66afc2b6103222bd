"""A board of figures as a page, a chart and a file: the same for officials and for the public."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from flask_babel import format_date, format_decimal, format_percent
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from feedback.models.columns import CHANNELS
from feedback.services.figures import Board, Line, Question
from feedback.services.reference import Directory, InstitutionInfo
from feedback.web.formats import OFFICE_DAY, name

FIRST_YEAR = 2020
BARS = 10  # more bars than that are read in the table
SORTS = ("received", "open", "overdue", "on_time", "answer_median", "name")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""


def question(args: MultiDict[str, str], institution: int | None, d: Directory, today: date) -> Question:
    """What the address asks for; what cannot be read asks for the whole of this year.

    Category and channel are ways to divide the same cases: where both are given, the category
    counts.
    """
    year = args.get("year", today.year, type=int)
    month = args.get("month", type=int)
    kind, _dot, value = args.get("only", "").partition(".")
    given = {"category": args.get("category", ""), "channel": args.get("channel", "")}
    if kind in given:
        given = {"category": "", "channel": "", kind: value}
    category = d.categories_by_code.get(given["category"])
    channel = given["channel"] if given["channel"] in CHANNELS and category is None else None
    return Question(
        institution,
        year if FIRST_YEAR <= year <= today.year else today.year,
        month if month in range(1, 13) else None,
        category.id if category else None,
        channel,
    )


@dataclass(frozen=True, slots=True)
class Page:
    """A board with its words and addresses. `address` gives the page of an institution."""

    board: Board
    directory: Directory
    institution: InstitutionInfo | None
    trail: Sequence[InstitutionInfo | None]
    address: Callable[[InstitutionInfo | None], tuple[str, dict[str, str]]]
    download: str
    today: date
    sort: str

    @property
    def title(self) -> str:
        """Whose figures these are."""
        return name(self.institution) if self.institution else _("The whole country")

    @property
    def period(self) -> str:
        """The year or the month, in words."""
        q = self.board.question
        if q.month is None:
            return str(q.year)
        return str(format_date(date(q.year, q.month, 1), "MMMM y"))

    @property
    def only(self) -> str:
        """The category or channel chosen, as the form's value."""
        return ".".join(self._filter().popitem()) if self._filter() else ""

    @property
    def only_text(self) -> str:
        """The same in words."""
        q = self.board.question
        if q.category is not None:
            return self.label("categories", q.category)
        return self.label("channels", q.channel) if q.channel else ""

    def _filter(self) -> dict[str, str]:
        q = self.board.question
        if q.category is not None:
            return {"category": self.directory.categories[q.category].code}
        return {"channel": q.channel} if q.channel else {}

    def link(self, institution: InstitutionInfo | None = None, **changes: str | int | None) -> str:
        """The address of this board with something changed; None takes a part away."""
        base, own = self.address(institution or self.institution)
        return f"{base}?{urlencode(self._query(own, changes))}"

    def link_up(self, institution: InstitutionInfo | None) -> str:
        """The address of the board of an institution of the trail."""
        base, own = self.address(institution)
        return f"{base}?{urlencode(self._query(own, {}))}"

    def file(self) -> str:
        """The address of the same figures as a file."""
        _base, own = self.address(self.institution)
        return f"{self.download}?{urlencode(self._query(own, {}))}"

    def _query(self, own: dict[str, str], changes: dict[str, Any]) -> dict[str, Any]:
        q = self.board.question
        values: dict[str, Any] = {**own, "year": q.year, "month": q.month, **self._filter()}
        if self.sort != SORTS[0]:
            values["sort"] = self.sort
        if changes.keys() & {"category", "channel"}:
            values.pop("category", None)
            values.pop("channel", None)
        values.update(changes)
        return {key: value for key, value in values.items() if value is not None}

    @property
    def action(self) -> tuple[str, dict[str, str]]:
        """Where the form of filters leads, and what it carries along."""
        return self.address(self.institution)

    def years(self) -> list[tuple[int, str]]:
        """The years to choose from."""
        return [(year, str(year)) for year in range(self.today.year, FIRST_YEAR - 1, -1)]

    def months(self) -> list[tuple[int, str]]:
        """The months to choose from."""
        return [(n, format_date(date(2000, n, 1), "LLLL")) for n in range(1, 13)]

    def filters(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Categories and channels to choose from."""
        return [
            (_("Subject"), [(f"category.{c.code}", name(c)) for c in self.directory.categories.values()]),
            (_("Channel"), [(f"channel.{c}", channel(c)) for c in CHANNELS]),
        ]

    def label(self, table: str, key: Any) -> str:
        """What a line of a table is called."""
        if table == "months":
            return str(format_date(key, "MMMM y"))
        if table == "categories":
            known = self.directory.categories.get(key)
            return name(known) if known else _("No subject yet")
        if table == "channels":
            return channel(key)
        if table == "kinds":
            return kind(key)
        if self.institution is not None and key == self.institution.id:
            return _("Own cases of this institution")
        return name(self.directory.institutions[key])

    def row_link(self, table: str, key: Any) -> str:
        """Where a line leads, or nothing."""
        if table == "months":
            return self.link(month=key.month)
        if table == "categories" and key in self.directory.categories:
            return self.link(category=self.directory.categories[key].code)
        if table == "channels":
            return self.link(channel=key)
        if table == "institutions" and (self.institution is None or key != self.institution.id):
            return self.link_up(self.directory.institutions[key])
        return ""

    def lines(self, table: str) -> list[Line]:
        """The lines of a table in the order asked for; what is suppressed comes last."""
        lines: list[Line] = list(getattr(self.board, table))
        if table == "months":
            return lines
        if self.sort == "name":
            return sorted(lines, key=lambda line: self.label(table, line.key))
        return sorted(lines, key=lambda line: _descending(getattr(line, self.sort)))

    def bars(self, table: str, what: str) -> list[tuple[str, float, str]]:
        """The longest bars of a chart; nothing that is suppressed, and none of zero length."""
        known = [line for line in getattr(self.board, table) if getattr(line, what)]
        known.sort(key=lambda line: -getattr(line, what))
        return [
            (
                self.label(table, line.key),
                getattr(line, what),
                days(getattr(line, what)) if what.endswith("median") else count(getattr(line, what)),
            )
            for line in known[:BARS]
        ]


def page_sort(args: MultiDict[str, str]) -> str:
    """The order asked for."""
    return args["sort"] if args.get("sort") in SORTS else SORTS[0]


def _descending(value: float | None) -> tuple[bool, float]:
    return value is None, -(value or 0)


def channel(code: str) -> str:
    """The name of a channel."""
    return {"web": _("Web"), "sms": "SMS", "ussd": "USSD", "paper": _("Paper")}[code]


def kind(code: str) -> str:
    """The name of a kind of case."""
    return {
        "complaint": _("Complaint"),
        "suggestion": _("Suggestion"),
        "compliment": _("Compliment"),
        "enquiry": _("Enquiry"),
    }[code]


def count(value: int | None) -> str:
    """A count, or that it is too small to be shown."""
    return "<10" if value is None else str(format_decimal(value))


def days(minutes: int | None) -> str:
    """Working minutes as working days with one decimal."""
    return "<10" if minutes is None else str(format_decimal(round(minutes / OFFICE_DAY, 1)))


def percent(share: float | None) -> str:
    """A share of a hundred."""
    return "<10" if share is None else str(format_percent(share))


def as_file(page: Page) -> Response:
    """The tables of a page as one CSV file, suppressed as on the page."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow([page.title, page.period, page.only_text])
    rows.writerow([_("Fewer than 10 cases are not shown: <10")])
    rows.writerow([_("Table"), _("Name"), *(label for label, _value in columns())])
    tables = {"total": [page.board.total]} | {t: page.lines(t) for t in TABLES}
    for table, lines in tables.items():
        for line in lines:
            label = _("Total") if table == "total" else page.label(table, line.key)
            values = [value(line) for _label, value in columns()]
            rows.writerow(map(_inert, [headings()[table], label, *values]))
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    where = page.institution.code.lower() if page.institution else "tanzania"
    response.headers["Content-Disposition"] = (
        f'attachment; filename="takwimu-{where}-{page.board.question.year}.csv"'
    )
    return response


def _inert(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value


TABLES = ("institutions", "categories", "channels", "kinds", "months")


def headings() -> dict[str, str]:
    """What a table divides by."""
    return {
        "total": _("Total"),
        "institutions": _("By institution"),
        "categories": _("By subject"),
        "channels": _("By channel"),
        "kinds": _("By kind"),
        "months": _("By month"),
    }


def columns() -> list[tuple[str, Callable[[Line], str]]]:
    """The columns of every table: heading, and how a line shows it."""
    return [
        (_("Received"), lambda line: count(line.received)),
        (_("Answered"), lambda line: count(line.answered)),
        (_("Open"), lambda line: count(line.open)),
        (_("Open and late"), lambda line: count(line.overdue)),
        (_("Answered in time"), lambda line: percent(line.on_time)),
        (_("First response, median"), lambda line: days(line.first_median)),
        (_("First response, 9 of 10"), lambda line: days(line.first_slow)),
        (_("Answer, median"), lambda line: days(line.answer_median)),
        (_("Answer, 9 of 10"), lambda line: days(line.answer_slow)),
    ]


def tiles(page: Page) -> list[dict[str, Any]]:
    """The totals at the top of a board."""
    line = page.board.total
    share = line.on_time
    received = [month.received for month in page.board.months]
    first: dict[str, Any] = {"label": _("Received"), "value": line.received}
    if sum(value is not None for value in received) > 1:
        first |= {"spark": received, "spark_text": _("Received by month")}
    return [
        first,
        {"label": _("Answered"), "value": line.answered},
        {"label": _("Open"), "value": line.open},
        {"label": _("Open and late"), "value": line.overdue},
        {
            "label": _("Answered in time"),
            "value": None if share is None else percent(share),
            "note": _("of those that fell due"),
        },
        _time(_("First response, working days"), line.first_median, line.first_slow),
        _time(_("Answer, working days"), line.answer_median, line.answer_slow),
        {"label": _("Taken to a higher post"), "value": line.escalated},
    ]


def _time(label: str, median: int | None, slow: int | None) -> dict[str, Any]:
    found: dict[str, Any] = {"label": label, "value": None if median is None else days(median)}
    if slow is not None:
        found["note"] = _("9 of 10 within %(days)s", days=days(slow))
    return found


def context(page: Page) -> dict[str, Any]:
    """What templates/figures/board.html takes."""
    sorts = {
        "received": _("Received"),
        "open": _("Open"),
        "overdue": _("Open and late"),
        "on_time": _("Answered in time"),
        "answer_median": _("Answer, median"),
        "name": _("Name"),
    }
    return {
        "page": page,
        "tiles_of_page": tiles(page),
        "tables": [(t, headings()[t], page.lines(t)) for t in TABLES if page.lines(t)],
        "columns": columns(),
        "sorts": [(page.link(sort=code), label, code == page.sort) for code, label in sorts.items()],
        "month_labels": [format_date(line.key, "LLL") for line in page.board.months],
        "printed": request.args.get("print") == "1",
    }
