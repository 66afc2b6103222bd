"""All texts as shipped, by name and language."""

from __future__ import annotations

from feedback.services.texts import citizen, officers
from feedback.services.texts.citizen import STATUS_WORDS
from feedback.services.texts.template import Template

__all__ = ["STATUS_WORDS", "TEMPLATES"]

TEMPLATES: dict[str, dict[str, Template]] = {
    **citizen.TEMPLATES,
    **officers.TEMPLATES,
}
