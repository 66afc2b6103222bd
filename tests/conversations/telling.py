"""A conversation over real sockets, written down as the citizen sees it.

A phone of the simulator writes or dials, the application's hooks take it, the worker's jobs run,
the simulator shows what came back. What is random (references, codes) is replaced by examples that
are the same in every run, so that the page can be compared.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.serving import make_server

from feedback import jobs
from feedback.rules.reference import (
    ALPHABET,
    find_references,
    locate_references,
    make_reference,
    parse_receipt_code,
    proof_code,
    receipt_code,
)
from feedback.services.texts import septets
from feedback.transaction import Principal, transaction
from local.phone import PhoneSimulator

CODE = re.compile(rf"\b[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{3}}\b")
PROOF = re.compile(rf"\b[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}\b")
# Digits that differ in each run, by the words before them: what an SMS begins with that belongs to
# a USSD session, and what confirms an officer's phone.
TICKET = re.compile(r"(?:Anza na|Begin with) (\d{4})\b")
PIN = re.compile(r"\bPIN (\d{6})\b")
OFFICER_CODE = re.compile(r"e-Mrejesho: (\d{6})\b")
STOP = re.compile(r"(/mail/stop/)[\w-]+")
EXAMPLE = proof_code(b"example", UUID(int=0))
CITIZEN, OFFICER = "Mwananchi", "Afisa"
ROUNDS = 3  # a reply may cause a report, and a report another step


@dataclass
class Telling:
    """One conversation: what was written, heard, seen and done, in order."""

    phone: PhoneSimulator
    clock: Any
    lines: list[str] = field(default_factory=list)
    # The last reference and receipt code that a phone was told.
    reference: str = ""
    code: str = ""
    ticket: str = ""
    officer_code: str = ""
    proof: str = ""
    pin: str = ""
    screen: str = ""
    _references: dict[str, str] = field(default_factory=dict)
    _codes: dict[str, str] = field(default_factory=dict)
    _heard: dict[str, int] = field(default_factory=dict)

    def writes(self, number: str, words: str, who: str = CITIZEN) -> str:
        """A phone sends an SMS; answers all that comes back, one text after the other."""
        self.sends(number, words, who)
        return self.hears(number, who)

    def sends(self, number: str, words: str, who: str = CITIZEN) -> None:
        """A phone sends an SMS, and another before an answer comes."""
        self._line(who, words)
        self.phone.inbound(number, words, at=datetime.now(UTC))
        assert self.phone.wait_idle()  # what was written first comes first

    def hears(self, number: str, who: str = CITIZEN) -> str:
        """What comes to the phone once the worker has done its jobs."""
        self._work()
        texts = []
        to = "" if who == CITIZEN else f" to {who}"
        for message in self.phone.ledger(number, self._heard.get(number, 0)):
            self._heard[number] = message.seq
            self._learn(message.text)
            self._line("e-Mrejesho", message.text, f"{to} ({_length(message.text)})")
            texts.append(message.text)
        return "\n".join(texts)

    def dials(self, number: str, dialled: str = "") -> str:
        """A phone dials the USSD code; answers the screen."""
        self._line(CITIZEN, f"Anapiga {dialled or self.phone.service_code}")
        return self._screen(self.phone.dial(number, dialled))

    def enters(self, number: str, text: str) -> str:
        """A phone puts something in where the screen waits for it; answers the next screen."""
        self._line(CITIZEN, text)
        return self._screen(self.phone.answer(number, text))

    def picks(self, number: str, label: str) -> str:
        """The line of the present screen that holds these words is chosen; answers the next."""
        for line in self.screen.splitlines():
            key, _, words = line.partition(" ")
            if label in words and key.isdecimal():
                return self.enters(number, key)
        raise AssertionError(f"{label} is not among the choices: {self.screen}")

    def drops(self, number: str, what: str) -> None:
        """The connection of a USSD session breaks off."""
        self.lines.append(f"*{what}*")
        self.phone.hang_up(number)
        assert self.phone.wait_idle()

    def reads(self, letter: Any) -> None:
        """An e-mail as it came into the mailbox."""
        self._learn(letter.text)
        self.lines.append(f"**e-Mrejesho** by e-mail: {letter.subject}")
        self.lines.append(f"```text\n{letter.text.strip()}\n```")

    def office(self, what: str, officer: int, verb: Callable[..., Any], *given: Any) -> None:
        """An officer acts at the desk."""
        self.lines.append(f"*{what}*")
        with transaction(Principal.of_officer(officer)):
            verb(*given, datetime.now(UTC))

    def later(self, what: str, gone: timedelta) -> None:
        """Time goes by."""
        self.lines.append(f"*{what}*")
        self.clock.shift(gone)

    def written(self) -> str:
        """The conversation with examples in place of what is random."""
        text = "\n\n".join(self.lines)
        text = text.replace(self.proof, EXAMPLE) if self.proof else text
        for real, example in [*self._codes.items(), *self._references.items()]:
            text = text.replace(real, example)
        for real, example in self._digits():
            text = re.sub(rf"\b{real}\b", example, text) if real else text
        return STOP.sub(r"\1EXAMPLE", text)

    def _digits(self) -> tuple[tuple[str, str], ...]:
        return (self.ticket, "4821"), (self.officer_code, "305172"), (self.pin, "204918")

    def _screen(self, session: Any) -> str:
        assert not session.trouble, session.trouble
        self._learn(session.screen)
        self.screen = session.screen
        shown = len(f"CON {session.screen}")
        self.lines.append(f"**e-Mrejesho** ({shown} of 160)")
        self.lines.append(f"```text\n{session.screen}\n```")
        return self.screen

    def _work(self) -> None:
        for _ in range(ROUNDS):
            assert self.phone.wait_idle()
            done = (jobs.process_inbound(), jobs.sweep(), jobs.deliver())
            assert self.phone.wait_idle()
            jobs.replay()
            if not any(any(counts.values()) for counts in done):
                return

    def _line(self, who: str, words: str, aside: str = "") -> None:
        self._learn(words)
        shown = words.replace("\n", "  \n> ")
        self.lines.append(f"**{who}**{aside}\n\n> {shown}")

    def _learn(self, text: str) -> None:
        if ticket := TICKET.search(text):
            self.ticket = ticket[1]
        if code := OFFICER_CODE.search(text):
            self.officer_code = code[1]
        if proof := PROOF.search(text):
            self.proof = proof[0]
        if pin := PIN.search(text):
            self.pin = pin[1]
        for reference in find_references(PROOF.sub("", text)):
            number = len(self._references) + 1
            self._references.setdefault(reference, make_reference(bytes([number * 37 % 256] * 8)))
        for code in CODE.findall(text):
            if parse_receipt_code(code) is not None:
                number = len(self._codes) + 1
                example = receipt_code(b"example", UUID(int=number))
                self._codes.setdefault(code, example)
                self.code = code
        if found := locate_references(CODE.sub("", PROOF.sub("", text))):
            self.reference = found[0][2]


def _length(text: str) -> str:
    try:
        return f"{septets(text)} of 160"
    except ValueError:
        return "outside GSM-7"


@contextmanager
def talking(app: Flask, clock: Any) -> Iterator[Callable[[], Telling]]:
    """The application and the simulator as each other's peers; answers a maker of tellings."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with PhoneSimulator(
        callback_base=f"http://127.0.0.1:{server.server_port}",
        token=app.config["AT_HOOK_TOKEN"],
        api_key=app.config["AT_API_KEY"],
        report_delay_ms=0,
        retry_s=0.1,
    ) as simulator:
        before = app.config["AT_BASE_URL"]
        app.config["AT_BASE_URL"] = simulator.url
        try:
            yield lambda: Telling(simulator, clock)
        finally:
            app.config["AT_BASE_URL"] = before
            server.shutdown()
            thread.join()
            server.server_close()
