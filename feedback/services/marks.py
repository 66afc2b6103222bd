"""Small rows that an act leaves behind: a month's figures to compute again, a notice to read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as pg_insert

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db

def figures(received_at: datetime, *institution_ids: int) -> None:
    """The figures of the month of receipt must be computed again."""
    month = local_day(received_at).replace(day=1)
    db.session.execute(
        insert(m.FigureDirty),
        [{"institution_id": i, "month": month} for i in sorted(set(institution_ids))],
    )


def notices(
    officer_ids: Iterable[int | None], kind: str, case_id: UUID, now: datetime, key: str = ""
) -> None:
    """A notice in the desk of each officer; once for each officer, kind, case and key."""
    rows = [
        {
            "dedupe": f"{kind}:{case_id}:{officer_id}:{key or now.isoformat()}",
            "officer_id": officer_id,
            "kind": kind,
            "case_id": case_id,
            "at": now,
            "read": False,
        }
        for officer_id in sorted({o for o in officer_ids if o is not None})
    ]
    if rows:
        db.session.execute(pg_insert(m.Notice).on_conflict_do_nothing(), rows)
