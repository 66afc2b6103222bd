"""Officers for every institution of a made-up history, and the posts they hold."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection

from feedback.services.history import words
from feedback.services.passwords import hasher
from feedback.services.reference import Directory, InstitutionInfo

HANDLERS = 3
UNIT_HEADS = 2
ETHICS_OFFICERS = 6
VACANT = 23  # of so many posts one has nobody
ETHICS_CODE = "ETHICS"
ETHICS_POSTS = ("ethics_senior", "ethics_head", "ethics_post")


@dataclass(slots=True)
class Staff:
    """Who owns cases and who stands on rungs. A post is known by institution, unit and kind."""

    handlers: dict[int, list[int]]
    ethics: list[int]
    posts: dict[tuple[int, int | None, str], tuple[int, int | None]]
    officers: int


def provide(connection: Connection[Any], d: Directory, since: date) -> Staff:
    """Make the officers of every institution (once), fill vacant posts, and answer who is who.

    Nobody can log in as one of them: they share the hash of a password that nobody knows.
    """
    planned = [row for i in d.institutions.values() for row in _planned(i)]
    connection.execute(
        "INSERT INTO officer (institution_id, unit_id, username, name, roles, active, language)"
        " SELECT p.institution_id, p.unit_id, p.username, p.name, p.roles::text[], true, 'sw'"
        " FROM unnest(%s::int[], %s::int[], %s::text[], %s::text[], %s::text[])"
        " AS p (institution_id, unit_id, username, name, roles)"
        " ON CONFLICT (username) DO NOTHING",
        [list(column) for column in zip(*planned, strict=True)],
    )
    connection.execute(
        "INSERT INTO credential (officer_id, password_hash)"
        " SELECT id, %s FROM officer WHERE username = ANY (%s) ON CONFLICT DO NOTHING",
        [hasher.hash(secrets.token_urlsafe()), [row[2] for row in planned]],
    )
    rows = connection.execute(
        "SELECT id, institution_id, username, roles FROM officer WHERE active"
        " AND username = ANY (%s) ORDER BY id",
        [[row[2] for row in planned]],
    ).fetchall()
    by_name = {username: number for number, _, username, _ in rows}
    handlers: dict[int, list[int]] = {}
    for number, institution, _, roles in rows:
        if "handler" in roles:
            handlers.setdefault(institution, []).append(number)
    _fill_posts(connection, d, by_name, since)
    return Staff(
        handlers,
        [number for number, _, _, roles in rows if "ethics" in roles],
        _posts(connection),
        len(rows),
    )


def _name(institution: InstitutionInfo, task: str) -> str:
    return f"historia.{institution.code.lower()}.{task}"


def _planned(i: InstitutionInfo) -> list[tuple[int, int, str, str, str]]:
    head = "{head,oversight}" if i.kind != "council" else "{head}"
    tasks = {"mkuu": head, "utumishi": "{head}", "mratibu": "{coordinator}"}
    tasks |= {f"idara{n}": "{handler}" for n in range(UNIT_HEADS)}
    tasks |= {f"afisa{n}": "{handler}" for n in range(HANDLERS)}
    if i.code == ETHICS_CODE:
        tasks |= {f"maadili{n}": "{ethics}" for n in range(ETHICS_OFFICERS)}
    return [
        (i.id, i.default_unit_id, _name(i, task), words.person(i.id * 17 + n), roles)
        for n, (task, roles) in enumerate(tasks.items())
    ]


def _fill_posts(
    connection: Connection[Any], d: Directory, by_name: dict[str, int], since: date
) -> None:
    """Give the posts that nobody holds to the officers made here; a few stay vacant."""
    vacant = connection.execute(
        "SELECT p.id, p.institution_id, p.kind FROM post p WHERE NOT EXISTS ("
        " SELECT FROM post_holding h WHERE h.post_id = p.id AND h.until_day IS NULL)"
    ).fetchall()
    tasks = {"institution_head": "mkuu", "hr_head": "utumishi", "coordinator": "mratibu"}
    held = []
    for post, institution_id, kind in vacant:
        institution = d.institutions.get(institution_id)
        if institution is None or (kind == "unit_head" and post % VACANT == 0):
            continue
        task = tasks.get(kind, f"idara{post % UNIT_HEADS}")
        if kind in ETHICS_POSTS:
            task = f"maadili{ETHICS_POSTS.index(kind)}"
        officer = by_name.get(_name(institution, task))
        if kind == "ethics_post":
            officer = by_name[_name(d.institutions_by_code[ETHICS_CODE], task)]
        if officer is not None:
            held.append((post, officer))
    connection.execute(
        "INSERT INTO post_holding (post_id, officer_id, capacity, since_day)"
        " SELECT h.post, h.officer, 'holder', %s FROM unnest(%s::int[], %s::int[])"
        " AS h (post, officer) ON CONFLICT DO NOTHING",
        [since, [post for post, _ in held], [officer for _, officer in held]],
    )


def _posts(
    connection: Connection[Any],
) -> dict[tuple[int, int | None, str], tuple[int, int | None]]:
    return {
        (institution, unit, kind): (post, officer)
        for institution, unit, kind, post, officer in connection.execute(
            "SELECT p.institution_id, p.unit_id, p.kind, p.id, h.officer_id FROM post p"
            " LEFT JOIN (post_holding h JOIN officer o ON o.id = h.officer_id AND o.active)"
            " ON h.post_id = p.id AND h.capacity = 'holder' AND h.until_day IS NULL"
        )
    }
