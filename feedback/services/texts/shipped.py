"""All texts as shipped, by name and language: what an administrator may say in other words."""

from __future__ import annotations

from feedback.services.texts import citizen, conversation, dialled, officers, proof, together
from feedback.services.texts.citizen import STATUS_WORDS
from feedback.services.texts.medium import SMS, Medium
from feedback.services.texts.template import Template

__all__ = [
    "MEDIA",
    "STATUS_PREFIX",
    "STATUS_WORDS",
    "TEMPLATES",
    "TEXTS",
    "WHOLE_WORDS",
    "medium_of",
]

TEMPLATES: dict[str, dict[str, Template]] = {
    **citizen.TEMPLATES,
    **officers.TEMPLATES,
    **conversation.TEMPLATES,
    **dialled.TEMPLATES,
    **together.TEMPLATES,
    **proof.TEMPLATES,
}
# By what a text goes out, where that is not SMS; for a module of such texts a line like
# **dict.fromkeys(ussd.TEMPLATES, USSD),
MEDIA: dict[str, Medium] = {}
# Words that go with a text and must never be cut, at their longest; such a text has no pointer.
WHOLE_WORDS: dict[str, str] = {"officer_code": "123456"}

STATUS_PREFIX = "status."
# The words for a status are texts too, each of one sentence.
TEXTS: dict[str, dict[str, Template]] = TEMPLATES | {
    f"{STATUS_PREFIX}{status}": {language: Template((word,)) for language, word in words.items()}
    for status, words in STATUS_WORDS.items()
}


def medium_of(name: str) -> Medium:
    """By what the text goes out."""
    return MEDIA.get(name, SMS)
