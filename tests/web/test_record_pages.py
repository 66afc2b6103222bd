"""The auditor's pages: filters, the file, odd patterns, legal holds; nothing opens a case."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from feedback import clock
from feedback.rules import patterns as rules
from feedback.services import audit, patterns
from feedback.services.cases import Receipt
from feedback.transaction import JOB, Principal, transaction
from feedback.web import entry_wording, wording
from feedback.web.downloads import FORMULA
from tests.factories import Make
from tests.services.confidential_probe import Connection
from tests.web.browser import Browser
from tests.web.office import at_desk, token_of

WORDS = "Mwenyekiti aliomba rushwa ya shilingi elfu hamsini."


def test_every_act_has_words(app: Flask) -> None:
    """An act that the source records and the page does not name would stand there as a code."""
    source = "".join(path.read_text() for path in Path(wording.__file__).parents[1].rglob("*.py"))
    recorded = set(re.findall(r"audit\.(?:record|entry)\(\s*\"([a-z_]+)\"", source))
    assert "files_added" in recorded
    with app.test_request_context():
        assert recorded <= {code for code, _ in entry_wording.act_choices()}


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def auditor(app: Flask, make: Make) -> Browser:
    return at_desk(app, make.officer("PO-PSMGG", "auditor", name="Mkaguzi Halima"))


@pytest.fixture
def case(make: Make, now: datetime) -> Receipt:
    make.officer("DODOMA-CC", "handler", name="Juma Hamisi")
    return make.case(now, body=WORDS, name="Neema Mushi", phone="0712000001")


def look(officer: int, receipt: Receipt, at: datetime, act: str = "looked", **more: Any) -> None:
    with transaction(Principal.of_officer(officer)):
        audit.record(act, receipt.case_id, now=at, **more)


def chain() -> None:
    with transaction(JOB):
        audit.chain(datetime.now(UTC))


def shown(tab: Browser, **asked: str) -> list[str]:
    """The acts of the entries on a page."""
    page = tab.get("/admin/record", query_string=asked).text
    return re.findall(r'data-label="Act">([^<]+)<', page)


def test_entries_are_found_by_officer_case_kind_and_period(
    make: Make, auditor: Browser, case: Receipt, now: datetime
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    other = make.case(now)
    look(handler, case, now - timedelta(days=3))
    look(handler, case, now, audit.IDENTITY_LOOKED, fields="phone")
    look(handler, case, now + timedelta(seconds=1), "noted")
    look(handler, other, now + timedelta(seconds=2))
    chain()
    seen, opened = "Looked at the case", "Looked at an identity"
    assert shown(auditor, case=case.reference, kind="look") == [opened, seen]
    assert sorted(shown(auditor, case=case.reference, kind="act")) == ["Lodged", "Wrote a note"]
    assert shown(auditor, kind="look", officer="officer3") == [seen, opened, seen]
    assert shown(auditor, case=other.reference.lower(), act="looked") == [seen]
    local = (now + timedelta(hours=3)).date()
    assert shown(auditor, kind="look", since=local.isoformat()) == [seen, opened]
    before = (local - timedelta(days=1)).isoformat()
    assert shown(auditor, kind="look", until=before) == [seen]
    assert shown(auditor, kind="look", until="nonsense", since="") == [seen, opened, seen]
    assert "Logged" not in "".join(shown(auditor, kind="other", case=case.reference))


def test_the_page_asks_no_more_for_more_entries(
    make: Make, auditor: Browser, case: Receipt, now: datetime, query_count: Any
) -> None:
    numbers = []
    for count in (2, 30):
        for _ in range(count):
            look(make.officer("DODOMA-CC", "handler"), make.case(now), now)
        chain()
        with query_count() as counted:
            auditor.get("/admin/record")
        numbers.append(counted.number)
    assert numbers[0] == numbers[1]


def test_references_are_shown_and_nothing_of_a_case(
    make: Make, auditor: Browser, case: Receipt, now: datetime
) -> None:
    look(make.officer("DODOMA-CC", "handler"), case, now)
    chain()
    for page in (auditor.get("/admin/record").text, auditor.get("/admin/record.csv").text):
        assert case.reference in page
        for secret in (WORDS, "rushwa", "Neema", "712000001"):
            assert secret not in page
    assert auditor.get(f"/desk/case/{case.reference}").status_code == 403


def test_a_report_about_the_auditors_institution_shows_nowhere(
    app: Flask, make: Make, now: datetime
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    report = make.case(now, confidentiality="restricted")
    look(ethics, report, now)
    chain()
    own = at_desk(app, make.officer("DODOMA-CC", "auditor"))
    far = at_desk(app, make.officer("DAWASA", "auditor"))
    asked = f"/admin/record?case={report.reference}"
    assert report.reference in far.get("/admin/record").text
    assert "<td" in far.get(asked).text
    for page in (
        own.get("/admin/record").text,
        own.get(asked).text.replace(report.reference, "", 3),  # what was asked is repeated
        own.get(f"/admin/record?case={report.case_id}").text,
        own.get("/admin/record.csv").text,
    ):
        assert report.reference not in page
        assert "Looked at the case</td>" not in page
    for path in ("/admin/record", asked):
        # Whether there is such a report cannot be told from the page either.
        nothing = own.get(path.replace(report.reference, "AAAA-AAAA")).text
        assert ("No entry fits." in nothing) is ("No entry fits." in own.get(path).text)
    answer = own.post(
        "/admin/holds",
        data={"csrf_token": token_of(own), "case": report.reference, "ground": "x"},
    )
    assert "There is no case of this reference." in answer.text
    whole = own.post("/admin/record/verify", data={"csrf_token": token_of(own)})
    assert "The chain is whole." in whole.text


def test_such_an_auditor_still_notices_tampering(
    app: Flask, make: Make, now: datetime, superuser: Connection
) -> None:
    report = make.case(now, confidentiality="restricted")
    chain()
    own = at_desk(app, make.officer("DODOMA-CC", "auditor"))
    superuser.execute("UPDATE audit_entry SET mac = '\\x00' WHERE case_id = %s", (report.case_id,))
    broken = own.post("/admin/record/verify", data={"csrf_token": token_of(own)})
    assert "The record was tampered with" in broken.text


def test_the_file_is_inert_and_taking_it_is_on_record(
    make: Make, auditor: Browser, case: Receipt, now: datetime, superuser: Connection
) -> None:
    evil = make.officer("DODOMA-CC", "handler", name='=HYPERLINK("http://x","y")')
    for start in FORMULA:
        look(evil, case, now, f"{start}1+1", **{f"{start}k": f"{start}2"})
    chain()
    answer = auditor.get(f"/admin/record.csv?case={case.reference}")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
    assert rows[0] == ["When", "Act", "Who", "Officer: user name", "Case", "Details"]
    assert len(rows) > len(FORMULA)
    assert not [cell for row in rows for cell in row if cell.startswith(FORMULA)]
    assert "'=HYPERLINK" in answer.text
    assert superuser.execute(
        "SELECT count(*) FROM audit_entry WHERE act = 'record_exported'"
    ).fetchone() == (1,)
    nothing = auditor.get("/admin/record.csv?case=AAAA-AAAA").text
    assert len(list(csv.reader(io.StringIO(nothing)))) == 1


def test_patterns_are_explained_and_name_no_case(
    make: Make, auditor: Browser, case: Receipt, now: datetime
) -> None:
    empty = auditor.get("/admin/patterns").text
    assert empty.count("Nobody stands out.") == len(rules.KINDS)
    curious = make.officer("DODOMA-CC", "oversight", name="Asha Said")
    make.exclude(case.case_id, curious, now - timedelta(days=1))
    look(curious, case, now)
    with transaction(JOB):
        patterns.compute(now + timedelta(seconds=1))
    page = auditor.get("/admin/patterns").text
    assert "Asha Said" in page
    assert page.count("Nobody stands out.") == len(rules.KINDS) - 1
    assert f"At least {rules.MANY_CASES} cases in a day" in page
    assert case.reference not in page
    assert str(case.case_id)[:8] not in page
    assert "Takwimu" not in page
    assert auditor.get("/admin/patterns?lang=sw").status_code == 200


def test_a_case_is_kept_and_released_on_screen(auditor: Browser, case: Receipt) -> None:
    assert "No case is kept." in auditor.get("/admin/holds").text
    token = token_of(auditor)
    refused = auditor.post("/admin/holds", data={"csrf_token": token, "case": case.reference})
    assert refused.status_code == 422
    assert "Name the court or the inquiry" in refused.text
    assert f'value="{case.reference}"' in refused.text
    given = {"csrf_token": token, "case": case.reference, "ground": "Mahakama, shauri 7"}
    assert auditor.post("/admin/holds", data=given).location == "/admin/holds"
    assert auditor.post("/admin/holds", data=given).status_code == 422
    page = auditor.get("/admin/holds").text
    assert "Mahakama, shauri 7" in page
    (end,) = re.findall(r'action="(/admin/holds/[^"]+/end)"', page)
    assert auditor.post(end, data={"csrf_token": token}).status_code == 303
    assert auditor.post(end, data={"csrf_token": token}).status_code == 404
    assert "No case is kept." in auditor.get("/admin/holds").text


def test_details_of_an_entry_are_words_in_the_reader_s_language(app: Flask) -> None:
    said = {"rung": 2, "way": "letter", "owned": 0, "text": "help", "seed": 7}
    with app.test_request_context("/"), force_locale("en"):
        words = "rung: 2; way: a letter; has an owner: no; text: Help; seed: 7"
        assert entry_wording.details(said) == words
    with app.test_request_context("/"), force_locale("sw"):
        words = "ngazi: 2; njia: barua; lina mwenyewe: hapana; ujumbe: Msaada; seed: 7"
        assert entry_wording.details(said) == words
        corrected = {"status": "moved", "moved_to": "2026-12-17"}
        words = "hali ya siku: Imehamishwa; imehamishiwa: Alhamisi 17 Desemba 2026"
        assert entry_wording.details(corrected) == words
        logged = {"outcome": "used", "kind": "final", "number": 1}
        words = "matokeo: imesajiliwa tu; aina: barua ya mwisho; namba: 1"
        assert entry_wording.details(logged) == words


def test_changes_of_reference_data_are_told_in_words(app: Flask) -> None:
    said: dict[str, str | int] = {
        "subject": "standard",
        "key": "STANDARD/enquiry/*",
        "change": "change",
        "fields": "answer_days",
        "holds_from": "2026-12-07",
    }
    with app.test_request_context("/"), force_locale("sw"):
        words = entry_wording.details(said)
        assert "Kiwango cha huduma" in words
        assert "Siku za kazi za kujibu" in words
        assert "7 Desemba 2026" in words
        assert not {"standard", "answer_days"} & set(words.replace(";", " ").split())


def test_a_breach_report_is_made_on_screen(
    app: Flask,
    make: Make,
    auditor: Browser,
    case: Receipt,
    now: datetime,
    superuser: Connection,
) -> None:
    curious = make.officer("DODOMA-CC", "head", name="Asha Said")
    other = make.case(now, confidentiality="confidential")
    hidden = make.case(now, confidentiality="restricted")
    look(curious, case, now, words=1)
    look(curious, other, now, act="identity_looked", fields="name,phone")
    look(make.officer("ETHICS", "ethics"), hidden, now)
    today = clock.local_day(now).isoformat()
    token = token_of(auditor)
    empty = {"csrf_token": token, "since": "x", "until": today}
    assert auditor.post("/admin/breach", data=empty).status_code == 422
    wrong = {**empty, "since": today, "until": "2020-01-01"}
    assert "before the first one" in auditor.post("/admin/breach", data=wrong).text
    nobody = {**empty, "since": today, "officer": "nobody.here"}
    assert "no officer of this user name" in auditor.post("/admin/breach", data=nobody).text
    page = auditor.post("/admin/breach", data={**empty, "since": today}).text
    for receipt in (case, other, hidden):
        assert receipt.reference in page
    assert "Name, Phone number" in page
    assert "RASIMU. KWA: Tume" in page
    assert WORDS not in page
    (officer,) = superuser.execute("SELECT username FROM officer WHERE id = %s", (curious,))
    mine = {**empty, "since": today, "officer": officer[0]}
    assert hidden.reference not in auditor.post("/admin/breach", data=mine).text
    made = superuser.execute("SELECT count(*) FROM audit_entry WHERE act = 'breach_report'")
    assert made.fetchone() == (2,)
    # A report about the auditor's own institution is not named to that auditor.
    inside = at_desk(app, make.officer("DODOMA-CC", "auditor"))
    page = inside.post(
        "/admin/breach", data={"csrf_token": token_of(inside), "since": today, "until": today}
    ).text
    assert other.reference in page
    assert hidden.reference not in page
