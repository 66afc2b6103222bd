"""Sending feedback: the form without JavaScript, what it refuses, and the receipt."""

from __future__ import annotations

import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask

from feedback.web import new_form
from tests.web.browser import Browser, browser, by_id, count, fields, hidden, receipt

pytestmark = pytest.mark.usefixtures("clock")
MONDAY = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
STYLE = Path(__file__).parents[2] / "feedback/static/style.css"


@pytest.fixture
def client(app: Flask) -> Browser:
    """A browser without cookies."""
    return browser(app)


def test_the_front_page_sets_no_cookie_and_leads_on(client: Browser) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers
    for target in ("/new", "/track", "/figures"):
        assert re.search(rf'class="btn[^>]* href="{target}"', page.text)


def test_the_front_page_tells_the_standards_in_force(client: Browser) -> None:
    page = client.get("/?lang=en").text
    assert "Within 14 working days the answer; 5 for an enquiry, 30 for a report" in page


@pytest.mark.parametrize("path", ["/", "/new", "/track"])
def test_first_load_is_light(client: Browser, path: str) -> None:
    page = client.get(path).data
    files = [page, STYLE.read_bytes()]
    # The form alone has a script, which sends files: the third request.
    scripts = re.findall(rb'<script src="/static/([^?]+)', page)
    assert scripts == ([b"upload.js"] if path == "/new" else [])
    files += [(STYLE.parent / name.decode()).read_bytes() for name in scripts]
    assert page.count(b"<script") == len(scripts)
    assert sum(len(each) for each in files) < 30_000
    assert sum(len(gzip.compress(each)) for each in files) <= 14_336
    assert page.count(b'rel="stylesheet"') == 1


def test_a_complaint_gets_reference_and_code(
    client: Browser, superuser: psycopg.Connection[Any]
) -> None:
    reference, code = receipt(client, client.post("/new", data=fields(client)))
    assert re.fullmatch(r"\w{4}-\w{4}", reference or "")
    assert re.fullmatch(r"\w{4}-\w{4}-\w{3}", code or "")
    row = superuser.execute(
        'SELECT c.kind, c.channel, c.language, c.place, i.code, c.anonymous FROM "case" c'
        " JOIN institution i ON i.id = c.institution_id WHERE reference = %s",
        (reference,),
    ).fetchone()
    assert row == ("complaint", "web", "sw", "Mtaa wa Uhindini", "DODOMA-CC", False)


def test_the_code_stands_in_no_cookie_and_no_address(client: Browser) -> None:
    answer = client.post("/new", data=fields(client))
    _, code = receipt(client, answer)
    assert code is not None
    cookie = client.get_cookie("mrejesho")
    assert cookie is not None
    assert code not in str(answer.headers)
    assert code.replace("-", "") not in cookie.value


def test_the_receipt_tells_both_dates(client: Browser) -> None:
    client.post("/new", data=fields(client))
    page = client.get("/received?lang=en").text
    assert "Wednesday 12 November 2025" in page
    assert "Friday 28 November 2025" in page


def test_the_receipt_tells_how_a_lost_code_is_replaced(client: Browser) -> None:
    reference, _ = receipt(client, client.post("/new", data=fields(client)))
    assert f"tuma SMS MSIMBO {reference} kutoka simu hiyo" in client.get("/received").text


@pytest.mark.parametrize("path", ["/new", "/tuma"])
def test_both_addresses_serve_the_form(client: Browser, path: str) -> None:
    assert 'name="submission_id"' in client.get(path).text
    receipt(client, client.post(path, data=fields(client)))


def test_each_form_has_values_of_its_own(app: Flask) -> None:
    """The empty form is kept as a page: nothing of one citizen may stand in another's."""
    pages = [browser(app).get("/new").text for _ in range(3)]
    for name in ("csrf_token", "submission_id"):
        assert len({hidden(page, name) for page in pages}) == 3
    for page in pages:
        assert UUID(hidden(page, "submission_id")).version == 4
        assert "{csrf}" not in page


def test_the_form_speaks_the_language_asked_for(client: Browser) -> None:
    assert '<html lang="sw">' in client.get("/new").text
    assert '<html lang="en">' in client.get("/new?lang=en").text
    assert '<html lang="en">' in client.get("/new").text


# Refusals: each beside its field, everything typed stays.


