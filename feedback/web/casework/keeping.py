"""Nothing typed is lost: drafts, pages of sessions that have ended, and who else is on the case.

Each form says to whom its page was given, under a signature. So what is posted from it is kept for
that officer when the session has ended, and never shown to another who logged in meanwhile.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import abort, current_app, flash, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeSerializer

from feedback.services import case_versions, drafts, lines, listing, presence, views
from feedback.services.errors import Refused
from feedback.transaction import Principal, transaction
from feedback.web import wording
from feedback.web.formats import moment

LOGIN = Principal("login")
FRAME = frozenset({"csrf_token", "seen", "writer", "draft", "from", "keep", "find"})
"""Fields of a form that nobody types."""


# To whom a page was given


def writer() -> str:
    """For a form: the present officer and session, under a signature."""
    mark = drafts.session_mark(current_user.session_id)
    return str(_serializer().dumps([current_user.officer_id, mark]))


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="writer")


def _writer() -> tuple[int, str] | None:
    try:
        officer_id, session = _serializer().loads(request.form.get("writer", ""))
    except BadSignature:
        return None
    return int(officer_id), str(session)


def is_ours() -> bool:
    """Whether the form is of a page that this site gave to some officer."""
    return _writer() is not None


def of_another() -> bool:
    """Whether the page of this form was given to another officer than the present one."""
    who = _writer()
    return who is not None and who[0] != current_user.officer_id


def admit() -> None:
    """Stop at a forged form. One whose token is merely too old comes from a page that was given to
    this officer: the caller gives it back."""
    who = _writer()
    if g.csrf_failed and (who is None or who[0] != current_user.officer_id):
        abort(400)


def put_aside(reference: str, verb: str) -> bool:
    """Keep what was typed for the officer to whom the page was given; answers whether it is kept.
    The present principal, whoever that is, reads nothing of it."""
    who, fields = _writer(), typed()
    if who is None or not fields.get("body", "").strip():
        return False
    try:
        with transaction(LOGIN):
            return drafts.keep(*who, reference, verb, fields, g.now)
    except Refused:
        return False


# Addresses


def listed() -> str:
    """The list from which the officer came, as the address or the form carries it."""
    name = request.values.get("from", "")
    return name if name in listing.SCOPES else ""


def address(base: str, reference: str, **more: str) -> str:
    """The page of a case, with the list from which the officer came."""
    query = {name: value for name, value in {"from": listed(), **more}.items() if value}
    return f"{base}/case/{reference}" + (f"?{urlencode(query)}" if query else "")


# Drafts


def visible(reference: str) -> bool:
    """Whether the officer sees the case still: who hands one on may lose sight of it by that."""
    try:
        with transaction():
            views.case_id_of(reference)
    except Refused:
        return False
    return True


def typed() -> dict[str, str]:
    """The fields of the form as they were typed."""
    fields = {k: v for k, v in request.form.items() if k not in FRAME}
    return {k: v.replace("\r\n", "\n").replace("\x00", "") for k, v in fields.items()}


def save(base: str, reference: str, verb: str) -> ResponseReturnValue | None:
    """Save the draft of a verb; None: the same officer saved other words elsewhere, and the page
    is shown with both."""
    fields, version = typed(), request.form.get("draft", 0, type=int)
    try:
        with transaction():
            case_id = views.case_id_of(reference)
            if fields.get("body", "").strip():
                version = drafts.save(case_id, verb, fields, version, g.now)
            else:
                drafts.forget(case_id, verb)
                version = 0
    except drafts.Elsewhere as elsewhere:
        return _other_words(elsewhere.draft) if by_script() else None
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        answer = {"error": wording.refusal("too-long")}
        return (jsonify(answer), 422) if by_script() else abort(413)
    if by_script():
        return jsonify(said=saved_at() if version else "", draft=version, token=generate_csrf())
    flash(_("The draft is saved. You alone see it."), "success")
    return redirect(f"{address(base, reference, open=verb)}#{verb}", 303)


def saved_at() -> str:
    """When a draft was saved, in words."""
    return _("Draft saved, %(moment)s", moment=moment(g.now))


def _other_words(draft: drafts.Saved) -> ResponseReturnValue:
    said = _(
        "You saved other words in another window, %(moment)s. They stand below; nothing was "
        "overwritten.",
        moment=moment(draft.at),
    )
    other: dict[str, Any] = {
        "error": said,
        "words": draft.fields.get("body", ""),
        "draft": draft.version,
    }
    return jsonify(other), 409


def by_script() -> bool:
    """Whether the page's script asks, and not a form by itself."""
    return request.accept_mimetypes.best == "application/json"


# Who else is here


def heard(reference: str) -> ResponseReturnValue:
    """The page's script says that it is still open, or is being left; answers who else is there
    and whether the case has changed."""
    try:
        with transaction():
            case_id = views.case_id_of(reference)
            changed = case_versions.of(case_id) != request.form.get("seen", "")
    except Refused:
        abort(404)
    if "left" in request.form:
        presence.gone(case_id)
        return "", 204
    others = names(presence.here(case_id, g.now, presence.HEARD))
    return jsonify(
        others=also_here(others),
        changed=_("The case has changed since you opened it. Nothing of yours is lost.")
        if changed
        else "",
    )


def names(officers: set[int]) -> list[str]:
    """Names of the officers who have the case open as well."""
    if not officers:
        return []
    with transaction():
        return sorted(lines.officer_names({*officers}).values())


def also_here(others: list[str]) -> str:
    """Who else has the case open, in one sentence; empty where nobody has."""
    if not others:
        return ""
    return _("Open at this moment also with: %(names)s", names=", ".join(others))
