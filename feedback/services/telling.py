"""Officers told outside the desk: what is urgent at once, everything else in a list at the hours
that each one chose. One list instead of a message a case.

Principal: the worker's job; what an officer may see of cases is asked as that officer. Found by
state, each step in its own transaction: a lost wake-up is made up, and two workers, or one that
was killed, tell nothing twice, since a notice is marked in the transaction that owes the message.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select, update

from feedback import clock
from feedback import models as m
from feedback.extensions import db
from feedback.rules import notices as rules
from feedback.rules.access import LEADING, Level
from feedback.services import (
    identity,
    listing,
    mailing,
    morning,
    notices,
    officer_mail,
    officer_phones,
    outbox,
    posts,
    queues,
)
from feedback.services.reference import directory
from feedback.services.texts import officer_letters
from feedback.transaction import JOB, Principal, transaction

BATCH = 200


def send_due(now: datetime, seconds: float) -> dict[str, int]:
    """Tell what is urgent and send the lists whose hour has come; answers how many messages."""
    end = time.monotonic() + seconds
    done = {"urgent": 0, "lists": 0}
    for officer_id, language in _each(_waiting, end):
        with transaction(Principal.of_officer(officer_id, channel="sms")):
            said = _urgent()
            warned = any(notice.kind == morning.KIND for notice in said)
            ahead = morning.ahead(now) if warned else None
        with transaction(JOB):
            done["urgent"] += _tell_urgent(officer_id, language, said, ahead, now)
    for officer_id, language in _each(lambda: _due(now), end):
        with transaction(Principal.of_officer(officer_id, channel="sms")):
            day = day_of(officer_id, now)
        with transaction(JOB):
            done["lists"] += _send_list(officer_id, language, day, now)
    return done


def _each(find: Callable[[], list[tuple[int, str]]], end: float) -> Iterator[tuple[int, str]]:
    """What `find` answers within a transaction of the job, until the time is used up."""
    with transaction(JOB):
        found = find()
    for each in found:
        if time.monotonic() > end:
            return
        yield each


# What is urgent


def _waiting() -> list[tuple[int, str]]:
    """Officers to whom something urgent was not told yet."""
    rows = db.session.execute(
        select(m.Notice.officer_id, m.Officer.language)
        .join(m.Officer, m.Officer.id == m.Notice.officer_id)
        .where(m.Notice.urgent, m.Notice.told_at.is_(None))
        .group_by(m.Notice.officer_id, m.Officer.language)
        .limit(BATCH)
    )
    return [(row.officer_id, row.language) for row in rows]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An urgent notice that waits; of an ordinary case with its reference."""

    id: UUID
    kind: str
    reference: str
    made: date


def _urgent() -> list[_Waiting]:
    """The officer's urgent notices that wait.

    Of one that was read already, or whose case the officer no longer sees, nothing is told.
    """
    rows = db.session.execute(
        select(m.Notice, m.Case.reference, m.Case.confidentiality)
        .outerjoin(m.Case, m.Case.id == m.Notice.case_id)
        .where(
            m.Notice.officer_id == func.guard.officer(),
            m.Notice.urgent,
            m.Notice.told_at.is_(None),
            ~m.Notice.read,
        )
        .order_by(m.Notice.at, m.Notice.id)
        .limit(officer_letters.MOST)
    )
    found = []
    for notice, reference, level in rows:
        if notice.case_id is not None and reference is None:
            continue
        named = reference if level == Level.OPEN.value else ""
        found.append(_Waiting(notice.id, notice.kind, named, clock.local_day(notice.at)))
    return found


def _tell_urgent(
    officer_id: int,
    language: str,
    said: list[_Waiting],
    ahead: officer_letters.Ahead | None,
    now: datetime,
) -> int:
    """Mark what waited as told and owe one message of it; 1 when one is owed."""
    marked = set(
        db.session.scalars(
            update(m.Notice)
            .where(m.Notice.officer_id == officer_id, m.Notice.urgent, m.Notice.told_at.is_(None))
            # What came after the look is told by the next run.
            .where(m.Notice.at <= now)
            .values(told_at=now)
            .returning(m.Notice.id)
        )
    )
    today, there = clock.local_day(now), is_at_work(officer_id, now)
    items = [
        (each.kind, each.reference)
        for each in said
        if each.id in marked and rules.goes_now(each.kind, each.made, today, at_work=there)
    ]
    officer = db.session.get_one(m.Officer, officer_id)
    if not items or not officer.active:
        return 0
    key = f"officer-urgent:{officer_id}:{now.isoformat()}"
    if address := _address(officer_id):
        more = ahead if any(kind == morning.KIND for kind, _ in items) else None
        words = officer_letters.urgent(language, items, _place(items), more)
        _write("officer_urgent_mail", key, address, language, words, now)
        return 1
    phone = db.session.get(m.OfficerPhone, officer_id)
    if phone is None or phone.confirmed_at is None:
        return 0
    outbox.owe(
        key,
        "officer_urgent",
        case_id=None,
        language=language,
        values={},
        words=" ".join(officer_letters.urgent_lines(language, items)),
        now=now,
        recipient=identity.unseal(phone.number, officer_phones.place(officer_id)),
    )
    return 1


