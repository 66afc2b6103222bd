"""How an officer is told: the mailbox, the hours of the lists, and what need not be told."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.extensions import limiter
from feedback.rules import notices as rules
from feedback.services import mailing, officer_mail, officer_phones, officers
from feedback.services.errors import Refused
from feedback.transaction import transaction
from feedback.web import wording
from feedback.web.account import FAILURES, blueprint
from feedback.web.account_phone import CHANGES

FIELDS = {
    "wrong-password": "current",
    "bad-mail": "address",
    "mail-off": "address",
    "too-soon": "address",
    "bad-hour": "hours",
    "wrong-code": "code",
    "gone": "code",
}
"""The field beside which a refusal is shown."""


def _problem(code: str) -> str:
    """Why a change was refused, and what to do."""
    return {
        "bad-mail": _("Write an email address such as asha@example.com."),
        "mail-off": _("No e-mail is sent from here. Ask the administrator."),
        "too-soon": _("A code was sent a moment ago. Wait two minutes for another."),
        "bad-hour": _("Choose one to three hours."),
        "wrong-code": _("This is not the code that was sent. Look at the newest e-mail."),
        "gone": _("The code is over. Begin anew."),
    }.get(code) or wording.refusal(code)


def _changed(act: str) -> str:
    """What a change did."""
    return {
        "begin": _("A code is on its way to your mailbox."),
        "confirm": _("The mailbox is confirmed. Lists come at the hours that you chose."),
        "hours": _("The hours of the list are set."),
        "remove": _("The mailbox is removed. The desk tells you all the same."),
        "choose": _("Your choice is kept."),
    }[act]


def _page(errors: dict[str, str], act: str = "") -> ResponseReturnValue:
    with transaction():
        mailbox = officer_mail.of(current_user.officer_id, g.now)
        phone = officer_phones.of(current_user.officer_id, g.now)
        unwanted = officer_mail.unwanted()
    page = render_template(
        "auth/told.html",
        mailbox=mailbox,
        phone=phone,
        mail_is_on=mailing.is_on(),
        hours=[(str(hour), f"{hour:02}:00") for hour in rules.HOURS],
        most=rules.MOST_HOURS,
        kinds=[(kind, wording.notice(kind)) for kind in sorted(rules.OPTIONAL)],
        duties=[wording.notice(kind) for kind in sorted(rules.URGENT)],
        unwanted=unwanted,
        given=request.form,
        chosen=request.form.getlist("hours"),
        act=act,
        errors=errors,
    )
    return page, 422 if errors else 200


@blueprint.get("/account/told")
def told() -> ResponseReturnValue:
    """By which ways the officer is told, and what of it is a choice."""
    return _page({})


def _begin() -> None:
    # Whoever finds an open session sends no lists elsewhere by it.
    if not officers.has_password(current_user.officer_id, request.form.get("current", "")):
        raise Refused("wrong-password")
    officer_mail.begin(request.form.get("address", ""), g.now)


def _confirm() -> None:
    """A wrong code is counted, so that its transaction is kept."""
    with transaction():
        fits = officer_mail.confirm(request.form.get("code", ""), g.now)
    if not fits:
        raise Refused("wrong-code")


def _hours() -> None:
    typed = request.form.getlist("hours")
    if not all(hour.isdecimal() and len(hour) < 3 for hour in typed):
        raise Refused("bad-hour")
    officer_mail.set_hours([int(hour) for hour in typed], g.now)


def _choose() -> None:
    wanted = set(request.form.getlist("wanted"))
    officer_mail.choose(rules.OPTIONAL - wanted, g.now)


ACTS: dict[str, Callable[[], None]] = {
    "begin": _begin,
    "hours": _hours,
    "remove": lambda: officer_mail.remove(g.now),
    "choose": _choose,
}


@blueprint.post("/account/told/<act>")
@limiter.limit(
    FAILURES,
    key_func=lambda: f"mail {current_user.officer_id}",
    deduct_when=lambda response: response.status_code == 422,
)
@limiter.limit(
    CHANGES,
    key_func=lambda: f"mail changes {current_user.officer_id}",
    deduct_when=lambda response: response.status_code == 303,
)
def change_told(act: str) -> ResponseReturnValue:
    """One change of how the officer is told."""
    if act != "confirm" and act not in ACTS:
        abort(404)
    try:
        if act == "confirm":
            _confirm()
        else:
            with transaction():
                ACTS[act]()
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        field = FIELDS.get(refused.code, "")
        return _page({field: _problem(refused.code)}, act)
    flash(_changed(act), "success")
    return redirect(url_for("auth.account.told"), 303)
