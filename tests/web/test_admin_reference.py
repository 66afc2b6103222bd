"""Reference data on screen: each form, its preview, a second administrator, files of lines."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from feedback import jobs
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind
from tests.services.reference_kit import kept
from tests.web.browser import Browser, hidden
from tests.web.office import at_desk, token_of


@pytest.fixture
def tab(app: Flask, make: Make, superuser: Behind) -> Iterator[Browser]:
    with kept(superuser):
        yield at_desk(app, make.officer("PO-PSMGG", "admin", name="Msimamizi Mkuu"))


@pytest.fixture
def second(app: Flask, make: Make) -> Browser:
    return at_desk(app, make.officer("PO-PSMGG", "admin", name="Msimamizi wa Pili"))


def post(tab: Browser, url: str, **fields: Any) -> TestResponse:
    return tab.post(url, data={"csrf_token": token_of(tab), **fields})


def filled(tab: Browser, url: str, **fields: Any) -> dict[str, Any]:
    """The fields of a row's form as the page shows them, with some of them changed."""
    page = tab.get(url).text
    form = page.split(f'action="{url}"')[1].split("</form>")[0]
    given: dict[str, Any] = dict(re.findall(r'name="([^"]+)" type="text" value="([^"]*)"', form))
    given["seen"] = hidden(form, "seen")
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        given[name] = chosen[1] if chosen else ""
    for name, value in re.findall(r'name="([^"]+)"[^>]* value="([^"]*)" checked', form):
        given[name] = value
    for name, text in re.findall(
        r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', form, re.S
    ):
        given[name] = text
    return {**given, **fields}


def through(tab: Browser, url: str, **fields: Any) -> tuple[str, TestResponse]:
    """Preview a form and save what was previewed; answers the preview and what came of it."""
    shown = post(tab, url, **fields)
    assert shown.status_code == 200, shown.text
    mark = re.search(r'name="shown" value="([^"]+)"', shown.text)
    assert mark
    return shown.text, post(tab, url, **{**fields, "shown": mark[1], "act": "save"})


NEW = [
    (
        "institutions",
        {"code": "mfano-dc", "kind": "council", "parent": "RS-DODOMA", "ladder": "council"},
        ("SELECT kind, path[2:3] <> '{}' AS placed FROM institution WHERE code = %s", "MFANO-DC"),
        {"kind": "council", "placed": True},
    ),
    (
        "units",
        {"institution": "DODOMA-CC", "code": "PARKS"},
        ("SELECT name_en FROM unit WHERE code = %s", "PARKS"),
        {"name_en": "Example"},
    ),
    (
        "subjects",
        {
            "code": "PARKS",
            "applies_to": "council",
            "unit_code": "WORKS",
            "confidentiality": "open",
            "standard": "STANDARD",
            "sort": "15",
            "keywords_sw": "bustani\nuwanja wa watoto",
        },
        ("SELECT keywords_sw FROM category WHERE code = %s", "PARKS"),
        {"keywords_sw": ["bustani", "uwanja wa watoto"]},
    ),
]


@pytest.mark.parametrize(("slug", "fields", "query", "row"), NEW, ids=[n[0] for n in NEW])
def test_a_new_row_is_checked_previewed_and_written(
    tab: Browser, superuser: Behind, slug: str, fields: dict[str, str], query: Any, row: Any
) -> None:
    url = f"/admin/{slug}/add"
    assert tab.get(url, query_string={"institution": "DODOMA-CC"}).status_code == 200
    wrong = post(tab, url, **{**fields, "name_sw": "", "name_en": "x" * 200, "code": "ö"})
    assert wrong.status_code == 422
    assert {"f-name_sw-error", "f-name_en-error", "f-code-error"} <= set(
        re.findall(r'id="(f-[\w-]+-error)"', wrong.text)
    )
    assert 'value="Ö"' in wrong.text
    assert "Name in Swahili: This must not be empty." in wrong.text
    given = {**fields, "name_sw": "Mfano", "name_en": "Example"}
    preview, saved = through(tab, url, **given)
    assert "Look at it before you save" in preview
    assert "Example" in preview
    assert saved.status_code == 303
    assert not kit.rows(superuser, *query)
    assert jobs.apply_changes()["done"] == 1
    assert kit.rows(superuser, *query)[0] == row
    again = post(tab, url, **given)
    assert again.status_code == 422
    assert "This is there already" in again.text


