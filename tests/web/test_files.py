"""Files on the citizen's forms and as downloads: nothing typed is lost, nothing runs, nobody else
reads."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from feedback import jobs
from tests.cleaning import samples
from tests.factories import Make
from tests.web.browser import Browser, browser, count, fields, hidden, receipt
from tests.web.office import at_desk

pytestmark = pytest.mark.usefixtures("clock")
MONDAY = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
Behind = psycopg.Connection[Any]
Sent = tuple[io.BytesIO, str]


@pytest.fixture
def client(app: Flask) -> Browser:
    """A browser without cookies, reading English."""
    tab = browser(app)
    tab.get("/?lang=en")
    return tab


def sent(data: bytes, name: str = "IMG_2031.jpg") -> Sent:
    return io.BytesIO(data), name


def post(client: Browser, said: dict[str, str], *files: Sent) -> TestResponse:
    stored = [FileStorage(stream, name) for stream, name in files]
    boundary, body = encode_multipart({**said, "attachments": stored})
    return client.post(
        "/new", data=body, content_type=f'multipart/form-data; boundary="{boundary}"'
    )


def again(page: str, said: dict[str, str], **changed: str) -> dict[str, str]:
    """The form as the page gave it back, which must be with every word."""
    assert said["body"] in page
    assert f'value="{said["place"]}"' in page
    assert hidden(page, "submission_id") == said["submission_id"]
    kept = {"held": "1"} if 'name="held"' in page else {}
    return {**said, **kept, "csrf_token": hidden(page, "csrf_token"), **changed}


def removals(page: str) -> list[str]:
    return re.findall(r'name="remove" value="([^"]+)"', page)


def files_of(superuser: Behind) -> list[tuple[Any, ...]]:
    query = "SELECT number, family, state, reason FROM attachment ORDER BY case_id, number"
    return superuser.execute(query).fetchall()


def error_of(page: str) -> str:
    found = re.search(r'id="f-attachments-error">(.*?)</p>', page, re.DOTALL)
    assert found
    return found[1]


def test_files_come_with_the_complaint(client: Browser, superuser: Behind) -> None:
    name = "../../x.html"
    answer = post(
        client, fields(client), sent(samples.jpeg(), name), sent(samples.pdf()), sent(samples.amr())
    )
    reference, code = receipt(client, answer)
    assert [row[1:3] for row in files_of(superuser)] == [
        ("image", "waiting"),
        ("document", "waiting"),
        ("audio", "waiting"),
    ]
    assert opened(client, reference, code).count("being checked") == 3
    jobs.check_files()
    page = client.get("/track").text
    assert "/track/file/1" in page
    assert "being checked" not in page
    assert name not in page
    download = client.get("/track/file/1")
    assert download.headers["Content-Disposition"] == 'attachment; filename="picha-1.jpg"'
    assert samples.SECRET not in download.data
    stored = superuser.execute("SELECT string_agg(t::text, '') FROM attachment t").fetchone()
    assert stored is not None
    assert "html" not in stored[0]


def opened(client: Browser, reference: str | None, code: str | None) -> str:
    token = hidden(client.get("/track").text, "csrf_token")
    said = {"csrf_token": token, "reference": reference, "receipt_code": code}
    assert client.post("/track", data=said).status_code == 303
    return client.get("/track").text


def test_a_form_without_files_costs_no_more(client: Browser, query_count: Any) -> None:
    receipt(client, client.post("/new", data=fields(client)))
    numbers = []
    for encoding in ("application/x-www-form-urlencoded", "multipart/form-data"):
        said = fields(client)
        with query_count() as counted:
            data = said if encoding.startswith("app") else {**said, "attachments": sent(b"", "")}
            answer = client.post("/new", data=data, content_type=encoding)
        assert answer.status_code == 303
        numbers.append(counted.number)
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (samples.archive(), "A packed file"),
        (b"<html><script>alert(1)</script>", "only photos, PDF and sound"),
        (samples.jpeg() + bytes(11 * 1024 * 1024), "larger than 10 MB"),
        (b"", "was empty"),
    ],
    ids=["archive", "page", "11 MB", "empty"],
)
def test_a_bad_file_loses_neither_words_nor_good_files(
    client: Browser, superuser: Behind, bad: bytes, says: str
) -> None:
    said = fields(client)
    answer = post(client, said, sent(samples.jpeg()), sent(bad))
    if bad:
        assert answer.status_code == 422
        assert says in error_of(answer.text)
        assert count(superuser) == 0
        assert len(removals(answer.text)) == 1
        answer = client.post("/new", data=again(answer.text, said))
    receipt(client, answer)
    assert files_of(superuser) == [(1, "image", "waiting", None)]


def test_a_sixth_file_is_said_to_be_one(client: Browser, superuser: Behind) -> None:
    said = fields(client)
    photos = [sent(samples.jpeg((10 + n, 10))) for n in range(6)]
    answer = post(client, said, *photos)
    assert answer.status_code == 422
    assert "At most 5 files" in error_of(answer.text)
    assert len(removals(answer.text)) == 5
    receipt(client, client.post("/new", data=again(answer.text, said)))
    assert len(files_of(superuser)) == 5


def test_a_form_that_is_far_too_large_comes_back_with_its_words(
    client: Browser, superuser: Behind
) -> None:
    """Seven files of 11 MB: all are read, none is kept, no word is lost."""
    said = fields(client)
    large = samples.jpeg() + bytes(11 * 1024 * 1024)
    answer = post(client, said, *(sent(large) for _ in range(7)))
    assert answer.status_code == 422
    assert "larger than 10 MB" in error_of(answer.text)
    receipt(client, client.post("/new", data=again(answer.text, said)))
    assert files_of(superuser) == []


def test_words_that_are_wrong_lose_no_file(client: Browser, superuser: Behind) -> None:
    said = fields(client, kind="")
    answer = post(client, said, sent(samples.jpeg()))
    assert answer.status_code == 422
    receipt(client, client.post("/new", data=again(answer.text, said, kind="complaint")))
    assert len(files_of(superuser)) == 1


def test_looking_for_an_institution_keeps_the_file(client: Browser, superuser: Behind) -> None:
    said = fields(client)
    page = post(client, {**said, "find": "1", "institution": ""}, sent(samples.jpeg())).text
    receipt(client, client.post("/new", data=again(page, said)))
    assert len(files_of(superuser)) == 1


def test_a_form_that_was_too_old_keeps_the_file(client: Browser, superuser: Behind) -> None:
    said = fields(client)
    page = post(client, {**said, "csrf_token": "old"}, sent(samples.jpeg())).text
    fresh = {n: hidden(page, n) for n in ("csrf_token", "submission_id")}
    assert fresh["submission_id"] != said["submission_id"]
    receipt(client, client.post("/new", data={**said, **fresh, "held": "1"}))
    assert len(files_of(superuser)) == 1


def test_a_file_can_be_taken_out_again(client: Browser, superuser: Behind) -> None:
    said = fields(client)
    page = post(client, {**said, "kind": ""}, sent(samples.jpeg()), sent(samples.pdf())).text
    first, _second = removals(page)
    page = client.post("/new", data=again(page, said, remove=first)).text
    assert len(removals(page)) == 1
    receipt(client, client.post("/new", data=again(page, said)))
    assert [row[1] for row in files_of(superuser)] == ["document"]


def test_a_form_sent_twice_brings_its_files_once(client: Browser, superuser: Behind) -> None:
    said = fields(client)
    for _ in range(2):
        receipt(client, post(client, said, sent(samples.jpeg()), sent(samples.pdf())))
    assert len(files_of(superuser)) == 2
    assert superuser.execute("SELECT count(*) FROM upload").fetchone() == (2,)


def test_another_site_leaves_nothing(client: Browser, superuser: Behind) -> None:
    said = {**fields(client), "csrf_token": "", "attachments": sent(samples.jpeg())}
    client.post(
        "/new",
        data=said,
        content_type="multipart/form-data",
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert superuser.execute("SELECT count(*) FROM upload").fetchone() == (0,)


# Messages


@pytest.fixture
def own(client: Browser) -> Browser:
    """The browser with its case open."""
    reference, code = receipt(client, client.post("/new", data=fields(client)))
    opened(client, reference, code)
    return client


def say(own: Browser, body: str, *files: Sent, act: str = "message") -> TestResponse:
    token = hidden(own.get("/track").text, "csrf_token")
    said = {"csrf_token": token, "act": act, "body": body, "attachments": list(files)}
    return own.post("/track", data=said, content_type="multipart/form-data")


def test_a_message_brings_files(own: Browser, superuser: Behind) -> None:
    assert say(own, "Picha hii hapa.", sent(samples.jpeg())).status_code == 303
    assert files_of(superuser) == [(1, "image", "waiting", None)]
    assert say(own, "Na hii.", sent(samples.pdf())).status_code == 303
    assert [row[0] for row in files_of(superuser)] == [1, 2]


def test_a_message_with_a_bad_file_keeps_words_and_good_files(
    own: Browser, superuser: Behind
) -> None:
    answer = say(own, "Picha hii hapa.", sent(samples.jpeg()), sent(samples.archive()))
    assert answer.status_code == 422
    assert "Picha hii hapa." in answer.text
    assert "A packed file" in error_of(answer.text)
    (drop,) = re.findall(r'value="(remove:[^"]+)"', answer.text)
    assert files_of(superuser) == []
    answer = say(own, "", sent(samples.pdf()))
    assert answer.status_code == 422
    page = say(own, "Picha hii hapa.", act=drop)
    assert page.status_code == 200
    assert "Picha hii hapa." in page.text
    assert say(own, "Picha hii hapa.").status_code == 303
    assert [row[1] for row in files_of(superuser)] == ["document"]


def test_what_was_refused_says_why(own: Browser) -> None:
    say(own, "Picha.", sent(samples.jpeg()[:300]), sent(samples.pixel_bomb()))
    jobs.check_files()
    page = own.get("/track").text
    assert "refused: it is damaged or of another kind" in page
    assert "refused: the picture is too large" in page
    assert own.get("/track/file/1").status_code == 404


# Piece by piece


def piece(
    client: Browser, token: str, begins: int, whole: bytes, file: str, **headers: str
) -> TestResponse:
    head = {
        "X-CSRFToken": token,
        "X-Upload": file,
        "X-Begins": str(begins),
        "X-Size": str(len(whole)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    body = whole[begins : begins + 4000]
    return client.post("/files", data=body, headers=head, content_type="application/octet-stream")


def test_pieces_come_before_the_form(client: Browser, superuser: Behind) -> None:
    said, whole, file, at = fields(client), samples.jpeg((700, 700)), uuid4().hex, 0
    while at < len(whole):
        answer = piece(client, said["csrf_token"], at, whole, file, X_Draft=said["submission_id"])
        at = answer.get_json()["received"]
    receipt(client, client.post("/new", data={**said, "held": "1"}))
    assert jobs.check_files()["cleaned"] == 1
    assert files_of(superuser) == [(1, "image", "clean", None)]


def test_pieces_of_a_message_go_to_the_open_case(own: Browser, superuser: Behind) -> None:
    token = hidden(own.get("/track").text, "csrf_token")
    assert piece(own, token, 0, samples.pdf(), uuid4().hex).get_json()["received"] > 0
    assert len(re.findall(r'value="remove:', own.get("/track").text)) == 1
    assert say(own, "Hati hii hapa.").status_code == 303
    assert files_of(superuser) == [(1, "document", "waiting", None)]


def test_who_knows_the_number_of_a_case_puts_no_file_into_it(
    app: Flask, own: Browser, superuser: Behind
) -> None:
    (case,) = superuser.execute('SELECT id FROM "case"').fetchone() or (None,)
    stranger = browser(app)
    token = hidden(stranger.get("/new").text, "csrf_token")
    piece(stranger, token, 0, samples.pdf(), uuid4().hex, X_Draft=str(case))
    assert 'value="remove:' not in own.get("/track").text
    assert say(own, "Hati hii hapa.").status_code == 303
    assert files_of(superuser) == []


def test_pieces_are_refused_with_a_reason(client: Browser, superuser: Behind) -> None:
    said = fields(client)
    draft = {"X_Draft": said["submission_id"]}
    token = said["csrf_token"]
    answer = piece(client, token, 0, samples.archive(), uuid4().hex, **draft)
    assert (answer.status_code, "packed" in answer.get_json()["error"]) == (422, True)
    assert piece(client, "", 0, samples.pdf(), uuid4().hex, **draft).status_code == 403
    assert piece(client, token, 0, samples.pdf(), uuid4().hex).status_code == 403
    assert piece(client, token, 0, samples.pdf(), "x", **draft).status_code == 400
    assert superuser.execute("SELECT count(*) FROM upload").fetchone() == (0,)


# Downloads


def test_downloads_run_nowhere_and_are_kept_nowhere(app: Flask, make: Make, own: Browser) -> None:
    officer = at_desk(app, make.officer("DODOMA-CC", "handler", unit="WORKS"))
    say(own, "Hati.", sent(samples.pdf()))
    jobs.check_files()
    reference = re.search(r"\w{4}-\w{4}", own.get("/track").text.split("<h1>")[1])
    assert reference
    page = officer.get(f"/desk/case/{reference[0]}").text
    assert f"/desk/case/{reference[0]}/file/1" in page
    for answer in (
        own.get("/track/file/1"),
        officer.get(f"/desk/case/{reference[0]}/file/1"),
    ):
        assert answer.status_code == 200
        assert answer.mimetype == "application/pdf"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="hati-1.pdf"'
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


def test_who_may_not_read_the_words_finds_no_file(
    app: Flask, make: Make, client: Browser, superuser: Behind
) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    others = [
        make.officer("DODOMA-CC", "coordinator"),
        make.officer("DODOMA-CC", "handler", unit="WORKS"),
        make.officer("KONDOA-DC", "head"),
    ]
    said = fields(client, confidentiality="confidential")
    reference, _ = receipt(client, post(client, said, sent(samples.pdf())))
    jobs.check_files()
    superuser.execute('UPDATE "case" SET handler_id = %s', (handler,))
    url = f"/desk/case/{reference}/file/1"
    assert at_desk(app, handler).get(url).status_code == 200
    for officer in others:
        assert at_desk(app, officer).get(url).status_code == 404
    coordinator = at_desk(app, others[0]).get(f"/desk/case/{reference}")
    assert coordinator.status_code == 200
    assert "hati-1" not in coordinator.text
    looks = superuser.execute("SELECT actor_id FROM audit_entry WHERE act = 'file_read'").fetchall()
    assert looks == [(handler,)]


def test_a_browser_without_the_case_gets_no_file(own: Browser, app: Flask, clock: Any) -> None:
    say(own, "Hati.", sent(samples.pdf()))
    jobs.check_files()
    assert own.get("/track/file/1").status_code == 200
    assert own.get("/track/file/2").status_code == 404
    assert browser(app).get("/track/file/1").location == "/track"
    clock.shift(timedelta(hours=1))
    assert own.get("/track/file/1").location == "/track"
