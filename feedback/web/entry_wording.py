"""The details of an entry of the record, as words for an auditor."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from feedback.services.texts.shipped import TEXTS
from feedback.web import text_wording


def details(said: Mapping[str, str | int]) -> str:
    """What an entry says beside its act; what is not known here stands as the record has it."""
    labels = _labels()
    return "; ".join(f"{labels.get(key, key)}: {_value(key, said[key])}" for key in said)


def _labels() -> dict[str, str]:
    return {
        "capacity": _("capacity"),
        "cases": _("cases"),
        "category": _("subject"),
        "channel": _("channel"),
        "cycle": _("cycle"),
        "day": _("day"),
        "entries": _("entries"),
        "former": _("number of the former officer"),
        "holds_from": _("holds from"),
        "institutions": _("institutions"),
        "kind": _("kind"),
        "level": _("confidentiality"),
        "officer": _("number of the officer"),
        "owned": _("has an owner"),
        "parts": _("SMS each time"),
        "paused": _("the clock waits"),
        "post": _("number of the post"),
        "problems": _("problems"),
        "rating": _("rating"),
        "reason": _("reason"),
        "roles": _("roles"),
        "rung": _("rung"),
        "status": _("status of the day"),
        "text": _("text"),
        "to": _("to number"),
        "version": _("version"),
        "way": _("way"),
        "words": _("with the words"),
    }


def _value(key: str, value: str | int) -> str | int:
    if key in ("owned", "paused", "words") and value in (0, 1):
        return _("yes") if value else _("no")
    if key == "text" and value in TEXTS:
        return text_wording.about(str(value))[0]
    known = {
        "channel": {"web": _("web"), "sms": "SMS", "ussd": "USSD", "paper": _("paper")},
        "level": {
            "open": _("Ordinary"),
            "confidential": _("Confidential"),
            "restricted": _("Ethics only"),
        },
        "way": {
            "holder": _("the holder of the post"),
            "deputy": _("the deputy"),
            "letter": _("a letter"),
            "skipped": _("passed over"),
        },
    }
    return known.get(key, {}).get(str(value), value)
