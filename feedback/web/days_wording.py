"""Whose day off a day is, in words."""

from __future__ import annotations

from flask_babel import gettext as _

from feedback.rules import changes as rules
from feedback.services.reference import Directory
from feedback.web.formats import name


def scope(code: str, d: Directory) -> str:
    """Everybody, the offices of a region, or one office."""
    if code == rules.EVERYBODY:
        return _("Everybody")
    region = rules.region_of(code)
    if region:
        return _("Offices of the region %(region)s", region=region)
    office = d.living(code) or next((i for i in d.institutions.values() if i.code == code), None)
    return name(office) if office else code
