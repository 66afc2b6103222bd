"""A thousand marked names, numbers and words: none is found in the clear where it does not belong.

They go in through the real doors (forms, the gateway's callback), the worker's jobs run, SMS go
out to a gateway over HTTP, people look. Then the files of the database server with its log of
writes, the queue's memory dump, the logs at the loosest level, error pages, figures, exports and
the pages of those who may not know are searched.
"""

from __future__ import annotations

import base64
import io
import logging
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask

from feedback import clock, jobs
from feedback.services import cases, escalations
from feedback.transaction import JOB, redis_client, transaction
from local.phone import PhoneSimulator
from tests.conftest import LONG
from tests.factories import Make
from tests.services.officer_kit import PIN, register
from tests.web.browser import Browser, browser, fields, hidden
from tests.web.dialled import dialled
from tests.web.office import at_desk
from tests.web.story import enter

WEB, SMS, USSD, BACK = (120, 200, 60, 60) if LONG else (24, 40, 12, 12)
LEVELS = ("open", "confidential", "restricted")


class Canaries:
    """Marked values: every word holds `mark`, every number begins with `prefix`."""

    def __init__(self) -> None:
        self.mark = "kanari" + secrets.token_hex(6)
        self.prefix = "2556" + "".join(secrets.choice("123456789") for _ in range(4))
        self.count = 0

    def word(self) -> str:
        self.count += 1
        return f"{self.mark}x{self.count}"

    def number(self) -> str:
        self.count += 1
        return f"+{self.prefix}{self.count:04}"

    def found(self, content: bytes) -> set[str]:
        """What of them stands in these bytes, in any form that we can think of."""
        forms = {
            **{f"base64 {n}": form for n, form in enumerate(_base64_forms(self.mark.encode()))},
            "word": self.mark.encode(),
            "wide word": self.mark.encode("utf-16-le"),
            "hex word": self.mark.encode().hex().encode(),
            "number": self.prefix.encode(),
            "local number": b"0" + self.prefix[3:].encode(),
            "hex number": self.prefix.encode().hex().encode(),
        }
        lower = content.lower()
        return {
            name
            for name, form in forms.items()
            if form in (content if name.startswith("base64") else lower)
        }


