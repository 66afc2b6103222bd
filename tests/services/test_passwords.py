"""Passwords that breaches have made known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.passwords import SHORTEST, weakness
from feedback.services.errors import Refused
from feedback.services.passwords import checked_hash, common, fits, is_breached


@pytest.mark.parametrize(
    "password",
    ["-schniene1qq", "-SCHNIENE1QQ", "castlesinthesky", "Radioshack2015", "carolinapolo030"],
)
def test_a_password_out_of_a_breach_is_not_taken(password: str) -> None:
    """Nothing in the shipped words would have told it."""
    assert weakness(password, "asha", common()) is None
    with pytest.raises(Refused, match="password-common"):
        checked_hash(password, "asha")


@pytest.mark.parametrize(
    "password", ["neno langu la siri zuri sana", "kq7m-wz3n-p8dt-x2vh", "ngazi ya tatu kulia"]
)
def test_others_are(password: str) -> None:
    assert fits(checked_hash(password, "asha"), password)


@given(st.text(min_size=SHORTEST, max_size=128))
def test_any_password_has_an_answer(password: str) -> None:
    assert isinstance(is_breached(password), bool)
