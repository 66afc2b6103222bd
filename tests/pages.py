"""What stands on the pages of a PDF, as a reader copies it out."""

from __future__ import annotations

import io
import re
from typing import Any

import pikepdf

_ONE = re.compile(rb"<([0-9A-Fa-f]+)>\s+<([0-9A-Fa-f]+)>")


def text(content: bytes) -> str:
    """All words of a PDF, without the spaces between them: a typesetter places those itself."""
    said: list[str] = []
    with pikepdf.open(io.BytesIO(content)) as document:
        for page in document.pages:
            fonts = {str(k): _letters(f) for k, f in page.Resources.Font.items()}  # type: ignore[operator]
            letters: dict[int, str] = {}
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) == "Tf":
                    letters = fonts[str(operands[0])]
                for shown in _shown(str(operator), operands):
                    said += [letters.get(code, "\ufffd") for code in _codes(bytes(shown))]
    return "".join(said).replace(" ", "").replace("\u200b", "")


def number(content: bytes) -> int:
    """How many pages it has."""
    with pikepdf.open(io.BytesIO(content)) as document:
        return len(document.pages)


def _shown(operator: str, operands: Any) -> list[pikepdf.String]:
    if operator == "Tj":
        return [operands[0]]
    if operator == "TJ":
        return [each for each in operands[0] if isinstance(each, pikepdf.String)]
    return []


def _codes(shown: bytes) -> list[int]:
    return [int.from_bytes(shown[i : i + 2], "big") for i in range(0, len(shown), 2)]


def _letters(font: pikepdf.Object) -> dict[int, str]:
    """What each glyph of a font stands for."""
    written = font.ToUnicode.read_bytes()
    return {
        int(code, 16): bytes.fromhex(found.decode()).decode("utf-16-be")
        for block in re.findall(rb"beginbfchar(.*?)endbfchar", written, re.DOTALL)
        for code, found in _ONE.findall(block)
    }