def _base64_forms(content: bytes) -> list[bytes]:
    """What stands in base64 of any text that holds the content, for each place it may begin at."""
    forms = []
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + content)
        forms.append(encoded[(0, 2, 3)[before] : len(encoded) // 4 * 4 - 4])
    return forms


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture
def logs(app: Flask) -> Iterator[io.StringIO]:
    """Whatever any library logs, at the loosest level."""
    seen = io.StringIO()
    handler = logging.StreamHandler(seen)
    handler.setFormatter(logging.getLogger().handlers[0].formatter)
    root = logging.getLogger()
    chatty = [root, *map(logging.getLogger, ("sqlalchemy.engine", "sqlalchemy.pool", "rq.worker"))]
    before = [logger.level for logger in chatty]
    root.addHandler(handler)
    for logger in chatty:
        logger.setLevel(logging.DEBUG)
    yield seen
    root.removeHandler(handler)
    for logger, level in zip(chatty, before, strict=True):
        logger.setLevel(level)


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSimulator]:
    # The mail server stands in this process, and logs whatever it is handed.
    monkeypatch.setattr(logging.getLogger("mail.log"), "propagate", False)
    with PhoneSimulator(report="", api_key="k", mail_port=0) as simulator:
        assert simulator.mail is not None
        host, port = simulator.mail.url.removeprefix("smtp://").split(":")
        server = {"host": host, "port": int(port), "security": "none", "user": "", "password": ""}
        monkeypatch.setitem(app.config, "SMTP", server)
        monkeypatch.setitem(app.config, "MAIL_FROM", "mrejesho@example.org")
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        monkeypatch.setitem(app.config, "AT_API_KEY", "k")
        yield simulator


def file_by_web(
    app: Flask, canaries: Canaries, control: Canaries, level: str, *, by_mail: bool
) -> Browser:
    """by_mail: without a number, so that everything is told by e-mail."""
    tab = browser(app)
    phone = canaries.number()
    body = "Mhudumu alinitolea lugha mbaya. "
    given = {
        "name": f"{canaries.word()} wa Majaribio",
        "phone": "" if by_mail else phone,
        "email": f"{canaries.word()}@example.org",
        "persons": f"Bwana {canaries.word()}",
        # The words of an open case may be read in the database by whoever runs it.
        "body": body + (canaries if level != "open" else control).word(),
        "confidentiality": level,
        "place": "Uhindini",
    }
    answer = tab.post("/new", data=fields(tab, **given))
    assert answer.status_code == 303, answer.text
    return tab


def file_by_sms(
    app: Flask, canaries: Canaries, number: int, sender: str = "", ticket: str = ""
) -> None:
    """Bribery becomes restricted, what cannot be placed confidential."""
    matter = "afisa ameomba rushwa" if number % 2 else "nina shida kubwa"
    answer = browser(app).post(
        f"/hooks/africastalking/{app.config['AT_HOOK_TOKEN']}/sms",
        data={
            "id": str(uuid4()),
            "from": sender or canaries.number(),
            "to": "15200",
            "text": f"{ticket}{matter} {canaries.word()}",
            "date": "2026-11-20T06:00:00Z",
        },
    )
    assert answer.status_code == 200


def by_officer(app: Flask, canaries: Canaries, officer: int) -> None:
    """An officer's phone, the words of a command with a wrong PIN, and of one without any."""
    number = canaries.number()
    register(officer, clock.now(), number)
    for text in (f"JIBU 111222 {canaries.word()}", f"ORODHA {PIN}", f"POKEA {PIN} 7K2M-9QX4"):
        answer = browser(app).post(
            f"/hooks/africastalking/{app.config['AT_HOOK_TOKEN']}/sms",
            data={"id": str(uuid4()), "from": number, "to": "15200", "text": text},
        )
        assert answer.status_code == 200


def dial(app: Flask, canaries: Canaries, number: int) -> int:
    """Filed, dropped half-way, or left to an SMS; answers how many cases come of it."""
    phone = dialled(app, number=canaries.number())
    if number % 3 == 2:
        phone.dial("1*1*1*TANESCO*1")
        ticket = phone.put("1", "Uhindini", "2", "2", "1").partition("Anza na ")[2][:4]
        file_by_sms(app, canaries, number, phone.number, f"{ticket} ")
        return 1
    phone.dial("1*1*1*TANESCO*1*lugha mbaya")
    phone.put("2", canaries.word(), "1")
    if number % 3:
        phone.hang_up()
        return 0
    phone.put("Uhindini", str(2 + number % 2), "2", "1")
    reference = re.search(r"Kumbukumbu: (\S+?)\.", phone.screens[-1])
    assert reference
    phone.dial("2")
    phone.pick(reference[1])
    phone.pick("Ongeza maneno")
    phone.put(canaries.word())
    return 1


def work() -> None:
    """Every periodic job, until there is nothing more to do."""
    for _ in range(4):
        for periodic in jobs.PERIODIC:
            getattr(jobs, periodic.name)()


def receipts(app: Flask, tabs: list[Browser]) -> Iterator[tuple[Browser, cases.Receipt]]:
    for tab in tabs:
        page = tab.get("/received").text
        reference = re.search(r'id="reference">([^<]+)<', page)
        code = re.search(r'id="receipt-code">([^<]+)<', page)
        assert reference
        assert code
        soon = clock.now()
        yield (
            tab,
            cases.Receipt(uuid4(), reference[1], code[1], soon, soon, False, False, False),
        )


def talk(canaries: Canaries, tab: Browser, receipt: cases.Receipt) -> None:
    """The citizen comes back, reads, and writes more."""
    assert enter(tab, receipt).status_code in (200, 303)
    page = tab.get("/track").text
    data = {"csrf_token": hidden(page, "csrf_token"), "act": "message", "body": canaries.word()}
    assert tab.post("/track", data=data).status_code in (200, 303)


def _files(data: Path) -> Iterator[tuple[Path, bytes]]:
    """The files of the server with what stands in them; the log of writes also where empty."""
    for file in data.rglob("*"):
        if not file.is_file():
            continue
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            continue  # a table of another worker's database, emptied meanwhile
        if content or file.parent.name == "pg_wal":
            yield file.relative_to(data), content


def test_nothing_marked_is_found_where_it_does_not_belong(
    app: Flask,
    make: Make,
    canaries: Canaries,
    logs: io.StringIO,
    phone: PhoneSimulator,
    superuser: psycopg.Connection[Any],
    urls: dict[str, str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    staff = {
        role: make.officer(institution, role)
        for role, institution in (
            ("handler", "DODOMA-CC"),
            ("coordinator", "DODOMA-CC"),
            ("head", "DODOMA-CC"),
            ("oversight", "RS-DODOMA"),
            ("ethics", "ETHICS"),
            ("admin", "PO-PSMGG"),
            ("auditor", "PO-PSMGG"),
        )
    }
    # What may be read, and so must be found: else the search below would find nothing anywhere.
    control = Canaries()
    tabs = [
        file_by_web(app, canaries, control, LEVELS[n % 3], by_mail=n % 4 == 0) for n in range(WEB)
    ]
    for n in range(SMS):
        file_by_sms(app, canaries, n)
    by_officer(app, canaries, staff["handler"])
    begun = sum(dial(app, canaries, n) for n in range(USSD))
    work()
    for n, (tab, receipt) in enumerate(receipts(app, tabs[:BACK])):
        if n % 3:  # confidential and restricted alone: words of open ones may be read
            talk(canaries, tab, receipt)
    with transaction(JOB):
        escalations.sweep_batch(clock.now() + timedelta(days=30))
    work()
    assert canaries.count >= (1000 if LONG else 200)
    pages: dict[str, bytes] = {}
    _look(app, staff, pages)
    _search(app, staff, canaries)
    _fail(app, canaries, pages, monkeypatch)

    assert superuser.execute('SELECT count(*) FROM "case"').fetchone() == (WEB + SMS + begun,)
    superuser.execute("CHECKPOINT")
    with psycopg.connect(urls["SUPERUSER_URL"].replace("+psycopg", "")) as connection:
        readable = set()
        for table, content in _dump(connection):
            assert not canaries.found(content), f"table {table}"
            readable |= {table} if control.found(content) else set()
    assert readable == {"public.message", "public.case_words"}
    data = Path(superuser.execute("SHOW data_directory").fetchone()[0])  # type: ignore[index]
    searched, telling = 0, set()
    for file, content in _files(data):
        searched += 1
        assert not canaries.found(content), file
        telling |= {file.parts[0]} if control.found(content) else set()
    assert searched > 500
    assert telling == {"base", "pg_wal"}

    client = redis_client()
    client.config_set("rdbcompression", "no")
    client.save()
    dump = Path(client.config_get("dir")["dir"]) / client.config_get("dbfilename")["dbfilename"]
    assert not canaries.found(dump.read_bytes())
    client.set("control", f"{control.word()} {base64.b64encode(control.word().encode()).decode()}")
    client.save()
    assert control.found(dump.read_bytes()) == {"word", "base64 0"}
    client.delete("control")

    said = capfd.readouterr()
    written = logs.getvalue()
    assert "INSERT INTO" in written  # they were as loose as they get
    for name, stream in (("logs", written), ("stderr", said.err), ("stdout", said.out)):
        assert not canaries.found(stream.encode()), name
    assert len(pages) > 20
    for address, content in pages.items():
        assert not canaries.found(content), address
    sent = "".join(message.text for message in phone.ledger())
    assert canaries.mark not in sent
    assert PIN not in sent
    assert phone.mail is not None
    letters = phone.mail.letters()
    assert len(letters) >= BACK // 3
    for letter in letters:
        assert not canaries.found((letter.text + letter.subject).encode())


def _dump(connection: psycopg.Connection[Any]) -> Iterator[tuple[str, bytes]]:
    """Each table as a backup writes it."""
    tables = connection.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname IN ('public', 'guard')"
    ).fetchall()
    for (table,) in tables:
        with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:  # type: ignore[arg-type]
            yield table, b"".join(bytes(part) for part in copy)


def _look(app: Flask, staff: dict[str, int], pages: dict[str, bytes]) -> None:
    """What those read who may see numbers, or facts, but no words and no person."""
    visitor = browser(app)
    for address in ("/", "/figures", "/figures.csv", "/i/DODOMA-CC", "/i/DODOMA-CC.csv"):
        pages[address] = visitor.get(address).data
    for role, addresses in {
        "handler": ("/desk", "/desk/unit"),
        "coordinator": ("/desk/unowned", "/desk/letters", "/desk/alarms"),
        "head": ("/desk", "/oversight", "/oversight/escalations"),
        "oversight": ("/oversight", "/oversight.csv", "/oversight/escalations"),
        "ethics": ("/ethics",),
        "admin": ("/admin", "/admin/officers", "/admin/alarms"),
        "auditor": ("/admin/record",),
    }.items():
        tab = at_desk(app, staff[role])
        for address in addresses:
            answer = tab.get(address)
            pages[f"{role} {address}"] = answer.data


def _search(app: Flask, staff: dict[str, int], canaries: Canaries) -> None:
    """A search stands in the address; its page says it again, and nothing else may."""
    for sought in (canaries.word(), canaries.number()):
        tab = at_desk(app, staff["handler"])
        assert tab.get("/desk/search", query_string={"q": sought}).status_code == 200


def _fail(
    app: Flask, canaries: Canaries, pages: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Error pages: of what cannot be read, is too large, or crashes in the middle."""
    tab = browser(app)
    unknown = "/hooks/africastalking/wrong/sms"
    pages["403"] = tab.post(unknown, data={"text": canaries.word()}).data
    pages["404"] = tab.post("/nowhere", data={"x": canaries.word()}).data
    pages["405"] = tab.put("/new", data={"body": canaries.word()}).data
    pages["413"] = tab.post("/new", data={"body": canaries.word() * 200_000}).data
    filled = fields(tab, body=canaries.word(), name=canaries.word())

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError(f"{canaries.word()} {canaries.number()}")

    monkeypatch.setitem(app.config, "PROPAGATE_CRASHES", False)
    with monkeypatch.context() as broken:
        broken.setattr(cases, "lodge", crash)
        answer = tab.post("/new", data=filled)
    assert answer.status_code == 500
    pages["500"] = answer.data
