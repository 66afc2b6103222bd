"""Codes of the services as words for officers."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from feedback.rules.passwords import SHORTEST
from feedback.services import grants, saved_views
from feedback.services.officers import LONGEST_NAME, LONGEST_USERNAME
from feedback.web.formats import name


def refusal(code: str) -> str:
    """Why an act was not done, and what to do."""
    return {
        "password-short": _("Use at least %(shortest)s characters.", shortest=SHORTEST),
        "password-long": _("This is too long. Use at most 128 characters."),
        "password-common": _(
            "Many people would choose this one. Put several words together, or leave common "
            "words out."
        ),
        "password-name": _("Leave your user name out of the password."),
        "password-differs": _("The two entries differ. Write the new password twice."),
        "wrong-password": _("This is not your present password."),
        "bad-code": _("This code does not fit. Check the clock of your phone and try the next."),
        "bad-passkey": _("The passkey could not be added. Try again, or use an authenticator."),
        "too-many": _("You have ten passkeys. Remove one first."),
        "asked-already": _("This was asked for already and waits for approval."),
        "nobody-decides": _(
            "Nobody else can approve this. The operator makes a second administrator first."
        ),
        "gone": _("This was decided already, or waited for too long."),
        "not-found": _("This was not found, or you may not see it."),
        "not-allowed": _("This is not possible in the present state of the case."),
        "bad-target": _("Choose where it should go: an active officer, unit or institution."),
        "nobody-there": _(
            "Nobody there can take the case now, and it stays with you. Send it to the office "
            "above that one, or answer the citizen."
        ),
        "no-addressee": _("Nobody there may have it: choose a higher institution."),
        "excluded": _("This officer is kept away from the case. Choose another."),
        "empty": _("Write your words here."),
        "too-long": _("This is too long. Write at most 5,000 characters."),
        "name-too-long": _("Write at most %(most)s characters.", most=LONGEST_NAME),
        "bad-date": _("Choose a day that is not past."),
        "bad-days": _("Give the first and the last day, not over yet and not given before."),
        "bad-roles": _("Choose at least one role."),
        "yourself": _("You cannot do this to your own account."),
        "same-person": _("Holder and deputy must be two persons."),
        "too-late": _("It is too late for this."),
        "bad-way": _("Choose how the citizen was told: by telephone or by letter."),
        "not-warned": _("An earlier try may have arrived. Say that you send it all the same."),
        "settled": _("Somebody chose another way for this message already."),
        "bad-status": _("Choose whether the day is confirmed, expected or removed."),
    }.get(code, _("This could not be done. Check what you entered."))


def done(verb: str, *, paused: bool) -> str:
    """What an act on a case did."""
    if verb == "ask":
        return (
            _("The question is sent. The clock waits for the citizen.")
            if paused
            else _("The question is sent. The clock runs on.")
        )
    return {
        "acknowledge": _("Acknowledged. The citizen is told that it is in hand."),
        "answer": _(
            "The answer is sent. The citizen has 14 days to accept it or to say: not fixed."
        ),
        "note": _("The note is added. The citizen does not see it."),
        "delay": _("The reason for the delay is noted. The higher posts read it."),
        "assign": _("The case was given to the officer. Its clock runs on."),
        "transfer": _("The case was transferred. Its clock runs on."),
        "classify": _("Subject and confidentiality are set."),
        "recuse": _("You stepped back. The case goes to somebody else, and you see it no more."),
        "exclude": _("The officer is kept away from this case."),
        "directive": _("The directive is marked as followed."),
        "resend": _("The SMS goes out once more. If it does not arrive either, it is said here."),
        "told": _("It is noted that the citizen was told."),
        "lower": _("The citizen is asked. The level changes only by a yes."),
        "extract": _("The extract was handed over. The answer will stand here."),
    }[verb]


def officer_problem(code: str, given: Mapping[str, str]) -> dict[str, str]:
    """The field of the form for a new officer that a refusal belongs to, and the message."""
    if code == "empty":
        field = "username" if not given.get("username", "").strip() else "name"
        return {field: _("This must not be empty.")}
    if code == "name-too-long":
        field = "username" if len(given.get("username", "")) > LONGEST_USERNAME else "name"
        return {field: _("This is too long. Write at most 120 letters, and 60 as user name.")}
    if code == "name-taken":
        return {"username": _("Another officer has this user name. Choose another.")}
    if code == "bad-roles":
        return {"roles": refusal(code)}
    return {"unit": _("Choose the unit in which the officer works.")}


def waits() -> str:
    """What was asked for and is not done yet."""
    return _("A second officer must approve this, and has got a notice. It waits for seven days.")


def asked_for(request: grants.Request) -> str:
    """What is asked for, without the name of whom it is for."""
    if request.kind == "roles":
        wanted = ", ".join(role(code) for code in request.roles)
        return _("Give the role: %(roles)s", roles=wanted)
    if request.kind == "post":
        post = name(request.post)
        return (
            _("Hold the post: %(post)s", post=post)
            if request.capacity == "holder"
            else _("Deputise for the post: %(post)s", post=post)
        )
    return {
        "password": _("A new password, by a one-time code"),
        "factors": _("A new password and a new second step, by a one-time code"),
        "activate": _("Open the account again"),
    }[request.kind]


def officer_changed(act: str) -> str:
    """What a change of an officer did."""
    return {
        "deactivate": _("The account is closed. Open cases go to other officers within a minute."),
        "activate": _("The account is open again."),
        "roles": _("The roles are set."),
        "password": _("The old password works no more."),
        "factors": _("The old password and the second step work no more."),
        "leave": _("The leave is noted. The deputy stands in for these days."),
        "end-leave": _("The leave has ended."),
        "phone": _("The phone is removed. Nothing is taken from it any more."),
    }[act]


def role(code: str) -> str:
    """What an officer does."""
    return {
        "handler": _("Handler"),
        "coordinator": _("Complaints coordinator"),
        "head": _("Institution head"),
        "oversight": _("Oversight"),
        "ethics": _("Ethics officer"),
        "admin": _("Administrator"),
        "auditor": _("Auditor"),
    }.get(code, code)


def vault_choices(fields: list[str]) -> list[tuple[str, str]]:
    """Values of the vault to choose from."""
    names = {
        "name": _("Name"),
        "phone": _("Phone number"),
        "email": _("Email address"),
        "persons": _("Persons named in it"),
    }
    return [(field, names[field]) for field in fields]


def vault_fields(fields: list[str]) -> str:
    """Values of the vault, in one line."""
    return ", ".join(label for _field, label in vault_choices(fields))


def opening_state(state: str) -> str:
    """How a request to open an identity stands."""
    return {
        "waiting": _("Waits for a second person"),
        "open": _("Open now"),
        "refused": _("Refused"),
        "ended": _("Ended"),
        "lapsed": _("Nobody decided in time"),
    }[state]


def due(days_left: int, *, late: bool) -> str:
    """How much time is left, in working days."""
    if late:
        if days_left >= 0:
            return _("Late since today")
        return _("Late, working days: %(days)s", days=-days_left)
    if days_left <= 0:
        return _("Due today")
    return _("Working days left: %(days)s", days=days_left)


def due_group(group: str) -> str:
    """The name of a group of the inbox."""
    return {
        "late": _("Late cases"),
        "today": _("Due today"),
        "week": _("Due this week"),
        "later": _("Due later"),
        "waiting": _("Waiting for a reply"),
        "unread": _("New messages"),
    }[group]


def view_problem(code: str) -> str:
    """Why a view of the inbox was not saved or changed."""
    return {
        "empty": _("Give the view a name."),
        "name-too-long": _("Write at most %(most)s characters.", most=saved_views.LONGEST_NAME),
        "name-taken": _("You have a view of this name. Choose another."),
        "too-many-views": _(
            "You have %(most)s views, which is the most. Delete one first.", most=saved_views.MOST
        ),
        "not-allowed": _("Only those who lead the institution share a view."),
    }.get(code, refusal(code))


def view_done(change: str) -> str:
    """What became of a view."""
    return {
        "rename": _("The view has its new name."),
        "share": _("Everybody of the institution who has a desk sees the view now."),
        "unshare": _("The view is yours alone now."),
        "delete": _("The view is deleted. The cases stay as they are."),
    }[change]


def notice(kind: str) -> str:
    """What a notice says."""
    return {
        "assigned": _("A case was given to you"),
        "transferred": _("A case was transferred to you"),
        "citizen_message": _("The citizen wrote"),
        "withdrawn": _("The citizen withdrew the case"),
        "accepted": _("The citizen is satisfied"),
        "not_fixed": _("The citizen says: not fixed. The case is open again"),
        "final_letter": _("The citizen appealed for the last time; the final letter was given"),
        "pause_over": _("The citizen did not reply in time: the clock runs on"),
        "reminder": _("A deadline comes near"),
        "escalated": _("A late case reached your post"),
        "climbed": _("A case of yours went to a higher post"),
        "digest": _("Late cases reached your post: the list of the day"),
        "directive": _("A directive was given"),
        "directive_done": _("A directive of yours was followed"),
        "identity_asked": _("An officer asks to open an identity: your decision is needed"),
        "identity_allowed": _("You may open the identity you asked for, for one hour"),
        "identity_refused": _("The identity you asked for stays closed"),
        "grant_asked": _("An administrator asks for something that you approve or refuse"),
        "granted_roles": _("You were given another role"),
        "granted_post": _("A post was given to you"),
        "reset_password": _("A new password was set for your account by a one-time code"),
        "reset_factors": _("Your second step was removed by an administrator"),
        "account_opened": _("Your account was opened again"),
        "lowering_granted": _("The citizen agreed: the case is less confidential"),
        "lowering_refused": _("The citizen wants the case to stay as confidential as it is"),
        "not_reached": _("A message did not reach the citizen"),
        "reassignment_asked": _("The owner asks that another takes the case: see the note there"),
        "officer_pin_locked": _("Your phone is locked after wrong PINs: set a new one"),
        "extract": _("An ethics officer handed you an extract: it stands under Extracts"),
        "extract_answered": _("An extract of yours was answered"),
    }.get(kind, kind)


def alarm(kind: str) -> str:
    """What an alarm says."""
    return {
        "letter": _("The post has nobody with an account: a letter must be carried"),
        "unowned": _("Nobody works where the case is: it has no owner"),
        "skipped": _("The rung has no post that may see the case: it was skipped"),
        "top": _("The case has passed the top of its ladder and is still not answered"),
        "stuck": _("A case could not be taken up its ladder: the system's keeper must look"),
        "inbound_dead": _("An SMS could not be read"),
        "outbox_dead": _("An SMS could not be sent"),
        "sms_budget": _("The day's SMS are used up: the rest waits for the next day"),
        "sms_number": _("One phone number had its SMS of the day: the rest waits for the next day"),
        "granted_alone": _("An administrator gave power alone: nobody else could approve"),
    }.get(kind, kind)


def match(reason: str) -> str:
    """By which kind of match an officer is kept away."""
    return {
        "named": _("In the citizen's list of persons"),
        "words": _("A name in the citizen's words"),
        "post": _("The title of the officer's post in the citizen's words"),
        "marked": _("By a superior"),
        "recused": _("Stepped back"),
    }[reason]


def exclusion(state: str) -> str:
    """Whether an exclusion was decided."""
    return {
        "provisional": _("Waits for a decision"),
        "confirmed": _("Confirmed"),
        "lifted": _("Lifted"),
    }[state]
