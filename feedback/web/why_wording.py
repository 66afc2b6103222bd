"""The arithmetic of a date in words: what each day was, and what a clock was set by."""

from __future__ import annotations

from flask_babel import get_locale
from flask_babel import gettext as _

from feedback.clock import local_day
from feedback.rules import changes as rules
from feedback.services.reference import Directory
from feedback.services.why import Day, DayOff, Explained, Week
from feedback.web.formats import day as in_words
from feedback.web.formats import name, short_day


def title(clock: Explained) -> str:
    """What a clock is for."""
    return _("The answer") if clock.clock == "answer" else _("The first reply")


def promise(clock: Explained, *, staff: bool) -> str:
    """By which standard, and since when that holds. Its source stands in the words of whoever set
    it, in one language: it is for the office."""
    days = clock.working_days
    if clock.cycle > 1:
        return _(
            "%(days)s working days: opened again, it is answered anew in this time.", days=days
        )
    if clock.standard is None:
        return _("%(days)s working days, by the standard of that time.", days=days)
    code, version = clock.standard.code, clock.standard.version
    since = clock.standard.from_day
    if since is None or since > local_day(clock.starts_at):  # told of a time before the records
        said = _(
            "%(days)s working days, by standard %(code)s, version %(version)s.",
            days=days,
            code=code,
            version=version,
        )
    else:
        said = _(
            "%(days)s working days, by standard %(code)s, version %(version)s, which holds from "
            "%(day)s.",
            days=days,
            code=code,
            version=version,
            day=short_day(since),
        )
    # Sources are kept in English.
    locale = get_locale()
    english = locale is not None and locale.language == "en"
    source = clock.standard.source if staff and english else ""
    return said + " " + _("Source: %(source)s.", source=source) if source else said


def day(each: Day, *, cycle: int, staff: bool, d: Directory) -> str:
    """What a day was, and why it counts or does not."""
    about = "; ".join(_about(one, staff=staff, d=d) for one in each.about)
    if each.reason == "day0":
        said = _("Day of receipt: not counted") if cycle == 1 else _("First day: not counted")
    elif each.reason == "weekend":
        said = _("Weekend")
    elif each.reason == "holiday":
        return about or _("Day off")
    elif each.reason == "paused":
        said = _("The clock waited for the citizen")
    elif each.reason == "extension":
        said = _("Working day %(number)s, of the time that the head added", number=each.number)
    else:
        said = _("Working day %(number)s", number=each.number)
    if each.closes is not None:
        hour = f"{each.closes:%H:%M}"
        said = said + ". " + _("Half day: the office closes at %(hour)s", hour=hour)
    return f"{said}. {about}" if about and each.reason != "weekend" else said


def _about(one: DayOff, *, staff: bool, d: Directory) -> str:
    said = name(one)
    if one.scope != rules.EVERYBODY:
        said = _order(one, staff=staff, d=d)
    elif one.off and one.expected:
        said = _("%(name)s (expected, not confirmed yet)", name=said)
    if not one.off:
        return _(
            "%(name)s: not a day off any more, by the correction of the calendar on %(day)s",
            name=said,
            day=short_day(one.corrected_on),
        )
    if one.corrected_on is not None:
        return _(
            "%(name)s (calendar corrected on %(day)s)", name=said, day=short_day(one.corrected_on)
        )
    return said


def _order(one: DayOff, *, staff: bool, d: Directory) -> str:
    by = f", {one.ordered_by}" if staff and one.ordered_by else ""
    order = f"{one.order_number}{by}"
    if rules.region_of(one.scope):
        return _(
            "%(name)s: offices of the region %(region)s, by order no. %(order)s",
            name=name(one),
            region=rules.region_of(one.scope),
            order=order,
        )
    return _("%(name)s: office closed by order no. %(order)s", name=name(one), order=order)


def week(one: Week) -> str:
    """A folded week in one line."""
    numbers = one.numbers
    begins = short_day(one.days[0].day)
    if not numbers and one.waited:
        return _("From %(day)s: the clock waited for the citizen", day=begins)
    if not numbers:
        return _("From %(day)s: no working day counted", day=begins)
    if len(numbers) == 1:
        return _("From %(day)s: working day %(first)s", day=begins, first=numbers[0])
    return _(
        "From %(day)s: working days %(first)s to %(last)s",
        day=begins,
        first=numbers[0],
        last=numbers[-1],
    )


def ends(clock: Explained) -> str:
    """The last line, and why another date may hold."""
    said = _("It ends at the close of office on %(day)s.", day=in_words(clock.own_due))
    if clock.joined:
        return f"{said} " + _(
            "Cases about the same matter are answered together: the earliest date holds, %(day)s.",
            day=in_words(clock.due_at),
        )
    if clock.due_at != clock.own_due:
        return f"{said} " + _(
            "The calendar was corrected after the clock had stopped: its date stayed %(day)s.",
            day=in_words(clock.due_at),
        )
    return said
