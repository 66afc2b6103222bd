"""What an SMS says to a citizen who began a case by USSD and brings its words by SMS."""

from __future__ import annotations

from feedback.services.texts.template import Template

TEMPLATES: dict[str, dict[str, Template]] = {
    "dialled_without_words": {
        "sw": Template(
            ("Hatujaona ujumbe wako.", "Tuma tena: namba ya tarakimu 4, kisha ujumbe wako.")
        ),
        "en": Template(("We saw no message.", "Send it again: the 4 digits, then your message.")),
    },
}