# The list


def _due(now: datetime) -> list[tuple[int, str]]:
    """Officers whose list is due."""
    rows = db.session.execute(
        select(m.OfficerMail.officer_id, m.Officer.language)
        .join(m.Officer, m.Officer.id == m.OfficerMail.officer_id)
        .where(
            m.OfficerMail.confirmed_at.is_not(None), m.OfficerMail.next_at <= now, m.Officer.active
        )
        .order_by(m.OfficerMail.next_at, m.OfficerMail.officer_id)
        .limit(BATCH)
    )
    return [(row.officer_id, row.language) for row in rows]


def day_of(officer_id: int, now: datetime) -> officer_letters.Day:
    """What waits for an officer (principal: that officer, so that the database decides)."""
    rows = db.session.execute(
        select(
            m.Case.reference, m.Case.due_at, m.Case.confidentiality, m.Case.unread, m.Case.status
        )
        .where(m.Case.handler_id == officer_id, listing.IS_OPEN)
        .order_by(m.Case.due_at, m.Case.id)
        .limit(listing.COUNT_LIMIT)
    ).all()
    today = clock.local_day(now)
    sunday = today + timedelta(days=6 - today.weekday())
    cases: dict[str, list[tuple[str, date]]] = {"late": [], "today": [], "week": []}
    for row in rows:
        due = clock.local_day(row.due_at)
        group = "late" if row.due_at < now else "today" if due == today else "week"
        if row.confidentiality == Level.OPEN.value and (group != "week" or due <= sunday):
            cases[group].append((row.reference, due))
    leads = LEADING & set(db.session.get_one(m.Officer, officer_id).roles)
    numbers = {
        "confidential": sum(row.confidentiality != Level.OPEN.value for row in rows),
        "unread": sum(row.unread for row in rows),
        "unowned": queues.counts(now)["unowned"] if leads else 0,
        "notices": notices.unread(),
    }
    return officer_letters.Day(cases, numbers)


def _send_list(officer_id: int, language: str, day: officer_letters.Day, now: datetime) -> int:
    """Settle one list; 1 when it is owed. None on a day off or when nothing waits."""
    row = db.session.scalars(
        select(m.OfficerMail)
        .where(m.OfficerMail.officer_id == officer_id, m.OfficerMail.next_at <= now)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return 0
    slot, row.next_at = row.next_at, rules.next_list(row.hours, now)
    address = _address(officer_id)
    if day.is_empty or address is None or not is_there(officer_id, now):
        return 0
    words = officer_letters.day(language, day, _desk())
    key = f"officer-list-mail:{officer_id}:{slot.isoformat()}"
    _write("officer_list_mail", key, address, language, words, now)
    return 1


def is_there(officer_id: int, now: datetime) -> bool:
    """Whether it is a working day of the officer and the institution, before its close, and no
    leave."""
    today = clock.local_day(now)
    officer = db.session.get_one(m.Officer, officer_id)
    calendar = directory().calendar_of(officer.institution_id)
    duty = db.session.get(m.Duty, officer_id)
    return (
        calendar.is_working_day(today)
        and now <= calendar.closing(today)
        and (duty is None or today.isoweekday() in duty.days)
        and not db.session.scalar(select(posts.away(officer_id, today)))
    )


def is_at_work(officer_id: int, now: datetime) -> bool:
    """Whether the officer is there and the office open."""
    officer = db.session.get_one(m.Officer, officer_id)
    calendar = directory().calendar_of(officer.institution_id)
    return now >= calendar.opening(clock.local_day(now)) and is_there(officer_id, now)


def _address(officer_id: int) -> str | None:
    """Where the officer has e-mail; None without a confirmed mailbox, or where none is sent."""
    row = db.session.get(m.OfficerMail, officer_id)
    if row is None or row.confirmed_at is None or not mailing.is_on():
        return None
    return identity.unseal(row.address, officer_mail.place(officer_id))


def _place(items: list[tuple[str, str]]) -> str:
    """Where a letter leads: to the page of the case where it is about one alone and may name it,
    so that whoever decides opens what is to be decided; else to the desk."""
    if len(items) != 1 or not items[0][1]:
        return _desk()
    kind, reference = items[0]
    base = "oversight" if kind in rules.OF_A_POST else "desk"
    return f"{current_app.config['STAFF_URL']}/{base}/case/{reference}"


def _desk() -> str:
    return f"{current_app.config['STAFF_URL']}/desk"


def _write(template: str, key: str, address: str, language: str, words: str, now: datetime) -> None:
    outbox.owe(
        f"email:{key}",
        template,
        case_id=None,
        language=language,
        values={},
        words=words,
        now=now,
        recipient=address,
        channel="email",
    )
