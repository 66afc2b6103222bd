"""What administrators may set, and which changes need a second one."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.rules import changes as rules

SECOND = [
    ("standard", "change", {}, {"answer_days": 30}, True),
    ("standard", "add", {}, {"answer_days": 3}, True),
    ("rung", "change", {}, {"name_sw": "X"}, False),
    ("rung", "change", {}, {"post": "hr_head"}, True),
    ("rung", "close", {}, {}, True),
    ("institution", "add", {}, {"parent": "CS"}, False),
    ("institution", "change", {}, {"name_en": "X"}, False),
    ("institution", "change", {}, {"parent": "CS"}, True),
    ("institution", "close", {}, {}, True),
    ("unit", "add", {}, {"is_default": False}, False),
    ("unit", "change", {}, {"is_default": True}, True),
    ("unit", "close", {}, {}, True),
    ("category", "change", {"confidentiality": "open"}, {"confidentiality": "restricted"}, False),
    ("category", "change", {"confidentiality": "restricted"}, {"confidentiality": "open"}, True),
    ("category", "change", {"confidentiality": "open"}, {"standard": "X"}, True),
    ("category", "change", {"confidentiality": "open"}, {"unit_code": "X"}, True),
    ("category", "change", {"confidentiality": "open"}, {"keywords_sw": ["x"]}, False),
    ("category", "close", {"confidentiality": "restricted"}, {}, True),
    ("category", "close", {"confidentiality": "open"}, {}, False),
    ("officer", "change", {}, {"name": "X"}, True),
]


@pytest.mark.parametrize(("subject", "act", "before", "said", "needed"), SECOND)
def test_which_changes_need_a_second(
    subject: str, act: str, before: Any, said: Any, needed: bool
) -> None:
    assert rules.needs_second(subject, act, before, said) is needed


WRONG = [
    ("institution", {"code": "dodoma"}, {"code": "bad-code"}),
    ("institution", {"code": "A" * 21}, {"code": "bad-code"}),
    ("institution", {"code": "A-1"}, {}),
    ("institution", {"name_sw": ""}, {"name_sw": "empty"}),
    ("institution", {"region": "x" * 61}, {"region": "too-long"}),
    ("institution", {"aliases": ["x" * 81]}, {"aliases": "too-long"}),
    ("standard", {"answer_days": 0}, {"answer_days": "bad-number"}),
    ("standard", {"answer_days": "kumi"}, {"answer_days": "bad-number"}),
    ("standard", {"answer_days": None}, {"answer_days": "empty"}),
    ("standard", {"max_rung": None}, {}),
    ("unit", {"is_default": "yes"}, {"is_default": "bad-choice"}),
    ("category", {"applies_to": []}, {"applies_to": "empty"}),
]


@pytest.mark.parametrize(("subject", "said", "problems"), WRONG)
def test_each_value_is_checked_by_itself(subject: str, said: Any, problems: Any) -> None:
    assert rules.problems(subject, said) == problems
