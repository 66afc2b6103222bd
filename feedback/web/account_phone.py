"""The officer's phone: register a number and a PIN, confirm it, choose the list of the day."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.extensions import limiter
from feedback.services import officer_phones, officers
from feedback.services.errors import Refused
from feedback.transaction import transaction
from feedback.web import wording
from feedback.web.account import FAILURES, blueprint

CHANGES = "20 per hour"
"""Changes of one officer's phone, codes sent among them, before a wait."""
FIELDS = {
    "wrong-password": "current",
    "bad-number": "number",
    "too-soon": "number",
    "number-taken": "number",
    "bad-pin": "pin",
    "pin-differs": "again",
    "bad-hour": "hour",
    "wrong-code": "code",
    "gone": "code",
}
"""The field beside which a refusal is shown."""


def _problem(code: str) -> str:
    """Why a change was refused, and what to do."""
    return {
        "bad-number": _(
            "Give a number that begins with %(prefixes)s, such as 0712 345 678.",
            prefixes=", ".join(current_app.config["SMS_PREFIXES"]),
        ),
        "too-soon": _("A code was sent a moment ago. Wait two minutes for another."),
        "number-taken": _("Another officer has confirmed this number. Choose another."),
        "bad-pin": _("Use six digits that are not all the same and no row such as 123456."),
        "pin-differs": _("The two entries differ. Write the PIN twice."),
        "bad-hour": _("Choose one of the hours offered."),
        "wrong-code": _("This is not the code that was sent. Look at the newest SMS."),
        "gone": _("The code is over. Begin anew."),
    }.get(code) or wording.refusal(code)


def _changed(act: str) -> str:
    """What a change did."""
    return {
        "begin": _("A code is on its way to your phone."),
        "confirm": _("The phone is confirmed. You can work with it by SMS from now on."),
        "pin": _("The new PIN counts from now on."),
        "list": _("The list of the day is set."),
        "remove": _("The phone is removed. Nothing is taken from it any more."),
    }[act]


def _page(errors: dict[str, str], act: str = "") -> ResponseReturnValue:
    with transaction():
        phone = officer_phones.of(current_user.officer_id, g.now)
    page = render_template(
        "auth/phone.html",
        phone=phone,
        hours=[(hour, f"{hour:02}:00") for hour in officer_phones.HOURS],
        shortcode=current_app.config["AT_SHORTCODE"],
        given=request.form,
        act=act,
        errors=errors,
    )
    return page, 422 if errors else 200


@blueprint.get("/account/phone")
def phone() -> ResponseReturnValue:
    """The phone as it stands, and what can be done with it by SMS."""
    return _page({})


def _checked_password() -> None:
    """Whoever finds an open session registers no phone by it; Refused: wrong-password."""
    if not officers.has_password(current_user.officer_id, request.form.get("current", "")):
        raise Refused("wrong-password")


def _pin() -> str:
    pin = request.form.get("pin", "").strip()
    if pin != request.form.get("again", "").strip():
        raise Refused("pin-differs")
    return pin


def _hour() -> int | None:
    typed = request.form.get("hour", "")
    if not typed:
        return None
    if not typed.isdecimal():
        raise Refused("bad-hour")
    return int(typed[:4])


def _begin() -> None:
    _checked_password()
    officer_phones.begin(
        current_user.officer_id,
        request.form.get("number", ""),
        _pin(),
        _hour(),
        g.now,
        empty=bool(request.form.get("empty")),
    )


def _change_pin() -> None:
    _checked_password()
    officer_phones.change_pin(current_user.officer_id, _pin(), g.now)


def _change_list() -> None:
    officer_phones.change_list(
        current_user.officer_id, _hour(), g.now, empty=bool(request.form.get("empty"))
    )


ACTS: dict[str, Callable[[], None]] = {
    "begin": _begin,
    "pin": _change_pin,
    "list": _change_list,
    "remove": lambda: officer_phones.remove(current_user.officer_id, g.now),
}


@blueprint.post("/account/phone/<act>")
@limiter.limit(
    FAILURES,
    key_func=lambda: f"phone {current_user.officer_id}",
    deduct_when=lambda response: response.status_code == 422,
)
@limiter.limit(
    CHANGES,
    key_func=lambda: f"phone changes {current_user.officer_id}",
    deduct_when=lambda response: response.status_code == 303,
)
def change_phone(act: str) -> ResponseReturnValue:
    """One change of the officer's phone."""
    if act == "confirm":
        return _confirm()
    if act not in ACTS:
        abort(404)
    try:
        with transaction():
            ACTS[act]()
    except Refused as refused:
        return _refused(refused, act)
    flash(_changed(act), "success")
    return redirect(url_for("auth.account.phone"), 303)


def _confirm() -> ResponseReturnValue:
    """The code that came by SMS. A wrong one is counted, so that its transaction is kept."""
    try:
        with transaction():
            fits = officer_phones.confirm(
                current_user.officer_id, request.form.get("code", ""), g.now
            )
    except Refused as refused:
        return _refused(refused, "confirm")
    if not fits:
        return _refused(Refused("wrong-code"), "confirm")
    flash(_changed("confirm"), "success")
    return redirect(url_for("auth.account.phone"), 303)


def _refused(refused: Refused, act: str) -> ResponseReturnValue:
    if refused.code == "not-found":
        abort(404)
    field = FIELDS.get(refused.code, "")
    return _page({field: _problem(refused.code)}, act)
