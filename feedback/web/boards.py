"""A board of figures as a page, a chart and a file: the same for officials and for the public."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from babel import numbers
from flask import Response
from flask_babel import format_date, get_locale
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from feedback.models.columns import CHANNELS
from feedback.services.figures import Board, Line, Question
from feedback.services.reference import Directory, InstitutionInfo
from feedback.web.downloads import inert
from feedback.web.formats import OFFICE_DAY, name

FIRST_YEAR = 2020
BARS = 10  # more bars than that are read in the table
SORTS = ("received", "open", "overdue", "on_time", "answer_median", "name")
HIDDEN = "–"


def question(
    args: MultiDict[str, str], institution: int | None, d: Directory, today: date
) -> Question:
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
    language: str

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
        categories = self.directory.categories.values()
        return [
            (_("Subject"), [(f"category.{c.code}", name(c)) for c in categories]),
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
        """The lines of a table in the order asked for; what is not shown comes last."""
        lines: list[Line] = list(getattr(self.board, table))
        if table == "months":
            return lines
        if table != "institutions":
            # Left out alike: nothing came, few came, or it would tell how few.
            lines = [line for line in lines if line.received is not None]
        if self.sort == "name":
            return sorted(lines, key=lambda line: self.label(table, line.key))
        return sorted(lines, key=lambda line: _descending(getattr(line, self.sort)))

    def values(self, line: Line) -> list[str]:
        """The cells of a line after its name."""
        return [show(line, self.language) for show in _CELLS]

    def bars(self, table: str, what: str) -> list[tuple[str, float, str]]:
        """The longest bars of a chart; nothing that is not shown, and none of zero length."""
        known = [line for line in getattr(self.board, table) if getattr(line, what)]
        known.sort(key=lambda line: -getattr(line, what))
        show = days if what.endswith("median") else count
        return [
            (
                self.label(table, line.key),
                getattr(line, what),
                show(getattr(line, what), self.language),
            )
            for line in known[:BARS]
        ]


def language() -> str:
    """The language of the page."""
    locale = get_locale()
    return locale.language if locale else "sw"


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


@lru_cache(maxsize=8192)
def _number(value: float, language: str, pattern: str | None = None) -> str:
    """A board has a thousand numbers, and CLDR's rules for each are slow: most come again."""
    return str(numbers.format_decimal(value, pattern, locale=language))


def count(value: int | None, language: str) -> str:
    """A count, or that it is not shown."""
    return HIDDEN if value is None else _number(value, language)


def days(minutes: int | None, language: str) -> str:
    """Working minutes as working days with one decimal."""
    return HIDDEN if minutes is None else _number(round(minutes / OFFICE_DAY, 1), language)


def percent(share: float | None, language: str) -> str:
    """A share of a hundred."""
    return HIDDEN if share is None else _number(share, language, "#,##0%")


def as_file(page: Page) -> Response:
    """The tables of a page as one CSV file, the same as on the page."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow([page.title, page.period, page.only_text])
    rows.writerow([explained()])
    rows.writerow([_("Table"), _("Name"), *columns()])
    heads = headings()
    tables = {"total": [page.board.total]} | {t: page.lines(t) for t in TABLES}
    for table, lines in tables.items():
        for line in lines:
            label = _("Total") if table == "total" else page.label(table, line.key)
            rows.writerow(map(inert, [heads[table], label, *page.values(line)]))
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    where = page.institution.code.lower() if page.institution else "tanzania"
    response.headers["Content-Disposition"] = (
        f'attachment; filename="takwimu-{where}-{page.board.question.year}.csv"'
    )
    return response


def explained() -> str:
    """How counts are shown, what a dash means, and how times are counted."""
    return _(
        "Counts are cut down to tens, and a dash stands for fewer than 10 cases, so that no number"
        " points at a person. Reports to the ethics offices are not counted here. Times are"
        " working days of 8 hours."
    )


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


def columns() -> list[str]:
    """The headings of every table, after the name; `_CELLS` in the same order."""
    return [
        _("Received"),
        _("With an answer"),
        _("Open"),
        _("Open and late"),
        _("Answered in time"),
        _("First response, median"),
        _("First response, 9 of 10"),
        _("Answer, median"),
        _("Answer, 9 of 10"),
    ]


_CELLS: tuple[Callable[[Line, str], str], ...] = (
    lambda line, language: count(line.received, language),
    lambda line, language: count(line.answered, language),
    lambda line, language: count(line.open, language),
    lambda line, language: count(line.overdue, language),
    lambda line, language: percent(line.on_time, language),
    lambda line, language: days(line.first_median, language),
    lambda line, language: days(line.first_slow, language),
    lambda line, language: days(line.answer_median, language),
    lambda line, language: days(line.answer_slow, language),
)


def tiles(page: Page) -> list[dict[str, Any]]:
    """The totals at the top of a board."""
    line, language = page.board.total, page.language
    received = [month.received for month in page.board.months]
    first: dict[str, Any] = {"label": _("Received"), "value": count(line.received, language)}
    if sum(value is not None for value in received) > 1:
        first |= {"spark": received, "spark_text": _("Received by month")}
    return [
        first,
        {"label": _("With an answer"), "value": count(line.answered, language)},
        {"label": _("Open"), "value": count(line.open, language)},
        {"label": _("Open and late"), "value": count(line.overdue, language)},
        {
            "label": _("Answered in time"),
            "value": percent(line.on_time, language),
            "note": _("of those that fell due"),
        },
        _time(_("First response, working days"), line.first_median, line.first_slow, language),
        _time(_("Answer, working days"), line.answer_median, line.answer_slow, language),
        {"label": _("Ever taken to a higher post"), "value": count(line.escalated, language)},
    ]


def _time(label: str, median: int | None, slow: int | None, language: str) -> dict[str, Any]:
    found: dict[str, Any] = {"label": label, "value": days(median, language)}
    if slow is not None:
        found["note"] = _("9 of 10 within %(days)s", days=days(slow, language))
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
    heads = headings()
    return {
        "page": page,
        "tiles_of_page": tiles(page),
        "tables": [(t, heads[t], lines) for t in TABLES if (lines := page.lines(t))],
        "columns": columns(),
        "sorts": [(page.link(sort=c), label, c == page.sort) for c, label in sorts.items()],
        "explained": explained(),
        "month_labels": [format_date(line.key, "LLL") for line in page.board.months],
    }
