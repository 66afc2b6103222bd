"""The restricted queue: reports about conduct and corruption, for ethics officers outside.

The page of a case is the desk's own. A level is never lowered here: that needs the citizen.
"""

from __future__ import annotations

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.services import notices, queues
from feedback.transaction import transaction
from feedback.web import casework, lettering, openings, wording
from feedback.web.edge import Audience, guarded

blueprint = guarded(
    "ethics", __name__, audience=Audience.STAFF, roles={"ethics"}, url_prefix="/ethics"
)
casework.mount(blueprint, "/ethics")


def _tabs() -> lettering.Tabs:
    return [
        (_("Restricted cases"), "/ethics", request.path == "/ethics", None),
        (_("Letters"), "/ethics/letters", request.path == "/ethics/letters", None),
        (
            _("Identities to open"),
            "/ethics/openings",
            request.path == "/ethics/openings",
            None,
        ),
    ]


lettering.mount(blueprint, "/ethics", _tabs)
openings.mount(blueprint, "/ethics", _tabs)


@blueprint.get("")
def queue() -> ResponseReturnValue:
    """Open restricted cases of other institutions, what is late on top."""
    with transaction():
        page = queues.restricted(request.args.get("after"), g.now)
        g.unread = notices.unread()
    return render_template(
        "desk/queue.html",
        title=_("Restricted cases"),
        empty_text=_("No restricted case is open."),
        tabs_list=_tabs(),
        counts={},
        page=page,
        filtered=False,
        chosen={},
        first=url_for("ethics.queue") if request.args.get("after") else "",
        following=url_for("ethics.queue", after=page.next) if page.next else "",
        base="/ethics",
        wording=wording,
    )
