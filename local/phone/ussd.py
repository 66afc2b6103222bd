"""USSD sessions as a phone has them: dial, answer, hang up.

The product hears of each step through the callback `ussd`, with the whole input so far joined by
`*`, and of the end through `ussd-end`.
"""

import threading
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field

from .courier import Courier
from .memory import Memory, utc_now

MOST_SESSIONS = 300


@dataclass(slots=True)
class Session:
    """One USSD session of a number; `trouble` is set when the service did not answer properly."""

    number: str
    code: str
    id: str = field(default_factory=lambda: f"ATUid_{uuid.uuid4().hex}")
    inputs: list[str] = field(default_factory=list)
    screen: str = ""
    open: bool = True
    trouble: str = ""
    hops: int = 0
    started: float = field(default_factory=time.monotonic)


class Ussd:
    """The sessions of all phones, one at a time for each number."""

    def __init__(self, courier: Courier, memory: Memory, network_code: str) -> None:
        self._courier = courier
        self._memory = memory
        self._network_code = network_code
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def dial(self, number: str, dialled: str, service_code: str) -> Session:
        """Start a session. `*152*00*1*2#` dials `*152*00#` with "1*2" already put in."""
        self.hang_up(number)
        session = Session(number, service_code)
        stem = service_code.rstrip("#") + "*"
        if dialled.startswith(stem) and dialled.endswith("#"):
            session.inputs = [dialled[len(stem) : -1]]
        else:
            session.code = dialled
        with self._lock:
            self._sessions[number] = session
            if len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return self._step(session)

    def answer(self, number: str, text: str) -> Session:
        """Put in `text`. ValueError when the phone has no session open."""
        session = self.session(number)
        if session is None or not session.open:
            raise ValueError("no USSD session is open on this phone")
        session.inputs.append(text)
        return self._step(session)

    def hang_up(self, number: str) -> None:
        """Close the phone's session, if any, and clear its screen."""
        with self._lock:
            session = self._sessions.pop(number, None)
        if session is not None and session.open:
            session.open = False
            self._ended(session, "Incomplete")
        self._memory.touch()

    def session(self, number: str) -> Session | None:
        """The session on the phone's screen, which may have ended."""
        with self._lock:
            return self._sessions.get(number)

    def reset(self) -> None:
        """Forget every session without a word to the product."""
        with self._lock:
            self._sessions.clear()

    def _step(self, session: Session) -> Session:
        session.hops += 1
        outcome, body = self._courier.call(
            "ussd",
            {
                "sessionId": session.id,
                "serviceCode": session.code,
                "phoneNumber": session.number,
                "networkCode": self._network_code,
                "text": "*".join(session.inputs),
            },
        )
        if outcome == 200 and body[:4] in ("CON ", "END "):
            session.screen = body[4:].strip()
            session.open = body.startswith("CON ")
            if not session.open:
                self._ended(session, "Success")
        else:
            session.open = False
            session.screen = ""
            session.trouble = str(outcome) if outcome != 200 else "CON/END"
            self._ended(session, "Failed")
        self._memory.touch()
        return session

    def _ended(self, session: Session, status: str) -> None:
        form = {
            "date": utc_now().strftime("%Y-%m-%d %H:%M:%S"),
            "sessionId": session.id,
            "serviceCode": session.code,
            "networkCode": self._network_code,
            "phoneNumber": session.number,
            "status": status,
            "cost": "TZS 0",
            "durationInMillis": str(int((time.monotonic() - session.started) * 1000)),
            "hopsCount": str(session.hops),
            "input": "*".join(session.inputs),
            "lastAppResponse": session.screen,
            "errorMessage": session.trouble,
        }
        self._courier.later(0, lambda: self._report(form))

    def _report(self, form: dict[str, str]) -> None:
        self._courier.call("ussd-end", form)
