"""What is measured. Each answers plain numbers; times in milliseconds unless said."""

from __future__ import annotations

import random
import re
import statistics
import threading
import time
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import psutil
import pyotp
from flask import Flask
from sqlalchemy import text

from bench.browser import Browser, hidden
from bench.place import Web
from feedback import clock
from feedback.services import cases, escalations, factors, figures
from feedback.services.passwords import hasher
from feedback.services.reference import directory
from feedback.transaction import JOB, Principal, transaction

WORDS = "Taa za barabarani hazijawaka kwa wiki mbili, tunaomba zirekebishwe."
PASSWORD = "a password for the bench"  # noqa: S105
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 - of the second step
REPEATS = 40
COUNCILS = ("DODOMA-CC", "MPANDA-MC", "KONDOA-DC", "TANGA-CC", "ARUSHA-CC", "MBEYA-CC")
OWNER = Principal("reference-load", role="owner")


def _side_by_side(clients: int, work: Callable[[Callable[[], bool]], None]) -> float:
    """Seconds until all clients are done with `work`, which is told whether another one failed; the
    first failure is raised."""
    failures: list[BaseException] = []

    def client() -> None:
        try:
            work(lambda: bool(failures))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.monotonic() - begun


def rate(work: Callable[[], Callable[[], None]], clients: int, seconds: float) -> dict[str, float]:
    """How often clients side by side get `work()()` done in a second, and the median of one."""
    durations: list[float] = []
    end = time.monotonic() + seconds

    def client(broken: Callable[[], bool]) -> None:
        act = work()
        while time.monotonic() < end and not broken():
            begun = time.perf_counter()
            act()
            durations.append(time.perf_counter() - begun)

    took = _side_by_side(clients, client)
    return {"a_second": len(durations) / took, "median": statistics.median(durations) * 1000}


def submitting(port: int) -> Callable[[], None]:
    """A citizen: fetches the form, posts it, reads the receipt; each time somebody new."""
    visitor = Browser(port)

    def submit() -> None:
        visitor.forget()
        council = random.choice(COUNCILS)
        page = visitor.get(f"/new?institution={council}").text
        answer = visitor.post(
            "/new",
            {
                "csrf_token": hidden(page, "csrf_token"),
                "submission_id": hidden(page, "submission_id"),
                "kind": "complaint",
                "institution": council,
                "category": "ROADS",
                "place": "Soko kuu",
                "body": WORDS,
                "confidentiality": "open",
                "phone": f"060{random.randrange(10**7):07}",
            },
        )
        if answer.status != 303:
            raise RuntimeError(f"not lodged: {answer.status}")
        if 'id="receipt-code"' not in visitor.get("/received").text:
            raise RuntimeError("no receipt")

    return submit


def lodging(app: Flask) -> Callable[[], None]:
    """The same cases without HTTP, form and receipt page."""

    def lodge() -> None:
        with app.app_context():
            case_id = uuid4()
            lodged = cases.Lodging(
                submission_id=uuid4(),
                channel="web",
                kind="complaint",
                language="sw",
                body=WORDS,
                institution=random.choice(COUNCILS),
                category="ROADS",
                place="Soko kuu",
                confidentiality="open",
                phone=f"+25560{random.randrange(10**7):07}",
            )
            with transaction(Principal.lodging(case_id)):
                cases.lodge(case_id, lodged, clock.now())

    return lodge


def texting(port: int, token: str) -> Callable[[], None]:
    """The gateway: hands an inbound SMS over."""
    gateway = Browser(port)

    def hand_over() -> None:
        answer = gateway.post(
            f"/hooks/africastalking/{token}/sms",
            {
                "id": str(uuid4()),
                "from": f"+25560{random.randrange(10**7):07}",
                "to": "15200",
                "text": f"KERO DODOMA-CC {WORDS}",
                "date": "2026-01-01T06:00:00Z",
            },
        )
        if answer.status != 200:
            raise RuntimeError(f"not taken: {answer.status}")

    return hand_over


def dialling(port: int, token: str, clients: int, seconds: float, think: float) -> dict[str, float]:
    """Citizens who file by USSD side by side, each thinking for a while between two screens; how
    long a screen takes, and how many cases were made."""
    durations: list[float] = []
    filed: list[str] = []
    end = time.monotonic() + seconds

    def citizen(broken: Callable[[], bool]) -> None:
        gateway = Browser(port)
        time.sleep(random.uniform(0, think))
        while time.monotonic() < end and not broken():
            filed.append(_dial(gateway, token, think, durations))

    _side_by_side(clients, citizen)
    ranked = statistics.quantiles(durations, n=100)
    return {
        "median": ranked[49] * 1000,
        "p99": ranked[98] * 1000,
        "screens": len(durations),
        "cases": len(filed),
    }


STEPS = ("", "1", "1", "1", "DODOMA-CC", "4", WORDS, "1", "Soko kuu", "1", "2", "1")


def _dial(gateway: Browser, token: str, think: float, durations: list[float]) -> str:
    """One session, from the language to the reference."""
    number, session, said = f"+25561{random.randrange(10**7):07}", f"ATUid_{uuid4().hex}", ""
    for step in range(len(STEPS)):
        begun = time.perf_counter()
        answer = gateway.post(
            f"/hooks/africastalking/{token}/ussd",
            {
                "sessionId": session,
                "serviceCode": "*152*00#",
                "phoneNumber": number,
                "networkCode": "64004",
                "text": "*".join(STEPS[1 : step + 1]),
            },
        )
        durations.append(time.perf_counter() - begun)
        said = answer.text
        if answer.status != 200 or not said.startswith(("CON ", "END ")):
            raise RuntimeError(f"no screen: {answer.status}")
        time.sleep(random.uniform(0, 2 * think))
    if "Kumbukumbu" not in said:
        raise RuntimeError("not lodged by USSD")
    return said


