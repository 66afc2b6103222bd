"""The CSV files of reference data, and what an institution of a kind begins with by them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback.services.errors import Refused

SHIPPED = Path(__file__).parent.parent / "reference"


@dataclass
class Folder:
    """The files, and where the import stands in them."""

    path: Path
    position: str = ""

    def rows(self, name: str) -> Iterator[dict[str, str]]:
        """The rows of a file, each while `position` tells its place."""
        self.position = name
        try:
            file = (self.path / name).open(encoding="utf-8", newline="")
        except FileNotFoundError as error:
            raise Refused(f"bad-file: {name} is missing") from error
        with file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                self.position = f"{name}, line {number}"
                if None in row or None in row.values():
                    raise Refused(f"bad-file: {self.position}: wrong number of columns")
                yield {key: value.strip() for key, value in row.items()}
        self.position = name


def words(listed: str) -> list[str]:
    """The entries of a cell that lists several."""
    return [word.strip() for word in listed.split(";") if word.strip()]


def shipped_units(kind: str) -> list[dict[str, Any]]:
    """The units that an institution of a kind begins with."""
    rows = Folder(SHIPPED).rows("units.csv")
    return [unit_row(row) for row in rows if row["institution_kind"] == kind]


def shipped_posts(kind: str, level: str) -> list[dict[str, str]]:
    """The posts of an institution of a kind: of the whole of it (level `institution`) or of each
    of its units (`unit`)."""
    return [
        {"kind": row["post"], "name_sw": row["name_sw"], "name_en": row["name_en"]}
        for row in Folder(SHIPPED).rows("posts.csv")
        if row["institution_kind"] == kind and row["level"] == level and not row["only"]
    ]


def unit_row(row: dict[str, str]) -> dict[str, Any]:
    """A line of `units.csv` as the table takes it, without its institution."""
    return {
        **{k: row[k] for k in ("code", "name_sw", "name_en")},
        "is_default": row["is_default"] == "yes",
    }
