"""A letter on paper: what is said goes to the typesetter as data, so that no word of it is read as
markup. Only the fonts that the typesetter brings along are used, so that the same letter looks the
same everywhere and its file is the same byte by byte."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import segno
import typst

TEMPLATE = Path(__file__).with_name("letter.typ")
LONG_WORD = re.compile(r"\S{32}(?=\S)")
# What moves or hides what stands beside it, or cannot be printed.
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
# One compiler for a process: reading the fonts takes longer than many letters. It serves one
# caller at a time.
_lock = Lock()
_made: list[typst.Compiler] = []


def pdf(sheet: Mapping[str, Any], at: datetime) -> bytes:
    """The letter as a file. `at`: the moment of issue, which stands in the file as its date."""
    with _lock:
        compiler = _compiler()
        made = compiler.compile(
            format="pdf",
            sys_inputs={"letter": data(sheet)},
            timestamp=int(at.timestamp()),
        )
    if not isinstance(made, bytes):
        raise TypeError("the typesetter gave no single file")
    return made


def data(sheet: Mapping[str, Any]) -> str:
    """What the template reads."""
    printed = {key: value if key == "url" else plain(value) for key, value in sheet.items()}
    return json.dumps({**printed, "qr": picture(str(sheet["url"]))}, ensure_ascii=False)


def picture(url: str) -> str:
    """The QR code that leads to the page which confirms the letter."""
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(
        out, kind="svg", border=4, xmldecl=False, svgclass=None, lineclass=None
    )
    return out.getvalue().decode()


def plain(value: Any) -> Any:
    """Text that can be printed and broken, however deep it lies."""
    if isinstance(value, str):
        return LONG_WORD.sub(lambda found: f"{found[0]}\u200b", UNSEEN.sub(" ", value))
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def _compiler() -> typst.Compiler:
    if not _made:
        _made.append(typst.Compiler(str(TEMPLATE), ignore_system_fonts=True))
    return _made[0]
