"""The tasks of a case: given, done, cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import flash, g, request
from flask_babel import gettext as _

from feedback.rules.workflow import Verb
from feedback.services import tasks
from feedback.services.errors import Refused
from feedback.services.views import OfficerCase
from feedback.web import answer_wording
from feedback.web.casework.part import Attempt, Part, officer, row_id, words
from feedback.web.formats import name

UNIT = "unit"
"""Chosen in place of an officer."""


def _add(case_id: UUID) -> None:
    try:
        due_on = date.fromisoformat(request.form.get("due_on", ""))
    except ValueError:
        raise Refused("bad-date") from None
    taker = None if request.form.get("officer") == UNIT else officer()
    tasks.add(case_id, request.form.get("kind", ""), words(), taker, due_on, g.now)


def _done(_case_id: UUID) -> None:
    if tasks.settle(row_id("task"), "done", words(), g.now):
        flash(_("All tasks are done: an answer made of them stands in the form."), "info")


def _cancel(_case_id: UUID) -> None:
    tasks.settle(row_id("task"), "cancelled", words(), g.now)


def _shown(case: OfficerCase, _attempt: Attempt) -> Mapping[str, Any]:
    if not case.may_read_words:
        return {"tasks": [], "gives_tasks": False, "answer_draft": ""}
    gives = Verb.TASK.value in case.allowed
    board = tasks.board(case.id, g.now, gives=gives)
    unit = [(UNIT, _("Anyone of the unit: %(unit)s", unit=name(case.unit)))] if case.unit else []
    return {
        "tasks": board.tasks,
        "gives_tasks": gives,
        "task_kinds": answer_wording.task_kinds(),
        "task_takers": [
            *((each.id, each.name) for each in board.takers),
            *(unit if board.to_unit else []),
        ],
        "task_day": board.day.isoformat(),
        "answer_draft": board.draft,
        "answer_wording": answer_wording,
    }


PART = Part({"task": _add, "task-done": _done, "task-cancel": _cancel}, _shown)
