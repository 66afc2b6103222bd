"""What a fact does, by its name: one verb of the services each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from feedback.services import citizen, desk, extensions, reopening


def part(name: str, instead: Any = None) -> Any:
    """A module of the services, or another one where there is none of that name (yet)."""
    path = f"feedback.services.{name}"
    return import_module(path) if find_spec(path) else instead


directives = part("directives")
arrivals = part("arrivals")
WORDS = "Taa hazijawaka kwa wiki mbili."
BY_CITIZEN: dict[str, Callable[[UUID, datetime], Any]] = {
    "reply": lambda case, now: citizen.add_message(case, "Bado.", now),
    "not_fixed": lambda case, now: citizen.not_fixed(case, "Bado.", now),
    "accept": lambda case, now: citizen.accept(case, None, now),
    "withdraw": citizen.withdraw,
    "restrict": lambda case, now: citizen.raise_confidentiality(case, "restricted", now),
}
BY_HANDLER: dict[str, Callable[..., Any]] = {
    "ack": desk.acknowledge,
    "ask": lambda case, now: desk.ask(case, "Wapi?", now),
    "part": lambda case, now: desk.answer_partly(case, "Fundi amekwenda.", now),
    "answer": lambda case, now: desk.answer(case, "Imekamilika.", now),
    "transfer": lambda case, now, to: desk.transfer(case, to, None, "Si yetu.", now),
    "more": lambda case, now, days: extensions.ask(case, days, "Vifaa.", now),
    "reopen": lambda case, now: reopening.reopen(case, "Tulikosea.", now),
    "recuse": desk.recuse,
}
