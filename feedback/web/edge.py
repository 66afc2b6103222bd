"""What every request passes: who may call, language, forgery check, headers, errors.

Default deny: a route is served only when its blueprint was made by `guarded`, which says for whom
it is. A test walks all routes and all roles.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import structlog
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_limiter import Limiter, RateLimitExceeded
from flask_login import LoginManager, current_user, logout_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import BadHost, BadRequest, HTTPException

from feedback import clock, transaction
from feedback.services import sessions
from feedback.services.sessions import StaffUser
from feedback.transaction import Principal
from feedback.web import bodies, formats, hosts

LANGUAGES = ("sw", "en")
COMPRESS_FROM = 1_000  # bytes; smaller answers fit one packet anyway
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class SignedSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, by a hash that is still recommended."""

    digest_method = staticmethod(hashlib.sha256)


class Audience(Enum):
    """For whom a blueprint is."""

    CITIZEN = "citizen"
    STAFF = "staff"
    GATEWAY = "gateway"
    OPERATIONS = "operations"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may call the routes of a blueprint: an audience, and for staff one of the roles.

    `enrolling`: open as well to an officer whose second factor is due and not set yet.
    """

    audience: Audience
    roles: frozenset[str]
    enrolling: bool = False


def guarded(
    name: str,
    import_name: str,
    *,
    audience: Audience,
    roles: Iterable[str] = (),
    enrolling: bool = False,
    url_prefix: str | None = None,
) -> Blueprint:
    """A blueprint that declares who may call it; any other is refused at every request."""
    blueprint = Blueprint(name, import_name, url_prefix=url_prefix)
    blueprint.rule = Rule(audience, frozenset(roles), enrolling)  # type: ignore[attr-defined]
    return blueprint


View = TypeVar("View", bound=Callable[..., Any])


def gives_back(lost: Callable[[], str | None]) -> Callable[[View], View]:
    """Mark an officers' view whose form is never lost. With a forgery token that is too old it is
    called all the same, with `g.csrf_failed` set, and performs nothing then. Where nobody is
    logged in any more, `lost` is asked instead: it puts aside what was typed, for whom it was
    typed by, and answers where the login then leads (None: to the officer's own first page)."""

    def mark(view: View) -> View:
        view.when_lost = lost  # type: ignore[attr-defined]
        return view

    return mark


def unattended(view: View) -> View:
    """Mark a view that a page calls by itself: nobody need be there, and no session lives longer
    by it."""
    view.unattended = True  # type: ignore[attr-defined]
    return view


def _marked(mark: str) -> Any:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, mark, None)


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """The rule of an endpoint; None for one that nobody may call."""
    blueprint = app.blueprints.get(endpoint.rpartition(".")[0])
    return getattr(blueprint, "rule", None)


def init_app(
    app: Flask, babel: Babel, csrf: CSRFProtect, limiter: Limiter, login_manager: LoginManager
) -> None:
    """Bind everything that stands around the views."""
    app.session_interface = SignedSessions()
    babel.init_app(app, locale_selector=_locale, timezone_selector=lambda: None)
    csrf.init_app(app)
    limiter.init_app(app)
    login_manager.init_app(app)
    login_manager.user_loader(_load_user)
    login_manager.session_protection = None  # sessions stand in the database
    formats.init_app(app)
    app.request_class = bodies.Request
    app.before_request(_admit)
    app.after_request(_headers)
    app.after_request(_compress)
    app.teardown_request(_leave)
    app.url_defaults(_static_version)
    app.register_error_handler(HTTPException, _error_page)
    app.register_error_handler(RateLimitExceeded, _error_page)
    app.register_error_handler(Exception, _crash)
    app.jinja_env.globals.update(citizens=hosts.citizens, are_apart=hosts.are_apart)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _locale() -> str:
    wanted = getattr(g, "language", None)
    if wanted is None:
        wanted = session.get("lang", "sw") if request else "sw"
    return wanted if wanted in LANGUAGES else "sw"


def _admit() -> ResponseReturnValue | None:
    g.now = clock.now()
    g.csrf_failed = False
    transaction.enter(transaction.NOBODY)
    if not hosts.is_known(request.host, request.endpoint):
        abort(400)
    if request.endpoint is None:
        return None  # 404 or 405, raised by the dispatch
    if request.endpoint == "static":
        return None
    rule = rule_of(current_app, request.endpoint)
    if rule is None:
        abort(403)
    elsewhere = _of_the_other_side(rule, request.endpoint)
    if elsewhere is not None:
        return elsewhere
    bodies.admit()
    if request.args.get("lang") in LANGUAGES:
        session["lang"] = request.args["lang"]
    if rule.audience is Audience.STAFF:
        refused = _admit_staff(rule)
        if refused is not None:
            return refused
    if request.method not in ("GET", "HEAD", "OPTIONS") and rule.audience in (
        Audience.STAFF,
        Audience.CITIZEN,
    ):
        _check_forgery(rule)
    return None


