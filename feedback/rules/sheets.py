"""A table that an office kept in a spreadsheet, as rows of plain values.

What Excel writes is taken: a byte order mark, semicolons or tabs for commas, its own code page
where the file is no UTF-8; headers in Swahili or English. A cell that a spreadsheet would compute
is never taken over.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

MOST_LINES = 2_000
MOST_BYTES = 300_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "officer": ("username", "name", "institution", "unit", "roles", "language"),
    "institution": (
        *("code", "kind", "parent", "name_sw", "name_en", "ladder", "region", "sector"),
        *("aliases", "contact"),
    ),
    "unit": ("institution", "code", "name_sw", "name_en"),
}
NEEDED: Mapping[str, frozenset[str]] = {
    "officer": frozenset({"username", "name", "institution"}),
    "institution": frozenset({"code"}),
    "unit": frozenset({"institution", "code"}),
}
OTHER_HEADERS = {
    "jina la kuingia": "username",
    "jina la mtumiaji": "username",
    "user name": "username",
    "jina": "name",
    "jina kamili": "name",
    "full name": "name",
    "taasisi": "institution",
    "idara": "unit",
    "kitengo": "unit",
    "idara/kitengo": "unit",
    "majukumu": "roles",
    "jukumu": "roles",
    "role": "roles",
    "lugha": "language",
    "msimbo": "code",
    "aina": "kind",
    "taasisi ya juu": "parent",
    "ngazi": "ladder",
    "jina la kiswahili": "name_sw",
    "name in swahili": "name_sw",
    "jina la kiingereza": "name_en",
    "name in english": "name_en",
    "mkoa": "region",
    "sekta": "sector",
    "majina mengine": "aliases",
    "mawasiliano": "contact",
}
ROLES = {
    "mshughulikiaji": "handler",
    "afisa mshughulikiaji": "handler",
    "mratibu": "coordinator",
    "mratibu wa malalamiko": "coordinator",
    "mkuu": "head",
    "mkuu wa taasisi": "head",
    "usimamizi": "oversight",
    "maadili": "ethics",
    "afisa maadili": "ethics",
    "administrator": "admin",
    "msimamizi": "admin",
    "mkaguzi": "auditor",
}
LANGUAGES = {"": "sw", "sw": "sw", "en": "en", "kiswahili": "sw", "english": "en"} | {
    "swahili": "sw",
    "kiingereza": "en",
}


class Unreadable(ValueError):
    """A file that is no such table. code: empty, too-big, too-many-lines, no-column, twice-column,
    not-a-table; `about` names the column."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(code)
        self.code, self.about = code, about


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file with its number there; `problem`: formula, or short (cells missing)."""

    number: int
    values: Mapping[str, str]
    problem: str = ""


def decoded(content: bytes) -> str:
    """The text of a file: UTF-8, else as Excel writes it in Western Windows."""
    if len(content) > MOST_BYTES:
        raise Unreadable("too-big")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Unreadable("not-a-table")


def read(subject: str, text: str) -> list[Line]:
    """The lines of a table, its columns in any order; empty lines are left out.

    Raises Unreadable.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise Unreadable("empty")
    head = text.lstrip().splitlines()[0]
    mark = max(",;\t", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error as error:
        raise Unreadable("not-a-table") from error
    filled = [(n, row) for n, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    columns = _columns(subject, filled[0][1])
    if len(filled) - 1 > MOST_LINES:
        raise Unreadable("too-many-lines")
    if len(filled) == 1:
        raise Unreadable("empty")
    return [_line(number, row, columns) for number, row in filled[1:]]


def _columns(subject: str, header: list[str]) -> list[str]:
    """The name of each column; "" for one that says nothing here."""
    found = []
    for cell in header:
        typed = " ".join(cell.lower().split())
        plain = typed.replace("_", " ")
        name = OTHER_HEADERS.get(plain, plain.replace(" ", "_"))
        found.append(name if name in COLUMNS[subject] else "")
    for name in COLUMNS[subject]:
        if found.count(name) > 1:
            raise Unreadable("twice-column", name)
        if name in NEEDED[subject] and name not in found:
            raise Unreadable("no-column", name)
    return found


def _line(number: int, row: list[str], columns: list[str]) -> Line:
    cells = [" ".join(cell.split()) for cell in row]
    values = {name: cell for name, cell in zip(columns, cells, strict=False) if name}
    if any(
        # As it was typed, and as it is kept: blanks before the sign fall away.
        each.startswith(FORMULA)
        for typed, cell, name in zip(row, cells, columns, strict=False)
        if name
        for each in (typed, cell)
    ):
        return Line(number, values, "formula")
    missing = {name for name in columns if name} - values.keys()
    return Line(number, values, "short" if missing else "")


def roles(cell: str) -> list[str]:
    """The roles that a cell names, in its own words where they are not known here."""
    named = (" ".join(each.split()) for each in re.split(r"[,;|+/]", cell.lower()))
    return sorted({ROLES.get(name, name) for name in named if name})
