"""How dates, spans of working time and names are shown, in the page's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Flask, has_request_context, request
from flask_babel import format_date, format_datetime, get_locale, get_translations, gettext
from markupsafe import Markup

from feedback import clock
from feedback.clock import is_day, local
from feedback.services.listing import COUNT_LIMIT

OFFICE_DAY = 480  # working minutes of an office day, 07:30–15:30


def day(value: date | datetime | None) -> str:
    """The day in words, as an office in Dar es Salaam would write it."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = local(value).date()
    return format_date(value, "EEEE d MMMM y")


def last_day(end: datetime) -> str:
    """The last day of a time that lasts until `end`, in words."""
    return day(clock.last_day(end))


def short_day(value: date | datetime | None) -> str:
    """The day without its name, for tables."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = local(value).date()
    return format_date(value, "d MMM y")


def moment(value: datetime | None) -> str:
    """Day and time of day; of a moment that was cut to its day, the day."""
    if value is None:
        return "–"
    if is_day(value):
        return short_day(value)
    return format_datetime(local(value).replace(tzinfo=None), "d MMM y, HH:mm", rebase=False)


def counted(value: int) -> str:
    """A count that was bounded: one more than the bound stands for any more."""
    return f"{COUNT_LIMIT}+" if value > COUNT_LIMIT else str(value)


def working_time(minutes: int | None) -> str:
    """Working minutes as days of an office and hours."""
    if minutes is None:
        return "–"
    days, rest = divmod(minutes, OFFICE_DAY)
    hours, left = divmod(rest, 60)
    if days:
        said = gettext("working days: %(days)s", days=days)
        return said + (", " + gettext("hours: %(hours)s", hours=hours) if hours else "")
    if hours:
        return gettext("hours: %(hours)s", hours=hours)
    return gettext("minutes: %(minutes)s", minutes=left)


def name(thing: Any) -> str:
    """The name of an institution, unit, category or post in the page's language."""
    if thing is None:
        return ""
    locale = get_locale()
    return str(thing.name_en if locale and locale.language == "en" else thing.name_sw)


def words(text: str) -> str:
    """What somebody wrote; in its place, once retention removed it, that it did."""
    return text or gettext("The words were removed: the time for keeping them is over.")


def _translations() -> Any:
    """The request's catalog, looked up once: a page asks for hundreds of texts."""
    if not has_request_context():
        return get_translations()
    found = getattr(request, "translations", None)
    if found is None:
        found = request.translations = get_translations()  # type: ignore[attr-defined]
    return found


def _text(original: str, **values: object) -> Markup:
    """`_()` of the templates. A text without values is the same in every page of its language, so
    it is made once; Jinja's own way makes it anew each time, for half the time of a list."""
    catalog = _translations()
    if values:
        return Markup(catalog.ugettext(original)) % values  # noqa: S704 - texts of our catalogs
    kept: dict[str, Markup] | None = getattr(catalog, "kept", None)
    if kept is None:
        kept = catalog.kept = {}
    found = kept.get(original)
    if found is None:
        found = kept[original] = Markup(catalog.ugettext(original)) % {}  # noqa: S704
    return found


def init_app(app: Flask) -> None:
    """Make the formats known to the templates."""
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _translations().ugettext(text),
        lambda one, many, number: _translations().ungettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals.update(_=_text, gettext=_text)
    app.jinja_env.filters.update(
        day=day,
        last_day=last_day,
        short_day=short_day,
        moment=moment,
        working_time=working_time,
        words=words,
        counted=counted,
        name=name,
    )
    app.jinja_env.globals.update(name=name, get_locale=get_locale)
