"""The login of officers in its steps, and what frames every page behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import abort, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_user

from feedback import models as m
from feedback.rules.access import LOOKING
from feedback.rules.notices import OF_A_POST
from feedback.services import (
    audit,
    delays,
    factors,
    notices,
    officers,
    passkeys,
    sessions,
)
from feedback.services.errors import Refused
from feedback.transaction import Principal, transaction
from feedback.web import account_notices, browsers, enrolment, wording
from feedback.web.edge import Audience, guarded

LOGIN = Principal("login")

# The login page is open to everybody; what follows it is not.
blueprint = guarded("auth", __name__, audience=Audience.CITIZEN, url_prefix="/staff")

PLACES = (
    ({"oversight"}, "/oversight"),
    ({"handler", "coordinator", "head"}, "/desk"),
    ({"ethics"}, "/ethics"),
    ({"admin", "auditor"}, "/admin"),
    ({"registry"}, "/desk/register"),
)
"""Where officers work, by role; the first that fits is where a login leads."""
WATCHING = frozenset({"head", "admin"})
"""Who is told on every page that the system's own work stands still."""
DECIDING = frozenset({"head", "oversight", "ethics", "admin"})
"""Who may be asked to approve a grant; the database says for each one who it is."""


def landing(roles: Collection[str]) -> str:
    """The page an officer of these roles begins with."""
    return next((place for fits, place in PLACES if fits & set(roles)), "/staff/account")


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


def _minutes(wait: timedelta) -> int:
    return max(1, math.ceil(wait.total_seconds() / 60))


def _wait_message(wait: timedelta) -> str:
    return _(
        "Too many wrong attempts. Minutes to wait before the next: %(minutes)s.",
        minutes=_minutes(wait),
    )


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
def enter() -> ResponseReturnValue:
    """Check name and password; an earlier session of this browser ends with it."""
    if g.csrf_failed:
        return _login_page(_("The page was open for too long. Please log in once more.")), 400
    username = request.form.get("username", "")[: officers.LONGEST_USERNAME]
    watch = delays.at_login(username, get_remote_address(), browsers.known(username))
    earlier = current_user._get_current_object() if current_user.is_authenticated else None
    with transaction(LOGIN):
        wait = delays.waiting(watch, g.now)
        found = None
        if not wait:
            found = officers.login(username, request.form.get("password", ""), g.now)
            (delays.succeeded if found else delays.failed)(watch, g.now)
        if found:
            device = sessions.device_of(request.headers.get("User-Agent", ""))
            number = sessions.start(
                found.officer_id, proven=not found.factors.any, device=device, now=g.now
            )
    if wait:
        return _login_page(_wait_message(wait)), 429
    if found is None:
        return _login_page(_("Name and password do not fit. Check both and try again.")), 422
    if earlier is not None:
        with transaction(Principal.of_officer(earlier.officer_id)):
            sessions.end(earlier.officer_id, earlier.session_id, g.now, "logout")
    language = session.get("lang", found.language)
    session.clear()  # nothing that was set before the login counts after it
    session["lang"] = language
    if found.factors.any:
        session["half"] = number.hex
        target = safe_next(request.form.get("next"))
        return redirect(url_for("auth.second_step", next=target), 303)
    return _welcome(found.officer_id, number)


def _welcome(officer_id: int, session_id: UUID) -> ResponseReturnValue:
    """The officer is in: the cookie, and on to where the login was meant to lead."""
    with transaction(Principal.of_officer(officer_id)):
        user = sessions.user(officer_id, session_id, g.now)
    if user is None:
        abort(403)
    session.pop("half", None)
    session.permanent = True
    login_user(user)
    response = make_response(
        redirect(safe_next(request.form.get("next")) or landing(user.roles), 303)
    )
    browsers.remember(response, user.username)
    return response


def _half_way() -> m.StaffSession | None:
    """The login of this browser that waits for its second step (in a login's transaction)."""
    kept = str(session.get("half", ""))
    return sessions.half_way(UUID(kept), g.now) if kept else None


def _anew() -> ResponseReturnValue:
    session.pop("half", None)
    return redirect(url_for("auth.login", next=safe_next(request.values.get("next"))), 303)


def _second_page(problem: str = "", status: int = 200) -> ResponseReturnValue:
    with transaction(LOGIN):
        half = _half_way()
        if half is None:
            return _anew()
        has = factors.of(half.officer_id)
        site = enrolment.site() if has.passkeys else None
        options = passkeys.ask(half.officer_id, half.id, site) if site else ""
    return render_template(
        "auth/second_step.html",
        has=has,
        options=options,
        next=safe_next(request.values.get("next")) or "",
        problem=problem,
    ), status


@blueprint.get("/login/code")
def second_step() -> ResponseReturnValue:
    """The second step: a code, or a passkey where this browser has one."""
    return _second_page()


@blueprint.post("/login/code")
def enter_code() -> ResponseReturnValue:
    """Check the code of the authenticator, or a recovery code."""
    return _second_answer(lambda half: factors.check(half.officer_id, _typed_code(), g.now))


def _typed_code() -> str:
    return request.form.get("code", "")[:40]


