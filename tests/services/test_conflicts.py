"""Officers whom a case concerns: found in words, kept away, and given back when it was wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from feedback.services import citizen, desk, exclusions, extracts, owners, record, staffing, views
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit

Behind = psycopg.Connection[Any]
AsOfficer = Callable[[int], Any]


def excluded(behind: Behind, case_id: Any) -> dict[int, tuple[str, str]]:
    """Officer to kind of match and state."""
    return {
        row["officer_id"]: (row["reason"], row["state"])
        for row in kit.of_case(behind, "conflict", case_id, "officer_id")
    }


@pytest.mark.parametrize(
    "body",
    [
        "Bw. Kapuya wa ofisi ya ardhi haji kazini.",
        "mwalimu kapuya anachelewa kila siku",
        "Afisa J. Kapuya hakunipa stakabadhi.",
        "Juma Hamisi Kapuya hakunipa stakabadhi.",
        "JUMA KAPUYYA hakunipa stakabadhi",
    ],
)
def test_a_name_in_the_words_keeps_its_officer_away(
    make: Make, monday: datetime, superuser: Behind, body: str
) -> None:
    accused = make.officer("DODOMA-CC", "handler", name="Juma Hamisi Kapuya")
    other = make.officer("DODOMA-CC", "handler", name="Neema Swai")
    for _ in range(2):
        receipt = make.case(monday, body=body, category="ROADS")
        assert kit.case_row(superuser, receipt.case_id)["handler_id"] == other
        assert excluded(superuser, receipt.case_id) == {accused: ("words", "provisional")}


@pytest.mark.parametrize(
    "body",
    [
        "Juma alisema maji hayatoki mtaani kwetu.",
        "Taa za barabara ya Kapuya hazijawaka.",
        "Afisa ardhi hakunipa hati.",
        "Mkurugenzi wa maji atusaidie, bomba limepasuka.",
    ],
)
def test_a_name_alone_or_a_plain_word_keeps_nobody_away(
    make: Make, monday: datetime, superuser: Behind, body: str
) -> None:
    make.officer("DODOMA-CC", "handler", name="Juma Hamisi Kapuya")
    head = make.officer("DODOMA-CC", "head", name="Majid Ardhini")
    make.hold(head, "DODOMA-CC", "institution_head")
    receipt = make.case(monday, body=body)
    assert excluded(superuser, receipt.case_id) == {}


def test_a_common_name_behind_a_title_points_to_nobody(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    for surname in ("Swai", "Ngowi", "Mushi", "Temba"):
        make.officer("DODOMA-CC", "handler", name=f"Juma {surname}")
    receipt = make.case(monday, body="Bw. Juma hakunipa stakabadhi.")
    assert excluded(superuser, receipt.case_id) == {}
    receipt = make.case(monday, body="Bw. Juma Ngowi hakunipa stakabadhi.")
    assert len(excluded(superuser, receipt.case_id)) == 1


@pytest.mark.parametrize(
    ("body", "post", "capacity"),
    [
        ("Mkurugenzi wa halmashauri ameomba rushwa.", "institution_head", "holder"),
        ("The DED asked for a bribe.", "institution_head", "holder"),
        ("Kaimu mkurugenzi ameomba rushwa.", "institution_head", "deputy"),
        ("Afisa utumishi anaomba hongo.", "hr_head", "holder"),
    ],
)
def test_who_holds_the_post_complained_about_is_kept_away(
    make: Make, monday: datetime, superuser: Behind, body: str, post: str, capacity: str
) -> None:
    make.officer("ETHICS", "ethics")
    officer = make.officer("DODOMA-CC", "head")
    make.hold(officer, "DODOMA-CC", post, capacity=capacity)
    elsewhere = make.officer("DAWASA", "head")
    make.hold(elsewhere, "DAWASA", "institution_head")
    receipt = make.case(monday, body=body)
    assert excluded(superuser, receipt.case_id) == {officer: ("post", "provisional")}


def test_an_ethics_officer_decides_and_lifting_gives_the_case_back(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    accused = make.officer("DODOMA-CC", "handler", name="Juma Hamisi Kapuya")
    receipt = make.case(monday, persons="Juma Kapuya", body="Hakunipa stakabadhi.")
    with as_officer(accused), pytest.raises(Refused, match="not-found"):
        views.for_officer(receipt.case_id, monday)
    with as_officer(ethics):
        assert [row.reference for row in exclusions.waiting(None).rows] == [receipt.reference]
        matter = exclusions.matter(receipt.case_id, monday)
        assert matter.persons == "Juma Kapuya"
        assert matter.texts == ["Hakunipa stakabadhi."]
        assert [e.name for e in matter.excluded] == ["Juma Hamisi Kapuya"]
        # For this purpose alone: the case itself is not theirs.
        with pytest.raises(Refused, match="not-found"):
            views.for_officer(receipt.case_id, monday)
    with as_officer(ethics):
        exclusions.decide(receipt.case_id, accused, lift=True, now=monday)
    with as_officer(ethics):
        assert exclusions.waiting(None).rows == []
        with pytest.raises(Refused, match="not-found"):
            exclusions.decide(receipt.case_id, accused, lift=False, now=monday)
        with pytest.raises(Refused, match="not-found"):
            exclusions.matter(receipt.case_id, monday)
    with as_officer(accused):
        assert views.for_officer(receipt.case_id, monday).reference == receipt.reference
    assert {"looked_to_decide", "exclusion_lifted"} <= set(kit.acts(superuser, receipt.case_id))
    # The same words again change nothing; the officer's own word does.
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.add_message(receipt.case_id, "Ni Juma Hamisi Kapuya.", monday)
    assert excluded(superuser, receipt.case_id)[accused][1] == "lifted"
    with as_officer(accused):
        desk.recuse(receipt.case_id, monday)
    assert excluded(superuser, receipt.case_id)[accused] == ("recused", "confirmed")
    with as_officer(accused), pytest.raises(Refused, match="not-found"):
        views.for_officer(receipt.case_id, monday)


def test_who_decides_is_outside_not_concerned_and_of_ethics(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    concerned = make.officer("ETHICS", "ethics", name="Rehema Sanga Mollel")
    inside = make.officer("DODOMA-CC", "ethics")
    others = [
        make.officer("DODOMA-CC", role)
        for role in ("handler", "coordinator", "head", "admin", "auditor")
    ]
    receipt = make.case(monday, persons="Rehema Sanga Mollel")
    for number in (concerned, inside, *others):
        with as_officer(number):
            assert exclusions.waiting(None).rows == []
            with pytest.raises(Refused, match="not-found"):
                exclusions.matter(receipt.case_id, monday)
            with pytest.raises(Refused, match="not-found"):
                exclusions.decide(receipt.case_id, concerned, lift=True, now=monday)


def test_a_confirmed_exclusion_stays(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    accused = make.officer("DODOMA-CC", "handler", name="Juma Hamisi Kapuya")
    receipt = make.case(monday, persons="Juma Kapuya")
    with as_officer(ethics):
        exclusions.decide(receipt.case_id, accused, lift=False, now=monday)
    (row,) = kit.of_case(superuser, "conflict", receipt.case_id, "officer_id")
    assert (row["state"], row["decided_by"]) == ("confirmed", ethics)
    with as_officer(accused), pytest.raises(Refused, match="not-found"):
        views.for_officer(receipt.case_id, monday)


def test_words_that_come_later_take_the_case_from_whom_they_name(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    accused = make.officer("DODOMA-CC", "handler", name="Juma Hamisi Kapuya")
    receipt = make.case(monday)
    other = make.officer("DODOMA-CC", "handler", name="Neema Swai")
    assert kit.case_row(superuser, receipt.case_id)["handler_id"] == accused
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.add_message(receipt.case_id, "Aliyenizuia ni Bw. Kapuya.", monday)
    assert kit.case_row(superuser, receipt.case_id)["handler_id"] == other
    told = kit.rows(superuser, "SELECT kind FROM notice WHERE officer_id = %s", accused)
    assert "citizen_message" not in {row["kind"] for row in told}


def test_a_transfer_goes_round_whom_the_words_name_there(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    here = make.officer("DODOMA-CC", "handler", name="Anna Temba")
    accused = make.officer("TANESCO", "handler", name="Juma Hamisi Kapuya")
    other = make.officer("TANESCO", "handler", name="Neema Swai")
    receipt = make.case(monday, body="Bw. Kapuya alikata umeme.", confidentiality="confidential")
    assert excluded(superuser, receipt.case_id) == {}
    with as_officer(here):
        desk.transfer(receipt.case_id, "TANESCO", None, "Ni ya umeme.", monday)
    assert kit.case_row(superuser, receipt.case_id)["handler_id"] == other
    assert excluded(superuser, receipt.case_id) == {accused: ("words", "provisional")}


def test_officers_hired_or_seated_later_are_compared(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    make.officer("ETHICS", "ethics")
    first = make.officer("DODOMA-CC", "handler", name="Neema Swai")
    named = make.case(monday, body="Bw. Kapuya alinizuia.")
    post = make.case(monday, body="Mkurugenzi wa halmashauri anaomba rushwa.")
    assert kit.case_row(superuser, named.case_id)["handler_id"] == first

    assert kit.compare_newcomers(monday) == (2, 0)
    hired = make.officer("DODOMA-CC", "handler", name="Juma Hamisi Kapuya")
    assert kit.compare_newcomers(monday) == (1, 1)
    assert excluded(superuser, named.case_id) == {hired: ("words", "provisional")}
    make.hold(first, "DODOMA-CC", "institution_head")
    assert kit.compare_newcomers(monday) == (1, 1)
    assert excluded(superuser, post.case_id) == {first: ("post", "provisional")}
    assert kit.compare_newcomers(monday) == (0, 0)


def test_who_is_hired_later_does_not_read_an_ended_case_either(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    """An answered case may come back, and a closed one can still be read."""
    make.officer("DODOMA-CC", "handler", name="Neema Swai")
    answered, closed = (make.case(monday, body="Bw. Kapuya alinizuia.") for _ in range(2))
    superuser.execute(
        "UPDATE \"case\" SET status = CASE WHEN id = %s THEN 'answered' ELSE 'closed' END",
        (answered.case_id,),
    )
    hired = make.officer("DODOMA-CC", "coordinator", name="Juma Hamisi Kapuya")
    kit.compare_newcomers(monday)
    for receipt in (answered, closed):
        assert excluded(superuser, receipt.case_id) == {hired: ("words", "provisional")}
        with as_officer(hired), pytest.raises(Refused, match="not-found"):
            views.for_officer(receipt.case_id, monday)


@pytest.mark.parametrize("compared", [False, True])
def test_a_rung_goes_round_who_was_seated_there_later(
    make: Make, monday: datetime, superuser: Behind, compared: bool
) -> None:
    """The words are compared with whoever came to the rung's post after they were written."""
    make.officer("DODOMA-CC", "handler", name="Neema Swai")
    receipt = make.case(monday, body="Salum Ally Mbwana wa mkoa alinizuia.")
    kit.compare_newcomers(monday)
    above = make.officer("RS-DODOMA", "oversight", name="Salum Mbwana")
    make.hold(above, "RS-DODOMA", "institution_head")
    if compared:  # of a case that did not reach the region nothing is done yet
        assert kit.compare_newcomers(monday) == (1, 0)
    kit.sweep(receipt.answer_due + timedelta(days=20))
    assert excluded(superuser, receipt.case_id) == {above: ("words", "provisional")}
    assert above not in {row["officer_id"] for row in kit.rungs(superuser, receipt.case_id)}
    told = kit.rows(superuser, "SELECT FROM notice WHERE officer_id = %s", above)
    assert not told


