"""The texts that leave the system, as an administrator says them otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from feedback.clock import local_day
from feedback.rules.differences import differences
from feedback.services.errors import Refused
from feedback.services.texts import Template, checking, editing, gsm, samples
from feedback.services.texts.medium import SMS
from feedback.services.texts.shipped import TEXTS, medium_of
from feedback.services.texts.versions import LANGUAGES, Said
from feedback.transaction import transaction
from feedback.web import text_wording
from feedback.web.admin_frame import blueprint, only
from feedback.web.formats import day as day_in_words

NAMES = {"sw": "Kiswahili", "en": "English"}
FIELDS = ("parts", "after", "pointer")


@blueprint.get("/texts")
@only("admin")
def text_list() -> ResponseReturnValue:
    """Every text, whether it is as shipped, and how many SMS it takes."""
    with transaction():
        rows = editing.overview(g.now)
    return render_template(
        "admin/texts.html",
        texts=[row for row in rows if not samples.is_status(row.name)],
        words=[row for row in rows if samples.is_status(row.name)],
        wording=text_wording,
        names=NAMES,
    )


@dataclass(slots=True)
class TextForm:
    """The form of a text: what it says in both languages, and from when."""

    name: str
    said: dict[str, Template]
    seen: int
    begins: str = "now"
    day: str = ""
    two_parts: bool = False

    @classmethod
    def of(cls, name: str, said: Said, seen: int) -> TextForm:
        """The form filled with what is said; a link may name the day from which it is to hold."""
        day = request.args.get("day", "")
        return cls(name, dict(said), seen, "day" if day else "now", day)

    @classmethod
    def read(cls, name: str) -> TextForm:
        """The form as it was posted: a line is a sentence, spaces count once."""
        given = request.form
        said = {}
        for language in LANGUAGES:
            lines = given.get(f"{language}_parts", "").replace("\x00", "").splitlines()
            after, pointer = (
                " ".join(given.get(f"{language}_{field}", "").replace("\x00", "").split())
                for field in ("after", "pointer")
            )
            sentences = tuple(" ".join(line.split()) for line in lines if line.strip())
            said[language] = Template(sentences, after, pointer)
        return cls(
            name,
            said,
            given.get("seen", -1, type=int),
            given.get("begins", "now"),
            given.get("day", ""),
            given.get("two_parts") == "1",
        )

    def in_alphabet(self) -> TextForm:
        """The form in characters that the text's way out can carry."""
        like = medium_of(self.name).like
        for language, text in self.said.items():
            parts = tuple(like(part) for part in text.parts)
            self.said[language] = Template(parts, like(text.after), like(text.pointer))
        return self

    def chosen_day(self) -> date | None:
        """From when it is to hold. Raises ValueError for what is no day."""
        return date.fromisoformat(self.day) if self.begins == "day" else None


def _page(
    form: TextForm, errors: dict[str, str] | None = None, *, checked: bool = False, **more: Any
) -> str:
    """The page of a text; what the form says is tried, so that the preview shows it."""
    name = form.name
    with transaction():
        found = checking.problems(name, form.said, g.now)
        standing = editing.standing(name, g.now)
        history = editing.history(name, before=request.args.get("before", type=int))
        by_language = {each: _column(form, each, found) for each in LANGUAGES}
        needed = 0 if found else checking.needed(name, form.said, g.now)
        examples = samples.spelled(name, str(get_locale()), 0, g.now)
    told = {f"{p.language}_{p.field}": text_wording.problem(p) for p in reversed(found)}
    title, when = text_wording.about(name)
    return render_template(
        "admin/text.html",
        form=form,
        fields=[
            f for f in FIELDS if f == "parts" or any(getattr(TEXTS[name][x], f) for x in NAMES)
        ],
        names=NAMES,
        title=title,
        when=when,
        standing=standing,
        history=history,
        following=url_for("admin.text_page", text_name=name, before=history.next)
        if history.next
        else "",
        columns=by_language,
        needed=needed,
        values=[(each, said, each in TEXTS[name]["sw"].needed) for each, said in examples.items()],
        errors=(told if checked else {}) | (errors or {}),
        strange=any(p.code == "alphabet" for p in found),
        checked=checked,
        changes=_changes,
        wording=text_wording,
        alphabet={"basic": "".join(sorted(gsm.BASIC)), "extension": "".join(sorted(gsm.EXTENSION))},
        takes_words=samples.takes_words(name),
        is_status=samples.is_status(name),
        today=local_day(g.now),
        **more,
    )


