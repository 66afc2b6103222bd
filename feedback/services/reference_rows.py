"""Rows of reference files on their way into the tables, each file in one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import text

from feedback import models as m
from feedback.extensions import db
from feedback.services.errors import Refused


def _once(model: Any, keys: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> list[Any]:
    """The rows, none of which may stand there twice."""
    listed = list(rows)
    seen: set[tuple[Any, ...]] = set()
    for row in listed:
        key = tuple(row[name] for name in keys)
        if key in seen:
            raise Refused(f"bad-file: {model.__tablename__}: {key} stands there twice")
        seen.add(key)
    return listed


def next_standards(today: date, rows: Iterable[dict[str, Any]]) -> int:
    """What differs from the newest version becomes the next one; none is overwritten."""
    keys = ("code", "kind", "scope", "confidentiality")
    listed = _once(m.ServiceStandard, keys, rows)
    if listed:
        said = [name for name in listed[0] if name not in keys]
        db.session.execute(
            text(_next_versions(keys, said)),
            {"rows": json.dumps(listed, default=str), "today": today},
        )
    return len(listed)


def _next_versions(keys: Sequence[str], said: Sequence[str]) -> str:
    def named(of: str, names: Sequence[str]) -> str:
        return ", ".join(f"{of}.{name}" for name in names)

    return (
        f"INSERT INTO service_standard ({', '.join((*keys, *said))}, version, from_day)"  # noqa: S608 -- names of our own columns
        f" SELECT {named('r', [*keys, *said])}, coalesce(n.version, 0) + 1, :today"
        " FROM jsonb_populate_recordset(NULL::service_standard, CAST(:rows AS jsonb)) r"
        " LEFT JOIN LATERAL (SELECT * FROM service_standard s"
        f" WHERE ({named('s', keys)}) = ({named('r', keys)})"
        " ORDER BY s.version DESC LIMIT 1) n ON true"
        f" WHERE n.id IS NULL OR ({named('n', said)}) IS DISTINCT FROM ({named('r', said)})"
    )


def upsert(model: Any, keys: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> int:
    """Add the rows that are new by their keys and change those that differ; answers how many there
    are."""
    listed = _once(model, keys, rows)
    if not listed:
        return 0
    db.session.execute(
        text(_statement(model.__tablename__, list(listed[0]), keys)),
        {"rows": json.dumps(listed, default=str)},
    )
    return len(listed)


def _statement(table: str, columns: list[str], keys: tuple[str, ...]) -> str:
    """One statement for all rows, which touches those only that differ."""
    changing = [name for name in columns if name not in keys]
    named = ", ".join(columns)
    return (
        f"INSERT INTO {table} ({named})"  # noqa: S608 -- names of our own models
        f" SELECT {named} FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb))"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE"
        f" SET {', '.join(f'{name} = excluded.{name}' for name in changing)}"
        f" WHERE ({', '.join(f'{table}.{name}' for name in changing)})"
        f" IS DISTINCT FROM ({', '.join(f'excluded.{name}' for name in changing)})"
    )