def test_who_is_seated_on_a_rung_that_was_reached_is_compared(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    make.officer("DODOMA-CC", "handler", name="Neema Swai")
    receipt = make.case(monday, body="Salum Ally Mbwana wa mkoa alinizuia.")
    first = make.officer("RS-DODOMA", "oversight", name="Zawadi Komba")
    make.hold(first, "RS-DODOMA", "institution_head")
    kit.sweep(receipt.answer_due + timedelta(days=20))
    kit.compare_newcomers(monday)
    superuser.execute("UPDATE post_holding SET until_day = current_date - 1")
    later = make.officer("RS-DODOMA", "oversight", name="Salum Mbwana")
    make.hold(later, "RS-DODOMA", "institution_head")
    kit.compare_newcomers(monday)
    assert excluded(superuser, receipt.case_id) == {later: ("words", "provisional")}


def test_an_ethics_officer_whom_words_name_does_not_get_the_case(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    """Neither where the level goes up after the words were written, nor who gets the role later."""
    head = make.officer("DODOMA-CC", "head", name="Anna Temba")
    make.hold(head, "DODOMA-CC", "institution_head")
    accused = make.officer("TANGA-CC", "ethics", name="Salum Mbwana")
    receipt = make.case(monday, body="Salum Ally Mbwana alinizuia.")
    other = make.officer("TANESCO", "ethics", name="Neema Swai")
    with as_officer(head):
        desk.classify(receipt.case_id, "CONDUCT", "restricted", monday)
    assert kit.case_row(superuser, receipt.case_id)["handler_id"] == other
    assert excluded(superuser, receipt.case_id) == {accused: ("words", "provisional")}
    kit.compare_newcomers(monday)
    later = make.officer("DAWASA", "ethics", name="Salum Mbwana Mdogo")
    kit.compare_newcomers(monday)
    assert later in excluded(superuser, receipt.case_id)


def test_an_extract_goes_round_who_came_to_its_post_later(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    ethics = make.officer("ETHICS", "ethics", name="Neema Swai")
    receipt = make.case(monday, body="Salum Ally Mbwana alinizuia.", confidentiality="restricted")
    kit.compare_newcomers(monday)
    first = make.officer("RS-DODOMA", "head", name="Anna Temba")
    make.hold(first, "RS-DODOMA", "institution_head")
    with as_officer(ethics):
        extracts.hand_over(receipt.case_id, "RS-DODOMA", "Dondoo.", monday)
    kit.compare_newcomers(monday)
    superuser.execute("UPDATE post_holding SET until_day = current_date - 1")
    later = make.officer("RS-DODOMA", "head", name="Salum Mbwana")
    make.hold(later, "RS-DODOMA", "institution_head")
    with pytest.raises(Refused, match="no-addressee"), as_officer(ethics):
        extracts.hand_over(receipt.case_id, "RS-DODOMA", "Tena.", monday)
    with as_officer(later):
        assert len(extracts.addressed()[0]) == 1  # until the worker compared
    kit.compare_newcomers(monday)
    assert excluded(superuser, receipt.case_id) == {later: ("words", "provisional")}
    with as_officer(later):
        assert extracts.addressed()[0] == []


def test_newcomers_are_compared_by_few_questions(
    make: Make, monday: datetime, query_count: Any
) -> None:
    """However many cases there are that do not concern them."""
    make.officer("DODOMA-CC", "handler", name="Neema Swai")
    kit.compare_newcomers(monday)
    asked = []
    for more in (2, 12):
        for number in range(more):
            persons = "Fulani Fulani" if number % 2 else None
            level = "confidential" if number % 3 else "open"
            make.case(monday, persons=persons, confidentiality=level)
        make.officer("DODOMA-CC", "handler", name=f"Juma Kapuya {more}")
        with transaction(JOB):
            run = owners.newcomers()
        with query_count() as counted, transaction(JOB):
            owners.compare_newcomers(run, monday)
        assert run.done
        asked.append(counted.number)
    assert asked[0] == asked[1]


def test_an_owner_who_gets_the_name_loses_the_case(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    owner = make.officer("DODOMA-CC", "handler", name="Zawadi Komba")
    other = make.officer("DODOMA-CC", "handler", name="Neema Swai")
    receipt = make.case(monday, body="Bw. Kapuya alinizuia.")
    assert kit.case_row(superuser, receipt.case_id)["handler_id"] == owner
    superuser.execute("UPDATE officer SET name = 'Zawadi Kapuya' WHERE id = %s", (owner,))
    kit.compare_newcomers(monday)
    assert kit.case_row(superuser, receipt.case_id)["handler_id"] == other


def test_when_everybody_is_concerned_it_climbs_over_them_with_an_alarm(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    names = ["Juma Kapuya", "Neema Swai", "Anna Temba", "Peter Ngowi"]
    staff = [
        make.officer("DODOMA-CC", role, name=name)
        for role, name in zip(("handler", "coordinator", "head", "head"), names, strict=True)
    ]
    make.hold(staff[2], "DODOMA-CC", "institution_head")
    make.hold(staff[3], "DODOMA-CC", "institution_head", capacity="deputy")
    above = make.officer("RS-DODOMA", "oversight", name="Salum Mbwana")
    make.hold(above, "RS-DODOMA", "institution_head")
    receipt = make.case(monday, persons=", ".join(names), confidentiality="confidential")
    assert kit.case_row(superuser, receipt.case_id)["handler_id"] is None
    kit.sweep(receipt.answer_due + timedelta(days=20))
    ways = {
        (row["post"], row["way"], row["officer_id"])
        for row in kit.rungs(superuser, receipt.case_id)
    }
    assert ("institution_head", "holder", above) in ways
    assert not {officer for _, _, officer in ways} & set(staff)
    told = kit.rows(superuser, "SELECT officer_id FROM notice WHERE case_id = %s", receipt.case_id)
    assert not {row["officer_id"] for row in told} & set(staff)
    alarms = {row["kind"] for row in kit.of_case(superuser, "alarm", receipt.case_id)}
    assert "unowned" in alarms


def test_the_cases_of_one_who_left_go_round_the_concerned(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    leaving = make.officer("DODOMA-CC", "handler", name="Neema Swai")
    receipt = make.case(monday, body="Bw. Kapuya alinizuia.")
    hired = make.officer("DODOMA-CC", "handler", name="Juma Kapuya")
    kit.compare_newcomers(monday)
    superuser.execute("UPDATE officer SET active = false WHERE id = %s", (leaving,))
    with transaction(JOB):
        assert staffing.hand_over(monday) == 1
    assert kit.case_row(superuser, receipt.case_id)["handler_id"] is None
    assert hired in excluded(superuser, receipt.case_id)


def test_an_auditor_finds_nothing_of_a_case_that_concerns_the_auditor(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    from feedback.services import audit

    concerned = make.officer("PO-PSMGG", "auditor", name="Juma Hamisi Kapuya")
    other = make.officer("PO-PSMGG", "auditor")
    receipt = make.case(monday, persons="Juma Hamisi Kapuya")
    with transaction(JOB):
        audit.chain(monday)
    with as_officer(other):
        assert record.entries(record.Asked(case_id=receipt.case_id)).rows
    with as_officer(concerned):
        assert record.entries(record.Asked(case_id=receipt.case_id)).rows == []
        assert audit.verify().ok  # the chain as a whole is still the auditor's to verify


def test_the_sealed_words_are_for_those_who_compare_or_decide(make: Make, monday: datetime) -> None:
    ethics = make.officer("ETHICS", "ethics")
    stranger = make.officer("DAWASA", "head")
    make.hold(stranger, "DAWASA", "institution_head")
    plain = make.case(monday)
    named = make.case(monday, persons="Fulani Fulani")
    for number, receipt in ((stranger, named), (ethics, plain), (ethics, named)):
        with transaction(Principal.of_officer(number)) as session:
            for function in ("words_said", "persons_named", "exclusions_of"):
                rows = session.execute(
                    text(f"SELECT * FROM guard.{function}(:case)"),  # noqa: S608
                    {"case": receipt.case_id},
                ).all()
                assert rows == [], (number, function)
