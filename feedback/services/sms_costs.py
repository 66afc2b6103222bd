"""What SMS cost, by institution and month: sums alone, never a message or a case.

A message counts for the institution that has the case when it is sent; about restricted cases, and
where there is no case, for the home institution, so that no institution's sum tells of reports
against it. Each message is added to its month's sum once, by a sweep that finds it by state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select, text

from feedback import gateway
from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import disclosure
from feedback.rules.access import Level
from feedback.services.reference import directory

MOST = 5_000
ADD_UP = text(
    """
    WITH due AS (
      SELECT id, charge_on FROM outbox
       WHERE charge_on IS NOT NULL AND state NOT IN ('queued', 'sending', 'unknown')
       ORDER BY charge_on LIMIT :most FOR UPDATE SKIP LOCKED
    ), settled AS (
      UPDATE outbox o SET charge_on = NULL FROM due WHERE o.id = due.id
      RETURNING coalesce(o.institution_id, :home) AS institution_id, due.charge_on, o.parts,
        o.cost_amount, o.cost_currency,
        o.state IN ('sent', 'delivered') OR o.provider_id IS NOT NULL AS taken
    ), added AS (
      INSERT INTO sms_cost AS s
        (institution_id, month, currency, messages, parts, unpriced, amount)
      SELECT institution_id, date_trunc('month', charge_on)::date, coalesce(cost_currency, ''),
        count(*), sum(coalesce(parts, 1)), count(*) FILTER (WHERE cost_amount IS NULL),
        coalesce(sum(cost_amount), 0)
        FROM settled WHERE taken GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
      ON CONFLICT (institution_id, month, currency) DO UPDATE SET
        messages = s.messages + excluded.messages, parts = s.parts + excluded.parts,
        unpriced = s.unpriced + excluded.unpriced, amount = s.amount + excluded.amount
    )
    SELECT count(*) FROM settled
    """
)


@dataclass(frozen=True, slots=True)
class Line:
    """The SMS of one institution in one month; None: too few to be told.

    costs: amounts by currency. untold: messages whose cost the gateway did not say.
    """

    institution_id: int
    month: date
    messages: int | None
    parts: int | None
    costs: tuple[tuple[str, Decimal], ...]
    untold: int | None


def charged(case_id: UUID | None, now: datetime) -> dict[str, Any]:
    """The columns of an SMS that say whom it counts for, set when it is sent (worker)."""
    payer: Any = _home()
    if case_id is not None:
        of_case = select(m.Case.institution_id).where(
            m.Case.id == case_id, m.Case.confidentiality != Level.RESTRICTED
        )
        payer = func.coalesce(of_case.scalar_subquery(), payer)
    return {"institution_id": payer, "charge_on": local_day(now)}


def columns(taken: gateway.Accepted) -> dict[str, Any]:
    """The columns of an SMS that the gateway took."""
    cost = taken.cost
    return {
        "parts": taken.parts,
        "cost_amount": cost.amount if cost else None,
        "cost_currency": (cost.currency or None) if cost else None,
    }


def add_up() -> int:
    """Add what was sent to the sums of its month (worker); answers how many messages it saw to."""
    return int(db.session.scalar(ADD_UP, {"home": _home(), "most": MOST}) or 0)


def _home() -> int:
    return directory().institutions_by_code[current_app.config["HOME_INSTITUTION"]].id


def years() -> list[int]:
    """The years that there are sums of, the latest first."""
    year = func.extract("year", m.SmsCost.month)
    return [
        int(found) for found in db.session.scalars(select(year).distinct().order_by(year.desc()))
    ]


def of_year(year: int, *, exact: bool) -> list[Line]:
    """The sums of a year that the officer may see, the latest month first.

    exact: for administrators, who pay the bill. Anybody else sees an institution's sums as every
    figure is shown: a month with few SMS could point at a case.
    """
    rows = db.session.execute(
        select(m.SmsCost.__table__)
        .where(m.SmsCost.month.between(date(year, 1, 1), date(year, 12, 31)))
        .order_by(m.SmsCost.month.desc(), m.SmsCost.institution_id, m.SmsCost.currency)
    ).all()
    groups: dict[tuple[int, date], list[Any]] = {}
    for row in rows:
        groups.setdefault((row.institution_id, row.month), []).append(row)
    return [_line(*key, group, exact) for key, group in groups.items()]


def _line(institution_id: int, month: date, rows: Sequence[Any], exact: bool) -> Line:
    messages, parts, untold = (
        sum(getattr(row, name) for row in rows) for name in ("messages", "parts", "unpriced")
    )
    if exact:
        costs = tuple((row.currency, row.amount) for row in rows if row.currency)
        return Line(institution_id, month, messages, parts, costs, untold)
    shown = (
        (row.currency, disclosure.safe_sum(row.amount, row.messages))
        for row in rows
        if row.currency
    )
    return Line(
        institution_id,
        month,
        disclosure.safe_count(messages),
        disclosure.safe_count(parts) if messages >= disclosure.SMALL_GROUP else None,
        tuple((currency, amount) for currency, amount in shown if amount is not None),
        disclosure.safe_count(untold),
    )