def _of_the_other_side(rule: Rule, endpoint: str) -> ResponseReturnValue | None:
    """Where citizens and officers have a name each, a page of the one is not there under the
    other's; whoever types the officers' name alone is led to their login."""
    staff = rule.audience is Audience.STAFF or endpoint.startswith("auth.")
    if rule.audience is Audience.OPERATIONS or hosts.serves(request.host, staff=staff):
        return None
    if request.path != "/":
        abort(404)
    return redirect(url_for("auth.login"))


def _admit_staff(rule: Rule) -> ResponseReturnValue | None:
    user = current_user
    if not user.is_authenticated:
        if session.get("_user_id"):
            logout_user()
        target = request.full_path.rstrip("?") if request.method == "GET" else None
        lost = _marked("when_lost")
        if request.method == "POST" and lost is not None:
            target = lost()
        return redirect(url_for("auth.login", next=target))
    transaction.enter(Principal.of_officer(user.officer_id))
    if sessions.is_due(user, g.now) and not _marked("unattended"):
        with transaction.transaction():
            sessions.touch(user.session_id, g.now)
    if user.must_enrol and not rule.enrolling:
        return redirect(url_for("auth.factors.overview"))
    if rule.roles and not rule.roles & user.roles:
        abort(403)
    return None


def _check_forgery(rule: Rule) -> None:
    """Whose form is too old gets it back with every word; the view sees the flag."""
    from feedback.extensions import csrf

    try:
        csrf.protect()
    except CSRFError:
        if rule.audience is Audience.STAFF and not _marked("when_lost"):
            raise
        g.csrf_failed = True


def _load_user(identifier: str) -> StaffUser | None:
    """The officer of the cookie, if the session in it has not ended."""
    number, _, session_id = identifier.partition(".")
    if not (number.isdecimal() and len(number) < 10 and re.fullmatch("[0-9a-f]{32}", session_id)):
        return None
    transaction.enter(Principal.of_officer(int(number)))
    user = sessions.user(int(number), UUID(session_id), g.now)
    if user is None:
        transaction.enter(transaction.NOBODY)
    return user


def _leave(_error: BaseException | None) -> None:
    transaction.leave()


def _static_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and "filename" in values and "v" not in values:
        values["v"] = _fingerprint(values["filename"])


def _fingerprint(filename: str) -> str:
    """Changes with the file, so that a year in the browser's cache is safe."""
    known: dict[str, str] = current_app.extensions.setdefault("static-versions", {})
    if filename not in known or current_app.debug:
        path = Path(current_app.static_folder or "") / filename
        content = path.read_bytes() if path.is_file() else b""
        known[filename] = hashlib.sha256(content).hexdigest()[:8]
    return known[filename]


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=(), payment=(), usb=()"
    if g.get("cleared"):
        # What a page that is left behind could still be read from, on a device that others use.
        headers["Clear-Site-Data"] = '"cache", "storage"'
    if request.endpoint == "static":
        headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if "v" in request.args else "no-cache"
        )
    else:
        headers.setdefault("Cache-Control", "no-store")
    if current_app.config["SESSION_COOKIE_SECURE"]:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response


def _compress(response: Response) -> Response:
    """Small pages for slow lines. Forgery tokens are masked anew in each page, so that the
    compressed length tells nothing about them."""
    if (
        response.status_code not in (200, 422)
        or not request.accept_encodings["gzip"]
        or "Content-Encoding" in response.headers
        or not (response.mimetype or "").startswith(("text/", "image/svg", "application/json"))
    ):
        return response
    if request.endpoint == "static":
        response.direct_passthrough = False
    data = response.get_data()
    if len(data) >= COMPRESS_FROM:
        response.set_data(gzip.compress(data, compresslevel=5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
    return response


def _error_page(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, HTTPException) and error.response is not None:
        return error
    code = error.code or 500
    _log_refusal(code, type(error).__name__)
    page = code if code in (400, 403, 404, 413, 429, 500, 503) else (500 if code >= 500 else 400)
    # For a host that is no name no address can be built, and so no page.
    bare = isinstance(error, BadHost)
    if bare or request.path.startswith(("/hooks/", "/health/", "/metrics")):
        return Response(f"{code}\n", status=code, mimetype="text/plain")
    return render_template(f"errors/{page}.html"), code


def _log_refusal(code: int, error: str) -> None:
    """Whoever was turned away, for those who watch: the endpoint and the officer's number, and
    nothing that was typed. A page that is not there counts where an officer asked for it."""
    officer = transaction.current().officer
    if code in (400, 403, 413, 429) or (code == 404 and officer is not None):
        structlog.get_logger().warning(
            "refused", status=code, error=error, endpoint=request.endpoint, officer=officer
        )


def _crash(error: Exception) -> ResponseReturnValue:
    """A bug: its class and place go to the log, nothing of it to the page."""
    if isinstance(error, DataError):
        # A value that no column can hold: a number too large, a character PostgreSQL refuses.
        return _error_page(BadRequest())
    if current_app.config.get("PROPAGATE_CRASHES"):
        raise error
    structlog.get_logger().error("crash", endpoint=request.endpoint, exc_info=error)
    code = 503 if isinstance(error, OperationalError) else 500
    if request.path.startswith(("/hooks/", "/health/", "/metrics")):
        return Response(f"{code}\n", status=code, mimetype="text/plain")
    return render_template(f"errors/{code}.html"), code
