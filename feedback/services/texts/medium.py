"""By what a text goes out, and what that way can carry."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from feedback.services.texts import gsm

SCREEN = 160  # characters of a USSD screen


@dataclass(frozen=True, slots=True)
class Medium:
    """A way out. `parts`: how many messages a text is paid as; `holds`: whether it can carry a
    character; `like`: the text in what it can carry; `most`: messages that one text may take."""

    code: str
    parts: Callable[[str], int]
    holds: Callable[[str], bool]
    like: Callable[[str], str]
    most: int


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", gsm.to_gsm(text))
    return "".join(c if c.isascii() else "?" for c in plain if not unicodedata.combining(c))


SMS = Medium("sms", gsm.parts, gsm.holds, gsm.to_gsm, most=2)
USSD = Medium("ussd", lambda text: max(1, -(-len(text) // SCREEN)), str.isascii, _ascii, most=1)
EMAIL = Medium("email", lambda _text: 1, lambda _character: True, str, most=1)
