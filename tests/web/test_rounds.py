"""Each answer stands beside why the citizen did not take it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from feedback.services import citizen, desk
from feedback.transaction import Principal, transaction
from tests.web.office import at_desk
from tests.web.story import HOUR, Story

pytestmark = pytest.mark.usefixtures("clock")


def test_answers_and_reasons_stand_side_by_side_for_each_cycle(app: Flask, story: Story) -> None:
    case_id = story.receipt.case_id
    for answer, words, bare in (("Jibu A.", "Sababu A.", False), ("Jibu B.", "SIJARIDHIKA", True)):
        story.office(desk.answer, answer)
        story.clock.shift(HOUR)
        with transaction(Principal.of_case(case_id)):
            citizen.not_fixed(case_id, words, datetime.now(UTC), bare=bare)
    with transaction(Principal.of_case(case_id)):
        citizen.add_message(case_id, "Sababu B ilikuja baadaye.", datetime.now(UTC))
    page = at_desk(app, story.handler).get(f"/desk/case/{story.receipt.reference}").text
    start = page.index('id="rounds"')
    shown = page[start : page.index("</section>", start)]
    assert shown.count('class="pair"') == 2
    places = [shown.index(words) for words in
              ("Jibu A.", "Sababu A.", "Jibu B.", "SIJARIDHIKA", "Sababu B ilikuja")]  # fmt: skip
    assert places == sorted(places)


def test_what_the_office_opened_itself_is_no_round(app: Flask, story: Story) -> None:
    story.office(desk.answer, "Jibu A.")
    page = at_desk(app, story.handler).get(f"/desk/case/{story.receipt.reference}").text
    assert 'id="rounds"' not in page
