"""Extracts: what an ethics officer lets a post know of a restricted case, and its answer.

The text is the ethics officer's, who begins with the citizen's words and takes out what points at
the person. It is sealed, goes to one post, and opens nothing else of the case. It is never handed
to an officer whom the case concerns. Errors: Refused, with a code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Select, insert, select

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import ladder
from feedback.rules.access import Level
from feedback.rules.workflow import Verb
from feedback.services import acts, audit, identity, marks, owners, posts, viewers
from feedback.services.errors import Refused
from feedback.services.posts import Address
from feedback.services.reference import Directory, InstitutionInfo, directory

PAGE = 50


@dataclass(frozen=True, slots=True)
class ExtractRow:
    """An extract in a list: no word of it."""

    id: UUID
    institution: InstitutionInfo | None
    name_sw: str
    name_en: str
    at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExtractView:
    """An extract as its addressee or the ethics officer reads it."""

    row: ExtractRow
    body: str
    answer: str | None


def targets(d: Directory, institution_id: int) -> list[InstitutionInfo]:
    """Institutions whose head may get an extract: the one concerned, and those above it."""
    path = d.institutions[institution_id].path
    return [d.institutions[number] for number in reversed(path) if number in d.institutions]


def hand_over(case_id: UUID, institution_code: str, body: str, now: datetime) -> UUID:
    """Send an extract to the head of an institution, or to the deputy where the case concerns the
    head. Refused: not-allowed, bad-target, no-addressee (nobody there may have it), empty."""
    case = acts.locked(case_id)
    viewer = viewers.present()
    if case.confidentiality != Level.RESTRICTED or "ethics" not in viewer.roles:
        raise Refused("not-allowed")
    acts.status_after(case, Verb.NOTE)
    body = acts.words(body)
    target = next(
        (i for i in targets(directory(), case.institution_id) if i.code == institution_code), None
    )
    if target is None:
        raise Refused("bad-target")
    # Whoever came to the post after the citizen's words may be the very person they name.
    owners.compare(case, now)
    address = Address(target.id, None, "institution_head")
    post = posts.find([address], local_day(now)).get(address)
    way = ladder.resolve(post, frozenset(acts.excluded(case.id)))
    if post is None or way.person is None:
        raise Refused("no-addressee")
    extract_id = uuid4()
    db.session.execute(
        insert(m.Extract).values(
            id=extract_id,
            case_id=case.id,
            by_officer_id=viewer.officer,
            post_id=post.id,
            officer_id=way.person if way.kind == "deputy" else None,
            sealed=identity.seal(body, f"extract:{extract_id}:sealed"),
            at=now,
        )
    )
    marks.notices([way.person], "extract", case.id, now, str(extract_id))
    audit.record("extract_handed_over", case.id, now=now, to=target.id, post=post.id)
    return extract_id


def addressed(after: str | None = None) -> tuple[list[ExtractRow], str | None]:
    """Extracts that the present officer may answer or has answered, the latest first."""
    viewer = viewers.present()
    query = select(m.Extract).where(
        m.Extract.post_id.in_(viewer.posts) | (m.Extract.officer_id == viewer.officer)
    )
    return _page(query, after)


def _page(query: Select[m.Extract], after: str | None) -> tuple[list[ExtractRow], str | None]:
    statement = query.order_by(m.Extract.at.desc(), m.Extract.id).limit(PAGE + 1)
    if after:
        try:
            moment = datetime.fromisoformat(after.replace(" ", "+"))
        except ValueError:
            raise Refused("not-found") from None
        statement = statement.where(m.Extract.at < moment)
    found = list(db.session.scalars(statement).all())
    rows = _rows(found[:PAGE])
    return rows, found[PAGE - 1].at.isoformat() if len(found) > PAGE else None


def of_case(case_id: UUID) -> list[ExtractView]:
    """The extracts of a case with their answers (principal: an ethics officer who sees it)."""
    found = list(
        db.session.scalars(
            select(m.Extract).where(m.Extract.case_id == case_id).order_by(m.Extract.at)
        )
    )
    return [_view(extract, row) for extract, row in zip(found, _rows(found), strict=True)]


def read(extract_id: UUID, now: datetime) -> ExtractView:
    """One extract for its addressee; the look is on record first. Refused: not-found."""
    extract = _own(extract_id)
    audit.record("looked_at_extract", extract.case_id, now=now)
    db.session.flush()
    return _view(extract, _rows([extract])[0])


def answer(extract_id: UUID, body: str, now: datetime) -> None:
    """The addressee answers the ethics officer, once. Refused: not-found, not-allowed, empty."""
    _own(extract_id)
    # The second of two answers waits here, and then finds nothing that it may still change.
    extract = db.session.scalars(
        select(m.Extract)
        .where(m.Extract.id == extract_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if extract is None:
        raise Refused("not-allowed")
    extract.answer = identity.seal(acts.words(body), f"extract:{extract.id}:answer")
    extract.answered_by, extract.answered_at = acts.officer(), now
    db.session.flush()
    marks.notices([extract.by_officer_id], "extract_answered", extract.case_id, now)
    audit.record("extract_answered", extract.case_id, now=now)


def _own(extract_id: UUID) -> m.Extract:
    viewer = viewers.present()
    query = select(m.Extract).where(
        m.Extract.id == extract_id,
        m.Extract.post_id.in_(viewer.posts) | (m.Extract.officer_id == viewer.officer),
    )
    extract = db.session.scalars(query).one_or_none()
    if extract is None:
        raise Refused("not-found")
    return extract


def _rows(found: list[m.Extract]) -> list[ExtractRow]:
    d = directory()
    titles = {
        row.id: row
        for row in db.session.execute(
            select(m.Post.id, m.Post.name_sw, m.Post.name_en, m.Post.institution_id).where(
                m.Post.id.in_([extract.post_id for extract in found])
            )
        )
    }
    return [
        ExtractRow(
            extract.id,
            d.institutions.get(titles[extract.post_id].institution_id),
            titles[extract.post_id].name_sw,
            titles[extract.post_id].name_en,
            extract.at,
            extract.answered_at,
        )
        for extract in found
    ]


def _view(extract: m.Extract, row: ExtractRow) -> ExtractView:
    said = extract.answer
    return ExtractView(
        row,
        identity.unseal(extract.sealed, f"extract:{extract.id}:sealed"),
        None if said is None else identity.unseal(said, f"extract:{extract.id}:answer"),
    )
