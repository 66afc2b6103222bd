"""Second factors of the officer, as one sets them up, and the way out.

Open to an officer whose second factor is due and not set yet: nothing else is.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

import segno
from flask import abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, logout_user

from feedback.extensions import limiter
from feedback.services import factors, officers, passkeys, sessions
from feedback.services.errors import Refused
from feedback.transaction import transaction
from feedback.web import wording
from feedback.web.edge import Audience, guarded

FAILURES = "10 per 5 minutes"
"""Wrong passwords and codes on these pages before a wait."""

blueprint = guarded("factors", __name__, audience=Audience.STAFF, enrolling=True)
wrong_ones_wait = limiter.limit(
    FAILURES,
    key_func=lambda: f"factors {current_user.officer_id}",
    deduct_when=lambda response: response.status_code == 422,
)


def site() -> passkeys.Site | None:
    """The site that passkeys are bound to; None where there can be none, as at a bare address.

    It comes from the settings and never from the request, but for this machine's own name.
    """
    parts = urlsplit(current_app.config["STAFF_URL"])
    here = urlsplit(request.host_url)
    if here.hostname == "localhost":
        parts = here
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return passkeys.Site(host, f"{parts.scheme}://{parts.netloc}")
    return None


def _page(problem: str = "", status: int = 200) -> ResponseReturnValue:
    user = current_user._get_current_object()
    with transaction():
        has = factors.of(user.officer_id)
        keys = passkeys.of(user.officer_id)
        where = site()
        offer = (
            passkeys.offer(user.officer_id, user.username, user.session_id, where) if where else ""
        )
    return render_template(
        "auth/factors.html",
        has=has,
        passkeys=keys,
        offer=offer,
        due=user.must_enrol,
        needed=bool(sessions.NEEDS_FACTOR & user.roles),
        problem=problem,
    ), status


def _checked_password(has: factors.Factors) -> None:
    """Whoever has a factor changes none without the password; Refused: wrong-password."""
    given = request.form.get("current", "")
    if has.any and not officers.has_password(current_user.officer_id, given):
        raise Refused("wrong-password")


def _changed(change: Callable[[], None]) -> ResponseReturnValue:
    """Make a change of the factors; other sessions end, and whoever has no printed codes yet sees
    new ones, once."""
    user = current_user._get_current_object()
    drawn: list[str] = []
    try:
        with transaction():
            _checked_password(factors.of(user.officer_id))
            change()
            sessions.end_all(user.officer_id, g.now, keep=user.session_id)
            has = factors.of(user.officer_id)
            if has.any and not has.codes_left:
                drawn = factors.new_recovery_codes(user.officer_id, g.now)
    except Refused as refused:
        return _page(wording.refusal(refused.code), 422)
    if drawn:
        return _codes_page(drawn)
    flash(_("Your second step is changed. Your other sessions have ended."), "success")
    return redirect(url_for("auth.factors.overview"), 303)


def _codes_page(drawn: list[str]) -> str:
    return render_template("auth/recovery_codes.html", codes=drawn)


@blueprint.get("/factors")
def overview() -> ResponseReturnValue:
    """What the officer logs in with beside the password."""
    return _page()


@blueprint.post("/factors/authenticator")
@wrong_ones_wait
def begin() -> ResponseReturnValue:
    """A new secret for an authenticator application."""
    user = current_user._get_current_object()
    try:
        with transaction():
            _checked_password(factors.of(user.officer_id))
            factors.begin(user.officer_id)
    except Refused as refused:
        return _page(wording.refusal(refused.code), 422)
    return redirect(url_for("auth.factors.authenticator"), 303)


def _authenticator_page(problem: str = "", status: int = 200) -> ResponseReturnValue:
    user = current_user._get_current_object()
    with transaction():
        secret = factors.pending(user.officer_id)
    if secret is None:
        return redirect(url_for("auth.factors.overview"))
    address = factors.address(user.username, secret)
    return render_template(
        "auth/authenticator.html",
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        picture=segno.make(address, error="m").svg_data_uri(scale=5, border=3),
        problem=problem,
    ), status


@blueprint.get("/factors/authenticator")
def authenticator() -> ResponseReturnValue:
    """The secret as a picture and in letters, and a field for the first code."""
    return _authenticator_page()


@blueprint.post("/factors/authenticator/confirm")
@wrong_ones_wait
def confirm() -> ResponseReturnValue:
    """The first code shows that the authenticator works: from now on it counts."""
    user = current_user._get_current_object()
    drawn: list[str] = []
    try:
        with transaction():
            factors.confirm(user.officer_id, request.form.get("code", "")[:40], g.now)
            sessions.end_all(user.officer_id, g.now, keep=user.session_id)
            if not factors.of(user.officer_id).codes_left:
                drawn = factors.new_recovery_codes(user.officer_id, g.now)
    except Refused as refused:
        if refused.code == "not-found":
            return redirect(url_for("auth.factors.overview"), 303)
        return _authenticator_page(wording.refusal(refused.code), 422)
    if drawn:
        return _codes_page(drawn)
    flash(_("Your second step is changed. Your other sessions have ended."), "success")
    return redirect(url_for("auth.factors.overview"), 303)


@blueprint.post("/factors/off")
@wrong_ones_wait
def switch_off() -> ResponseReturnValue:
    """The authenticator counts no more."""
    return _changed(lambda: factors.switch_off(current_user.officer_id, g.now))


@blueprint.post("/factors/codes")
@wrong_ones_wait
def recovery_codes() -> ResponseReturnValue:
    """New codes to print; the earlier ones work no more."""
    user = current_user._get_current_object()
    try:
        with transaction():
            has = factors.of(user.officer_id)
            if not has.any:
                abort(404)
            _checked_password(has)
            drawn = factors.new_recovery_codes(user.officer_id, g.now)
    except Refused as refused:
        return _page(wording.refusal(refused.code), 422)
    return _codes_page(drawn)


@blueprint.post("/factors/passkeys")
@wrong_ones_wait
def add_passkey() -> ResponseReturnValue:
    """Keep the passkey that the browser made."""
    user, where = current_user._get_current_object(), site()
    if where is None:
        abort(404)
    answer, name = request.form.get("answer", ""), request.form.get("name", "")
    return _changed(
        lambda: passkeys.add(user.officer_id, user.session_id, answer, name, where, g.now)
    )


@blueprint.post("/factors/passkeys/remove")
@wrong_ones_wait
def remove_passkey() -> ResponseReturnValue:
    """A passkey counts no more."""
    try:
        chosen = UUID(request.form.get("passkey", ""))
    except ValueError:
        abort(404)
    return _changed(lambda: passkeys.remove(current_user.officer_id, chosen, g.now))


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End this session: a copy of its cookie is void too."""
    user = current_user._get_current_object()
    with transaction():
        sessions.end(user.officer_id, user.session_id, g.now, "logout")
    g.cleared = True
    logout_user()
    language = session.get("lang")
    session.clear()
    if language:
        session["lang"] = language
    return redirect(url_for("auth.login"), 303)
