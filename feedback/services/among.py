"""A condition on many rows at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute


def among(column: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether the column holds one of the values, all of which go in one parameter. `in_` writes
    one for each: of some hundred that takes longer than to read their rows, and each number of them
    is another statement, planned anew."""
    return column == any_(literal(list(values), ARRAY(column.type)))