def test_what_gives_power_waits_for_a_second_administrator(
    tab: Browser, second: Browser, superuser: Behind
) -> None:
    url = "/admin/ladders/row/council/4"
    preview, saved = through(tab, url, **filled(tab, url, days="5"))
    assert "stays there for 5 working days" in preview
    assert "only when a second administrator has agreed" in preview
    assert saved.location == "/admin/changes"
    assert jobs.apply_changes()["done"] == 0
    own = tab.get("/admin/changes").text
    assert "Waits for a second administrator" in own
    # before anybody agrees: what it would have done
    assert "This is being worked out." in own
    assert jobs.preview_changes()["previews"] == 1
    own = tab.get("/admin/changes").text
    assert "fewer than 10 clocks were missed" in own
    assert "No late case would have climbed in another way." in own
    assert "/approve" not in own
    number = re.search(r'action="/admin/changes/([^/]+)/cancel"', own)
    assert number
    refused = post(tab, f"/admin/changes/{number[1]}/approve")
    assert refused.status_code == 422
    assert "Another administrator must decide this." in refused.text
    assert "An administrator asks for a change" in second.get("/staff/notices").text
    assert post(second, f"/admin/changes/{number[1]}/approve").status_code == 303
    assert jobs.apply_changes()["done"] == 1
    (row,) = kit.rows(superuser, "SELECT days FROM ladder_rung WHERE ladder='council' AND rung=4")
    assert row["days"] == 5
    history = tab.get(url).text
    assert "Msimamizi wa Pili" in history
    late = post(second, f"/admin/changes/{number[1]}/cancel")
    assert late.status_code == 422
    assert 'class="notice error"' in late.text, "what waits no more still says why not"


def test_a_ladder_is_copied_and_given_to_a_subject(
    tab: Browser, second: Browser, superuser: Behind
) -> None:
    def agreed(preview: str, says: str) -> None:
        assert says in preview
        number = re.search(
            r'action="(/admin/changes/[^/]+/approve)"', second.get("/admin/changes").text
        )
        assert number
        post(second, number[1])
        assert jobs.apply_changes()["done"] == 1

    wrong = post(tab, "/admin/new-ladders/add", code="Barabara!", origin="")
    assert wrong.status_code == 422
    assert 'value="barabara!"' in wrong.text
    assert "Use small letters" in wrong.text
    fields = {"code": "council-roads", "origin": "council"}
    agreed(through(tab, "/admin/new-ladders/add", **fields)[0], "No case climbs it until")
    assert "council-roads" in tab.get("/admin/ladders").text
    assert tab.get("/admin/ladder-choices").status_code == 200
    form = tab.get("/admin/ladder-choices/add").text
    assert ">council-roads<" in form
    assert ">Restricted cases<" not in form
    fields = {"scope": "council", "category": "ROADS", "ladder": "council-roads"}
    agreed(through(tab, "/admin/ladder-choices/add", **fields)[0], "keeps its rung")
    assert "council-roads" in tab.get("/admin/ladder-choices").text
    row = tab.get("/admin/ladder-choices/row/council/ROADS").text
    assert "Close it" in row


def test_who_is_alone_is_not_told_to_wait(tab: Browser) -> None:
    url = "/admin/ladders/row/council/4"
    preview, saved = through(tab, url, **filled(tab, url, days="5"))
    assert "There is no second administrator" in preview
    assert "only when a second administrator has agreed" not in preview
    assert saved.status_code == 303
    assert "alone, with an alarm" in tab.get("/admin/changes").text


def test_a_rename_over_a_newer_one_is_shown_first(tab: Browser, superuser: Behind) -> None:
    url = "/admin/institutions/row/DODOMA-CC"
    mine = filled(tab, url, name_en="City of Dodoma")
    through(tab, url, **filled(tab, url, contact="0800 110 000"))
    jobs.apply_changes()
    clash = post(tab, url, **mine)
    assert clash.status_code == 409
    assert "Somebody changed it meanwhile" in clash.text
    assert "<del>" in clash.text


def test_a_unit_with_officers_closes_only_to_a_successor(
    tab: Browser, second: Browser, make: Make, superuser: Behind
) -> None:
    officer = make.officer("DODOMA-CC", unit="WORKS")
    url = "/admin/units/close/DODOMA-CC/WORKS"
    alone = post(tab, url)
    assert alone.status_code == 422
    assert "It has open cases or officers" in alone.text
    assert post(tab, "/admin/units/close/DODOMA-CC/REGISTRY").status_code == 422
    shown = post(tab, url, successor="DODOMA-CC/REGISTRY")
    assert "Officers and open cases go to DODOMA-CC/REGISTRY" in shown.text
    mark = re.search(r'name="shown" value="([0-9a-f]{32})"', shown.text)
    assert mark
    post(tab, url, successor="DODOMA-CC/REGISTRY", shown=mark[1])
    number = re.search(
        r'action="(/admin/changes/[^/]+/approve)"', second.get("/admin/changes").text
    )
    assert number
    post(second, number[1])
    assert jobs.apply_changes()["done"] == 1
    (row,) = kit.rows(
        superuser,
        "SELECT u.code FROM officer o JOIN unit u ON u.id = o.unit_id WHERE o.id = %s",
        officer,
    )
    assert row["code"] == "REGISTRY"
    assert "This is closed." in tab.get("/admin/units/row/DODOMA-CC/WORKS").text
    assert "Closed" in tab.get("/admin/units?institution=DODOMA-CC").text


