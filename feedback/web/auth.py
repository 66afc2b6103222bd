"""Login, logout and password of officers, and what frames every page behind the login."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Response,
    abort,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_limiter import RequestLimit
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_user, logout_user

from feedback.extensions import limiter
from feedback.services import notices, officers
from feedback.services.errors import Refused
from feedback.transaction import Principal, transaction
from feedback.web import wording
from feedback.web.edge import Audience, guarded

FAILURES = "5 per 5 minutes"
"""Wrong passwords for one name from one address before a wait."""

# The login page is open to everybody; what follows it is not.
blueprint = guarded("auth", __name__, audience=Audience.CITIZEN, url_prefix="/staff")
account = guarded("account", __name__, audience=Audience.STAFF)

PLACES = (
    ({"oversight"}, "/oversight"),
    ({"handler", "coordinator", "head"}, "/desk"),
    ({"ethics"}, "/ethics"),
    ({"admin", "auditor"}, "/admin"),
)
"""Where officers work, by role; the first that fits is where a login leads."""


def landing(roles: Collection[str]) -> str:
    """The page an officer of these roles begins with."""
    return next((place for fits, place in PLACES if fits & set(roles)), "/staff/password")


def safe_next(target: str | None) -> str | None:
    """A path of this site that a login may lead to; None for anything else.

    A browser reads a backslash as a slash and drops control characters, so both are refused.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if "\\" in target or any(ord(character) < 32 for character in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def _limit_key() -> str:
    """Name and address together; hashed, for a password may be typed into the wrong field."""
    name = request.form.get("username", "").strip().lower()
    return hashlib.sha256(f"{name}\n{get_remote_address()}".encode()).hexdigest()[:32]


def _failed(response: Response) -> bool:
    return response.status_code == 422


def _limited(limit: RequestLimit) -> Response:
    minutes = max(1, math.ceil((limit.reset_at - g.now.timestamp()) / 60))
    message = _(
        "Too many wrong attempts with this name. Minutes to wait before the next: %(minutes)s.",
        minutes=minutes,
    )
    return make_response(_login_page(message), 429)


def _login_page(problem: str = "") -> str:
    return render_template(
        "auth/login.html",
        username=request.form.get("username", ""),
        next=safe_next(request.values.get("next")) or "",
        problem=problem,
    )


@blueprint.get("/login")
def login() -> ResponseReturnValue:
    """The form; who is logged in already goes on."""
    if current_user.is_authenticated:
        return redirect(safe_next(request.args.get("next")) or landing(current_user.roles))
    return _login_page()


@blueprint.post("/login")
@limiter.limit(FAILURES, key_func=_limit_key, deduct_when=_failed, on_breach=_limited)
def enter() -> ResponseReturnValue:
    """Check name and password; an earlier session of this browser ends either way."""
    if g.csrf_failed:
        return _login_page(_("The page was open for too long. Please log in once more.")), 400
    with transaction(Principal("login")):
        user = officers.login(
            request.form.get("username", ""), request.form.get("password", ""), g.now
        )
    if user is None:
        return _login_page(_("Name and password do not fit. Check both and try again.")), 422
    language = session.get("lang", user.language)
    session.clear()  # nothing that was set before the login counts after it
    session["lang"] = language
    session.permanent = True
    login_user(user)
    return redirect(safe_next(request.form.get("next")) or landing(user.roles), 303)


@account.post("/logout")
def logout() -> ResponseReturnValue:
    """End this session and every other one of the officer: a copied cookie is void too."""
    with transaction():
        officers.end_sessions(current_user.officer_id, g.now)
    logout_user()
    _begin_anew()
    return redirect(url_for("auth.login"), 303)


@account.get("/password")
def password() -> ResponseReturnValue:
    """The form for a new password."""
    return render_template("auth/password.html", errors={})


@account.post("/password")
@limiter.limit(FAILURES, key_func=lambda: str(current_user.officer_id), deduct_when=_failed)
def change_password() -> ResponseReturnValue:
    """Set a new password; every session ends, and the new password opens the next one."""
    errors: dict[str, str] = {}
    wanted = request.form.get("password", "")
    user = current_user._get_current_object()
    if wanted != request.form.get("again", ""):
        errors["again"] = _("The two entries differ. Write the new password twice.")
    if not errors:
        errors = _set_password(user, request.form.get("current", ""), wanted)
    if errors:
        return render_template("auth/password.html", errors=errors), 422
    logout_user()
    _begin_anew()
    session["password_changed"] = True
    return redirect(url_for("auth.login"), 303)


def _set_password(user: officers.StaffUser, present: str, wanted: str) -> dict[str, str]:
    with transaction(Principal("login")):
        right = officers.login(user.username, present, g.now) is not None
    if not right:
        return {"current": _("This is not your present password.")}
    try:
        with transaction():
            officers.change_password(user.officer_id, wanted, g.now)
    except Refused:
        return {
            "password": _(
                "Use at least %(shortest)s characters.", shortest=officers.SHORTEST_PASSWORD
            )
        }
    return {}


def _begin_anew() -> None:
    language = session.get("lang")
    session.clear()
    if language:
        session["lang"] = language


@account.get("/notices")
def notice_list() -> ResponseReturnValue:
    """What the officer should know, unread first."""
    with transaction():
        rows = notices.latest()
        g.unread = notices.unread()
    return render_template(
        "auth/notices.html",
        notices=rows,
        unread=g.unread,
        latest=max((row.at for row in rows), default=g.now).isoformat(),
        case_url=case_url,
        wording=wording,
    )


@account.post("/notices")
def read_notices() -> ResponseReturnValue:
    """Mark what was shown as read; what came meanwhile stays new."""
    try:
        upto = datetime.fromisoformat(request.form.get("upto", ""))
    except ValueError:
        abort(400)
    if upto.tzinfo is None:
        abort(400)
    with transaction():
        notices.mark_read(upto)
    return redirect(url_for("auth.account.notice_list"), 303)


@account.get("/look")
def look() -> ResponseReturnValue:
    """The living page: every component of the pages, for those who build further."""
    return render_template("look.html")


def case_url(reference: str) -> str:
    """Where the present officer opens a case."""
    base = landing(current_user.roles)
    return f"{'/desk' if base == '/admin' else base}/case/{reference}"


def staff_nav() -> list[tuple[str, str, bool]]:
    """The main menu behind the login, by role: (label, address, whether it is the present one)."""
    if not current_user.is_authenticated:
        return []
    return [(label, url, _stands_under(url)) for label, url in _nav_items(current_user.roles)]


def _nav_items(roles: frozenset[str]) -> Iterable[tuple[str, str]]:
    if roles & {"handler", "coordinator", "head"}:
        yield _("Desk"), "/desk"
    if roles & {"head", "oversight"}:
        yield _("Oversight"), "/oversight"
    if roles & {"head", "oversight"}:
        yield _("Extracts"), "/extracts"
    if "ethics" in roles:
        yield _("Ethics"), "/ethics"
    if roles & {"admin", "auditor"}:
        yield _("Administration"), "/admin"
    unread = _unread()
    yield (
        _("Notices (%(unread)s)", unread=unread) if unread else _("Notices"),
        "/staff/notices",
    )
    yield _("Password"), "/staff/password"


def _stands_under(url: str) -> bool:
    return request.path == url or request.path.startswith(f"{url}/")


def _unread() -> int:
    """Unread notices, asked for once in a request."""
    if "unread" not in g:
        with transaction():
            g.unread = notices.unread()
    return int(g.unread)


@blueprint.app_context_processor
def _frame() -> dict[str, Any]:
    """What staff_base.html takes from everywhere."""
    name = current_user.name if current_user.is_authenticated else ""
    return {"staff_nav": staff_nav, "officer_name": name}


blueprint.register_blueprint(account)