def median(act: Callable[[], Any], repeats: int = REPEATS) -> float:
    """The median of one act, after it was done a few times."""
    for _ in range(8):
        act()
    durations = []
    for _ in range(repeats):
        begun = time.perf_counter()
        act()
        durations.append((time.perf_counter() - begun) * 1000)
    return statistics.median(durations)


def staff(port: int, where: str) -> Browser:
    """A browser logged in as the first officer that a query on `officer` o finds."""
    with transaction(OWNER) as session:
        number, username = session.execute(
            text(f"SELECT o.id, o.username FROM officer o {where} LIMIT 1")  # noqa: S608
        ).one()
        session.execute(
            text("UPDATE credential SET password_hash = :hash WHERE officer_id = :id"),
            {"hash": hasher.hash(PASSWORD), "id": number},
        )
        session.execute(
            text(
                "INSERT INTO totp (officer_id, secret, last_step) VALUES (:id, :secret, 0)"
                " ON CONFLICT (officer_id) DO UPDATE SET secret = :secret, last_step = 0"
            ),
            {"secret": factors.sealed(number, SECRET), "id": number},
        )
    browser = Browser(port)
    token = hidden(browser.get("/staff/login").text, "csrf_token")
    fields = {"username": username, "password": PASSWORD, "csrf_token": token}
    if browser.post("/staff/login", fields).status != 303:
        raise RuntimeError("the bench could not log in")
    token = hidden(browser.get("/staff/login/code").text, "csrf_token")
    code = {"code": pyotp.TOTP(SECRET).now(), "csrf_token": token}
    if browser.post("/staff/login/code", code).status != 303:
        raise RuntimeError("the bench did not pass the second step")
    return browser


def desk(port: int) -> dict[str, float]:
    """The inbox of the officer with most open cases, and one case of it."""
    busiest = (
        "JOIN \"case\" c ON c.handler_id = o.id WHERE 'handler' = ANY (o.roles)"
        " AND c.status IN ('assigned', 'in_progress') GROUP BY o.id ORDER BY count(*) DESC"
    )
    officer = staff(port, busiest)
    listed = re.findall(r'href="(/desk/case/[^"]+)"', officer.get("/desk").text)
    return {
        "inbox": median(lambda: _good(officer, "/desk")),
        "case": median(lambda: _good(officer, listed[0])),
    }


def oversight(port: int) -> dict[str, float]:
    """The dashboard of the official at the top, and the figures for everybody."""
    top = (
        "JOIN post_holding h ON h.officer_id = o.id JOIN post p ON p.id = h.post_id"
        " JOIN institution i ON i.id = p.institution_id"
        " WHERE i.code = 'CS' AND p.kind = 'institution_head' AND 'oversight' = ANY (o.roles)"
    )
    official = staff(port, top)
    visitor = Browser(port)
    year = clock.now().year

    def ask() -> None:
        with transaction(Principal("figures")):
            d = directory()
            chosen = d.institutions_by_code["CS"].id
            figures.ask(figures.Question(chosen, year), d, date(year, 12, 31))

    return {
        "dashboard": median(lambda: _good(official, "/oversight")),
        "escalations": median(lambda: _good(official, "/oversight/escalations")),
        "public": median(lambda: _good(visitor, "/figures")),
        "figures_only": median(ask),
    }


def _good(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")


def sweeping() -> dict[str, float]:
    """The sweep: all that is due now, nothing due, and 2,000 due (seconds, apart from idle)."""
    now = clock.now()
    found: dict[str, float] = {}
    begun = time.perf_counter()
    timers = _sweep(now, 10**9)
    found["first_timers"], found["first_seconds"] = timers, time.perf_counter() - begun

    def idle() -> None:
        with transaction(JOB):
            escalations.sweep_batch(now)

    found["idle"] = median(idle)
    with transaction(JOB) as session:
        later = session.scalar(
            text("SELECT due_at FROM timer WHERE NOT done ORDER BY due_at OFFSET 1999 LIMIT 1")
        )
    begun = time.perf_counter()
    found["timers"] = _sweep(later, 2_000)
    found["seconds"] = time.perf_counter() - begun
    return found


def _sweep(now: Any, most: int) -> int:
    done = 0
    while done < most:
        with transaction(JOB):
            timers = escalations.sweep_batch(now).timers
        if not timers:
            break
        done += timers
    return done


def weights(port: int) -> dict[str, tuple[int, int]]:
    """First load of the public pages: bytes over the wire and requests, icon apart."""
    found = {}
    for path in ("/", "/new", "/track", "/figures"):
        visitor = Browser(port)
        page = visitor.get(path)
        parts = re.findall(
            r'<(?:link rel="stylesheet"|script|img)[^>]*(?:href|src)="([^"]+)"', page.text
        )
        found[path] = (page.weight + sum(visitor.get(p).weight for p in parts), 1 + len(parts))
    return found


def memory(web: Web) -> dict[str, float]:
    """MiB of the web processes: resident, and with shared pages counted once."""
    parent = psutil.Process(web.process.pid)
    infos = [p.memory_full_info() for p in [parent, *parent.children(recursive=True)]]
    return {
        "rss": sum(info.rss for info in infos) / 2**20,
        "pss": sum(info.pss for info in infos) / 2**20,
        "processes": len(infos),
    }
