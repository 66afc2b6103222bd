"""Every code that services raise or tell has words: else it would stand on a page as it is, or as
the one sentence that says nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from feedback import services, web
from feedback.rules import notices
from feedback.services import grants
from feedback.web import casework, wording
from feedback.web.oversight import cases, saying

FORGED = {"bad-kind", "bad-day", "bad-rating"}
"""Only a form that is none of ours brings these about."""
COMMANDS = {"not-a-demonstration"}
"""Raised to who types a command."""


def trees(package: str) -> Iterator[ast.AST]:
    """The source of a package, file by file."""
    for path in Path(package).parent.rglob("*.py"):
        yield ast.parse(path.read_text())


def texts(node: ast.AST) -> Iterator[str]:
    """The strings that stand in a piece of source."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def given(calls: dict[str, int]) -> Iterator[str]:
    """The strings given to these functions of the services, each at the place that is named."""
    for tree in trees(services.__file__):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in calls and len(node.args) > calls[name]:
                    yield from texts(node.args[calls[name]])


def test_each_kind_of_notice_is_told_in_one_way_and_has_words(app: Flask) -> None:
    """Urgent, duty or optional: nobody forgets to decide."""
    made = set(given({"notices": 1, "notice": 1, "notice_rows": 1, "_tell": 1}))
    made |= {*grants.TOLD.values(), "opinion_given", "opinion_declined"}
    made |= {"identity_allowed", "identity_refused", "not_fixed", "citizen_message"}
    assert "extension_asked" in made
    assert made <= notices.KINDS
    with app.test_request_context():
        assert [kind for kind in notices.KINDS if wording.notice(kind) == kind] == []


def test_each_kind_of_alarm_has_words(app: Flask) -> None:
    raised = {kind for kind in given({"alarm": 0}) if re.fullmatch("[a-z_]+", kind)}
    raised |= {*given({"alarm": 1}), "changed_alone", "granted_alone", "post_vacant"}
    raised |= {"letter", "skipped", "second_transfer", "inbound_dead", "sms_budget", "sms_number"}
    assert {"top", "outbox_dead"} <= raised
    with app.test_request_context():
        assert [kind for kind in raised if wording.alarm(kind) == kind] == []


def test_each_refusal_has_words() -> None:
    codes = {c for c in given({"Refused": 0}) if re.fullmatch("[a-z]+(-[a-z]+)*", c)}
    assert {"no-outcome", "clash"} <= codes
    known = {text for tree in trees(web.__file__) for text in texts(tree)}
    assert codes - known <= FORGED | COMMANDS


@pytest.mark.parametrize("verb", sorted(casework.VERBS))
def test_each_verb_says_what_it_did(app: Flask, verb: str) -> None:
    said = {"extension": ("extension-granted", "extension-refused")}.get(verb, (verb,))
    with app.test_request_context():
        assert all(wording.done(each, paused=False) for each in said)


@pytest.mark.parametrize("verb", sorted(cases.VERBS))
def test_each_verb_of_officials_says_what_it_did(app: Flask, verb: str) -> None:
    said = {"follow": ("direct", "recommend-aside"), "judge": ("judge", "judge-rejected")}
    with app.test_request_context():
        assert all(saying.done(each) for each in said.get(verb, (verb,)))


def test_each_message_by_which_an_act_is_known_is_of_a_verb() -> None:
    assert set(casework.MESSAGES) <= set(casework.VERBS)
