"""Words, names and numbers stand in clear nowhere: every table is dumped and searched for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from feedback.services import citizen, desk, directives, escalations, intake, views
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services.confidential_probe import Connection

NAME, PHONE, EMAIL, PERSONS = "Zawadi Kilimba", "+255784555123", "zawadi@example.tz", "Bwana Ndege"
PERSON = (NAME, PHONE, PHONE[4:], EMAIL, PERSONS)
# Each act speaks a word of its own, so that a find names the act.
WORDS = {
    act: f"neno{act}siri"
    for act in ("lodged", "added", "asked", "noted", "transferred", "late", "ordered", "answered",
                "refused", "inbound")
}  # fmt: skip


def dump(connection: Connection) -> Iterator[tuple[str, str]]:
    """Every row of every table as text; bytes both as they are and as text."""
    tables = connection.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname IN ('public', 'guard')"
    ).fetchall()
    for (table,) in tables:
        for (row,) in connection.execute(f"SELECT t::text FROM {table} t"):  # noqa: S608
            yield table, row


def places(connection: Connection, *markers: str) -> set[tuple[str, str]]:
    """In which tables one of the markers stands, plainly or as the plain bytes of a column."""
    found = set()
    for table, row in dump(connection):
        low = row.lower()
        for marker in markers:
            if marker.lower() in low or marker.encode().hex() in low:
                found.add((table, marker))
    return found


@pytest.fixture
def staff(make: Make) -> dict[str, int]:
    """Those who act in the run below."""
    people = {
        "handler": make.officer("DODOMA-CC", "handler"),
        "elsewhere": make.officer("DAWASA", "handler"),
        "head elsewhere": make.officer("DAWASA", "head"),
        "ethics": make.officer("ETHICS", "ethics"),
    }
    make.hold(people["head elsewhere"], "DAWASA", "institution_head")
    return people


def run(make: Make, staff: dict[str, int], level: str, now: datetime) -> UUID:
    """A case through the verbs that take words: lodged, added to, asked, noted, transferred,
    late, directed, answered, refused by the citizen."""
    case = make.case(
        now,
        confidentiality=level,
        body=WORDS["lodged"],
        name=NAME,
        phone=PHONE,
        email=EMAIL,
        persons=PERSONS,
    ).case_id
    handler = staff["ethics" if level == "restricted" else "handler"]

    def as_officer(number: int) -> Principal:
        return Principal.of_officer(number)

    with transaction(Principal.of_case(case)):
        citizen.add_message(case, WORDS["added"], now)
    with transaction(as_officer(handler)):
        desk.acknowledge(case, now)
    with transaction(as_officer(handler)):
        desk.ask(case, WORDS["asked"], now)
    with transaction(as_officer(handler)):
        desk.note(case, WORDS["noted"], now)
    if level != "restricted":
        with transaction(as_officer(handler)):
            desk.transfer(case, "DAWASA", None, WORDS["transferred"], now)
        handler = staff["elsewhere"]
    later = now + timedelta(days=60)
    with transaction(as_officer(handler)):
        directives.give_reason(case, WORDS["late"], later)
    with transaction(JOB):
        escalations.sweep_batch(later)
    if level != "restricted":
        with transaction(as_officer(staff["head elsewhere"])) as session:
            rows = session.connection().exec_driver_sql(
                "SELECT id FROM escalation WHERE post_id = ANY (guard.ids('posts'))"
            )
            rung = rows.scalar_one()
            directive = directives.direct(rung, WORDS["ordered"], later.date(), later).id
        with transaction(as_officer(handler)):
            directives.complete(directive, later)
    with transaction(as_officer(handler)):
        desk.answer(case, WORDS["answered"], later)
    with transaction(Principal.of_case(case)):
        citizen.not_fixed(case, WORDS["refused"], later)
    return case


@pytest.mark.parametrize("level", ["confidential", "restricted"])
def test_of_a_closed_level_no_word_stands_in_clear(
    make: Make, staff: dict[str, int], superuser: Connection, monday: datetime, level: str
) -> None:
    case = run(make, staff, level, monday)
    assert not places(superuser, *PERSON, *WORDS.values())
    with transaction(Principal.of_case(case)):
        shown = [line.body for line in views.for_citizen(case, monday).messages]
    # Sealed is not lost: whoever may read them reads them.
    assert {WORDS["lodged"], WORDS["added"], WORDS["asked"], WORDS["answered"]} <= set(shown)
    assert not {WORDS["noted"], WORDS["late"]} & set(shown)


def test_of_an_open_case_words_stand_among_the_messages_only(
    make: Make, staff: dict[str, int], superuser: Connection, monday: datetime
) -> None:
    run(make, staff, "open", monday)
    assert not places(superuser, *PERSON)
    found = places(superuser, *WORDS.values())
    # And in what the desk searches, which goes when the level is raised.
    assert {table for table, _ in found} == {"public.message", "public.case_words"}
    # What officers say among themselves is sealed whatever the level.
    internal = {WORDS[act] for act in ("noted", "transferred", "late", "ordered")}
    assert not internal & {marker for _, marker in found}


@pytest.mark.parametrize("level", ["confidential", "restricted"])
@pytest.mark.parametrize("who", ["citizen", "handler"])
def test_raising_the_level_seals_what_was_written_before(
    make: Make, staff: dict[str, int], superuser: Connection, monday: datetime, level: str, who: str
) -> None:
    case = make.case(monday, body=WORDS["lodged"], name=NAME, phone=PHONE).case_id
    own = Principal.of_case(case)
    with transaction(own):
        citizen.add_message(case, WORDS["added"], monday)
    with transaction(Principal.of_officer(staff["handler"])):
        desk.note(case, WORDS["noted"], monday)
    with transaction(Principal.of_officer(staff["handler"])):
        desk.ask(case, WORDS["asked"], monday)
    assert places(superuser, *WORDS.values())
    if who == "citizen":
        with transaction(own):
            citizen.raise_confidentiality(case, level, monday)
    else:
        with transaction(Principal.of_officer(staff["handler"])):
            desk.classify(case, "OTHER", level, monday)
    assert not places(superuser, *PERSON, *WORDS.values())
    with transaction(own):
        shown = [line.body for line in views.for_citizen(case, monday).messages]
    assert {WORDS["lodged"], WORDS["added"], WORDS["asked"]} <= set(shown)
    if level == "restricted":
        with (
            transaction(Principal.of_officer(staff["handler"])),
            pytest.raises(Refused, match="not-found"),
        ):
            desk.note(case, "x", monday)


def test_an_inbound_message_is_sealed_before_it_is_stored(
    make: Make, superuser: Connection, monday: datetime
) -> None:
    with transaction(Principal("hook")):
        intake.receive(
            provider_id="gateway-id-1",
            sender=PHONE,
            words=WORDS["inbound"],
            received_at=monday,
            now=monday,
        )
    stored = superuser.execute("SELECT count(*) FROM inbound_message").fetchone()
    assert stored == (1,)
    assert not places(superuser, *PERSON, *WORDS.values())


CODE = re.compile(r"[A-Za-z0-9_:,.-]{1,60}")
DETAILS = {
    "agreed",
    "demanded",
    "category",
    "channel",
    "cycle",
    "former",
    "level",
    "officer",
    "owned",
    "paused",
    "rating",
    "reason",
    "rung",
    "to",
    "way",
    "words",
}


@pytest.mark.parametrize("level", ["open", "confidential", "restricted"])
def test_the_record_holds_codes_and_numbers_only(
    make: Make, staff: dict[str, int], superuser: Connection, monday: datetime, level: str
) -> None:
    case = run(make, staff, level, monday)
    with transaction(Principal.of_case(case)):
        citizen.withdraw(case, monday + timedelta(days=61))
    rows = superuser.execute("SELECT act, case_id, details FROM audit_entry").fetchall()
    acts = {act for act, _, _ in rows}
    assert acts >= {"lodged", "citizen_message", "acknowledged", "asked", "noted", "escalated",
                    "delay_explained", "answered", "not_fixed", "withdrawn"}  # fmt: skip
    for act, _, details in rows:
        assert set(details) <= DETAILS, (act, details)
        for value in details.values():
            assert isinstance(value, int) or CODE.fullmatch(value), (act, details)
            assert not any(word in str(value) for word in (*PERSON, *WORDS.values())), act
