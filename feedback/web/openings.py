"""Opening an identity, for the desk and for ethics officers: asking, deciding, looking, ending.

The values are shown in the answer to a POST and nowhere else, so that no browser fetches them
beforehand or keeps them; each showing is on record before anything is read.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.rules.reference import parse_reference
from feedback.services import notices, vault, views
from feedback.services.errors import Refused
from feedback.transaction import transaction
from feedback.web import wording
from feedback.web.desk_menu import Tabs
from feedback.web.forms import words


def mount(blueprint: Blueprint, base: str, tabs: Callable[[], Tabs]) -> None:
    """Give a blueprint the pages; `tabs`, called within the transaction, answers its lists."""

    @blueprint.get("/openings")
    def opening_list() -> ResponseReturnValue:
        """What waits for this officer as the second person."""
        with transaction():
            listed = tabs()
            waiting = vault.to_decide(g.now)
            g.unread = notices.unread()
        return render_template(
            "desk/openings.html", base=base, tabs_list=listed, waiting=waiting, wording=wording
        )

    @blueprint.get("/case/<reference>/identity")
    def identity_page(reference: str) -> ResponseReturnValue:
        """The requests of one case, and the form for another."""
        return _case_page(base, reference)

    @blueprint.post("/case/<reference>/identity")
    def ask_identity(reference: str) -> ResponseReturnValue:
        """Ask to see some of what the vault holds."""
        return _ask(base, reference)

    @blueprint.post("/openings/<uuid:opening_id>/<step>")
    def opening_act(opening_id: UUID, step: str) -> ResponseReturnValue:
        """Allow or refuse what another asked, end an opening, or look."""
        return _look(base, opening_id) if step == "look" else _act(base, opening_id, step)


def _ask(base: str, reference: str) -> ResponseReturnValue:
    chosen, reason = request.form.getlist("fields"), words(request.form.get("reason", ""))
    errors = _missing(chosen, reason)
    if not errors:
        try:
            with transaction():
                vault.ask(views.case_id_of(reference), chosen, reason, g.now)
        except Refused as refused:
            if refused.code == "not-found":
                abort(404)
            errors = {"reason": _refusal(refused.code)}
    if errors:
        return _case_page(base, reference, chosen, reason, errors), 422
    flash(_("It is noted. The citizen will read when the identity is opened, and why."), "success")
    return redirect(f"{base}/case/{reference}/identity", 303)


STEPS: dict[str, tuple[Callable[[UUID], None], Callable[[], str]]] = {
    "allow": (
        lambda opening_id: vault.decide(opening_id, True, g.now),
        lambda: _("Allowed, for one hour from now."),
    ),
    "refuse": (
        lambda opening_id: vault.decide(opening_id, False, g.now),
        lambda: _("Refused. The officer is told."),
    ),
    "end": (
        lambda opening_id: vault.end(opening_id, g.now),
        lambda: _("It is ended. Nothing can be seen any more."),
    ),
}


def _act(base: str, opening_id: UUID, step: str) -> ResponseReturnValue:
    if step not in STEPS:
        abort(404)
    act, said = STEPS[step]
    try:
        with transaction():
            act(opening_id)
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        flash(_refusal(refused.code), "error")
    else:
        flash(said(), "success")
    return redirect(_back(base), 303)


def _look(base: str, opening_id: UUID) -> ResponseReturnValue:
    """Two transactions: without the entry of the first, committed, the second reads nothing."""
    try:
        with transaction():
            entry = vault.record_look(opening_id, g.now)
        with transaction():
            found = vault.look(opening_id, entry, g.now)
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        flash(_refusal(refused.code), "error")
        return redirect(_back(base), 303)
    return render_template(
        "desk/identity_open.html", found=found, back=_back(base), wording=wording
    )


def _back(base: str) -> str:
    """To the case that the form names, else to the list."""
    reference = parse_reference(request.form.get("reference", ""))
    return f"{base}/case/{reference}/identity" if reference else f"{base}/openings"


def _case_page(
    base: str,
    reference: str,
    chosen: list[str] | None = None,
    reason: str = "",
    errors: dict[str, str] | None = None,
) -> str:
    try:
        with transaction():
            case_id = views.case_id_of(reference)
            level, held = vault.level_of(case_id), vault.fields_of(case_id)
            role, openings = vault.may_open(case_id), vault.openings(case_id, g.now)
            decidable = {w.id for w in vault.to_decide(g.now) if w.reference == reference}
            g.unread = notices.unread()
    except Refused:
        abort(404)
    if role is None and not openings and not decidable:
        abort(403)
    own = [o for o in openings if o.officer_id == current_user.officer_id]
    return render_template(
        "desk/identity.html",
        base=base,
        reference=reference,
        level=level,
        held=held,
        role=role,
        openings=openings,
        own={o.id for o in own},
        busy=any(o.state in ("waiting", "open") for o in own),
        decidable=decidable,
        chosen=chosen or [],
        reason=reason,
        errors=errors or {},
        wording=wording,
    )


def _missing(chosen: list[str], reason: str) -> dict[str, str]:
    errors = {}
    if not chosen:
        errors["fields"] = _("Choose what you need to see.")
    if not reason.strip():
        errors["reason"] = _("Write why you need it.")
    elif len(reason) > vault.LONGEST_REASON:
        errors["reason"] = _("Write at most %(most)s characters.", most=vault.LONGEST_REASON)
    return errors


def _refusal(code: str) -> str:
    return {
        "too-many": _("A request of yours waits or runs already."),
        "bad-target": _("This is not held any more. Choose again."),
        "not-allowed": _("This is not possible: it has ended, or it is not yours to do."),
    }.get(code, wording.refusal(code))
