"""Saved views: the own ones alone, and what one who leads shares with the institution."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import update
from sqlalchemy.exc import ProgrammingError

from feedback import models as m
from feedback.extensions import db
from feedback.services import saved_views
from feedback.services.errors import Refused
from tests.factories import Make

AsOfficer = Callable[[int], Any]


def save(name: str, now: datetime, **fields: Any) -> UUID:
    values: dict[str, Any] = {"scope": "mine", "filters": {"kind": "enquiry"}, "shared": False}
    return saved_views.save(name, now=now, **{**values, **fields})


def names() -> list[tuple[str, bool]]:
    return [(view.name, view.own) for view in saved_views.mine()]


def test_an_officer_keeps_renames_and_deletes(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    with as_officer(make.officer("DODOMA-CC", "handler")):
        first = save("  Maulizo  yangu ", monday)
        second = save("barabara", monday, scope="unit", filters={"due": "late", "place": "Zanka"})
        assert names() == [("barabara", True), ("Maulizo yangu", True)]
        assert saved_views.mine()[0].filters == {"due": "late", "place": "Zanka"}
        saved_views.rename(second, "Za Zanka")
        saved_views.rename(second, "za ZANKA")  # its own name does not stand in the way
        saved_views.remove(first)
        assert names() == [("za ZANKA", True)]


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("", {}, "empty"),
        (" \t", {}, "empty"),
        ("x" * 61, {}, "name-too-long"),
        ("MAULIZO", {}, "name-taken"),
        ("Mengine", {"scope": "restricted"}, "bad-target"),
        ("Mengine", {"shared": True}, "not-allowed"),
    ],
)
def test_what_is_not_kept(
    make: Make, monday: datetime, as_officer: AsOfficer, name: str, fields: Any, code: str
) -> None:
    with as_officer(make.officer("DODOMA-CC", "handler")):
        save("Maulizo", monday)
        with pytest.raises(Refused, match=code):
            save(name, monday, **fields)
        assert names() == [("Maulizo", True)]


def test_there_is_an_end_to_them(make: Make, monday: datetime, as_officer: AsOfficer) -> None:
    with as_officer(make.officer("DODOMA-CC", "handler")):
        for n in range(saved_views.MOST):
            save(f"Mwonekano {n}", monday)
        with pytest.raises(Refused, match="too-many-views"):
            save("Mmoja zaidi", monday)


def test_others_see_what_a_leader_shares_and_change_nothing(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    leader = make.officer("DODOMA-CC", "coordinator")
    handler = make.officer("DODOMA-CC", "handler")
    elsewhere = make.officer("KONDOA-DC", "coordinator")
    with as_officer(leader):
        shared, own = save("Ya wote", monday, shared=True), save("Yangu", monday)
    with as_officer(handler):
        assert names() == [("Ya wote", False)]
        for view in (shared, own):
            for act in (
                lambda v=view: saved_views.rename(v, "Langu"),
                lambda v=view: saved_views.share(v, shared=True),
                lambda v=view: saved_views.remove(v),
            ):
                with pytest.raises(Refused, match="not-found"):
                    act()
    with as_officer(elsewhere):
        assert names() == []
    with as_officer(leader):
        saved_views.share(shared, shared=False)
        saved_views.share(own, shared=True)
    with as_officer(handler):
        assert names() == [("Yangu", False)]


def test_the_database_itself_keeps_them_apart(
    make: Make, monday: datetime, as_officer: AsOfficer, superuser: psycopg.Connection[Any]
) -> None:
    """Whatever the service forgot to ask."""
    leader = make.officer("DODOMA-CC", "coordinator")
    handler = make.officer("DODOMA-CC", "handler")
    with as_officer(leader):
        shared = save("Ya wote", monday, shared=True)
    with as_officer(handler):
        own = save("Yangu", monday)
        for statement in (
            update(m.SavedView).where(m.SavedView.id == shared).values(name="x"),
            m.SavedView.__table__.delete().where(m.SavedView.id == shared),
        ):
            assert db.session.execute(statement).rowcount == 0
    for values in ({"shared": True}, {"officer_id": leader}, {"filters": {}}):
        with pytest.raises(ProgrammingError), as_officer(handler):
            db.session.execute(update(m.SavedView).where(m.SavedView.id == own).values(**values))
    rows = superuser.execute("SELECT name, officer_id, shared FROM saved_view ORDER BY name")
    assert rows.fetchall() == [("Ya wote", leader, True), ("Yangu", handler, False)]


def test_who_leads_no_more_keeps_but_shares_nothing_new(
    make: Make, monday: datetime, as_officer: AsOfficer, superuser: psycopg.Connection[Any]
) -> None:
    officer = make.officer("DODOMA-CC", "coordinator")
    with as_officer(officer):
        shared = save("Ya wote", monday, shared=True)
    superuser.execute("UPDATE officer SET roles = '{handler}' WHERE id = %s", [officer])
    with as_officer(officer):
        with pytest.raises(Refused, match="not-allowed"):
            saved_views.rename(shared, "Nyingine")
        saved_views.share(shared, shared=False)
        saved_views.rename(shared, "Nyingine")
        with pytest.raises(Refused, match="not-allowed"):
            saved_views.share(shared, shared=True)
        saved_views.remove(shared)
        assert names() == []
