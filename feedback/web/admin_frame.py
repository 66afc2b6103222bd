"""The frame of the administration: its blueprint, the two roles in it, and their tabs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.web.edge import Audience, guarded

blueprint = guarded(
    "admin", __name__, audience=Audience.STAFF, roles={"admin", "auditor"}, url_prefix="/admin"
)
View = Callable[..., ResponseReturnValue]


def only(role: str) -> Callable[[View], View]:
    """One of the two roles of this blueprint: administrators keep, auditors read the record."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            if role not in current_user.roles:
                abort(403)
            return view(*args, **kwargs)

        return checked

    return decorate


@blueprint.app_context_processor
def _tabs() -> dict[str, Any]:
    return {"admin_tabs": admin_tabs, "admin_groups": admin_groups}


def admin_tabs() -> list[tuple[str, str, bool]]:
    """The parts of the administration, by role."""
    items: list[tuple[str, str]] = []
    if "admin" in current_user.roles:
        items += [
            (_("Alarms"), "/admin/alarms"),
            (_("Jobs"), "/admin/jobs"),
            (_("Dead letters"), "/admin/dead-letters"),
            (_("Officers"), "/admin/officers"),
            (_("Posts"), "/admin/posts"),
            (_("Institutions"), "/admin/institutions"),
            (_("Units"), "/admin/units"),
            (_("Subjects"), "/admin/subjects"),
            (_("Service standards"), "/admin/standards"),
            (_("Ladders"), "/admin/ladders"),
            (_("Ladders of subjects"), "/admin/ladder-choices"),
            (_("Rosters"), "/admin/team"),
            (_("Days off"), "/admin/holidays"),
            (_("Changes"), "/admin/changes"),
            (_("Cost of SMS"), "/admin/costs"),
            (_("Texts"), "/admin/texts"),
            (_("Answer templates"), "/admin/answers"),
            (_("Poster"), "/admin/poster"),
        ]
    if "auditor" in current_user.roles:
        items += [
            (_("Record"), "/admin/record"),
            (_("Patterns"), "/admin/patterns"),
            (_("Legal holds"), "/admin/holds"),
            (_("Breach report"), "/admin/breach"),
        ]
    return [(label, url, _at(url)) for label, url in items]


def _at(url: str) -> bool:
    return request.path == url or request.path.startswith(f"{url}/")


GROUPS = {
    "/admin/alarms": "watch",
    "/admin/jobs": "watch",
    "/admin/dead-letters": "watch",
    "/admin/costs": "watch",
    "/admin/officers": "people",
    "/admin/posts": "people",
    "/admin/team": "people",
    "/admin/institutions": "rules",
    "/admin/units": "rules",
    "/admin/subjects": "rules",
    "/admin/standards": "rules",
    "/admin/ladders": "rules",
    "/admin/ladder-choices": "rules",
    "/admin/holidays": "rules",
    "/admin/changes": "rules",
    "/admin/record": "audit",
    "/admin/patterns": "audit",
    "/admin/holds": "audit",
    "/admin/breach": "audit",
}
"""In which group of the menu a part stands; what is not named here stands in the last."""


def admin_groups() -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """The menu: the parts of the administration in groups, each with its name."""
    names = {
        "watch": _("To watch"),
        "people": _("People"),
        "rules": _("Places and rules"),
        "audit": _("Audit"),
        "more": _("Words"),
    }
    grouped: dict[str, list[tuple[str, str, bool]]] = {}
    for item in admin_tabs():
        grouped.setdefault(GROUPS.get(item[1], "more"), []).append(item)
    return [(names[group], grouped[group]) for group in names if group in grouped]