@blueprint.post("/login/passkey")
def enter_passkey() -> ResponseReturnValue:
    """Check what the passkey signed."""
    site = enrolment.site()

    def signed(half: m.StaffSession) -> bool:
        answer = request.form.get("answer", "")
        return site is not None and passkeys.check(half.officer_id, half.id, answer, site, g.now)

    return _second_answer(signed)


def _second_answer(right: Callable[[m.StaffSession], bool]) -> ResponseReturnValue:
    if g.csrf_failed:
        return _second_page(_("The page was open for too long. Please try once more."), 400)
    with transaction(LOGIN):
        half = _half_way()
        if half is None:
            return _anew()
        watch = delays.at_code(half.officer_id)
        wait = delays.waiting(watch, g.now)
        proven = not wait and right(half)
        if proven:
            delays.succeeded(watch, g.now)
            sessions.prove(half.id, half.officer_id, g.now)
        elif not wait:
            delays.failed(watch, g.now)
            audit.record("login_refused", now=g.now, officer=half.officer_id)
        officer_id, number = half.officer_id, half.id
    if proven:
        return _welcome(officer_id, number)
    if wait:
        return _second_page(_wait_message(wait), 429)
    return _second_page(_("This code does not fit, or was used already. Try the next one."), 422)


# A one-time code


def _code_page(problem: str = "", errors: dict[str, str] | None = None) -> str:
    return render_template(
        "auth/one_time_code.html",
        username=request.form.get("username", ""),
        problem=problem,
        errors=errors or {},
    )


@blueprint.get("/code")
def one_time_code() -> ResponseReturnValue:
    """The form for an officer who was given a one-time code."""
    return _code_page()


@blueprint.post("/code")
def redeem() -> ResponseReturnValue:
    """Set a password by a one-time code; the login follows."""
    if g.csrf_failed:
        return _code_page(_("The page was open for too long. Please try once more.")), 400
    username = request.form.get("username", "")[: officers.LONGEST_USERNAME]
    wanted = request.form.get("password", "")
    if wanted != request.form.get("again", ""):
        return _code_page(errors={"again": wording.refusal("password-differs")}), 422
    watch = delays.at_login(f"code {username}", get_remote_address(), None)
    try:
        with transaction(LOGIN):
            wait = delays.waiting(watch, g.now)
            found = None
            if not wait:
                found = officers.redeem(username, _typed_code(), wanted, g.now)
                (delays.succeeded if found else delays.failed)(watch, g.now)
    except Refused as refused:
        return _code_page(errors={"password": wording.refusal(refused.code)}), 422
    if wait:
        return _code_page(_wait_message(wait)), 429
    if found is None:
        message = _("Name and code do not fit, or the code was used or is too old.")
        return _code_page(message), 422
    session["password_changed"] = True
    return redirect(url_for("auth.login"), 303)


# What frames every page behind the login


def case_url(reference: str) -> str:
    """Where the present officer opens a case."""
    base = landing(current_user.roles)
    return f"{base if base in ('/oversight', '/ethics') else '/desk'}/case/{reference}"


def notice_url(kind: str, reference: str) -> str:
    """Where a notice of a case leads: what is told to a post, to what the post may do about it."""
    if kind in OF_A_POST and LOOKING & current_user.roles:
        return f"/oversight/case/{reference}"
    return case_url(reference)


def staff_nav() -> list[tuple[str, str, bool]]:
    """The main menu behind the login, by role: (label, address, whether it is the present one)."""
    if not current_user.is_authenticated or current_user.must_enrol:
        return []
    return [(label, url, _stands_under(url)) for label, url in _nav_items(current_user.roles)]


def _nav_items(roles: frozenset[str]) -> Iterable[tuple[str, str]]:
    if roles & {"handler", "coordinator", "head"}:
        yield _("Desk"), "/desk"
    elif "registry" in roles:
        yield _("Paper and telephone"), "/desk/register"
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
    if roles & DECIDING:
        yield _("Approvals"), "/staff/approvals"
    yield _("My account"), "/staff/account"


def _stands_under(url: str) -> bool:
    return request.path == url or request.path.startswith(f"{url}/")


def _unread() -> int:
    """Unread notices, asked for once in a request."""
    if "unread" not in g:
        with transaction():
            g.unread = notices.unread()
    return int(g.unread)


def jobs_behind() -> int:
    """How many jobs are silent or fail, for those who are told: where no worker runs only the web
    can tell them."""
    if not current_user.is_authenticated or not current_user.roles & WATCHING:
        return 0
    return int(current_user.jobs_behind)


@blueprint.app_context_processor
def _frame() -> dict[str, Any]:
    """What staff_base.html takes from everywhere."""
    name = current_user.name if current_user.is_authenticated else ""
    return {
        "staff_nav": staff_nav,
        "officer_name": name,
        "case_url": case_url,
        "notice_url": notice_url,
        "jobs_behind": jobs_behind,
    }


# The modules of the account's pages give their routes to the one blueprint.
blueprint.register_blueprint(account_notices.blueprint)
blueprint.register_blueprint(enrolment.blueprint)
