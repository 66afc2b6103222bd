"""Writing a screen: at most 160 ASCII characters with `CON ` or `END ` before it.

Options keep their number on every page, so that a way through the menus can be dialled at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedback.rules.plain import ASCII, to_alphabet

LIMIT = 160
ROOM = LIMIT - len("CON ")
MORE, BACK, EXIT = "99", "0", "00"
LONGEST_TITLE = 70  # over a list of several pages
LONGEST_LABEL = 54
CUT = "..."
FOOTERS = {"sw": "0 Rudi 00 Toka", "en": "0 Back 00 Exit", "": "0 Rudi/Back 00 Toka/Exit"}
MORE_WORDS = {"sw": "99 Zaidi ", "en": "99 More ", "": "99 Zaidi/More "}


def plain(text: str) -> str:
    """The text in ASCII, for the screen only."""
    return to_alphabet(text.replace("\r", ""), ASCII)


def cut(text: str, most: int) -> str:
    """The text, or its beginning with dots behind it."""
    if len(text) <= most:
        return text
    return text[: max(0, most - len(CUT))].rstrip() + CUT[:most]


def prompt(title: str, language: str) -> str:
    """A question that is answered in words."""
    footer = FOOTERS[language]
    return f"CON {cut(plain(title), ROOM - len(footer) - 1)}\n{footer}"


def end(text: str) -> str:
    """The last screen of a session."""
    return f"END {cut(plain(text), ROOM)}"


def menu(title: str, labels: Sequence[str], page: int, language: str) -> str:
    """A page of a menu; a page beyond the last shows the last."""
    title = plain(title)
    lines = _numbered(labels)
    footer = FOOTERS[language]
    block = "\n".join([*lines, footer])
    left = ROOM - len(block) - 1
    if left >= min(len(title), LONGEST_TITLE):
        return "CON " + "\n".join([cut(title, left), block])
    pages = _pages(cut(title, LONGEST_TITLE), lines, language)
    number = min(page, len(pages) - 1)
    if number < len(pages) - 1:
        footer = MORE_WORDS[language] + footer
    return "CON " + "\n".join([cut(title, LONGEST_TITLE), *pages[number], footer])


def menu_pages(title: str, labels: Sequence[str], language: str) -> int:
    """How many pages the menu has."""
    title, lines = plain(title), _numbered(labels)
    block = "\n".join([*lines, FOOTERS[language]])
    if ROOM - len(block) - 1 >= min(len(title), LONGEST_TITLE):
        return 1
    return len(_pages(cut(title, LONGEST_TITLE), lines, language))


def reading(text: str, page: int, language: str) -> str:
    """A page of a longer text; a page beyond the last shows the last."""
    parts = text_pages(text, language)
    number = min(page, len(parts) - 1)
    footer = FOOTERS[language]
    if number < len(parts) - 1:
        footer = MORE_WORDS[language] + footer
    return f"CON {parts[number]}\n{footer}"


def text_pages(text: str, language: str) -> list[str]:
    """A longer text in pages, broken between words where words are not too long for it."""
    room = ROOM - len(MORE_WORDS[language]) - len(FOOTERS[language]) - 1
    pages, left = [], plain(text).strip()
    while len(left) > room:
        at = max(left.rfind(" ", 0, room + 1), left.rfind("\n", 0, room + 1))
        if at <= 0:
            at = room
        pages.append(left[:at].rstrip())
        left = left[at:].lstrip()
    return [*pages, left]


def _numbered(labels: Sequence[str]) -> list[str]:
    return [f"{n} {cut(plain(label), LONGEST_LABEL)}" for n, label in enumerate(labels, 1)]


def _pages(title: str, lines: Sequence[str], language: str) -> list[list[str]]:
    room = ROOM - len(title) - 1 - len(MORE_WORDS[language]) - len(FOOTERS[language])
    pages: list[list[str]] = [[]]
    left = room
    for line in lines:
        if pages[-1] and len(line) + 1 > left:
            pages.append([])
            left = room
        pages[-1].append(line)
        left -= len(line) + 1
    return pages
