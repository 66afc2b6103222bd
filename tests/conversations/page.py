"""The page of conversations: its stories in their order, and how one is compared or written."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tests.conversations.telling import Telling

PAGE = Path(__file__).parents[2] / "docs" / "conversations.md"
WRITE = "MREJESHO_WRITE_DOCS"
ENDS = "\n\n---\n"

HEAD = """# Conversations

What citizens and officers see on a phone. The tests of `tests/conversations` write this page from
what really went over the wire, and fail when the product says something else than stands here.

How to read it: **Mwananchi** is the citizen, **Afisa** an officer, **e-Mrejesho** what comes back,
with its length: an SMS has room for 160 characters, a USSD screen for 160 with the `CON ` or `END `
before it. *Lines like this* say what happened in between. References, secret codes, tickets and
PINs are examples. All of it is told on working days in November 2026.
"""

# Titles with what each shows, in the order of the page.
STORIES = {
    "A complaint by SMS, a question, an answer": (
        "The whole way of an ordinary case: nobody has to know a keyword to begin it."
    ),
    "The same in English": "Who writes English is answered in English.",
    "A message in pieces": "A long text that the phone sends as two is one case.",
    "A suggestion, a compliment, an enquiry": "The first word says what it is.",
    "One phone and several cases": (
        "A repetition joins its case; where two questions are open, the system asks which is meant."
    ),
    "One question back": "The institution cannot be told from the words: it is asked for once.",
    "No answer to the question": "Who answers with a name that nobody knows need do nothing more.",
    "The institution used last": "Who wrote before is asked nothing; a wrong guess is put right.",
    "Not fixed, and the final letter": (
        "Two appeals go to higher offices; after them the letter names the bodies outside."
    ),
    "Satisfied, with a rating and a word": (
        "The rating can be changed while the window lasts. Without a reason, not fixed opens the"
        " case all the same, and the reason may follow."
    ),
    "Proof of filing by SMS": (
        "The citizen gives code and PIN to a higher office, which checks them from any phone."
    ),
    "A confidential case": (
        "With SIRI no SMS holds a word of the case: only that something waits. It is read by USSD,"
        " with the secret code."
    ),
    "A case made secret and anonymous later": "Both can be asked for while the case is worked on.",
    "A stranger with the reference": (
        "Another phone learns nothing, not even whether the reference exists."
    ),
    "Another language, stop and start": "Notices can be stopped; whoever writes is still answered.",
    "After a stop only answers come": "Who said STOP hears no notice, but what was asked for.",
    "Help": "What a mere greeting, or a request for help, is answered with.",
    "Many messages at once": "A flood is kept, waits while others go first, and is answered once.",
    "A complaint by USSD": "Every screen from dialling to the reference, in Swahili.",
    "An institution by region, page by page": (
        "99 turns the page; the numbers go on from page to page. 0 goes back, 00 leaves."
    ),
    "A suggestion by USSD in English": "The same way; what is not needed is skipped.",
    "By USSD, the words by SMS": "The digits on the last screen link the SMS with the choices.",
    "A session that broke off": "Within an hour it goes on where it stopped.",
    "Status, answer and not fixed by USSD": "The answer is read with the secret code.",
    "Satisfied, and a proof, by USSD": (
        "A rating, a word, and the proof of filing on the screen once the secret code was entered."
    ),
    "Help by USSD": "What the service is, page by page.",
    "An officer by SMS": (
        "The list, and each act, with the PIN; the citizen's phone is shown beside it."
    ),
    "An officer and what is refused": (
        "Nothing confidential goes by SMS, and a confidential case looks like none at all."
    ),
    "A case by e-mail": "Who gave an address gets letters as neutral as the SMS.",
}


def told(telling: Telling, title: str) -> None:
    """Compare a conversation with its place in the page, or write it there."""
    text = f"{STORIES[title]}\n\n{telling.written()}"
    found = sections(PAGE.read_text(encoding="utf-8"))
    if os.environ.get(WRITE) == "1":
        found[title] = text
        PAGE.write_text(whole(found), encoding="utf-8")
        return
    assert found.get(title) == text


def sections(page: str) -> dict[str, str]:
    """The stories of a page by their titles."""
    _, *parts = re.split(r"^## (?!Contents$)", page, flags=re.MULTILINE)
    found = {}
    for part in parts:
        title, _, text = part.partition("\n\n")
        found[title] = text.partition(ENDS)[0]
    return found


def whole(found: dict[str, str]) -> str:
    """The page with its head and its table of contents; a story that is no more is left out."""
    told_so_far = [title for title in STORIES if title in found]
    contents = "\n".join(f"- [{title}](#{_anchor(title)})" for title in told_so_far)
    stories = "".join(f"\n## {title}\n\n{found[title]}{ENDS}" for title in told_so_far)
    return f"{HEAD}\n## Contents\n\n{contents}\n{stories}"


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
