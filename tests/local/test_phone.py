"""The phone simulator against the official SDK and a product's hooks, over real sockets."""

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import requests
from africastalking.Service import AfricasTalkingException
from africastalking.SMS import SMSService

from local.phone import Fault, PhoneSimulator
from local.phone.faults import REPORT_STATUSES, FaultBook
from local.phone.gateway import number_of
from local.phone.page import PRESETS
from local.phone.sms import parts
from local.phone.words import ENGLISH, SWAHILI
from tests.local.listener import Hooks, Listener

TOKEN = "hook-token"
KEY = "key-of-the-account"
ASHA, JUMA = "+255712000001", "+255754000002"


class Product(Listener):
    """A stand-in for the product's hooks: keeps what comes and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str]]] = []
        self.statuses: list[int] = []
        self.ussd: list[str] = []
        product = self

        class Kept(Hooks):
            def do_POST(self) -> None:
                form = dict(parse_qsl(self.body().decode(), keep_blank_values=True))
                kind = self.path.removeprefix(f"/hooks/africastalking/{TOKEN}/")
                product.got.append((kind, form))
                status = product.statuses.pop(0) if product.statuses else 200
                said = product.ussd.pop(0).encode() if kind == "ussd" and product.ussd else b""
                self.answer(status, said)

        super().__init__(Kept)

    def forms(self, kind: str) -> list[dict[str, str]]:
        return [form for got, form in self.got if got == kind]


@pytest.fixture(scope="module")
def shared_product() -> Iterator[Product]:
    product = Product()
    yield product
    product.stop()


@pytest.fixture(scope="module")
def shared_phone(shared_product: Product) -> Iterator[PhoneSimulator]:
    options: dict[str, Any] = {"retry_s": 0.05, "report_delay_ms": 0, "api_key": KEY}
    with PhoneSimulator(callback_base=shared_product.url, token=TOKEN, **options) as phone:
        yield phone


@pytest.fixture
def product(shared_product: Product) -> Product:
    shared_product.got.clear()
    shared_product.statuses.clear()
    shared_product.ussd.clear()
    return shared_product


@pytest.fixture
def phone(shared_phone: PhoneSimulator, product: Product) -> Iterator[PhoneSimulator]:
    shared_phone.reset()
    yield shared_phone
    assert shared_phone.wait_idle()


def sdk(phone: PhoneSimulator, key: str = KEY) -> SMSService:
    service = SMSService("sandbox", key)
    service._baseUrl = service._contentUrl = f"{phone.url}/version1"
    return service


def send(phone: PhoneSimulator, text: str = "Habari", number: str = ASHA) -> dict[str, Any]:
    """Send one message by the SDK: the recipient's part of the answer."""
    answer = sdk(phone).send(text, [number])
    return dict(answer["SMSMessageData"]["Recipients"][0])