@pytest.mark.parametrize(
    ("field", "value", "marked"),
    [
        ("kind", "", "kind"),
        ("kind", "gossip", "kind"),
        ("institution", "", "institution"),
        ("institution", "NO-SUCH-OFFICE", "institution"),
        ("category", "NO-SUCH-SUBJECT", "category"),
        ("body", "", "body"),
        ("body", " \r\n ", "body"),
        ("body", "a" * 5_001, "body"),
        ("confidentiality", "public", "confidentiality"),
        ("phone", "12", "phone"),
        ("phone", "simu yangu", "phone"),
        ("email", "asha", "email"),
        ("email", "root,asha@example.com", "email"),
        ("email", "<root>asha@example.com", "email"),
        ("email", "asha@example.com.", "email"),
        ("name", "a" * 121, "name"),
        ("place", "a" * 201, "place"),
        ("persons", "a" * 501, "persons"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_lost(
    client: Browser, superuser: psycopg.Connection[Any], field: str, value: str, marked: str
) -> None:
    posted = fields(client, **{"persons": "Juma Hamisi", "name": "Asha", field: value})
    answer = client.post("/new", data=posted)
    assert answer.status_code == 422
    assert f'id="f-{marked}-error"' in answer.text
    assert f'href="#f-{marked}"' in answer.text
    assert answer.text.count('class="error"') == 1
    for kept in ("body", "place", "name", "persons", "phone"):
        typed = posted[kept].strip()
        assert not typed or typed in answer.text
    assert hidden(answer.text, "submission_id") == posted["submission_id"]
    assert superuser.execute('SELECT count(*) FROM "case"').fetchone() == (0,)


def test_choices_stay_chosen(client: Browser) -> None:
    page = client.post(
        "/new",
        data=fields(client, body="", confidentiality="confidential", anonymous="1"),
    ).text
    assert re.search(r'value="complaint" checked', page)
    assert re.search(r'value="DODOMA-CC" checked', page)
    assert re.search(r'value="ROADS" selected', page)
    assert re.search(r'value="confidential" checked', page)
    assert re.search(r'name="anonymous" value="1" checked', page)


def test_what_was_typed_is_shown_as_text(client: Browser) -> None:
    page = client.post("/new", data=fields(client, kind="", body="<script>alert(1)</script>")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_exactly_the_longest_body_is_taken(client: Browser) -> None:
    posted = fields(client, body="é\r\n" * 2_500)  # line ends count once, as people count them
    assert client.post("/new", data=posted).status_code == 303


@pytest.mark.parametrize("submission", ["", "zz", "1234", "' OR 1=1"])
def test_a_damaged_form_is_shown_again_with_a_new_id(client: Browser, submission: str) -> None:
    answer = client.post("/new", data=fields(client, submission_id=submission))
    assert answer.status_code == 422
    fresh = hidden(answer.text, "submission_id")
    assert UUID(fresh)
    again = fields(client, submission_id=fresh)
    assert client.post("/new", data=again).status_code == 303


def test_characters_that_no_database_takes_are_left_out(client: Browser) -> None:
    posted = fields(client, body="Maji\x00 hakuna", place="Dodoma\x00", name="Asha\x00")
    assert client.post("/new", data=posted).status_code == 303


def test_an_oversized_post_gets_its_page(client: Browser) -> None:
    answer = client.post("/new", data=fields(client, body="a" * 2_000_000))
    assert answer.status_code == 413
    assert "<h1>" in answer.text


def test_an_expired_session_gives_everything_back(app: Flask, client: Browser) -> None:
    posted = fields(client, place="Kwa Asha", anonymous="1")
    other = browser(app)  # the cookie is gone
    answer = other.post("/new", data=posted)
    assert answer.status_code == 422
    assert 'class="notice warning"' in answer.text
    assert 'class="error"' not in answer.text
    for kept in ("body", "place", "phone"):
        assert posted[kept] in answer.text
    fresh = {name: hidden(answer.text, name) for name in ("csrf_token", "submission_id")}
    # Without a valid token the id may be a stranger's, who would then be shown the receipt.
    assert fresh["submission_id"] != posted["submission_id"]
    assert fresh["csrf_token"] != posted["csrf_token"]
    receipt(other, other.post("/new", data={**posted, **fresh}))


def test_a_token_older_than_four_hours_gives_everything_back(client: Browser, clock: Any) -> None:
    posted = fields(client)
    clock.move_to(MONDAY + timedelta(hours=5))
    answer = client.post("/new", data=posted)
    assert answer.status_code == 422
    assert posted["body"] in answer.text
    fresh = {**posted, "csrf_token": hidden(answer.text, "csrf_token")}
    receipt(client, client.post("/new", data=fresh))


# One submission id, one case.


def test_a_repeated_post_is_one_case(client: Browser, superuser: psycopg.Connection[Any]) -> None:
    posted = fields(client)
    first = receipt(client, client.post("/new", data=posted))
    assert receipt(client, client.post("/new", data=posted)) == first
    assert 'class="notice warning"' not in client.get("/received").text
    assert count(superuser) == 1


def test_a_double_click_is_one_case(
    app: Flask, client: Browser, superuser: psycopg.Connection[Any]
) -> None:
    posted = fields(client)
    cookie = client.get_cookie("mrejesho")
    assert cookie is not None

    def press(_: int) -> int:
        tab = browser(app)
        tab.set_cookie("mrejesho", cookie.value)
        return tab.post("/new", data=posted).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(press, range(8))) == {303}
    assert count(superuser) == 1


def test_altered_content_shows_the_first_receipt_with_a_notice(
    client: Browser, superuser: psycopg.Connection[Any]
) -> None:
    posted = fields(client)
    first = receipt(client, client.post("/new", data=posted))
    again = client.post("/new", data={**posted, "body": "Maneno mengine kabisa."})
    assert receipt(client, again) == first
    assert 'class="notice warning"' in client.get("/received").text
    assert count(superuser) == 1


def test_after_a_day_the_code_is_not_shown_any_more(client: Browser, clock: Any) -> None:
    posted = fields(client)
    reference, code = receipt(client, client.post("/new", data=posted))
    clock.move_to(MONDAY + timedelta(hours=23, minutes=59))
    fresh = fields(client, submission_id=posted["submission_id"])
    assert receipt(client, client.post("/new", data=fresh)) == (reference, code)
    clock.move_to(MONDAY + timedelta(hours=24, minutes=1))
    fresh = fields(client, submission_id=posted["submission_id"])
    assert receipt(client, client.post("/new", data=fresh)) == (reference, None)
    assert code is not None
    assert code not in client.get("/received").text


def test_without_a_submission_there_is_no_receipt(client: Browser) -> None:
    answer = client.get("/received")
    assert answer.status_code == 404
    assert by_id(answer.text, "reference") is None


def test_a_shared_device_forgets_the_receipt(client: Browser) -> None:
    client.post("/new", data=fields(client))
    page = client.get("/received").text
    left = client.post("/track", data={"act": "leave", "csrf_token": hidden(page, "csrf_token")})
    assert left.status_code == 303
    assert client.get("/received").status_code == 404


# Who sent it.


def test_contact_is_sealed(client: Browser, superuser: psycopg.Connection[Any]) -> None:
    posted = fields(client, name="Asha Juma", email="asha@example.com", persons="Bw. Hamisi")
    receipt(client, client.post("/new", data=posted))
    fields_kept = superuser.execute("SELECT field FROM sealed_identity").fetchall()
    assert {row[0] for row in fields_kept} == {"name", "phone", "email", "persons"}


def test_anonymous_keeps_no_contact_at_all(
    client: Browser, superuser: psycopg.Connection[Any]
) -> None:
    posted = fields(
        client, anonymous="1", name="Asha", phone="not a number", email="x", persons="Bw. Hamisi"
    )
    receipt(client, client.post("/new", data=posted))
    kept = superuser.execute("SELECT field FROM sealed_identity").fetchall()
    assert [row[0] for row in kept] == ["persons"]
    row = superuser.execute('SELECT anonymous, reachable FROM "case"').fetchone()
    assert row == (True, False)
    assert superuser.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


@pytest.mark.parametrize(("value", "anonymous"), [("on", True), ("true", True), ("0", False)])
def test_anonymous_is_read_in_favour_of_the_citizen(
    client: Browser, superuser: psycopg.Connection[Any], value: str, anonymous: bool
) -> None:
    receipt(client, client.post("/new", data=fields(client, anonymous=value)))
    assert superuser.execute('SELECT anonymous FROM "case"').fetchone() == (anonymous,)


@pytest.mark.parametrize(
    ("asked", "category", "kept"),
    [
        ("open", "ROADS", "open"),
        ("open", "LAND-DISPUTE", "confidential"),
        ("confidential", "ROADS", "confidential"),
        ("restricted", "ROADS", "restricted"),
        ("open", "CORRUPTION", "restricted"),
        ("", "ROADS", "open"),
    ],
)
def test_confidentiality_is_the_stricter_of_both(
    client: Browser,
    superuser: psycopg.Connection[Any],
    asked: str,
    category: str,
    kept: str,
) -> None:
    receipt(
        client, client.post("/new", data=fields(client, confidentiality=asked, category=category))
    )
    assert superuser.execute('SELECT confidentiality FROM "case"').fetchone() == (kept,)


def test_lodging_takes_few_statements(client: Browser, query_count: Any) -> None:
    posted = fields(client)
    client.post("/new", data=posted)
    posted = fields(client, submission_id=str(uuid4()))
    with query_count() as counted:
        assert client.post("/new", data=posted).status_code == 303
    assert counted.number <= 18


def test_the_form_that_a_link_leads_to_is_kept_and_belongs_to_nobody(
    app: Flask, client: Browser
) -> None:
    address = "/new?institution=DODOMA-CC&category=ROADS"
    first = client.get(address).text
    second = browser(app).get(address).text
    assert 'value="DODOMA-CC" checked' in second
    assert hidden(first, "submission_id") != hidden(second, "submission_id")
    assert hidden(first, "csrf_token") != hidden(second, "csrf_token")
    other = client.get("/new?institution=KONDOA-DC&category=ROADS").text
    assert 'value="KONDOA-DC" checked' in other
    assert "DODOMA-CC" not in other
    assert '<html lang="en">' in client.get(f"{address}&lang=en").text


def test_what_a_visitor_makes_up_is_not_kept(client: Browser) -> None:
    client.get("/new")
    before = len(new_form._pages)
    for query in ("institution=NOWHERE", "kind=madeup", "x=1", "lang=fr", "institution=dodoma-cc"):
        assert client.get(f"/new?{query}").status_code == 200
    assert len(new_form._pages) == before
