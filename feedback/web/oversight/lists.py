"""The inbox on the official's rung, and directives given and followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from feedback.clock import local_day
from feedback.services import notices, oversight
from feedback.services.reference import InstitutionInfo, directory
from feedback.transaction import transaction
from feedback.web import wording
from feedback.web.oversight import saying


@dataclass(frozen=True, slots=True)
class Told:
    """The words that rows of these lists take."""

    driver: Callable[[str], str] = wording.driver
    kind: Callable[[str], str] = saying.kind


def mount(blueprint: Blueprint, tabs: Callable[[], list[Any]]) -> None:
    """Give the blueprint both lists."""

    @blueprint.get("/escalations")
    def escalated() -> ResponseReturnValue:
        """Cases that climbed to the official's posts and are open still: by what is asked."""
        what = request.args.get("asked", "all")
        what = what if what in oversight.ASKED else "all"
        after = request.args.get("after")
        with transaction():
            d = directory()
            chosen = d.institutions_by_code.get(request.args.get("institution", ""))
            place = chosen.id if chosen else None
            page = oversight.escalated(after, g.now, what=what, institution_id=place)
            counted = oversight.counts(g.now, place)
            digests = oversight.digests(g.now)
            g.unread = notices.unread()
        return render_template(
            "oversight/escalations.html",
            tabs_list=tabs(),
            page=page,
            digests=digests,
            chosen=chosen,
            what=what,
            links=[
                (saying.asked(each), _address(each, chosen), each == what, counted[each])
                for each in oversight.ASKED
                if counted[each] or each in ("all", what)
            ],
            first=_address(what, chosen) if after else "",
            following=_address(what, chosen, page.next) if page.next else "",
            told=Told(),
            wording=wording,
        )

    @blueprint.get("/directives")
    def directives() -> ResponseReturnValue:
        """What the official's posts ordered, and what was ordered of the own institution."""
        state = request.args.get("state", "open")
        state = state if state in oversight.STATES else "open"
        after = request.args.get("after")
        with transaction():
            page = oversight.directives(g.now, state, after)
            g.unread = notices.unread()
        here = url_for("oversight.directives", state=state if state != "open" else None)
        more = url_for("oversight.directives", state=state, after=page.next) if page.next else ""
        return render_template(
            "oversight/directives.html",
            tabs_list=tabs(),
            page=page,
            state=state,
            links=[
                (
                    saying.state(each),
                    url_for("oversight.directives", state=each if each != "open" else None),
                    each == state,
                )
                for each in oversight.STATES
            ],
            first=here if after else "",
            following=more,
            today=local_day(g.now),
            told=Told(),
        )


def _address(what: str, chosen: InstitutionInfo | None, after: str | None = None) -> str:
    return url_for(
        "oversight.escalated",
        asked=what if what != "all" else None,
        institution=chosen.code if chosen else None,
        after=after,
    )
