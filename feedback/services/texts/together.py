"""SMS about cases that were joined or divided, in Swahili and English.

Who else wrote about the matter is told to nobody, nor how many did.
"""

from __future__ import annotations

from feedback.services.texts.template import Template

_T = Template
TEMPLATES: dict[str, dict[str, Template]] = {
    "joined": {
        "sw": _T(
            (
                "{reference}: shauri lako linashughulikiwa pamoja na mengine ya jambo hilohilo.",
                "Utajibiwa kufikia {due}.",
            )
        ),
        "en": _T(
            (
                "{reference}: your case is handled together with others about the same matter.",
                "Answer due by {due}.",
            )
        ),
    },
    "divided": {
        "sw": _T(
            (
                "Shauri lako {reference} lina mambo mawili.",
                "La pili lina kumbukumbu {other}.",
            ),
            after="Kupata msimbo wake tuma MSIMBO {other}",
        ),
        "en": _T(
            (
                "Your case {reference} holds two matters.",
                "The second one has the reference {other}.",
            ),
            after="For its secret code send CODE {other}",
        ),
    },
}
