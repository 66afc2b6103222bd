"""What the simulator remembers, in bounded memory: a ledger, conversations, callbacks made.

Everything is gone when the process ends; the truth about a message is the product's own database.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

MOST_PHONES = 12
MOST_THREADS = 300
LONGEST_THREAD = 100
MOST_CALLBACKS = 5_000


def utc_now() -> datetime:
    """The moment, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that the gateway accepted from the product, for one recipient."""

    seq: int
    id: str
    number: str
    text: str
    sender: str
    link_id: str
    status_code: int
    parts: int
    at: datetime

    def plain(self) -> dict[str, Any]:
        """As JSON values; the time in ISO 8601, UTC."""
        return asdict(self) | {"at": self.at.isoformat()}


@dataclass(frozen=True, slots=True)
class CallbackRecord:
    """One HTTP request made to the product; `outcome` is its status or the error's class name."""

    kind: str
    fields: dict[str, str]
    outcome: int | str
    at: datetime

    def plain(self) -> dict[str, Any]:
        """As JSON values; the time in ISO 8601, UTC."""
        return asdict(self) | {"at": self.at.isoformat()}


@dataclass(slots=True)
class Bubble:
    """One SMS as a phone's screen shows it.

    state: for the phone's own SMS "waiting", "retrying" or "received"; for one that came from the
    product the last delivery report's status, or "" before any.
    """

    id: str
    written: Literal["here", "there"]
    text: str
    at: datetime
    parts: int = 1
    state: str = ""
    attempts: int = 0


@dataclass(slots=True)
class Thread:
    """The conversation of one number with the short code, newest last."""

    number: str
    bubbles: deque[Bubble] = field(default_factory=lambda: deque(maxlen=LONGEST_THREAD))


class Memory:
    """All state that the pages and the tests read, behind one lock."""

    def __init__(self, phones: Iterable[str], ledger_size: int) -> None:
        self._lock = threading.Lock()
        self._first_phones = tuple(phones)
        self._ledger: deque[SentMessage] = deque(maxlen=ledger_size)
        self._callbacks: deque[CallbackRecord] = deque(maxlen=MOST_CALLBACKS)
        self._threads: OrderedDict[str, Thread] = OrderedDict()
        self._phones = list(self._first_phones)
        self._accepted = 0
        self._requests = 0
        self._revision = 0

    def reset(self) -> None:
        """Forget everything and show the first phones again; the revision goes on."""
        with self._lock:
            self._ledger.clear()
            self._callbacks.clear()
            self._threads.clear()
            self._phones = list(self._first_phones)
            self._accepted = self._requests = 0
            self._revision += 1

    @property
    def revision(self) -> int:
        """Grows with every change, so that a page knows when to draw itself again."""
        return self._revision

    def touch(self) -> None:
        """Note a change that is kept elsewhere (a USSD screen, a fault)."""
        with self._lock:
            self._revision += 1

    def count_request(self) -> None:
        """One more send request has come in, whatever became of it."""
        with self._lock:
            self._requests += 1

    def accept(
        self, number: str, text: str, *, id: str, sender: str, link_id: str, code: int, parts: int
    ) -> SentMessage:
        """Write an accepted message into the ledger and onto the phone's screen."""
        with self._lock:
            self._accepted += 1
            now = utc_now()
            message = SentMessage(
                self._accepted, id, number, text, sender, link_id, code, parts, now
            )
            self._ledger.append(message)
            self._thread(number).bubbles.append(Bubble(id, "there", text, now, parts))
            self._revision += 1
            return message

    def ledger(self, number: str | None = None, after: int = 0) -> list[SentMessage]:
        """Accepted messages in order, all or one number's, from after a sequence number."""
        with self._lock:
            return [
                message
                for message in self._ledger
                if message.seq > after and number in (None, message.number)
            ]

    def counts(self) -> dict[str, int]:
        """Requests seen, messages accepted, and how many of these the bounded ledger forgot."""
        with self._lock:
            return {
                "requests": self._requests,
                "accepted": self._accepted,
                "forgotten": self._accepted - len(self._ledger),
            }

    def write(self, number: str, text: str, id: str, parts: int) -> None:
        """Put an SMS that the phone writes on its screen; an id already there is no second one."""
        with self._lock:
            thread = self._thread(number)
            if not any(bubble.id == id for bubble in thread.bubbles):
                thread.bubbles.append(Bubble(id, "here", text, utc_now(), parts, "waiting"))
                self._revision += 1

    def mark(self, number: str, id: str, state: str, *, attempt: bool = False) -> None:
        """Note what became of an SMS; a received one does not go back to retrying."""
        with self._lock:
            thread = self._threads.get(number)
            for bubble in thread.bubbles if thread else ():
                if bubble.id == id:
                    bubble.attempts += attempt
                    if not (bubble.state == "received" and state == "retrying"):
                        bubble.state = state
                    self._revision += 1

    def record(self, callback: CallbackRecord) -> None:
        """Keep a callback that was made."""
        with self._lock:
            self._callbacks.append(callback)

    def callbacks(self, kind: str | None = None) -> list[CallbackRecord]:
        """Callbacks made so far in order, all or of one kind."""
        with self._lock:
            return [made for made in self._callbacks if kind in (None, made.kind)]

    def add_phone(self, number: str) -> None:
        """Show a phone on the page; past the limit the one shown longest makes room."""
        with self._lock:
            if number not in self._phones:
                self._phones = [*self._phones, number][-MOST_PHONES:]
                self._revision += 1

    def remove_phone(self, number: str) -> None:
        """Take a phone off the page; its conversation stays."""
        with self._lock:
            self._phones = [phone for phone in self._phones if phone != number]
            self._revision += 1

    def screens(self) -> list[tuple[str, list[Bubble]]]:
        """The phones on the page with copies of what stands on their screens."""
        with self._lock:
            return [
                (
                    number,
                    [
                        Bubble(b.id, b.written, b.text, b.at, b.parts, b.state, b.attempts)
                        for b in (self._threads[number].bubbles if number in self._threads else ())
                    ],
                )
                for number in self._phones
            ]

    def others(self, most: int = 8) -> list[str]:
        """Numbers with a conversation but no phone on the page, the latest first."""
        with self._lock:
            hidden = [number for number in reversed(self._threads) if number not in self._phones]
            return hidden[:most]

    def _thread(self, number: str) -> Thread:
        """The number's conversation, made when it is new; the oldest idle one is forgotten."""
        thread = self._threads.setdefault(number, Thread(number))
        self._threads.move_to_end(number)
        if len(self._threads) > MOST_THREADS:
            self._threads.popitem(last=False)
        return thread
