"""The page as a whole. This file comes last: a page is compared once it was written."""

from __future__ import annotations

from tests.conversations.page import PAGE, STORIES, sections, whole


def test_the_page_is_whole() -> None:
    """Each story once, in order, under the head and the table of contents."""
    page = PAGE.read_text(encoding="utf-8")
    found = sections(page)
    assert list(found) == list(STORIES)
    assert page == whole(found)