@pytest.mark.parametrize(
    ("slug", "says"),
    [
        ("institutions", "ARUSHA-CC"),
        ("institutions?words=dodoma", "DODOMA-CC"),
        ("institutions?words=hakuna-kitu-xyz", "Nothing was found."),
        ("units", "First find the institution."),
        ("subjects", "WATER-SUPPLY"),
        ("standards", "All institutions"),
        ("ladders", "Council Director"),
        ("ladders", "Council in Zanzibar"),
        ("ladder-choices", "Nothing was found."),
        ("changes", "Nothing waits."),
        ("csv/people", "At most"),
    ],
)
def test_each_list_says_what_there_is(tab: Browser, slug: str, says: str) -> None:
    page = tab.get(f"/admin/{slug}")
    assert page.status_code == 200
    assert says.lower() in page.text.lower()


# Files.


def upload(tab: Browser, slug: str, content: bytes) -> TestResponse:
    data = {"csrf_token": token_of(tab), "file": (io.BytesIO(content), "file.csv")}
    return tab.post(f"/admin/csv/{slug}", data=data, content_type="multipart/form-data")


def take_over(tab: Browser, slug: str, shown: str, **other: str) -> TestResponse:
    content = re.search(r'name="content" value="([^"]*)"', shown, re.S)
    assert content
    data = {
        "csrf_token": token_of(tab),
        "token": hidden(shown, "token"),
        "content": content[1].replace("\n", "\r\n"),
        "act": "apply",
        **other,
    }
    return tab.post(f"/admin/csv/{slug}", data=data, content_type="multipart/form-data")


def test_officers_from_a_file_wait_for_a_second_person_each(
    tab: Browser, second: Browser, superuser: Behind
) -> None:
    content = (
        "\ufeffJina la kuingia;Jina;Taasisi;Idara;Majukumu;Lugha\r\n"
        "asha.mussa;Asha Mussa;DODOMA-CC;WORKS;mshughulikiaji;en\r\n"
        "=cmd;Juma;DODOMA-CC;;handler;\r\n"
        "neema;Neema;HAKUNA;;handler;\r\n"
    ).encode()
    shown = upload(tab, "people", content).text
    assert "New: <b>1</b>" in shown
    assert "Line refused: <b>2</b>" in shown
    assert "A cell begins like a formula." in shown
    assert not kit.rows(superuser, "SELECT FROM officer WHERE username = 'asha.mussa'")
    altered = take_over(tab, "people", shown, content="username,name,institution\nx,X,DODOMA-CC")
    assert altered.status_code == 409
    done = take_over(tab, "people", shown)
    assert done.status_code == 200
    assert "Waits for a second person" in done.text
    (row,) = kit.rows(superuser, "SELECT * FROM officer WHERE username = 'asha.mussa'")
    assert (row["name"], row["roles"], row["language"]) == ("Asha Mussa", [], "en")
    assert len(kit.rows(superuser, "SELECT FROM grant_request WHERE kind = 'roles'")) == 1
    # The same file says something else now, so what was shown is not done twice.
    twice = take_over(tab, "people", shown)
    assert twice.status_code == 409
    assert "Stays as it is: <b>1</b>" in twice.text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "at least one line"),
        (b"username,name\nx,X", "The column institution is missing."),
        (b"username,name,institution,name\nx,X,CS,X", "stands there twice"),
        (b"username,name,institution\n" + b"x,X,CS\n" * 2_001, "more than 2,000 lines"),
        (b"\x00\xff\xfe", "no CSV file"),
        (b"x" * 300_001, "too big"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tab: Browser, content: bytes, says: str) -> None:
    page = upload(tab, "people", content)
    assert page.status_code == 422
    assert says in page.text


def test_the_empty_file_is_taken_as_it_is_given(tab: Browser) -> None:
    for slug in ("people", "institutions", "units"):
        template = tab.get(f"/admin/csv/{slug}/template.csv")
        shown = upload(tab, slug, template.data)
        assert "Line refused: <b>0</b>" in shown.text, shown.text
