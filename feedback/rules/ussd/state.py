"""Where a session stands: plain values that are sealed as JSON between two callbacks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Do(StrEnum):
    """What a screen cannot do by itself."""

    LANGUAGE = "language"  # remember the number's language
    ALONE = "alone"  # what earlier sessions of the number left is taken over, or let go
    CASES = "cases"  # the number's cases: Sequence[Item]
    OPEN = "open"  # compare reference and receipt code: Opened, Wait or None
    LOWER = "lower"  # say yes or no to less confidentiality: bool
    SAY = "say"  # hand an act of the citizen to the worker
    LODGE = "lodge"  # make the case: Receipt
    RECEIPT = "receipt"  # the receipt of the case just made: Receipt
    PROVE = "prove"  # the opened case's proof code with a PIN that holds: Proof
    READ = "read"  # the office's latest words in the opened case: str


@dataclass(frozen=True, slots=True)
class Effect:
    """Something to be done. `act`, `words` and `rating`: of SAY; `words`: of OPEN the receipt
    code."""

    do: Do
    act: str = ""
    reference: str = ""
    words: str = ""
    yes: bool = False
    rating: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A case in a list. `due` is a day as it is shown, empty where nothing is due."""

    reference: str
    status: str
    due: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A case whose receipt code was right. `lower_to`: the level the office asks to lower it to."""

    case_id: str
    status: str
    due: str
    lower_to: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many wrong codes: try again in so many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the last screen of a filing shows; `code` is empty once it is no longer told."""

    reference: str
    code: str
    due: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What a citizen shows to a higher office; `until` is a day as it is shown."""

    code: str
    pin: str
    until: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What was chosen and written so far. `submission`: the id under which it is lodged, whichever
    session ends it."""

    submission: str = ""
    kind: str = ""
    region: str = ""
    institution: str = ""
    category: str = ""
    words: str = ""
    by_sms: bool = False
    place: str = ""
    level: str = "open"
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """The screen that is shown, the way back, and what it is about.

    `case` and `opened`: the case chosen from the list, and that its receipt code was right.
    `rating`: chosen, while a word with it is asked for. `notice`: a line above the screen, shown
    once. `ticket`: of a case begun here that waits for its words by SMS, what the SMS begins with.
    """

    at: str = "language"
    language: str = "sw"
    page: int = 0
    trail: tuple[str, ...] = ()
    draft: Draft = field(default_factory=Draft)
    listed: tuple[Item, ...] = ()
    case: Item | None = None
    opened: Opened | None = None
    act: str = ""
    rating: str = ""
    ticket: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Transcripts that were answered, the longest last, and the one that came last."""

    answered: tuple[tuple[int, str], ...] = ()
    last: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A state with what a resumed session would go on with (`before`), and what was seen."""

    state: State = field(default_factory=State)
    before: State | None = None
    seen: Seen = field(default_factory=Seen)


def dump(session: Session) -> str:
    """The session as text."""
    return json.dumps(asdict(session), separators=(",", ":"))


def load(text: str) -> Session | None:
    """The session of a text; None for one that another version of this program wrote."""
    try:
        raw = json.loads(text)
        before = raw["before"]
        seen = raw["seen"]
        return Session(
            _state(raw["state"]),
            None if before is None else _state(before),
            Seen(tuple(map(_mark, seen["answered"])), seen["last"] and _mark(seen["last"])),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _mark(raw: Any) -> tuple[int, str]:
    length, digest = raw
    return int(length), str(digest)


def _state(raw: dict[str, Any]) -> State:
    case, opened = raw.pop("case"), raw.pop("opened")
    return State(
        draft=Draft(**raw.pop("draft")),
        listed=tuple(Item(**each) for each in raw.pop("listed")),
        case=Item(**case) if case else None,
        opened=Opened(**opened) if opened else None,
        trail=tuple(raw.pop("trail")),
        **raw,
    )
