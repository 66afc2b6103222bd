"""Texts that leave the system, and the writing of an SMS from one of them.

`citizen` and its like hold the texts shipped for one kind of reader; `shipped` is all of them, by
name and language. `versions` are those that an administrator put in their place, `checking` and
`editing` how they come to be.
"""

from feedback.services.texts.gsm import BASIC, EXTENSION, ONE_PART, fits, parts, septets, to_gsm
from feedback.services.texts.proof import in_words as proof_in_words
from feedback.services.texts.shipped import STATUS_WORDS, TEMPLATES
from feedback.services.texts.template import Template
from feedback.services.texts.versions import status_words
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
    "proof_in_words",
    "render",
    "septets",
    "status_words",
    "to_gsm",
]
