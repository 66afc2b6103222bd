"""What came of a case as words, for officers and citizens alike."""

from __future__ import annotations

from flask_babel import gettext as _

from feedback.services.outcomes import Stated


def choices() -> list[tuple[str, str]]:
    """Outcomes to choose from: code and name."""
    return [
        ("solved", _("Solved")),
        ("explained", _("Explained")),
        ("not_possible", _("Not possible: a rule does not allow it")),
        ("court", _("Belongs to a court")),
    ]


def name(kind: str) -> str:
    """An outcome in a word or two."""
    return {**dict(choices()), "not_possible": _("Not possible")}[kind]


def titled(title: str, stated: Stated | None) -> str:
    """The title of an answer, with its outcome."""
    if stated is None:
        return title
    return _("%(answer)s: %(outcome)s", answer=title, outcome=name(stated.kind).lower())


def ground(stated: Stated | None) -> str:
    """Why it came so, as a line of its own; '' where there is nothing to say."""
    if stated is None or not stated.ground:
        return ""
    if stated.kind == "court":
        return _("Court or step: %(what)s", what=stated.ground)
    return _("The rule: %(what)s", what=stated.ground)
