"""The simulator over HTTP: the gateway's API, the control for tests, and the page with phones.

| request | what it does |
|---|---|
| `POST /version1/messaging` | Africa's Talking's send, as the official SDK calls it |
| `GET /cgi-bin/sendsms` | Kannel's send |
| `POST /msdg/public/quick_sms` | the send of the government's own gateway |
| `GET /` | the page; `/state.json` is what it polls |
| `GET /mail` | every e-mail that was handed in by SMTP |
| `GET /ledger?number=&after=` | every accepted message and the counts |
| `GET /callbacks?kind=` | every callback made to the product |
| `GET /control`, `POST /control` | open faults; add one (fields of `Fault`), `{"clear": true}`, or `{"release": "in_order"}` (`"reversed"`) for held reports |
| `POST /inbound` | `{"from", "text", "id", "link_id", "date_format"}`: an SMS as any number |
| `POST /ussd` | `{"from", "dial"}`, `{"from", "text"}` or `{"from", "hang_up": true}` |
| `POST /reset` | forget everything |
"""  # noqa: E501 (table rows)

import json
import logging
import socketserver
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from . import page
from .gateway import AfricasTalking, Answer
from .plain import Kannel, MGov

if TYPE_CHECKING:
    from .simulator import PhoneSimulator

log = logging.getLogger(__name__)

LONGEST_BODY = 256 * 1024
Values = dict[str, Any]


class PhoneServer(ThreadingHTTPServer):
    """The server's socket, on the loopback address only."""

    daemon_threads = True
    # A hanging answer must not keep a stopping simulator waiting.
    block_on_close = False
    request_queue_size = 128

    def __init__(self, phone: "PhoneSimulator", port: int) -> None:
        self.phone = phone
        super().__init__(("127.0.0.1", port), PhoneHandler)

    def server_bind(self) -> None:
        """Bind without asking for the machine's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is no error; the class alone of anything else is logged."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError):
            log.error("request broke: %s", type(error).__name__)


class PhoneHandler(BaseHTTPRequestHandler):
    """One request: a route, its values, an answer."""

    server: PhoneServer
    protocol_version = "HTTP/1.1"
    server_version = "PhoneSimulator"
    sys_version = ""
    timeout = 60

    def do_GET(self) -> None:
        """Answer a GET."""
        self._serve(GET)

    def do_POST(self) -> None:
        """Answer a POST."""
        self._serve(POST)

    def log_message(self, format: str, *args: Any) -> None:
        """No access log: numbers and words stay out of every log."""

    def _serve(self, routes: "dict[str, Route]") -> None:
        address = urlsplit(self.path)
        route = routes.get(address.path)
        try:
            values = dict(parse_qsl(address.query, keep_blank_values=True)) | self._body()
            if route is None:
                answer = Answer.json(404, {"error": "no such address"})
            elif self._from_elsewhere():
                answer = Answer.json(403, {"error": "requests of other sites are refused"})
            else:
                answer = route(self.server.phone, values, dict(self.headers))
        except page.Elsewhere as there:
            self._write(Answer(303), {"Location": there.address})
            return
        except (ValueError, KeyError) as error:
            text = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
            answer = Answer.json(400, {"error": text})
        self._write(answer, {})

    def _from_elsewhere(self) -> bool:
        """Whether a browser sends this on behalf of another site's page."""
        origin = self.headers.get("Origin")
        return origin is not None and urlsplit(origin).netloc != self.headers.get("Host")

    def _body(self) -> Values:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= LONGEST_BODY:
            raise ValueError("the body is too long")
        text = self.rfile.read(length).decode("utf-8")
        if not text:
            return {}
        if self.headers.get_content_type() == "application/x-www-form-urlencoded":
            return dict(parse_qsl(text, keep_blank_values=True))
        given = json.loads(text)
        if not isinstance(given, dict):
            raise ValueError("a JSON object is expected")
        return given

    def _write(self, answer: Answer, headers: dict[str, str]) -> None:
        self.close_connection = True
        if answer.status is None:
            return
        body = answer.body.encode()
        self.send_response(answer.status)
        for name, value in headers.items() | page.HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


