"""An officer's list of the day by SMS: references and due dates of open cases, nothing else."""

from __future__ import annotations

import time
from datetime import datetime

from sqlalchemy import select

from feedback import clock
from feedback import models as m
from feedback.extensions import db
from feedback.rules import day_list
from feedback.rules.access import Level
from feedback.services import identity, listing, officer_phones, outbox, telling, texts
from feedback.transaction import JOB, Principal, transaction

WITH_CASES = ("officer_list", "officer_list_day")
MORE = {"sw": "+{count} zaidi", "en": "+{count} more"}


def words(officer_id: int, language: str) -> str:
    """The officer's open cases that are not confidential, as one SMS holds them (principal: the
    officer, so that the database decides what is seen); empty without any."""
    rows = db.session.execute(
        select(m.Case.reference, m.Case.due_at)
        .where(
            m.Case.handler_id == officer_id,
            m.Case.confidentiality == Level.OPEN.value,
            listing.IS_OPEN,
        )
        .order_by(m.Case.due_at, m.Case.id)
        .limit(listing.COUNT_LIMIT)
    ).all()
    heads = [" ".join(texts.TEMPLATES[name][language].parts) for name in WITH_CASES]
    room = texts.ONE_PART - max(texts.septets(head) for head in heads) - 1
    more = MORE[language]
    items = [(row.reference, clock.local_day(row.due_at)) for row in rows]
    return day_list.line(items, room, lambda count: more.format(count=count)) if items else ""


def send_due(now: datetime, seconds: float) -> int:
    """Send the lists whose hour has come; answers how many. Each step commits by itself.

    Two workers at once, or one that was killed, send no list twice: the day is marked in the
    transaction that owes the SMS.
    """
    sent = 0
    end = time.monotonic() + seconds
    with transaction(JOB):
        due = _due(now)
    for officer_id, language in due:
        if time.monotonic() > end:
            break
        with transaction(Principal.of_officer(officer_id, channel="sms")):
            said = words(officer_id, language)
        with transaction(JOB):
            sent += _send(officer_id, language, said, now)
    return sent


def _due(now: datetime) -> list[tuple[int, str]]:
    """Officers whose list of today is not settled and whose hour has come."""
    local = clock.local(now)
    rows = db.session.execute(
        select(m.OfficerPhone.officer_id, m.Officer.language)
        .join(m.Officer, m.Officer.id == m.OfficerPhone.officer_id)
        .where(
            m.OfficerPhone.confirmed_at.is_not(None),
            m.OfficerPhone.list_hour.is_not(None),
            m.OfficerPhone.list_hour <= local.hour,
            m.OfficerPhone.list_day < local.date(),
            m.Officer.active,
        )
        .order_by(m.OfficerPhone.list_day, m.OfficerPhone.officer_id)
        .limit(500)
    )
    return [(row.officer_id, row.language) for row in rows]


def _send(officer_id: int, language: str, said: str, now: datetime) -> int:
    """Settle the day of one officer; 1 when a list is owed."""
    today = clock.local_day(now)
    phone = db.session.scalars(
        select(m.OfficerPhone)
        .where(m.OfficerPhone.officer_id == officer_id, m.OfficerPhone.list_day < today)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if phone is None:
        return 0
    phone.list_day = today
    if not (telling.is_there(officer_id, now) and (said or phone.list_empty)):
        return 0
    outbox.owe(
        f"officer-list:{officer_id}:{today.isoformat()}",
        "officer_list_day" if said else "officer_list_day_empty",
        case_id=None,
        language=language,
        values={},
        words=said or None,
        now=now,
        recipient=identity.unseal(phone.number, officer_phones.place(officer_id)),
    )
    return 1
