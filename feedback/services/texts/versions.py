"""Texts as administrators saved them, kept in memory until the database says that they changed.

A broken row counts as none: what was shipped is sent in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from flask import has_app_context
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.services.texts.shipped import STATUS_PREFIX, STATUS_WORDS, TEXTS
from feedback.services.texts.template import Template

log = structlog.get_logger()
LANGUAGES = ("sw", "en")
Said = Mapping[str, Template]
# Versions that held so long before the load are kept too, for a clock that goes a little behind.
SLACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Version:
    """A text from a moment on. `said` is None where it is as shipped."""

    number: int
    said: Said | None
    most: int
    holds_from: datetime

    @property
    def day(self) -> date:
        """The day on which it begins."""
        return local_day(self.holds_from)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The versions of one state of the database that hold at `since` or later, in the order in
    which they begin."""

    state: int | None
    since: datetime
    versions: Mapping[str, tuple[Version, ...]]


_cache: _Kept | None = None


def holding(name: str, now: datetime) -> Version | None:
    """The version of a text that holds; None where none was ever saved."""
    return _begun(_kept(now).get(name, ()), now)


def ahead(name: str, now: datetime) -> list[Version]:
    """Versions that begin later and say something else than what holds until then; of several
    from the same moment the last."""
    before = holding(name, now)
    said, found = before.said if before else None, []
    last = {v.holds_from: v for v in _kept(now).get(name, ()) if v.holds_from > now}
    for version in last.values():
        if version.said != said:
            found.append(version)
        said = version.said
    return found


def variants(name: str, now: datetime) -> list[tuple[Said, int]]:
    """All that a text says or may come to say, with the parts it may take: as shipped, as it is
    now, as it will be."""
    held = holding(name, now)
    changed = [v for v in (held, *ahead(name, now)) if v is not None]
    return [(TEXTS[name], 1), *((v.said, v.most) for v in changed if v.said is not None)]


def status_words(language: str, now: datetime) -> dict[str, str]:
    """The words for each status."""
    found, kept = {}, _kept(now)
    for status, shipped in STATUS_WORDS.items():
        version = _begun(kept.get(f"{STATUS_PREFIX}{status}", ()), now)
        said = version.said if version else None
        found[status] = said[language].parts[0] if said else shipped[language]
    return found


def packed(said: Said) -> dict[str, Any]:
    """The text as a row holds it."""
    return {language: asdict(template) for language, template in said.items()}


def unpacked(name: str, number: int, row: Any) -> Said | None:
    """What a row says; None where that is the text as shipped, as it is for a broken row."""
    try:
        return None if row is None else {each: _template(row[each]) for each in LANGUAGES}
    except (KeyError, TypeError, ValueError) as error:
        log.warning("text_version_broken", text=name, number=number, error=type(error).__name__)
        return None


def _template(row: Any) -> Template:
    parts, after, pointer = row["parts"], row["after"], row["pointer"]
    if not parts or not all(isinstance(each, str) for each in (*parts, after, pointer)):
        raise ValueError("a text is made of sentences")
    return Template(tuple(parts), after, pointer)


def _begun(versions: tuple[Version, ...], now: datetime) -> Version | None:
    begun = [v for v in versions if v.holds_from <= now]
    return begun[-1] if begun else None


def _kept(now: datetime) -> Mapping[str, tuple[Version, ...]]:
    """The versions of the state that this transaction saw at its begin."""
    global _cache
    if not has_app_context():  # words alone, without a database
        return {}
    db.session.connection()  # begins the transaction, which learns the state
    state = db.session().info.get("reference_version")
    if _cache is None or state is None or _cache.state != state or now < _cache.since:
        since = now - SLACK
        _cache = _Kept(state, since, _load(since))
    return _cache.versions


def _load(since: datetime) -> dict[str, tuple[Version, ...]]:
    row = m.TextVersion.__table__.c
    held = (
        select(m.TextVersion.__table__)
        .ext(distinct_on(row.name))
        .where(row.holds_from <= since)
        .order_by(row.name, row.holds_from.desc(), row.number.desc())
    )
    later = (
        select(m.TextVersion.__table__)
        .where(row.holds_from > since)
        .order_by(row.name, row.holds_from, row.number)
    )
    found: dict[str, list[Version]] = {}
    for each in (*db.session.execute(held), *db.session.execute(later)):
        said = unpacked(each.name, each.number, each.said)
        found.setdefault(each.name, []).append(
            Version(each.number, said, each.most_parts, each.holds_from)
        )
    return {name: tuple(versions) for name, versions in found.items()}
