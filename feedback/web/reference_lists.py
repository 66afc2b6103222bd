"""The lists of reference data: rows of plain cells, from what is in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flask import url_for
from flask_babel import gettext as _

from feedback.services.reference import Directory, InstitutionInfo
from feedback.web import change_wording as words
from feedback.web import finder
from feedback.web.formats import day, name

PAGE = 25


@dataclass(frozen=True, slots=True)
class Thing:
    """A row of a list: where its page is, what names it, its cells, whether it was closed."""

    url: str
    title: str
    cells: Sequence[str]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list. tables: caption, rows, and the address of the form that adds one to this table, if
    it has its own. add: the address of the form for a new row, if there is one. chosen: the
    institution whose units these are; offered: those that may be meant."""

    columns: Sequence[str]
    tables: Sequence[tuple[str, Sequence[Thing], str]]
    add: str = ""
    following: str = ""
    typed: str = ""
    chosen: InstitutionInfo | None = None
    offered: Sequence[InstitutionInfo] = field(default_factory=tuple)


def page(slug: str, d: Directory, asked: Mapping[str, str]) -> ListPage:
    """The list of a kind."""
    return LISTS[slug](d, asked)


def _url(slug: str, key: str) -> str:
    return url_for("admin.thing_page", slug=slug, key=key)


def _add(slug: str, institution: str | None = None) -> str:
    return url_for("admin.new_thing", slug=slug, institution=institution)


def _institutions(d: Directory, asked: Mapping[str, str]) -> ListPage:
    typed = asked.get("words", "").strip()
    if typed:
        own = [i for i in d.institutions.values() if i.code == typed.upper()]
        found = [*own, *(i for i in finder.search(d, typed) if i not in own)]
    else:
        found = sorted(d.institutions.values(), key=lambda i: i.code)
    after = asked.get("after", "")
    rest = [i for i in found if typed or i.code > after]
    shown = rest[:PAGE]
    more = shown[-1].code if len(rest) > PAGE else ""
    rows = [
        Thing(
            _url("institutions", i.code),
            name(i),
            (
                i.code,
                words.institution_kind(i.kind),
                name(d.institutions.get(i.parent_id or 0)) or "–",
            ),
            closed=not i.active,
        )
        for i in shown
    ]
    return ListPage(
        (_("Name"), _("Code"), _("Kind of institution"), _("Institution above")),
        [(_("Institutions"), rows, "")],
        add=_add("institutions"),
        following=url_for("admin.thing_list", slug="institutions", after=more) if more else "",
        typed=typed,
    )


def _units(d: Directory, asked: Mapping[str, str]) -> ListPage:
    typed = asked.get("institution", "").strip()
    chosen = d.institutions_by_code.get(typed.upper()) or finder.exact(d, typed)
    offered = finder.search(d, typed) if typed and chosen is None else []
    if len(offered) == 1:
        chosen, offered = offered[0], []
    rows = [
        Thing(
            _url("units", f"{chosen.code}/{u.code}"),
            name(u),
            (u.code, _("yes") if u.is_default else _("no")),
            closed=not u.active,
        )
        for u in d.units.values()
        if chosen is not None and u.institution_id == chosen.id
    ]
    return ListPage(
        (_("Name"), _("Code"), words.label("unit", "is_default")),
        [(name(chosen), rows, "")] if chosen else [],
        add=_add("units", institution=chosen.code) if chosen else "",
        typed=name(chosen) if chosen else typed,
        chosen=chosen,
        offered=offered,
    )


def _subjects(d: Directory, asked: Mapping[str, str]) -> ListPage:
    rows = [
        Thing(
            _url("subjects", c.code),
            name(c),
            (c.code, c.unit_code, words.level(c.confidentiality), c.standard),
            closed=not c.active,
        )
        for c in d.categories.values()
    ]
    return ListPage(
        (_("Name"), _("Code"), _("Unit"), _("Confidentiality"), _("Service standard")),
        [(_("Subjects"), rows, "")],
        add=_add("subjects"),
    )


def _standards(d: Directory, asked: Mapping[str, str]) -> ListPage:
    rows = [
        Thing(
            _url("standards", f"{s.code}/{s.kind}/{s.scope}/{s.level}"),
            f"{s.code}: {words.case_kind(s.kind)}",
            (
                words.scope(s.scope, d),
                words.level(s.level),
                str(s.acknowledge_days),
                str(s.answer_days),
                str(s.max_rung or "–"),
                day(s.from_day) if s.from_day else "–",
            ),
        )
        for _key, s in sorted(d.standards.items())
    ]
    columns = (
        _("Standard"),
        _("For whom"),
        _("Confidentiality"),
        _("Acknowledgement"),
        _("Answer"),
        _("Highest rung"),
        _("Holds from"),
    )
    return ListPage(columns, [(_("Service standards"), rows, "")], add=_add("standards"))


def _ladders(d: Directory, asked: Mapping[str, str]) -> ListPage:
    tables = [
        (
            words.ladder(ladder),
            [
                Thing(
                    _url("ladders", f"{ladder}/{rung.number}"),
                    f"{rung.number}. {_rung_name(ladder, rung.number, d)}",
                    (words.place(rung.at, d), str(rung.days)),
                )
                for rung in rungs
            ],
            url_for("admin.new_thing", slug="ladders", ladder=ladder),
        )
        for ladder, rungs in sorted(d.ladders.items())
    ]
    columns = (_("Rung"), _("Where the post is"), _("Working days on this rung"))
    return ListPage(columns, tables, add=_add("new-ladders"))


def _choices(d: Directory, asked: Mapping[str, str]) -> ListPage:
    rows = [
        Thing(
            _url("ladder-choices", f"{scope}/{category}"),
            words.subject_name(category, d),
            (words.scope(scope, d), words.ladder(ladder)),
        )
        for (scope, category), ladder in sorted(d.ladder_choices.items())
    ]
    return ListPage(
        (_("Subject"), _("For whom"), _("Ladder")),
        [(_("Ladders of subjects"), rows, "")],
        add=_add("ladder-choices"),
    )


def _rung_name(ladder: str, number: int, d: Directory) -> str:
    return words.named(*d.ladder_names[ladder, number])


LISTS: dict[str, Callable[[Directory, Mapping[str, str]], ListPage]] = {
    "institutions": _institutions,
    "units": _units,
    "subjects": _subjects,
    "standards": _standards,
    "ladders": _ladders,
    "ladder-choices": _choices,
}
