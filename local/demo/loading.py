"""Loads the demonstration once; a load that was interrupted goes on where it ended."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select, update

from feedback import clock
from feedback import models as m
from feedback.clock import local_day
from feedback.rules.workflow import OPEN
from feedback.services import audit, figures
from feedback.services.errors import Refused
from feedback.services.reference import Directory, directory
from feedback.transaction import JOB, Principal, transaction
from local.demo import people
from local.demo.play import CITIZEN, RECORDED, Act, Player, schedule, sweep, unhurried_disk
from local.demo.stories import stories

OWNER = Principal("demonstration", role="owner")
INSTITUTION = "DODOMA-CC"  # whose calendar the stories follow
NEWS = timedelta(days=6)  # notices older than this have been read


def load(now: datetime) -> dict[str, Any]:
    """Officers, their logins and some months of cases; answers what there is.

    Once loaded it does nothing, unless the file of logins is another one than before: then its
    passwords are set. Raises Refused("not-a-demonstration") where real cases live.
    """
    if not current_app.config["DEMO"]:
        raise Refused("not-a-demonstration")
    with transaction(JOB) as session:
        marks = {
            row.act: row
            for row in session.execute(
                select(m.AuditEntry.act, m.AuditEntry.at, m.AuditEntry.details)
                .where(m.AuditEntry.act.in_(("demo_begun", "demo_logins", "demo_loaded")))
                .order_by(m.AuditEntry.at)
            )
        }
        d = directory()
    logins = people.logins()
    if "demo_begun" not in marks:
        begun, seed = now, secrets.randbits(48)
        with transaction(OWNER):
            people.create(d, local_day(now), logins)
            audit.record("demo_begun", now=now, seed=seed)
            audit.record("demo_logins", now=now, mark=people.mark(logins))
    else:
        begun, seed = marks["demo_begun"].at, marks["demo_begun"].details["seed"]
        given = marks.get("demo_logins")
        if given is None or given.details["mark"] != people.mark(logins):
            with transaction(OWNER):
                people.give_passwords(logins)
                audit.record("demo_logins", now=now, mark=people.mark(logins))
    if "demo_loaded" in marks:
        return {"loaded": False, "logins": str(people.logins_file())}
    with unhurried_disk():
        player = _play(d, begun, seed)
        _finish(list(player.cases.values()), now)
    return {
        "loaded": True,
        "officers": len(player.officers),
        "cases": len(player.cases),
        "refused": player.refused,
        "logins": str(people.logins_file()),
    }


def _play(d: Directory, begun: datetime, seed: int) -> Player:
    """Everything up to the moment at which the load began, except what was done already: each
    act has a moment of its own, under which the record knows it."""
    chance = Random(1)  # noqa: S311 - the same stories for everybody
    told = stories(chance)
    calendar = d.calendar_of(d.institutions_by_code[INSTITUTION].id)
    acts = schedule(told, calendar, begun, chance)
    secret = Random(seed)  # noqa: S311 - so that an interrupted load finds its cases again
    ids = [(_random_id(secret), _random_id(secret)) for _ in told]
    with transaction(JOB) as session:
        entry = m.AuditEntry
        rows = session.execute(select(entry.at, entry.case_id, entry.act)).all()
        done = {row.at for row in rows}
        # Of a citizen who stays unknown the record keeps the day alone.
        by_day = {tuple(row) for row in rows if clock.is_day(row.at)}
        player = Player(told, ids, people.officer_ids())
    for act in acts:
        # A case that is there already is lodged again, which changes nothing and tells its id.
        lodges = act.step is None and act.number >= 0
        if lodges or not (act.at in done or _day_mark(act, ids) in by_day):
            player.do(act)
    return player


def _day_mark(act: Act, ids: list[tuple[UUID, UUID]]) -> tuple[datetime, UUID, str] | None:
    """How the record knows an act of an unknown citizen: day, case and kind of act."""
    if act.step is None or act.step.verb not in CITIZEN:
        return None
    return clock.day_start(act.at), ids[act.number][1], RECORDED[act.step.verb]


def _random_id(secret: Random) -> UUID:
    return UUID(int=secret.getrandbits(128), version=4)


def _finish(cases: list[UUID], now: datetime) -> None:
    """Nothing of the past is left to send, to read or to settle; the figures are made."""
    sweep(now)
    with transaction(JOB) as session:
        session.execute(
            update(m.Outbox)
            .where(m.Outbox.case_id.in_(cases), m.Outbox.state == "queued")
            .values(
                state="delivered",
                attempts=1,
                status_code="101",
                finished_at=m.Outbox.created_at,
            )
        )
        session.execute(update(m.Notice).where(m.Notice.at < now - NEWS).values(read=True))
        closed = select(m.Case.id).where(m.Case.status.not_in(sorted(OPEN)))
        session.execute(
            update(m.Alarm)
            .where(m.Alarm.case_id.in_(closed), m.Alarm.settled_at.is_(None))
            .values(settled_at=now)
        )
        audit.record("demo_loaded", now=now, cases=len(cases))
    while True:
        with transaction(JOB):
            if not figures.refresh(now):
                return
