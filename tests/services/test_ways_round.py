"""Ways round the ordinary one: deputies of excluded holders, caution, letters that travel."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from feedback.services import citizen, desk, directives, letters, oversight, queues, views
from feedback.services.errors import Refused
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services import kit

Behind = psycopg.Connection[Any]


def test_the_deputy_of_an_excluded_head_sees_and_directs(
    make: Make, monday: datetime, as_officer: Any
) -> None:
    head = make.officer("DODOMA-CC", "head")
    deputy = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    make.hold(deputy, "DODOMA-CC", "institution_head", capacity="deputy")
    receipt = make.case(monday, confidentiality="confidential")
    other = make.case(monday, confidentiality="confidential")
    make.exclude(receipt.case_id, head, monday)
    late = receipt.answer_due + timedelta(hours=1)
    kit.sweep(late)
    with as_officer(head):
        assert [row.case_id for row in oversight.escalated(None, late).rows] == [other.case_id]
        with pytest.raises(Refused, match="not-found"):
            views.for_officer(receipt.case_id, late)
    with as_officer(deputy):
        # for this case alone: the holder is there for every other
        assert [row.case_id for row in oversight.escalated(None, late).rows] == [receipt.case_id]
        case = views.for_officer(receipt.case_id, late)
        assert case.may_read_words
        rung = directives.rung_of(receipt.case_id)
        assert rung is not None
        directives.direct(rung, "Jibu ndani ya siku tatu.", late.date() + timedelta(days=5), late)
        assert [given.reference for given in oversight.directives(late).rows] == [receipt.reference]
        with pytest.raises(Refused, match="not-found"):
            views.for_officer(other.case_id, late)


def test_what_the_citizen_wants_confidential_stays_so_out_of_triage(
    make: Make, monday: datetime, as_officer: Any, superuser: Behind
) -> None:
    handler = make.officer("PO-PSMGG", "handler")
    words = "Nahitaji msaada."
    asked = make.case(monday, institution=None, body=words, confidentiality="confidential")
    later = make.case(monday, institution=None, body=words)
    cautious = make.case(monday, institution=None, body=words)
    with transaction(Principal.of_case(later.case_id)):
        citizen.raise_confidentiality(later.case_id, "confidential", monday)
    for receipt in (asked, later):
        with as_officer(handler), pytest.raises(Refused, match="not-allowed"):
            desk.classify(receipt.case_id, "OTHER", "open", monday)
        assert kit.case_row(superuser, receipt.case_id)["confidentiality"] == "confidential"
    with as_officer(handler):
        desk.classify(cautious.case_id, "OTHER", "open", monday)
    assert kit.case_row(superuser, cautious.case_id)["confidentiality"] == "open"


def test_letters_go_with_the_case_and_restricted_ones_to_ethics(
    make: Make, monday: datetime, as_officer: Any
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    here = make.officer("DODOMA-CC", "coordinator")
    there = make.officer("TANESCO", "coordinator")
    ethics = make.officer("ETHICS", "ethics")
    moved = make.case(monday)
    hidden = make.case(monday, confidentiality="restricted")
    late = hidden.answer_due + timedelta(days=1)
    kit.sweep(late)
    with as_officer(here):
        (first, *_) = queues.letters(None, late).rows
        assert {row.case.case_id for row in queues.letters(None, late).rows} == {moved.case_id}
    with as_officer(handler):
        desk.transfer(moved.case_id, "TANESCO", None, "Ni ya umeme.", late)
    with as_officer(here):
        assert queues.letters(None, late).rows == []
    with as_officer(there):
        desk.hand_over_letter(first.escalation_id, late)
    with as_officer(ethics):
        (row, *_) = queues.letters(None, late).rows
        assert row.case.case_id == hidden.case_id
        assert letters.letter(row.escalation_id, late).facts.category is None
        desk.hand_over_letter(row.escalation_id, late)


def test_ethics_may_say_which_institution_a_report_is_about(
    make: Make, monday: datetime, as_officer: Any, superuser: Behind
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    receipt = make.case(monday, institution=None, body="Afisa ameomba rushwa.")
    with as_officer(ethics):
        desk.transfer(receipt.case_id, "TANESCO", None, "Ni kuhusu TANESCO.", monday)
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["confidentiality"], case["handler_id"]) == ("restricted", ethics)


def test_who_assigns_neither_reads_by_it_nor_shuts_superiors_out(
    make: Make, monday: datetime, as_officer: Any
) -> None:
    make.officer("DODOMA-CC", "handler")
    colleague = make.officer("DODOMA-CC", "handler")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    secretary = make.officer("RS-DODOMA", "head")
    make.hold(secretary, "RS-DODOMA", "institution_head")
    receipt = make.case(monday, confidentiality="confidential")
    with as_officer(coordinator), pytest.raises(Refused, match="bad-target"):
        desk.assign(receipt.case_id, coordinator, monday)
    for superior in (head, secretary):
        with as_officer(coordinator), pytest.raises(Refused, match="bad-target"):
            desk.exclude(receipt.case_id, superior, monday)
    with as_officer(coordinator):
        desk.exclude(receipt.case_id, colleague, monday)
    with as_officer(colleague), pytest.raises(Refused, match="not-found"):
        views.for_officer(receipt.case_id, monday)