def call(phone: PhoneSimulator, path: str, values: dict[str, Any] | None = None) -> Any:
    """A JSON request: GET without values, else POST."""
    data = None if values is None else json.dumps(values).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(phone.url + path, data, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        return json.load(answer)


def test_a_message_is_accepted_kept_and_reported(phone: PhoneSimulator, product: Product) -> None:
    answer = sdk(phone).send("Namba yako ni 12", [ASHA], sender_id="15200")
    data = answer["SMSMessageData"]
    recipient = data["Recipients"][0]
    assert data["Message"] == "Sent to 1/1 Total Cost: TZS 22.0000"
    assert (recipient["statusCode"], recipient["number"]) == (101, ASHA)
    [kept] = phone.ledger()
    assert (kept.id, kept.number, kept.sender) == (recipient["messageId"], ASHA, "15200")
    assert kept.text == "Namba yako ni 12"
    assert phone.wait_idle()
    [report] = product.forms("delivery")
    assert report == {
        "id": kept.id,
        "status": "Success",
        "phoneNumber": ASHA,
        "networkCode": "64004",
        "retryCount": "0",
    }


def test_the_reply_to_a_premium_message_takes_its_link_id(phone: PhoneSimulator) -> None:
    sdk(phone).send_premium("Asante", "15200", [ASHA], link_id="L1")
    assert [(m.sender, m.link_id) for m in phone.ledger()] == [("15200", "L1")]


@pytest.mark.parametrize("key", ["wrong", ""])
def test_a_wrong_key_is_refused_in_plain_text(phone: PhoneSimulator, key: str) -> None:
    with pytest.raises(AfricasTalkingException, match="authentication is invalid"):
        sdk(phone, key).send("Habari", [ASHA])
    assert phone.ledger() == []
    assert phone.memory.counts() == {"requests": 1, "accepted": 0, "forgotten": 0}


def test_a_missing_field_is_refused(phone: PhoneSimulator) -> None:
    with pytest.raises(AfricasTalkingException, match="message is missing"):
        sdk(phone).send("", [ASHA])


def test_recipients_are_answered_one_by_one(phone: PhoneSimulator) -> None:
    phone.fault(number=JUMA, status_code=406)
    answer = sdk(phone).send("Habari", [ASHA, JUMA, "+2557"])
    recipients = answer["SMSMessageData"]["Recipients"]
    assert [r["statusCode"] for r in recipients] == [101, 406, 403]
    assert [r["messageId"] == "None" for r in recipients] == [False, True, True]
    assert recipients[1]["status"] == "UserInBlacklist"
    assert [m.number for m in phone.ledger()] == [ASHA]


@pytest.mark.parametrize("status", [401, 500, 503])
def test_http_errors_take_nothing(phone: PhoneSimulator, status: int) -> None:
    phone.fault(http_status=status)
    with pytest.raises(AfricasTalkingException):
        send(phone)
    assert phone.ledger() == []
    assert send(phone)["statusCode"] == 101


@pytest.mark.parametrize(("accept", "kept"), [(False, 0), (True, 1)])
def test_a_dropped_connection(phone: PhoneSimulator, accept: bool, kept: int) -> None:
    phone.fault(drop=True, accept=accept)
    with pytest.raises(requests.ConnectionError):
        send(phone)
    assert len(phone.ledger()) == kept


def test_hanging_after_acceptance_leaves_the_caller_in_doubt(phone: PhoneSimulator) -> None:
    phone.fault(hang_s=1)
    with pytest.raises(requests.ReadTimeout):
        sdk(phone).send("Habari", [ASHA], timeout=(1, 0.2))
    assert len(phone.ledger()) == 1


def test_a_delay_comes_before_acceptance(phone: PhoneSimulator) -> None:
    phone.fault(delay_ms=400)
    with pytest.raises(requests.ReadTimeout):
        sdk(phone).send("Habari", [ASHA], timeout=(1, 0.1))
    assert phone.ledger() == []
    time.sleep(0.5)
    assert len(phone.ledger()) == 1


def test_success_without_recipients(phone: PhoneSimulator) -> None:
    phone.fault(empty=True)
    answer = sdk(phone).send("Habari", [ASHA])
    assert answer == {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}
    assert phone.ledger() == []


def test_the_literal_none_as_message_id(phone: PhoneSimulator) -> None:
    phone.fault(message_id="None")
    recipient = send(phone)
    assert (recipient["messageId"], recipient["statusCode"]) == ("None", 101)
    assert len(phone.ledger()) == 1


def test_a_fault_ends_after_its_times_and_spares_other_numbers(phone: PhoneSimulator) -> None:
    phone.fault(number="+25575*", status_code=405, times=2)
    codes = [send(phone, number=n)["statusCode"] for n in (ASHA, JUMA, ASHA, JUMA, JUMA)]
    assert codes == [101, 405, 101, 405, 101]


def test_no_delivery_report(phone: PhoneSimulator, product: Product) -> None:
    phone.fault(reports="off")
    send(phone)
    assert phone.wait_idle()
    assert product.forms("delivery") == []


def test_a_report_of_failure_says_why(phone: PhoneSimulator, product: Product) -> None:
    phone.fault(reports="Failed", failure_reason="UserInactive")
    send(phone)
    assert phone.wait_idle()
    [report] = product.forms("delivery")
    assert (report["status"], report["failureReason"]) == ("Failed", "UserInactive")


def test_reports_repeated_and_in_an_impossible_order(
    phone: PhoneSimulator, product: Product
) -> None:
    phone.fault(reports=["Success", "Sent"], repeat=2)
    send(phone)
    assert phone.wait_idle()
    got = [(form["status"], form["retryCount"]) for form in product.forms("delivery")]
    assert got == [("Success", "0"), ("Success", "1"), ("Sent", "0"), ("Sent", "1")]


def test_a_report_before_the_answer(phone: PhoneSimulator, product: Product) -> None:
    phone.fault(report_before=True)
    recipient = send(phone)
    assert [form["id"] for form in product.forms("delivery")] == [recipient["messageId"]]


def test_a_late_report(phone: PhoneSimulator, product: Product) -> None:
    phone.fault(callback_delay_ms=300)
    send(phone)
    assert product.forms("delivery") == []
    assert phone.wait_idle()
    assert len(product.forms("delivery")) == 1


def test_held_reports_are_released_in_reverse(phone: PhoneSimulator, product: Product) -> None:
    phone.fault(report_hold=True, times=3)
    ids = [send(phone)["messageId"] for _ in range(3)]
    assert product.forms("delivery") == []
    assert phone.release_reports("reversed") == 3
    assert phone.wait_idle()
    assert [form["id"] for form in product.forms("delivery")] == ids[::-1]
    assert phone.release_reports() == 0


@pytest.mark.parametrize(
    ("date_format", "length", "mark"), [("iso", 20, "Z"), ("space", 19, " "), ("millis", 13, "")]
)
def test_an_inbound_sms_has_the_fields_of_the_gateway(
    phone: PhoneSimulator, product: Product, date_format: str, length: int, mark: str
) -> None:
    id = phone.inbound(ASHA, "LALAMIKO maji & umeme", date_format=date_format)
    assert phone.wait_idle()
    [form] = product.forms("sms")
    assert set(form) == {"id", "linkId", "text", "to", "from", "date", "networkCode", "cost"}
    assert (form["id"], form["from"], form["to"]) == (id, ASHA, "15200")
    assert form["text"] == "LALAMIKO maji & umeme"
    assert len(form["date"]) == length
    assert mark in form["date"]


def test_an_inbound_sms_is_repeated_until_200(phone: PhoneSimulator, product: Product) -> None:
    product.statuses = [500, 404, 202]
    id = phone.inbound(ASHA, "Habari")
    assert phone.wait_idle()
    assert [form["id"] for form in product.forms("sms")] == [id] * 4
    assert [made.outcome for made in phone.callbacks("sms")] == [500, 404, 202, 200]
    [bubble] = dict(phone.memory.screens())[ASHA]
    assert (bubble.state, bubble.attempts) == ("received", 4)


def test_an_inbound_sms_brought_several_times(phone: PhoneSimulator, product: Product) -> None:
    phone.fault(on="inbound", number=ASHA, repeat=3)
    phone.inbound(ASHA, "Habari", id="one")
    phone.inbound(JUMA, "Habari", id="two")
    assert phone.wait_idle()
    assert sorted(form["id"] for form in product.forms("sms")) == ["one"] * 3 + ["two"]


def test_the_same_id_again_is_one_sms_on_the_screen(phone: PhoneSimulator) -> None:
    for _ in range(2):
        phone.inbound(ASHA, "Habari", id="one")
    assert phone.wait_idle()
    assert len(phone.callbacks("sms")) == 2
    assert len(dict(phone.memory.screens())[ASHA]) == 1


def test_a_product_that_is_away_is_tried_again(phone: PhoneSimulator, product: Product) -> None:
    base, phone.callback_base = phone.callback_base, "http://127.0.0.1:1"
    try:
        phone.inbound(ASHA, "Habari")
        assert not phone.wait_idle(0.2)
    finally:
        phone.callback_base = base
    assert phone.wait_idle()
    assert len(product.forms("sms")) == 1
    assert phone.callbacks("sms")[0].outcome == "ConnectionRefusedError"


def test_a_ussd_session(phone: PhoneSimulator, product: Product) -> None:
    product.ussd = ["CON Karibu\n1. Lalamiko", "END Asante"]
    assert phone.dial(ASHA).screen == "Karibu\n1. Lalamiko"
    ended = phone.answer(ASHA, "1")
    assert (ended.screen, ended.open) == ("Asante", False)
    with pytest.raises(ValueError, match="no USSD session"):
        phone.answer(ASHA, "1")
    assert phone.wait_idle()
    first, second = product.forms("ussd")
    assert set(first) == {"sessionId", "serviceCode", "phoneNumber", "networkCode", "text"}
    assert (first["text"], second["text"]) == ("", "1")
    assert first["sessionId"] == second["sessionId"]
    [end] = product.forms("ussd-end")
    assert (end["status"], end["hopsCount"], end["input"]) == ("Success", "2", "1")


def test_ussd_dialled_with_input_and_hung_up(phone: PhoneSimulator, product: Product) -> None:
    product.ussd = ["CON Andika"]
    phone.dial(ASHA, "*152*00*1*2#")
    phone.hang_up(ASHA)
    assert phone.wait_idle()
    assert [form["text"] for form in product.forms("ussd")] == ["1*2"]
    assert [form["status"] for form in product.forms("ussd-end")] == ["Incomplete"]


def test_a_malformed_ussd_answer_ends_the_session(phone: PhoneSimulator, product: Product) -> None:
    product.ussd = ["Karibu"]
    session = phone.dial(ASHA)
    assert (session.open, session.trouble) == (False, "CON/END")
    assert phone.wait_idle()
    assert [form["status"] for form in product.forms("ussd-end")] == ["Failed"]


def test_the_control_over_http(phone: PhoneSimulator, product: Product) -> None:
    call(phone, "/control", {"status_code": 407, "times": 2})
    send(phone)
    assert call(phone, "/control") == {"faults": [{"status_code": 407, "times": 1}]}
    assert call(phone, "/control", {"clear": True}) == {"faults": []}
    call(phone, "/control", {"report_hold": True})
    send(phone)
    assert call(phone, "/control", {"release": "in_order"}) == {"released": 1}
    id = call(phone, "/inbound", {"from": ASHA, "text": "Habari", "id": "x"})["id"]
    assert phone.wait_idle()
    assert [made["fields"]["id"] for made in call(phone, "/callbacks?kind=sms")["callbacks"]] == [
        id
    ]
    ledger = call(phone, "/ledger?" + urlencode({"number": ASHA}))
    assert [message["text"] for message in ledger["messages"]] == ["Habari"]
    assert (ledger["requests"], ledger["accepted"], ledger["forgotten"]) == (2, 1, 0)
    assert call(phone, "/ledger?after=1")["messages"] == []
    product.ussd = ["CON Karibu"]
    assert call(phone, "/ussd", {"from": ASHA})["screen"] == "Karibu"
    call(phone, "/ussd", {"from": ASHA, "hang_up": True})
    assert call(phone, "/reset", {}) == {"reset": True}
    assert call(phone, "/ledger")["accepted"] == 0
    assert call(phone, "/health") == {"ready": True}


@pytest.mark.parametrize(
    ("path", "values", "said"),
    [
        ("/control", {}, "say which fault"),
        ("/control", {"colour": "red"}, "unknown field: colour"),
        ("/control", {"delay_ms": "5"}, "wrong kind"),
        ("/control", {"delay_ms": -1}, "out of range"),
        ("/control", {"status_code": 999}, "not one of the gateway's"),
        ("/control", {"reports": ["Eaten"]}, "no delivery status"),
        ("/control", {"release": "shuffled"}, "in_order or reversed"),
        ("/inbound", {"text": "Habari"}, "from is missing"),
        ("/inbound", {"from": ASHA, "text": "x", "date_format": "moon"}, "date format"),
        ("/ussd", {"from": JUMA, "text": "1"}, "no USSD session"),
    ],
)
def test_bad_control_says_what_is_wrong(
    phone: PhoneSimulator, path: str, values: dict[str, Any], said: str
) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        call(phone, path, values)
    with caught.value as answer:
        assert answer.code == 400
        assert said in json.load(answer)["error"]


def test_requests_of_another_site_are_refused(phone: PhoneSimulator) -> None:
    answer = requests.post(
        phone.url + "/reset", headers={"Origin": "http://elsewhere.example"}, timeout=5
    )
    assert answer.status_code == 403


def test_the_page_shows_the_words_as_text(phone: PhoneSimulator) -> None:
    send(phone, "<b>Jibu</b> lako")
    phone.inbound(ASHA, "Maji <script>")
    assert phone.wait_idle()
    html = requests.get(phone.url + "/", timeout=5).text
    assert '<html lang="sw">' in html
    assert "&lt;b&gt;Jibu&lt;/b&gt; lako" in html
    assert "Maji &lt;script&gt;" in html
    assert "Imefika kwenye simu" in html
    assert "On the handset" in requests.get(phone.url + "/?lang=en", timeout=5).text


def test_the_page_works_by_forms_alone(phone: PhoneSimulator, product: Product) -> None:
    def post(form: str, **values: str) -> requests.Response:
        return requests.post(f"{phone.url}/page/{form}", {"lang": "en"} | values, timeout=5)

    page = post("sms", number=ASHA, text="line one\r\nline two")
    assert page.url.endswith("/?lang=en")
    assert phone.wait_idle()
    assert [form["text"] for form in product.forms("sms")] == ["line one\nline two"]
    refused = post("sms", number=ASHA, text="  ")
    assert (refused.status_code, "Write a message first" in refused.text) == (400, True)
    assert "+255712000009" in post("add", number="0712 000 009").text
    assert "not a phone number" in post("add", number="12").text
    assert "+255712000009" not in post("remove", number="+255712000009").text
    product.ussd = ["CON Welcome"]
    assert "Welcome" in post("dial", number=ASHA, code="*152*00#").text
    post("hang-up", number=ASHA)
    assert "UserInBlacklist" not in post("fault", fault="blacklist", times="2").text
    assert phone.faults.open() == [{"status_code": 406, "times": 2}]
    assert "left: 2" in requests.get(f"{phone.url}/?lang=en", timeout=5).text
    post("clear")
    assert phone.faults.open() == []


def test_the_page_polls_only_what_changed(phone: PhoneSimulator) -> None:
    state = call(phone, "/state.json?after=none&lang=en")
    assert [shown["number"] for shown in state["phones"]][0] == ASHA
    again = call(phone, f"/state.json?after={state['revision']}")
    assert again == {"revision": state["revision"]}
    send(phone, number="+255655000007")
    changed = call(phone, f"/state.json?after={state['revision']}&lang=en")
    assert "+255655000007" in changed["others"]


def test_memory_is_bounded() -> None:
    with PhoneSimulator(ledger_size=3, report="") as phone:
        for n in range(5):
            send(phone, f"ujumbe {n}")
        assert [message.text for message in phone.ledger()] == ["ujumbe 2", "ujumbe 3", "ujumbe 4"]
        assert phone.memory.counts() == {"requests": 5, "accepted": 5, "forgotten": 2}


def test_stopping_ends_hanging_requests_and_frees_the_port() -> None:
    phone = PhoneSimulator(report="")
    phone.start()
    phone.fault(hang_s=60)
    caller = threading.Thread(target=send, args=(phone,))
    caller.start()
    while not phone.ledger():
        time.sleep(0.01)
    port = phone.server.server_port
    began = time.monotonic()
    phone.stop()
    caller.join(5)
    assert time.monotonic() - began < 3
    with PhoneSimulator(port=port) as again:
        assert again.url.endswith(f":{port}")


def test_many_callers_at_once(phone: PhoneSimulator) -> None:
    phone.fault(status_code=405, times=10)
    codes: list[int] = []
    callers = [
        threading.Thread(target=lambda: codes.append(send(phone)["statusCode"])) for _ in range(30)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert (codes.count(405), codes.count(101), len(phone.ledger())) == (10, 20, 20)


def run(command: list[str], env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """A process that is expected to end by itself, with this environment alone."""
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env={"PATH": "/usr/bin:/bin"} | env,
    )


def test_the_process_refuses_to_stand_beside_a_real_database() -> None:
    command = [sys.executable, "-m", "local.phone", "--port", "0"]
    refused = run(command, {"DATABASE_URL": "postgresql://db.example/mrejesho"})
    assert refused.returncode == 2
    assert "only with DEMO=1" in refused.stderr


def test_the_page_has_every_word_in_both_languages() -> None:
    assert SWAHILI.keys() == ENGLISH.keys()
    needed = {f"fault_{name}" for name in PRESETS} | set(REPORT_STATUSES)
    assert needed <= SWAHILI.keys()


def test_the_process_serves_and_ends_on_sigterm(tmp_path: Any, product: Product) -> None:
    token = tmp_path / "hook-token"
    with PhoneSimulator() as taken:
        busy = taken.server.server_port
        command = [sys.executable, "-m", "local.phone", "--port", str(busy)]
        refused = run(command, {})
        assert refused.returncode == 1
        assert f"cannot use port {busy}" in refused.stderr
    options = ["--callback-base", product.url, "--token-file", str(token), "--retry", "0.1"]
    process = subprocess.Popen(
        [*command[:-1], str(busy), *options],
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == f"phones at http://127.0.0.1:{busy}"
        requests.post(
            f"http://127.0.0.1:{busy}/inbound", json={"from": ASHA, "text": "Habari"}, timeout=5
        )
        time.sleep(0.3)
        # The token's file is made after the simulator has started.
        token.write_text(TOKEN + "\n")
        until = time.monotonic() + 5
        while not product.forms("sms") and time.monotonic() < until:
            time.sleep(0.05)
        assert len(product.forms("sms")) == 1
    finally:
        process.terminate()
        assert process.wait(10) == 0
        if process.stdout is not None:
            process.stdout.close()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("’" * 70, 1),
        ("’" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts_of_a_text(text: str, count: int) -> None:
    assert parts(text) == count


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0712 000 001", ASHA),
        ("255712000001", ASHA),
        ("+255 712-000-001", ASHA),
        ("+254711000111", "+254711000111"),
    ],
)
def test_numbers_as_people_type_them(typed: str, number: str) -> None:
    assert number_of(typed) == number


@pytest.mark.parametrize("typed", ["", "12", "abc", "+0712000001", "0712"])
def test_what_is_no_number(typed: str) -> None:
    with pytest.raises(ValueError, match="not a phone number"):
        number_of(typed)


def test_faults_are_taken_first_written_first() -> None:
    book = FaultBook()
    book.add(Fault(status_code=405))
    book.add(Fault(status_code=406, times=None))
    codes = [book.take("send", [ASHA])[ASHA].status_code for _ in range(3)]
    assert codes == [405, 406, 406]
    assert book.take("inbound", [ASHA]) == {}
