"""The page with phones: what it shows, what its forms do, and the JSON that it polls."""

from collections.abc import Callable
from datetime import timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .gateway import Answer, number_of
from .words import LANGUAGES, WORDS

if TYPE_CHECKING:
    from .simulator import PhoneSimulator

HERE = Path(__file__).parent
# Tanzania has no summer time.
DAR_ES_SALAAM = timezone(timedelta(hours=3))
HTML = "text/html; charset=utf-8"
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
}
PRESETS: dict[str, dict[str, Any]] = {
    "delay": {"delay_ms": 5_000},
    "error": {"http_status": 500},
    "auth": {"http_status": 401},
    "drop": {"drop": True},
    "hang": {"hang_s": 12},
    "blacklist": {"status_code": 406},
    "balance": {"status_code": 405},
    "empty": {"empty": True},
    "none_id": {"message_id": "None"},
    "failed": {"reports": "Failed"},
    "silent": {"reports": "off"},
    "twice": {"repeat": 3},
    "inbound": {"on": "inbound", "repeat": 3},
}

_templates = Environment(
    loader=FileSystemLoader(HERE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["clock"] = lambda at: at.astimezone(DAR_ES_SALAAM).strftime("%H:%M")

Values = dict[str, Any]


class Elsewhere(Exception):
    """The answer to a form: look at `address` (a form sent again must not act again)."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class Refused(Exception):
    """A form cannot be acted on; `word` names the sentence that says why."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def _language(values: Values) -> str:
    asked = str(values.get("lang", ""))
    return asked if asked in LANGUAGES else LANGUAGES[0]


def _shared(phone: "PhoneSimulator", lang: str) -> dict[str, Any]:
    words = WORDS[lang]

    def say(word: str, **given: object) -> str:
        return words[word].format(**given)

    return {
        "say": say,
        "lang": lang,
        "shortcode": phone.shortcode,
        "service_code": phone.service_code,
    }


def _fault_lines(phone: "PhoneSimulator", say: Callable[..., str]) -> list[str]:
    """The open faults in words; one that is no preset by its fields."""
    lines = []
    names = {
        str(sorted(_plain(fields).items())): f"fault_{name}" for name, fields in PRESETS.items()
    }
    for fault in phone.faults.open():
        left = fault.pop("times")
        known = names.get(str(sorted(fault.items())))
        text = say(known) if known else ", ".join(f"{k}={v}" for k, v in sorted(fault.items()))
        rest = say("always") if left is None else say("times_left", left=left)
        lines.append(f"{text} · {rest}")
    return lines


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """A preset as the fault book lists it."""
    reports = fields.get("reports")
    if reports is None:
        return fields
    return fields | {"reports": () if reports == "off" else (reports,)}


def _page(phone: "PhoneSimulator", values: Values, *, error: str = "", status: int = 200) -> Answer:
    lang = _language(values)
    shared = _shared(phone, lang)
    html = _templates.get_template("page.html").render(
        **shared,
        revision=phone.memory.revision,
        phones=[
            {"number": number, "bubbles": bubbles, "ussd": phone.ussd.session(number)}
            for number, bubbles in phone.memory.screens()
        ],
        others=phone.memory.others(),
        presets=list(PRESETS),
        faults=_fault_lines(phone, shared["say"]),
        error=shared["say"](error) if error else "",
        other_lang="en" if lang == "sw" else "sw",
        typed=values if error else {},
        mail=phone.mail is not None,
    )
    return Answer(status, html, HTML)


def _mail(phone: "PhoneSimulator", values: Values, _: object) -> Answer:
    """Every e-mail that the product handed in, the newest first."""
    letters = phone.mail.letters() if phone.mail is not None else []
    shared = _shared(phone, _language(values))
    html = _templates.get_template("mail.html").render(**shared, letters=letters[::-1])
    return Answer(200, html, HTML)


def _home(phone: "PhoneSimulator", values: Values, _: object) -> Answer:
    return _page(phone, values)


def _state(phone: "PhoneSimulator", values: Values, _: object) -> Answer:
    """What has changed on the page since a revision: nothing, or every screen drawn anew."""
    revision = phone.memory.revision
    if str(values.get("after", "")) == str(revision):
        return Answer.json(200, {"revision": revision})
    shared = _shared(phone, _language(values))
    parts: Any = _templates.get_template("parts.html").make_module(shared)
    return Answer.json(
        200,
        {
            "revision": revision,
            "phones": [
                {
                    "number": number,
                    "thread": str(parts.thread(bubbles)),
                    "ussd": str(parts.ussd(number, phone.ussd.session(number))),
                }
                for number, bubbles in phone.memory.screens()
            ],
            "others": str(parts.others(phone.memory.others())),
            "faults": str(parts.faults(_fault_lines(phone, shared["say"]))),
        },
    )


def _file(name: str, content_type: str) -> Callable[["PhoneSimulator", Values, Any], Answer]:
    text = (HERE / name).read_text(encoding="utf-8")
    return lambda _phone, _values, _key: Answer(200, text, content_type)


def _form(
    act: "Callable[[PhoneSimulator, Values], None]",
) -> "Callable[[PhoneSimulator, Values, Any], Answer]":
    """A form's route: act, then show the page; for the page's own script a line of JSON."""

    def route(phone: "PhoneSimulator", values: Values, _: object) -> Answer:
        scripted = bool(values.get("scripted"))
        try:
            act(phone, values)
        except Refused as refusal:
            if scripted:
                text = WORDS[_language(values)][refusal.word]
                return Answer.json(400, {"error": text})
            return _page(phone, values, error=refusal.word, status=400)
        if scripted:
            return Answer.json(200, {"done": True})
        raise Elsewhere("/?" + urlencode({"lang": _language(values)}))

    return route


def _sms(phone: "PhoneSimulator", values: Values) -> None:
    # A browser ends lines with CR LF, a phone with LF.
    text = str(values.get("text", "")).replace("\r\n", "\n")
    if not text.strip():
        raise Refused("bad_text")
    try:
        phone.inbound(_number(values), text)
    except ValueError as error:
        raise Refused("bad_text") from error


def _dial(phone: "PhoneSimulator", values: Values) -> None:
    phone.dial(_number(values), str(values.get("code", "")).strip()[:40])


def _answer(phone: "PhoneSimulator", values: Values) -> None:
    try:
        phone.answer(_number(values), str(values.get("text", ""))[:180])
    except ValueError as error:
        raise Refused("no_session") from error


def _hang_up(phone: "PhoneSimulator", values: Values) -> None:
    phone.hang_up(_number(values))


def _add(phone: "PhoneSimulator", values: Values) -> None:
    phone.memory.add_phone(_number(values))


def _remove(phone: "PhoneSimulator", values: Values) -> None:
    phone.memory.remove_phone(_number(values))


def _fault(phone: "PhoneSimulator", values: Values) -> None:
    times = str(values.get("times", ""))
    preset = PRESETS.get(str(values.get("fault", "")))
    if preset is None or not times.isdecimal() or not 1 <= int(times) <= 1_000:
        raise Refused("bad_fault")
    phone.fault(**preset, times=int(times))


def _clear(phone: "PhoneSimulator", _values: Values) -> None:
    phone.clear_faults()


def _reset(phone: "PhoneSimulator", _values: Values) -> None:
    phone.reset()


def _number(values: Values) -> str:
    try:
        return number_of(str(values.get("number", "")))
    except ValueError as error:
        raise Refused("bad_number") from error


GET = {
    "/": _home,
    "/mail": _mail,
    "/state.json": _state,
    "/page.css": _file("page.css", "text/css; charset=utf-8"),
    "/page.js": _file("page.js", "text/javascript; charset=utf-8"),
}
POST = {
    "/page/sms": _form(_sms),
    "/page/dial": _form(_dial),
    "/page/answer": _form(_answer),
    "/page/hang-up": _form(_hang_up),
    "/page/add": _form(_add),
    "/page/remove": _form(_remove),
    "/page/fault": _form(_fault),
    "/page/clear": _form(_clear),
    "/page/reset": _form(_reset),
}
