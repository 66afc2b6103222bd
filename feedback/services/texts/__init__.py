"""Texts that leave the system, and the writing of an SMS from one of them.

Each module here but the last few holds the texts shipped for one kind of reader; `TEMPLATES` is
all of them, by name and language.
"""

from feedback.services.texts.gsm import BASIC, EXTENSION, ONE_PART, fits, parts, septets, to_gsm
from feedback.services.texts.shipped import STATUS_WORDS, TEMPLATES
from feedback.services.texts.template import Template
from feedback.services.texts.writing import CUT, render

__all__ = [
    "BASIC",
    "CUT",
    "EXTENSION",
    "ONE_PART",
    "STATUS_WORDS",
    "TEMPLATES",
    "Template",
    "fits",
    "parts",
    "render",
    "septets",
    "to_gsm",
]
