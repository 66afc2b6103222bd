"""Templates of answers: national ones for administrators, an institution's for its coordinator
and head. One implementation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.services import notices, viewers
from feedback.services.answers import templates
from feedback.services.answers.shipped import Said
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import answer_wording
from feedback.web.formats import name
from feedback.web.lettering import Tabs

NEW = "new"
"""In the address, of one that has no code yet."""
FIELDS = ("title_sw", "title_en", "body_sw", "body_en")
View = Callable[..., ResponseReturnValue]


def _open(view: View) -> View:
    return view


def mount(
    blueprint: Blueprint,
    base: str,
    frame: str,
    tabs: Callable[[], Tabs],
    *,
    national: bool = False,
    guard: Callable[[View], View] = _open,
) -> None:
    """Give a blueprint the pages, within a frame (its template). `tabs`, called within the
    transaction, answers the lists above them and aborts for those who keep no templates."""
    pages = _Pages(f"{base}/answers", frame, tabs, national)

    @blueprint.get("/answers")
    @guard
    def answer_list() -> ResponseReturnValue:
        """Templates as they stand."""
        return pages.listed()

    @blueprint.get("/answers/<answer_code>")
    @guard
    def answer_page(answer_code: str) -> ResponseReturnValue:
        """One template, or the form for another."""
        return pages.form(answer_code)

    @blueprint.post("/answers/<answer_code>")
    @guard
    def save_answer(answer_code: str) -> ResponseReturnValue:
        """Save a version, or offer the template no more, or again."""
        return pages.save(answer_code)


class _Pages:
    """The pages at one place."""

    def __init__(self, here: str, frame: str, tabs: Callable[[], Tabs], national: bool) -> None:
        self.here, self.frame, self.tabs, self.national = here, frame, tabs, national

    def _whose(self) -> int | None:
        """The institution whose templates are kept; None: national ones."""
        return None if self.national else viewers.present().institution

    def _page(self, template: str, **more: Any) -> str:
        return render_template(
            template, frame=self.frame, here=self.here, national=self.national, **more
        )

    def listed(self) -> ResponseReturnValue:
        """Templates as they stand."""
        with transaction():
            tabs = self.tabs()
            whose = self._whose()
            rows, keeps = templates.standing(whose), templates.keeps(whose)
            subjects = {c.code: name(c) for c in directory().categories.values()}
            g.unread = notices.unread()
        return self._page(
            "answers/list.html",
            tabs_list=tabs,
            rows=rows,
            keeps=keeps,
            subjects=subjects,
            language=answer_wording.locale(),
        )

    def form(
        self,
        code: str,
        errors: dict[str, str] | None = None,
        *,
        clash: bool = False,
    ) -> str:
        """The form, with what was typed where it comes again."""
        with transaction():
            tabs = self.tabs()
            whose = self._whose()
            keeps = templates.keeps(whose)
            found, seen = (None, 0) if code == NEW else templates.one(code, whose)
            saved = templates.history(code, whose) if seen else []
            subjects = [(c.code, name(c)) for c in directory().categories.values()]
            g.unread = notices.unread()
        if found is None and code != NEW or found is None and not keeps:
            abort(404)
        given: dict[str, Any] = (
            {field: getattr(found.said, field) for field in FIELDS} if (found) else {}
        )
        given["category"] = found.said.category if found else ""
        if errors or clash:
            given = {field: request.form.get(field, "") for field in (*FIELDS, "category")}
        return self._page(
            "answers/form.html",
            tabs_list=tabs,
            code=code,
            found=found,
            given=given,
            seen=seen,
            saved=saved,
            keeps=keeps,
            subjects=subjects,
            errors=errors or {},
            clash=clash,
            filled=templates.FILLED,
            language=answer_wording.locale(),
        )

    def save(self, code: str) -> ResponseReturnValue:
        """Save, retire or bring back."""
        asked, retired = code, request.form.get("act") == "retire"
        words = {field: request.form.get(field, "") for field in FIELDS}
        said = Said(**words, category=request.form.get("category") or None)
        try:
            with transaction():
                self.tabs()
                whose = self._whose()
                if code == NEW:
                    code = templates.new_code(said.title_sw, whose)
                templates.save(
                    code,
                    said,
                    institution_id=whose,
                    seen=request.form.get("seen", 0, type=int),
                    now=g.now,
                    retired=retired,
                )
        except Refused as refused:
            if refused.code == "not-allowed":
                abort(404)
            if refused.code == "clash":
                return self.form(code, clash=True), 409
            return self.form(asked, answer_wording.refused(refused.code)), 422
        flash(
            _("The template is offered no more.")
            if retired
            else _("The template is saved, and offered from now on."),
            "success",
        )
        return redirect(self.here, 303)
