"""Small rows that an act leaves behind: a month's figures to compute again, a notice to read, an
alarm for administrators."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as pg_insert

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import notices as notices_rules
from feedback.services.reference import directory
from feedback.transaction import wake


def month_of(received_at: datetime) -> date:
    """The month by which a case is counted."""
    return local_day(received_at).replace(day=1)


def figure_rows(received_at: datetime, *institution_ids: int) -> list[dict[str, Any]]:
    """Rows that mark the month of receipt of these institutions."""
    month = month_of(received_at)
    return [
        {"id": uuid4(), "institution_id": institution, "month": month}
        for institution in sorted(set(institution_ids))
    ]


def figures(received_at: datetime, *institution_ids: int) -> None:
    """The figures of the month of receipt must be computed again."""
    db.session.execute(insert(m.FigureDirty), figure_rows(received_at, *institution_ids))


def notice_rows(
    officer_ids: Iterable[int | None],
    kind: str,
    case_id: UUID | None,
    now: datetime,
    key: str = "",
) -> list[dict[str, Any]]:
    """Rows of a notice to each officer; one for each officer, kind, case and key."""
    return [
        {
            "id": uuid4(),
            "dedupe": f"{kind}:{case_id}:{officer_id}:{key or now.isoformat()}",
            "officer_id": officer_id,
            "kind": kind,
            "case_id": case_id,
            "at": now,
            "read": False,
            "urgent": notices_rules.is_urgent(kind),
        }
        for officer_id in sorted({o for o in officer_ids if o is not None})
    ]


def notices(
    officer_ids: Iterable[int | None], kind: str, case_id: UUID | None, now: datetime, key: str = ""
) -> None:
    """A notice in the desk of each officer."""
    rows = notice_rows(officer_ids, kind, case_id, now, key)
    if rows:
        db.session.execute(pg_insert(m.Notice).on_conflict_do_nothing(), rows)
        if rows[0]["urgent"]:
            wake("send_notices")


def alarm(
    dedupe: str,
    kind: str,
    now: datetime,
    *,
    again: bool = False,
    institution_id: int | None = None,
) -> None:
    """What concerns no case, for the administrators of the home institution or of another that it
    is about (worker), once for each `dedupe`. again: one that was settled stands anew."""
    if institution_id is None:
        home = directory().institutions_by_code[current_app.config["HOME_INSTITUTION"]]
        institution_id = home.id
    values = {
        "dedupe": dedupe,
        "kind": kind,
        "institution_id": institution_id,
        "cycle": 1,
        "at": now,
    }
    raised = pg_insert(m.Alarm).values(values)
    settled_again = raised.on_conflict_do_update(
        index_elements=["dedupe"],
        set_={"settled_at": None, "at": now},
        where=m.Alarm.settled_at.is_not(None),
    )
    db.session.execute(settled_again if again else raised.on_conflict_do_nothing())
