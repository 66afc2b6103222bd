"""USSD from the callback to the case: filing, what is made once, and what odd callbacks do."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import count
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from feedback import jobs
from feedback import models as m
from feedback.extensions import db
from feedback.services import acts, cases, identity, receipts, ussd
from feedback.transaction import JOB, Principal, transaction
from tests.conftest import LONG
from tests.factories import Make
from tests.services import kit
from tests.web.dialled import NUMBER, Dialled, dialled, valid
from tests.web.story import HOUR

Behind = psycopg.Connection[Any]
WORDS = "Taa * za barabarani\u2019 hazijawaka ŵiki 2*"


@pytest.fixture
def phone(app: Flask, clock: Any) -> Dialled:
    return dialled(app)


def to_words(phone: Dialled) -> None:
    """A new complaint about the roads of Dodoma city, up to the words."""
    phone.dial()
    phone.put("1")  # Kiswahili
    for label in ("Tuma mrejesho", "Lalamiko", "kwa mkoa", "Dodoma", "Jiji la Dodoma", "Barabara"):
        phone.pick(label)


def to_confirm(phone: Dialled, words: str = WORDS, level: str = "Kawaida") -> str:
    to_words(phone)
    phone.put(words)
    phone.pick("Endelea")
    phone.put("Uhindini")
    phone.pick(level)
    return phone.pick("Bila jina")


def filed(phone: Dialled, **given_: str) -> tuple[str, str]:
    """Reference and receipt code of a case filed in Swahili."""
    to_confirm(phone, **given_)
    return numbers(phone.pick("Tuma"))


def numbers(screen: str) -> tuple[str, str]:
    found = re.search(r"Kumbukumbu: (\S+)\. Msimbo wa siri: (\S+)\. .*kufikia (\S+)\.", screen)
    assert found, screen
    assert screen.startswith("END ")
    return found[1], found[2]


def only_case(superuser: Behind) -> dict[str, Any]:
    (found,) = kit.rows(superuser, 'SELECT * FROM "case"')
    return found


def test_a_complaint_is_lodged_while_the_phone_waits(
    phone: Dialled, make: Make, superuser: Behind
) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    confirm = to_confirm(phone)
    assert "Lalamiko, Halmashauri ya Jiji la Dodoma" in confirm
    assert kit.rows(superuser, 'SELECT id FROM "case"') == []
    reference, code = numbers(phone.pick("Tuma"))
    case = only_case(superuser)
    assert (case["reference"], case["channel"], case["kind"]) == (reference, "ussd", "complaint")
    assert (case["place"], case["confidentiality"], case["language"]) == ("Uhindini", "open", "sw")
    assert (case["anonymous"], case["reachable"], case["handler_id"]) == (True, True, handler)
    assert f"{case['due_at'] + 3 * HOUR:%d/%m/%Y}" in phone.screens[-1]
    [message] = kit.of_case(superuser, "message", case["id"])
    assert message["body"] == WORDS
    with transaction(Principal("receipt-check")):
        assert receipts.check(reference, code, case["received_at"]) == case["id"]
    assert kit.owed(superuser, case["id"]) == ["received"]  # read later, or if the line broke
    with transaction(JOB):
        assert identity.is_number_of(case["id"], NUMBER)


def test_the_last_screen_again_and_late_repeats_make_nothing(
    phone: Dialled, superuser: Behind
) -> None:
    to_confirm(phone)
    last = phone.pick("Tuma")
    phone.hang_up()
    for text in ("*".join(phone.inputs), "1", "", "*".join(phone.inputs), "1*1*9*9"):
        assert phone.send(text) == last
    assert kit.rows(superuser, 'SELECT count(*) AS n FROM "case"') == [{"n": 1}]


@pytest.mark.parametrize("level", ["Siri", "Maafisa wa maadili"])
def test_levels_are_taken_and_the_words_sealed(
    phone: Dialled, superuser: Behind, level: str
) -> None:
    filed(phone, level=level)
    case = only_case(superuser)
    assert case["confidentiality"] == ("confidential" if level == "Siri" else "restricted")
    [message] = kit.of_case(superuser, "message", case["id"])
    assert message["body"] is None


def test_who_does_not_know_the_institution_gets_an_owner_all_the_same(
    phone: Dialled, make: Make, superuser: Behind
) -> None:
    make.officer("PO-PSMGG", "coordinator")
    phone.dial("2")  # English
    phone.put("1", "4", "2", "1", "Nani anahusika?", "1", "1", "1", "1")
    screen = phone.pick("Send")
    assert "Reference: " in screen
    case = only_case(superuser)
    assert (case["triage"], case["kind"], case["language"]) == (True, "enquiry", "en")
    assert case["handler_id"] is not None


def test_the_language_is_remembered(phone: Dialled) -> None:
    assert "chagua lugha" in phone.dial()
    assert "Send feedback" in phone.put("2")
    assert "Send feedback" in phone.dial()
    assert "Tuma mrejesho" in phone.pick("Kiswahili")
    assert "Tuma mrejesho" in phone.dial()
    assert "chagua lugha" in phone.put("0")


def test_a_way_dialled_at_once(phone: Dialled) -> None:
    assert "Hakuna shauri" in phone.dial("1*2")
    assert "Inahusu taasisi gani" in phone.dial("1*1")


def test_a_step_reads_one_row_and_writes_one(
    phone: Dialled, query_count: Any, superuser: Behind
) -> None:
    """However far the session is, and however much was written."""
    to_words(phone)
    for words in ("Hakuna maji", "x" * 150):
        phone.inputs.append(words)
        with query_count() as counted:
            phone.send("*".join(phone.inputs))
        # become, open, keep; and of the repetition: become, open
        assert counted.number == 5
        phone.pick("Ongeza maneno")
    phone.put("0")
    phone.pick("Endelea")
    phone.put("Uhindini", "1", "1")
    phone.inputs.append("1")
    with query_count() as counted:
        phone.send("*".join(phone.inputs))
    # become, open | become, repeated, six that lodge | become, keep; and of the repetition:
    # become, open | become, repeated, due times | become
    assert counted.number <= 10 + 6


def test_a_dropped_session_is_gone_on_with(phone: Dialled, superuser: Behind, clock: Any) -> None:
    to_words(phone)
    phone.put(WORDS)
    phone.hang_up()
    clock.shift(timedelta(minutes=50))
    assert "Uendelee ulipoishia?" in phone.dial()
    assert "Umeandika" in phone.put("1")
    phone.hang_up()
    assert "Uendelee ulipoishia?" in phone.dial()
    phone.put("1", "1", "1", "1", "1")
    numbers(phone.pick("Tuma"))
    [message] = kit.rows(superuser, "SELECT body FROM message")
    assert message["body"] == WORDS
    assert "Tuma mrejesho" in phone.dial()


def test_who_starts_again_is_not_asked_again(phone: Dialled, superuser: Behind) -> None:
    to_words(phone)
    phone.put(WORDS)
    phone.dial()
    assert "Tuma mrejesho" in phone.put("2")
    phone.hang_up()
    assert "Tuma mrejesho" in phone.dial()


@pytest.mark.parametrize("gone", [timedelta(minutes=61), timedelta(hours=5)])
def test_after_an_hour_nothing_is_offered(phone: Dialled, clock: Any, gone: timedelta) -> None:
    to_words(phone)
    phone.put(WORDS)
    clock.shift(gone)
    assert "Tuma mrejesho" in phone.dial()


def test_exit_forgets_what_was_written(phone: Dialled, superuser: Behind) -> None:
    to_words(phone)
    phone.put(WORDS)
    assert phone.put("00").startswith("END Umetoka")
    phone.hang_up()
    assert kit.rows(superuser, "SELECT * FROM ussd_session") == []
    assert "Tuma mrejesho" in phone.dial()


def test_another_phone_with_the_same_session_sees_nothing_of_it(app: Flask, phone: Dialled) -> None:
    to_words(phone)
    phone.put(WORDS)
    other = dialled(app, number="+255712000002", session=phone.session)
    assert "chagua lugha" in other.send("")


def test_old_sessions_are_forgotten(phone: Dialled, superuser: Behind, clock: Any) -> None:
    to_words(phone)
    phone.put(WORDS)
    clock.shift(timedelta(hours=1, minutes=55))
    assert jobs.purge()["ussd_sessions"] == 0
    clock.shift(timedelta(minutes=10))
    assert jobs.purge()["ussd_sessions"] == 1
    assert kit.rows(superuser, "SELECT * FROM ussd_session") == []
    assert next(p.seconds for p in jobs.PERIODIC if p.name == "purge") <= 3_600


def test_what_was_closed_meanwhile_is_chosen_again(phone: Dialled, superuser: Behind) -> None:
    to_confirm(phone)
    superuser.execute("UPDATE institution SET active = false WHERE code = 'DODOMA-CC'")
    try:
        screen = phone.pick("Tuma")
        assert "hakipo tena" in screen
        phone.put("2", "1")
        assert WORDS[:8] in phone.screens[-1]
    finally:
        superuser.execute("UPDATE institution SET active = true WHERE code = 'DODOMA-CC'")
    assert kit.rows(superuser, 'SELECT id FROM "case"') == []


def test_words_changed_after_a_receipt_that_was_never_shown_are_not_lost(
    phone: Dialled, superuser: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case was made, the step after it failed, and the citizen went back and wrote more."""
    to_confirm(phone, words="Hakuna maji")
    with monkeypatch.context() as broken:
        broken.setitem(phone.client.application.config, "PROPAGATE_CRASHES", False)
        broken.setattr(ussd, "_receipt", _crash)
        phone.pick("Tuma")
    assert "Samahani" in phone.screens[-1]
    assert len(kit.rows(superuser, 'SELECT id FROM "case"')) in (0, 1)
    phone.dial()
    phone.put("1")
    assert "Hakuna maji" in phone.screens[-1]
    phone.put("0", "0", "0", "0")
    phone.put("2", "tangu jana", "1", "1", "1", "1")
    numbers(phone.pick("Tuma"))
    bodies = {row["body"] for row in kit.rows(superuser, "SELECT body FROM message")}
    assert "Hakuna maji\ntangu jana" in bodies


