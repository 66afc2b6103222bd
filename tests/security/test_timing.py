"""How long /track takes to say no tells not whether a reference exists.

Wrong codes for references that exist and for such that do not, in random turn, compared by rank:
the chance that a random one of the first took longer than a random one of the second is a half.
"""

from __future__ import annotations

import gc
import random
import time
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from scipy.stats import mannwhitneyu

from feedback.rules import reference as numbers
from tests.conftest import LONG
from tests.factories import Make
from tests.web.browser import browser
from tests.web.story import token_of

CASES = 100
EACH = 2_000 if LONG else 200
# With 2,000 of each the ranks of equal times stay within 0.035 of a half in all but one run of
# ten thousand; with 200 within 0.12.
TOLERANCE = 0.05 if LONG else 0.13


def test_a_wrong_code_takes_as_long_as_an_unknown_reference(
    app: Flask, make: Make, monday: datetime, superuser: psycopg.Connection[Any]
) -> None:
    chance = random.Random(7)  # noqa: S311
    known = [make.case(monday).reference for _ in range(CASES)]
    tab = browser(app)
    token = token_of(tab)
    taken: dict[bool, list[float]] = {True: [], False: []}
    gc.disable()
    try:
        while min(map(len, taken.values())) < EACH:
            # Each reference is asked for once: whoever goes on guessing has to wait.
            superuser.execute("TRUNCATE receipt_attempt")
            asked = [(True, reference) for reference in known]
            asked += [(False, numbers.make_reference(chance.randbytes(5))) for _ in known]
            chance.shuffle(asked)
            for hit, reference in asked:
                data = {
                    "csrf_token": token,
                    "reference": reference,
                    "receipt_code": numbers.receipt_code(
                        bytes(32), UUID(int=chance.getrandbits(128))
                    ),
                }
                start = time.perf_counter()
                answer = tab.post("/track", data=data)
                taken[hit].append(time.perf_counter() - start)
                assert answer.status_code == 422, answer.status_code
    finally:
        gc.enable()
    longer = (
        mannwhitneyu(taken[True], taken[False]).statistic / len(taken[True]) / len(taken[False])
    )
    assert longer == pytest.approx(0.5, abs=TOLERANCE)