Headers = dict[str, str]
Route = Callable[["PhoneSimulator", Values, Headers], Answer]


def _texts(values: Values) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _header(headers: Headers, wanted: str) -> str:
    return next((v for name, v in headers.items() if name.lower() == wanted), "")


def _messaging(phone: "PhoneSimulator", values: Values, headers: Headers) -> Answer:
    api_key = _header(headers, "apikey")
    return AfricasTalking(phone.gateway).send(_texts(values), api_key)


def _kannel(phone: "PhoneSimulator", values: Values, _: Headers) -> Answer:
    return Kannel(phone.gateway).send(_texts(values))


def _mgov(phone: "PhoneSimulator", values: Values, headers: Headers) -> Answer:
    user = _header(headers, "x-auth-request-id")
    signature = _header(headers, "x-auth-request-hash")
    return MGov(phone.gateway).send(_texts(values), user, signature)


def _ledger(phone: "PhoneSimulator", values: Values, _: Headers) -> Answer:
    messages = phone.ledger(values.get("number"), int(values.get("after", 0)))
    plain = [message.plain() for message in messages]
    return Answer.json(200, {"messages": plain} | phone.memory.counts())


def _callbacks(phone: "PhoneSimulator", values: Values, _: Headers) -> Answer:
    made = phone.callbacks(values.get("kind"))
    return Answer.json(200, {"callbacks": [record.plain() for record in made]})


def _faults(phone: "PhoneSimulator", _values: Values, _: Headers) -> Answer:
    return Answer.json(200, {"faults": phone.faults.open()})


def _control(phone: "PhoneSimulator", values: Values, _: Headers) -> Answer:
    if values == {"clear": True}:
        phone.clear_faults()
    elif set(values) == {"release"}:
        return Answer.json(200, {"released": phone.release_reports(str(values["release"]))})
    elif values:
        phone.fault(**values)
    else:
        raise ValueError("say which fault")
    return Answer.json(200, {"faults": phone.faults.open()})


def _inbound(phone: "PhoneSimulator", values: Values, _: Headers) -> Answer:
    given = _texts(values)
    number, text = given.pop("from"), given.pop("text")
    if unknown := set(given) - {"id", "link_id", "date_format"}:
        raise ValueError(f"unknown field: {', '.join(sorted(unknown))}")
    id = phone.inbound(
        number,
        text,
        id=given.get("id"),
        link_id=given.get("link_id"),
        date_format=given.get("date_format", "iso"),
    )
    return Answer.json(202, {"id": id})


def _ussd(phone: "PhoneSimulator", values: Values, _: Headers) -> Answer:
    number = str(values["from"])
    if values.get("hang_up"):
        phone.hang_up(number)
        return Answer.json(200, {"open": False, "screen": "", "trouble": ""})
    if "text" in values:
        session = phone.answer(number, str(values["text"]))
    else:
        session = phone.dial(number, str(values.get("dial", "")))
    return Answer.json(
        200,
        {
            "session": session.id,
            "screen": session.screen,
            "open": session.open,
            "trouble": session.trouble,
        },
    )


def _reset(phone: "PhoneSimulator", _values: Values, _: Headers) -> Answer:
    phone.reset()
    return Answer.json(200, {"reset": True})


def _health(_phone: "PhoneSimulator", _values: Values, _: Headers) -> Answer:
    return Answer.json(200, {"ready": True})


GET: dict[str, Route] = {
    "/cgi-bin/sendsms": _kannel,
    "/ledger": _ledger,
    "/callbacks": _callbacks,
    "/control": _faults,
    "/health": _health,
    **page.GET,
}
POST: dict[str, Route] = {
    "/version1/messaging": _messaging,
    "/msdg/public/quick_sms": _mgov,
    "/control": _control,
    "/inbound": _inbound,
    "/ussd": _ussd,
    "/reset": _reset,
    **page.POST,
}
