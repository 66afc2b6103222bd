"""Words looked at before they go: a template to begin with, what is odd, what the citizen gets.

Whatever is odd is told once, with the reason; the second press of the same words sends them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import g, request

from feedback.rules.workflow import Verb
from feedback.services import acts
from feedback.services.answers import looking, previews, templates
from feedback.services.answers.previews import Preview
from feedback.services.views import OfficerCase
from feedback.web import answer_wording
from feedback.web.casework.part import Attempt, Held, Part, words


@dataclass(frozen=True, slots=True)
class Looked:
    """What the form shows: what is odd (a sentence each), how the words arrive, and the mark by
    which these words are known again."""

    remarks: list[str]
    preview: Preview
    mark: str


def looked_at(verb: str, act: Callable[[UUID], object]) -> Callable[[UUID], object]:
    """A verb whose words are looked at first."""

    def look_first(case_id: UUID) -> object:
        if "insert" in request.form:
            raise Held(_with_template(case_id))
        said = acts.words(words())
        found = looking.remarks(case_id, Verb(verb), said)
        mark = looking.mark(said)
        asked = "preview" in request.form
        if asked or found and request.form.get("checked") != mark:
            part = request.form.get("part") == "partial" and verb == "answer"
            template = "partial_answer" if part else looking.TEMPLATES[verb]
            preview = previews.of(case_id, template, said)
            sentences = [answer_wording.remark(each) for each in found]
            raise Held(request.form, Looked(sentences, preview, mark), warned=not asked)
        return act(case_id)

    return look_first


def _with_template(case_id: UUID) -> Mapping[str, str]:
    """The form with the words of the chosen template behind those that stand in it."""
    said, code = words().rstrip(), request.form.get("template", "")
    if code:
        case = acts.locked(case_id)
        filled = templates.filled(code, case, g.now)
        said = f"{said}\n\n{filled}" if said else filled
    return {**request.form.to_dict(), "body": said[: acts.LONGEST]}


def _shown(case: OfficerCase, _attempt: Attempt) -> Mapping[str, Any]:
    if "answer" not in case.allowed:
        return {"answer_templates": []}
    category = case.category.code if case.category else None
    return {
        "answer_templates": answer_wording.choices(templates.offered(case.institution.id, category))
    }


PART = Part({}, _shown)