def _crash(*_: Any) -> Any:
    raise RuntimeError("broken")


def test_a_case_made_before_a_crash_is_shown_by_the_repeated_callback(
    phone: Dialled, superuser: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_confirm(phone)
    real = ussd.keep
    with monkeypatch.context() as broken:
        broken.setitem(phone.client.application.config, "PROPAGATE_CRASHES", False)
        broken.setattr(ussd, "keep", _crash)
        assert "Samahani" in phone.pick("Tuma")
    assert ussd.keep is real
    assert len(kit.rows(superuser, 'SELECT id FROM "case"')) == 1
    numbers(phone.send("*".join(phone.inputs)))
    assert len(kit.rows(superuser, 'SELECT id FROM "case"')) == 1


def test_the_same_callback_many_times_at_once(
    app: Flask, phone: Dialled, superuser: Behind
) -> None:
    to_confirm(phone)
    form = {
        "sessionId": phone.session,
        "phoneNumber": NUMBER,
        "text": "*".join([*phone.inputs, "1"]),
    }
    path = f"/hooks/africastalking/{phone.token}/ussd"
    shown = kit.together(app, [lambda: app.test_client().post(path, data=form).text] * 4)
    assert len(set(shown)) == 1
    numbers(shown[0])
    assert len(kit.rows(superuser, 'SELECT id FROM "case"')) == 1


# Odd callbacks


@pytest.mark.parametrize(
    "change",
    [
        {"sessionId": ""},
        {"sessionId": "x" * 3_000},
        {"phoneNumber": ""},
        {"phoneNumber": "AIRTEL"},
        {"phoneNumber": " 255712000001"},
        {"phoneNumber": "00255712000001"},
        {"phoneNumber": "\0"},
        {"text": "\0*\0"},
        {"text": "*" * 3_000},
        {"text": "1*" * 3_000},
        {"text": "x" * 100_000},
        {"text": "\ud83d\ude00*9*99*00*\u0661"},
        {"networkCode": "unheard of", "extra": "field"},
    ],
)
def test_odd_callbacks_get_a_screen(app: Flask, phone: Dialled, change: dict[str, str]) -> None:
    form = {"sessionId": "ATUid_1", "phoneNumber": NUMBER, "text": "1"} | change
    form = {k: v.encode("utf-8", "replace").decode() for k, v in form.items()}
    path = f"/hooks/africastalking/{phone.token}/ussd"
    first = phone.client.post(path, data=form)
    again = phone.client.post(path, data=form)
    assert (first.status_code, first.text) == (200, again.text)
    assert valid(first.text)


@pytest.mark.parametrize(
    "given_",
    [
        {"data": b""},
        {"data": b"\xff\xfe%%%", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"{broken", "content_type": "application/json"},
        {"data": b"x", "content_type": "multipart/form-data; boundary=y"},
        {"data": b"text=" + b"x" * 700_000, "content_type": "application/x-www-form-urlencoded"},
    ],
)
@pytest.mark.parametrize("kind", ["ussd", "ussd-end"])
def test_what_is_no_form_is_answered_too(
    app: Flask, client: FlaskClient, kind: str, given_: dict[str, Any]
) -> None:
    path = f"/hooks/africastalking/{app.config['AT_HOOK_TOKEN']}/{kind}"
    for _ in range(2):
        answer = client.post(path, **given_)
        assert answer.status_code == 200
        assert kind == "ussd-end" or valid(answer.text)


@pytest.mark.parametrize("kind", ["ussd", "ussd-end"])
@pytest.mark.parametrize("token", ["wrong", "t%C3%A9"])
def test_a_wrong_token_is_not_found(client: FlaskClient, kind: str, token: str) -> None:
    form = {"sessionId": "1", "phoneNumber": NUMBER, "text": ""}
    assert client.post(f"/hooks/africastalking/{token}/{kind}", data=form).status_code == 404


def test_when_something_of_ours_breaks_the_phone_gets_a_screen_and_the_log_no_word(
    app: Flask, phone: Dialled, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(app.config, "PROPAGATE_CRASHES", False)
    to_confirm(phone)
    monkeypatch.setattr(cases, "lodge", _crash_with_words)
    assert "15200" in phone.pick("Tuma")
    said = "".join(capfd.readouterr())
    assert "712000001" not in said
    assert "barabarani" not in said
    assert phone.token not in said


def _crash_with_words(*_: Any) -> Any:
    raise RuntimeError(f"{WORDS} {NUMBER}")


def test_nothing_of_a_session_stands_in_plain(phone: Dialled, superuser: Behind) -> None:
    to_confirm(phone)
    (row,) = superuser.execute("SELECT ussd_session::text FROM ussd_session").fetchall()
    for secret in ("712000001", "barabarani", "DODOMA", phone.session, "Uhindini"):
        assert secret not in row[0]
        assert secret.encode().hex() not in row[0]


def test_the_principal_of_a_session_reads_no_table(app: Flask) -> None:
    for table in ("ussd_session", "phone", "sealed_identity", "inbound_message"):
        with (
            transaction(Principal("ussd")),
            pytest.raises(Exception, match="permission denied"),
        ):
            db.session.execute(db.text(f"SELECT * FROM {table}"))  # noqa: S608
    for kind in ("hook", "public", "nobody", "lodging", "officer"):
        with transaction(Principal(kind)), pytest.raises(Exception, match="those who dial"):
            db.session.execute(
                db.text("SELECT guard.ussd_keep('1', '1', '1', 'draft', NULL, 0, false, now())")
            )
        with transaction(Principal(kind)):
            for function in ("ussd_cases('1')", "ussd_open('1', '1', now())"):
                asked = db.text(f"SELECT * FROM guard.{function}")  # noqa: S608
                assert db.session.execute(asked).all() == []


PARTS = st.one_of(
    st.sampled_from(["1", "2", "3", "0", "00", "99", "", "TANESCO", "ABCD-EFGH", "a*b"]),
    st.text(max_size=20),
)


@settings(
    max_examples=150 if LONG else 25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(PARTS, max_size=12), st.booleans())
def test_whatever_is_put_in_over_http_gets_a_valid_screen(
    phone: Dialled, inputs: list[str], at_once: bool
) -> None:
    cleaned = [i.replace("\0", "").encode("utf-8", "replace").decode() for i in inputs]
    if at_once:
        phone.dial("*".join(cleaned))
    else:
        phone.dial()
        phone.put(*cleaned)


COUNT = count()


@settings(
    max_examples=150 if LONG else 10,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(max_size=160).map(lambda t: t.replace("\0", "")), st.text(max_size=20))
def test_whatever_was_confirmed_is_in_the_case_as_typed(
    phone: Dialled, words: str, more: str
) -> None:
    more = more.replace("\0", "")
    if words.strip() in ("", "0", "00", "1") or more.strip() in ("", "0", "00"):
        return
    phone.number = f"+2557130{next(COUNT):05}"
    phone.dial("1*1*1*TANESCO*1")
    phone.put(words, "2", more, "1", "1", "1", "1")
    reference, _ = numbers(phone.put("1"))
    with transaction(JOB) as session:
        case = session.scalars(select(m.Case).where(m.Case.reference == reference)).one()
        message = session.scalars(select(m.Message).where(m.Message.case_id == case.id)).one()
        assert acts.read(message) == f"{words}\n{more}"