def _column(form: TextForm, language: str, found: list[checking.Problem]) -> dict[str, Any]:
    """One language of the page: what was written, what it is counted by, what a citizen gets."""
    name, text = form.name, form.said[language]
    sound = not any(p.language == language and p.code not in LENGTHS for p in found)
    return {
        "text": text,
        "lines": "\n".join(text.parts),
        "count": _count(name, text, language) if sound else ("", ""),
        "measure": samples.measure(name, language, g.now),
        "longest": samples.spelled(name, language, 1, g.now),
        "previews": _previews(name, text, language) if sound else [],
    }


def _previews(name: str, text: Template, language: str) -> list[tuple[str, samples.Preview]]:
    example = samples.example(name, text, language, g.now)
    longest = samples.longest(name, text, language, g.now)
    if example == longest:
        return [("", example)]
    return [(_("With usual values"), example), (_("With the longest values"), longest)]


def _count(name: str, text: Template, language: str) -> tuple[str, str]:
    if medium_of(name) is not SMS:
        return "", ""
    return text_wording.counted(*checking.count(name, text, language, g.now))


LENGTHS = ("too-long", "too-long-there", "languages-differ")
"""Problems in spite of which a text can be shown as a citizen would get it."""


def _changes(before: Said, after: Said, language: str) -> list[tuple[str, str]]:
    return list(differences(_plain(before[language]), _plain(after[language])))


def _plain(text: Template) -> str:
    return "\n".join(each for each in (*text.parts, text.after, text.pointer) if each)


def _known(name: str) -> str:
    if name not in TEXTS:
        abort(404)
    return name


@blueprint.get("/texts/<text_name>")
@only("admin")
def text_page(text_name: str) -> ResponseReturnValue:
    """One text: as it is, or with an earlier version in the form, to bring that back."""
    name = _known(text_name)
    number = request.args.get("version", type=int)
    with transaction():
        seen = editing.latest(name)
        try:
            said = editing.present(name, g.now) if number is None else editing.version(name, number)
        except Refused:
            abort(404)
    return _page(TextForm.of(name, said, seen), brought_back=number)


@blueprint.post("/texts/<text_name>")
@only("admin")
def change_text(text_name: str) -> ResponseReturnValue:
    """Check a text, take the nearest characters, or save it as a new version."""
    form = TextForm.read(_known(text_name))
    act = request.form.get("act", "check")
    if act == "alphabet":
        return _page(form.in_alphabet(), checked=True)
    if act != "save":
        return _page(form, checked=True)
    return _save(form)


def _save(form: TextForm) -> ResponseReturnValue:
    try:
        day = form.chosen_day()
    except ValueError:
        return _page(form, {"day": _("Write the day as year-month-day.")}, checked=True), 422
    try:
        with transaction():
            editing.save(
                form.name,
                form.said,
                seen=form.seen,
                day=day,
                two_parts=form.two_parts,
                officer_id=current_user.officer_id,
                now=g.now,
            )
    except editing.Unsound:
        return _page(form, checked=True), 422
    except Refused as refused:
        return _refused(form, refused.code)
    if day is None or day <= local_day(g.now):
        flash(_("The text is saved and holds from now on."), "success")
    else:
        flash(_("The text is saved. It holds from %(day)s.", day=day_in_words(day)), "success")
    return redirect(url_for("admin.text_page", text_name=form.name), 303)


def _refused(form: TextForm, code: str) -> ResponseReturnValue:
    if code == "clash":
        # Both are shown; whoever saves again has seen what the other said.
        with transaction():
            form.seen = editing.latest(form.name)
            theirs = editing.version(form.name, form.seen)
        return _page(form, theirs=theirs), 409
    field = {"bad-date": "day", "two-parts": "two_parts"}.get(code, "sw_parts")
    return _page(form, {field: text_wording.refusal(code)}, checked=True), 422
