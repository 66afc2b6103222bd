"""What a gateway's answer means for the next step, and what an SMS costs.

A gateway takes no idempotency key that can be relied on, so everything turns on one question: may
the message have been taken? Only where it surely was not is a further try free (Transient) or
useless (Rejected); whatever else went wrong is Unknown. Numbers and texts never stand in a result.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_COST = re.compile(
    r"\s*(?:(?P<before>[A-Za-z]{3})\s*)?"
    r"(?P<amount>(?:\d{1,3}(?:,\d{3}){1,2}|\d{1,8})(?:\.\d{1,8})?)"
    r"\s*(?P<after>[A-Za-z]{3})?\s*"
)
_PLACES = Decimal("0.0001")
_MOST = 10**8  # what the column holds; no SMS costs that much


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount and its currency (ISO 4217); the currency is empty for nothing at all."""

    amount: Decimal
    currency: str

    @classmethod
    def parse(cls, said: object) -> Cost | None:
        """`TZS 22.0000`, `0.8 KES`, `0`; None for what is missing or no cost.

        An amount without a currency says nothing, unless it is zero.
        """
        match = _COST.fullmatch(str(said))
        if match is None:
            return None
        amount = Decimal(match["amount"].replace(",", "")).quantize(_PLACES)
        currency = (match["before"] or match["after"] or "").upper()
        if match["before"] and match["after"] or (amount and not currency):
            return None
        return cls(amount, currency) if amount < _MOST else None

    def times(self, parts: int) -> Cost | None:
        """The cost of a message in so many parts, where this is that of one."""
        amount = self.amount * parts
        return Cost(amount, self.currency) if amount < _MOST else None


@dataclass(frozen=True, slots=True)
class Sms:
    """One message to be sent.

    number: E.164. reference: ours, an id that tells nothing; reports come under it where the
    gateway gives none. link_id: the gateway's own tag of the SMS that this one answers.
    parts: how many SMS the text takes, for a gateway that does not say.
    """

    number: str
    text: str
    reference: str
    link_id: str
    parts: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway has it: never send it again. Reports come under `provider_id`, if there is one.

    cost: None where nobody tells.
    """

    provider_id: str | None
    code: str
    cost: Cost | None
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not taken, and no further try can change that: the number or the content is refused."""

    code: str


@dataclass(frozen=True, slots=True)
class Transient:
    """Surely not taken, but a later try may be: no connection, no credit, too many requests.

    everyone: it stands against every message, not this one alone.
    """

    code: str
    everyone: bool = True


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been taken: the answer was lost, or says nothing that can be relied on."""

    code: str


Result = Accepted | Rejected | Transient | Unknown
