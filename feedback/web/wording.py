"""Codes of the services as words for officers."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from feedback.rules.improvements import LONGEST_TEXT, LONGEST_TITLE
from feedback.rules.paper import LONGEST_NUMBER
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
        "no-outcome": _("Choose what came of it: the citizen reads it with your answer."),
        "no-ground": _("Name the rule that says so, or the court or step: the citizen reads it."),
        "bad-mention": _("This officer may not read the case. Choose another, or nobody."),
        "bad-days-more": _("Give a number of days, not more than may still be granted."),
        "bad-days-opinion": _("Give between 1 and 14 working days."),
        "bad-target": _("Choose where it should go: an active officer, unit or institution."),
        "nobody-there": _(
            "Nobody there can take the case now, and it stays with you. Send it to the office "
            "above that one, or answer the citizen."
        ),
        "no-addressee": _("Nobody there may have it: choose a higher institution."),
        "excluded": _("This officer is kept away from the case. Choose another."),
        "empty": _("Write your words here."),
        "too-long": _("This is too long. Write at most 5,000 characters."),
        "joined": _("Another case leads this one: act on the page of that one."),
        "no-reference": _("Give the reference of the other case."),
        "no-such-case": _("No case of this reference is found, or you may not read it."),
        "same-case": _("This is the case itself. Give the reference of another one."),
        "other-institution": _("Only cases of one institution can be joined."),
        "other-level": _("Only cases of the same confidentiality can be joined."),
        "leads": _(
            "Others are joined to this case. Join that case to this one instead, from its page."
        ),
        "follows": _("That case is joined to another one. Give the reference of the leading one."),
        "ends-lower": _(
            "That case may climb less high than this one. Join that case to this one instead, from "
            "its page."
        ),
        "others-words": _(
            "These are the words of the citizen of a joined case. Divide that case, from its page."
        ),
        "no-owner": _("Nobody has that case. Name an owner for it first."),
        "kept-away": _(
            "The officer of one of the cases is kept away from the other: they cannot be joined."
        ),
        "linked": _("These two cases are linked already."),
        "changed": _(
            "Something was changed beside the covered passages. Take passages out, and put [...] "
            "in their place; leave everything else as it is."
        ),
        "nothing-covered": _("Nothing is covered yet. Put [...] in place of a passage."),
        "no-passage": _("This passage does not stand in the message. Copy it from there."),
        "name-too-long": _("Write at most %(most)s characters.", most=LONGEST_NAME),
        "bad-date": _("Choose a day that is not past."),
        "too-far": _("Choose a day within a year."),
        "bad-scope": _("Choose a region, or give the code or name of an office of this calendar."),
        "bad-hour": _("Give an hour between the opening and the close of the office."),
        "no-order": _("Say who ordered it, and give the number of the order."),
        "too-old": _("A day of one office can be changed for a week after it, no longer."),
        "same-day": _("Choose another day than the one on which it stands."),
        "needs-reason": _("An explanation is demanded: give the reason for the delay."),
        "no-reason": _("The handler has given no reason in this round yet. Demand one."),
        "decided": _("Your post decided about this reason already."),
        "demanded-already": _("Your post demanded one already, and it is not given yet."),
        "delegated-already": _("This officer reads it for the post already."),
        "bad-days": _("Give the first and the last day, not over yet and not given before."),
        "bad-roles": _("Choose at least one role."),
        "yourself": _("You cannot do this to your own account."),
        "same-person": _("Holder and deputy must be two persons."),
        "too-late": _("It is too late for this."),
        "too-often": _(
            "The office took its answer back twice already. Once more only its head may do it."
        ),
        "bad-way": _("Choose how the citizen was told: by telephone or by letter."),
        "not-warned": _("An earlier try may have arrived. Say that you send it all the same."),
        "settled": _("Somebody chose another way for this message already."),
        "bad-number": _(
            "Write the file number in at most %(most)s characters.", most=LONGEST_NUMBER
        ),
        "too-long-here": _(
            "This is too long. Write at most %(title)s characters as title and %(text)s elsewhere.",
            title=LONGEST_TITLE,
            text=LONGEST_TEXT,
        ),
        "names-somebody": _(
            "A number or an address stands here by which a person could be found. Say what is "
            "done, not for whom."
        ),
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
        "partial_answer": _(
            "The citizen has this part of the answer. The clock for the whole answer runs on."
        ),
        "opinion": _("The opinion is asked for. The case stays with you, and its clock runs on."),
        "extend": _("More time is asked for. The clock runs on until the head decides."),
        "extension-granted": _("More time is given. The citizen is told why, and by when."),
        "extension-refused": _("No more time is given. The officer is told why."),
        "reopen": _("The case is open again. The citizen is told, and by when the answer is due."),
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
        "task": _("The task is given."),
        "task-done": _("The task is done."),
        "task-cancel": _("The task is cancelled."),
        "file_number": _("The file number is noted."),
        "improve": _("The case is linked with the action."),
        "lower": _("The citizen is asked. The level changes only by a yes."),
        "extract": _("The extract was handed over. The answer will stand here."),
        "link": _("The cases are linked."),
        "unlink": _("The link is removed."),
        "merge": _(
            "The case is joined. Its citizen is told, and gets every answer of the leading one."
        ),
        "apart": _("The case stands alone again, with its own clock."),
        "split": _("The second case is being made. The citizen is told its reference."),
        "redact": _("The passages are covered. Only the citizen and ethics read them."),
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
        "deactivate": _(
            "The account is closed. Open cases go to other officers within a minute, and posts, "
            "roster and deputyships end."
        ),
        "activate": _("The account is open again."),
        "roles": _("The roles are set."),
        "password": _("The old password works no more."),
        "factors": _("The old password and the second step work no more."),
        "leave": _("The leave is noted. The deputy stands in for these days."),
        "end-leave": _("The leave has ended."),
        "phone": _("The phone is removed. Nothing is taken from it any more."),
        "roster": _("The roster is set. It counts from the next case on."),
        "unroster": _("Taken off the roster. Cases stay with the officer."),
        "duty": _("Days and deputy are set."),
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
        "registry": _("Registry clerk"),
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


def way_in(how: str) -> str:
    """How something came that an officer entered for a citizen."""
    return {
        "letter": _("Letter"),
        "visit": _("Visit to the office"),
        "call": _("Telephone call"),
    }.get(how, how)


def action_state(state: str) -> str:
    """Where an improvement action stands."""
    return {
        "proposed": _("A proposal"),
        "open": _("It is under way"),
        "done": _("It is done"),
        "dropped": _("It was given up"),
    }.get(state, state)


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
        "due_today": _("A case of yours is due today"),
        "will_climb": _("Cases of your office go up the ladder this week, or went up yesterday"),
        "escalated": _("A late case reached your post"),
        "climbed": _("A case of yours went to a higher post"),
        "explain": _("A case of yours went to a higher post: say there why it came so far"),
        "rung_told": _("Late cases reached your post, for your information"),
        "digest": _("Late cases reached your post: the list of the day"),
        "directive": _("A directive was given"),
        "explanation_asked": _("A higher post demands that you explain a delay"),
        "explained": _("The explanation that you demanded was given: accept it or not"),
        "reason_accepted": _("Your reason for a delay was accepted: the clock runs on"),
        "reason_rejected": _("Your reason for a delay was not accepted: give another one"),
        "taken_over": _("A higher post took a case over"),
        "handed_down": _("A case was handed to you with a directive"),
        "delegated": _("You read for a post and prepare: see Oversight"),
        "delegation_ended": _("You read no more for a post: the delegation was ended"),
        "recommended": _("A directive is recommended to you: give it or lay it aside"),
        "directive_done": _("A directive of yours was followed"),
        "identity_asked": _("An officer asks to open an identity: your decision is needed"),
        "identity_allowed": _("You may open the identity you asked for, for one hour"),
        "identity_refused": _("The identity you asked for stays closed"),
        "day_off_undecided": _("A day off is near and not confirmed: confirm or move it today"),
        "change_asked": _("An administrator asks for a change that you agree to or refuse"),
        "change_decided": _("Another administrator decided about a change of yours"),
        "change_failed": _("A planned change could not be done: see Changes"),
        "grant_asked": _("An administrator asks for something that you approve or refuse"),
        "granted_roles": _("You were given another role"),
        "granted_post": _("A post was given to you"),
        "reset_password": _("A new password was set for your account by a one-time code"),
        "reset_factors": _("Your second step was removed by an administrator"),
        "system_alarm": _("Part of the system stood still: see the jobs"),
        "account_opened": _("Your account was opened again"),
        "lowering_granted": _("The citizen agreed: the case is less confidential"),
        "lowering_refused": _("The citizen wants the case to stay as confidential as it is"),
        "not_reached": _("A message did not reach the citizen"),
        "reassignment_asked": _("The owner asks that another takes the case: see the note there"),
        "officer_pin_locked": _("Your phone is locked after wrong PINs: set a new one"),
        "mentioned": _("A colleague named you in a note"),
        "opinion_asked": _("Your opinion is asked: it stands under Opinions asked of you"),
        "opinion_given": _("An opinion that you asked for was given"),
        "opinion_declined": _("An opinion that you asked for was declined"),
        "opinion_overdue": _("An opinion is overdue"),
        "extension_asked": _("An officer asks for more time: your decision is needed"),
        "extension_granted": _("More time was given for a case of yours"),
        "extension_refused": _("No more time was given for a case of yours"),
        "reopened_by_office": _("A superior opened a case of yours again"),
        "task_given": _("You were given a task"),
        "task_due": _("A task is due today"),
        "task_back": _("A task fell back to you"),
        "tasks_done": _("All tasks of a case are done: answer now"),
        "extract": _("An ethics officer handed you an extract: it stands under Extracts"),
        "extract_answered": _("An extract of yours was answered"),
        "leave_entered": _("An officer of yours entered leave: see the board"),
        "cases_given": _("Cases were given to you in one act: see your list"),
        "cases_given_back": _("Cases came back to you: a handover was undone"),
        "cases_taken_back": _("Cases went back from you: a handover was undone"),
        "improvement_given": _("An improvement action is yours: it stands under Improvements"),
        "improvement_late": _("An improvement action is late: it stands under Improvements"),
        "paper_letter": _("A letter of the citizen arrived at a high office: see the case"),
        "joined": _("Another case about the same matter was joined to yours"),
    }.get(kind, kind)


def driver(clock: str) -> str:
    """What took a case up a rung."""
    return {
        "acknowledge": _("no word in time"),
        "answer": _("no answer in time"),
        "appeal": _("the citizen is not satisfied"),
        "unowned": _("nobody was named for it"),
        "transfer": _("handed on three times or more"),
        "pause": _("asked again just before the day"),
        "directive": _("an order was not followed"),
        "paper": _("a letter of the citizen reached this office"),
    }[clock]


def why_so(why: str) -> str:
    """Why a rung was not reached in the plain way."""
    return {
        "vacant": _("the post is vacant"),
        "away": _("the holder is away"),
        "concerned": _("it may not see the case"),
        "missing": _("there is no such office"),
        "circle": _("the post stood on a lower rung"),
        "own": _("its holder owns the case"),
    }.get(why, "")


def alarm(kind: str) -> str:
    """What an alarm says."""
    return {
        "vacant": _("A rung's post is vacant: name a holder or a deputy"),
        "away": _("A rung's holder is away without a deputy: name one"),
        "concerned": _("A rung's post may not see the case: it went to the deputy or was skipped"),
        "missing": _("A rung leads to an office that is not there: set the institution above"),
        "circle": _("A post stands on two rungs of one ladder: change the ladder or the post"),
        "own": _("The owner of a case holds the post above it: name another owner or a deputy"),
        "directive": _("An order of the highest office was not followed: nobody is above it"),
        "letter": _("The post has nobody with an account: a letter must be carried"),
        "unowned": _("Nobody works where the case is: it has no owner"),
        "skipped": _("The rung has no post that may see the case: it was skipped"),
        "top": _("The case has passed the top of its ladder and is still not answered"),
        "second_transfer": _("The case was transferred for the second time"),
        "stuck": _("A case could not be taken up its ladder: the system's keeper must look"),
        "inbound_dead": _("An SMS could not be read"),
        "outbox_dead": _("An SMS could not be sent"),
        "sms_budget": _("The day's SMS are used up: the rest waits for the next day"),
        "sms_number": _("One phone number had its SMS of the day: the rest waits for the next day"),
        "office_closed": _("An office was closed by order, which moves its deadlines"),
        "day_off_undecided": _("A day off is tomorrow and nobody confirmed it: decide today"),
        "paper_letter": _(
            "A letter that was logged fits no case: compare the number with the paper, or enter it "
            "as a new case"
        ),
        "job_silent": _("A job of the system did not run"),
        "job_failing": _("A job of the system failed again and again"),
        "clock_moved": _("The clock of a machine was moved"),
        "changed_alone": _("An administrator made a change alone: nobody else could agree"),
        "post_vacant": _(
            "A post lost its holder and got no other: rungs go to the deputy or a letter"
        ),
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
