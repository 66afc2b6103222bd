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
    return {"admin_tabs": admin_tabs}


def admin_tabs() -> list[tuple[str, str, bool]]:
    """The parts of the administration, by role."""
    items: list[tuple[str, str]] = []
    if "admin" in current_user.roles:
        items += [
            (_("Alarms"), "/admin/alarms"),
            (_("Dead letters"), "/admin/dead-letters"),
            (_("Officers"), "/admin/officers"),
            (_("Posts"), "/admin/posts"),
            (_("Days off"), "/admin/holidays"),
            (_("Cost of SMS"), "/admin/costs"),
            (_("Texts"), "/admin/texts"),
            (_("Poster"), "/admin/poster"),
        ]
    if "auditor" in current_user.roles:
        items += [
            (_("Record"), "/admin/record"),
            (_("Patterns"), "/admin/patterns"),
            (_("Legal holds"), "/admin/holds"),
            (_("Breach report"), "/admin/breach"),
        ]
    return [(label, url, request.path.startswith(url)) for label, url in items]
