"""The shipped reference data as the screens get it, without a database."""

from __future__ import annotations

import csv
from pathlib import Path

import feedback
from feedback.rules.routing import Gazetteer, names_only
from feedback.rules.ussd import Category, Institution, World

FOLDER = Path(feedback.__file__).parent / "reference"
STATUSES = {
    "new": {"sw": "limepokelewa", "en": "received"},
    "assigned": {"sw": "lina afisa anayelishughulikia", "en": "with an officer"},
    "waiting_citizen": {"sw": "linasubiri jibu lako", "en": "waiting for your reply"},
    "answered": {"sw": "limejibiwa", "en": "answered"},
    "closed": {"sw": "limefungwa", "en": "closed"},
}


def shipped() -> World:
    """All institutions and categories."""
    institutions, categories = _rows("institutions"), _rows("categories")
    gazetteer = Gazetteer(
        {r["code"]: (r["name_sw"], r["name_en"], *r["aliases"].split(";")) for r in institutions},
        {},
        {},
    )

    def find(typed: str) -> str | None:
        match = names_only(typed, gazetteer)
        return match.code if match else None

    return World(
        {
            r["code"]: Institution(
                r["code"], r["kind"], {"sw": r["name_sw"], "en": r["name_en"]}, r["region"]
            )
            for r in institutions
        },
        [
            Category(
                r["code"],
                {"sw": r["name_sw"], "en": r["name_en"]},
                r["applies_to"].split(";"),
            )
            for r in categories
        ],
        STATUSES,
        find,
        "15200",
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
