"""The import of reference data: safe to run again, and clear about what does not fit."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask

from feedback.services import reference_import
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.services.reference_files import SHIPPED
from feedback.services.reference_import import import_reference
from feedback.transaction import Principal, transaction
from tests.conftest import LONG, REFERENCE
from tests.factories import OWNER, Make
from tests.services import kit
from tests.services.kit import Behind

NOW = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
TABLES = [t for t in REFERENCE if t not in ("alembic_version", "reference_state")]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the shipped files, to be edited."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "reference"))


@pytest.fixture
def restored(app: Flask) -> Iterator[None]:
    """The shipped data again after the test."""
    yield
    load(SHIPPED)


def load(folder: Path) -> dict[str, int]:
    with transaction(OWNER):
        return import_reference(NOW, folder)


def everything(behind: Behind) -> dict[str, list[dict[str, object]]]:
    return {
        table: kit.rows(behind, f"SELECT * FROM {table} ORDER BY 1")  # noqa: S608
        for table in TABLES
        if table != "people_state"  # counts writes, also those that changed nothing
    }


def edit(files: Path, name: str, change: Callable[[list[str]], list[str]]) -> None:
    path = files / name
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")


def test_running_it_again_changes_nothing(app: Flask, superuser: Behind) -> None:
    first = load(SHIPPED)
    before = everything(superuser)
    assert load(SHIPPED) == first
    assert everything(superuser) == before
    assert first["institutions"] > 300
    assert min(first.values()) > 0


def test_an_edited_file_updates_and_adds(
    app: Flask, superuser: Behind, files: Path, restored: None
) -> None:
    edit(
        files,
        "institutions.csv",
        lambda lines: (
            [
                line.replace("Dodoma City Council", "City of Dodoma")
                if line.startswith("DODOMA-CC,")
                else line
                for line in lines
            ]
            + ["MPYA-DC,council,RS-DODOMA,Halmashauri Mpya,New Council,Dodoma,,council,x,x,no"]
        ),
    )
    try:
        load(files)
        with transaction(Principal("reference")):
            d = directory()
            assert d.institutions_by_code["DODOMA-CC"].name_en == "City of Dodoma"
            new = d.institutions_by_code["MPYA-DC"]
            assert [d.institutions[n].code for n in new.path][-2:] == ["RS-DODOMA", "MPYA-DC"]
            assert len(d.units_of(new.id)) == len(
                d.units_of(d.institutions_by_code["DODOMA-CC"].id)
            )
            # the ladder's posts are there too
        posts = kit.rows(superuser, "SELECT kind FROM post WHERE institution_id = %s", new.id)
        assert {"hr_head", "institution_head", "unit_head"} <= {row["kind"] for row in posts}
    finally:
        for table in ("post", "unit", "place"):
            superuser.execute(
                f"DELETE FROM {table} WHERE institution_id ="  # noqa: S608
                " (SELECT id FROM institution WHERE code = 'MPYA-DC')"
            )
        superuser.execute("DELETE FROM institution WHERE code = 'MPYA-DC'")


def test_an_institution_gone_from_the_file_takes_no_new_case(
    make: Make, monday: datetime, files: Path, restored: None
) -> None:
    receipt = make.case(monday, institution="CHEMBA-DC")
    edit(
        files,
        "institutions.csv",
        lambda lines: [line for line in lines if not line.startswith("CHEMBA-DC,")],
    )
    edit(files, "places.csv", lambda lines: [line for line in lines if "CHEMBA-DC" not in line])
    load(files)
    with pytest.raises(Refused, match="bad-target"):
        make.case(monday, institution="CHEMBA-DC")
    assert kit.sweep(receipt.acknowledge_due).escalations == 1
    load(SHIPPED)
    assert not make.case(monday, institution="CHEMBA-DC").triage


@pytest.mark.parametrize(
    ("name", "line", "says"),
    [
        ("standards.csv", "STANDARD,complaint,two,14,,10,x", "standards.csv, line"),
        ("standards.csv", "STANDARD,rumour,2,14,,10,x", "standards.csv"),
        ("standards.csv", "STANDARD,complaint", "wrong number of columns"),
        ("categories.csv", "X,X,X,REGISTRY,secret,*,,,STANDARD,1", "categories.csv"),
        ("categories.csv", "X,X,X,REGISTRY,open,*,,,STANDARD,first", "categories.csv, line"),
        ("ladders.csv", "council,eighth,unit_head,unit,3,no,yes,no,X,X,", "ladders.csv, line"),
        ("holidays.csv", "2025-13-01,X,X,confirmed,,x", "holidays.csv, line"),
        ("holidays.csv", "2025-12-01,X,X,perhaps,,x", "holidays.csv"),
        ("institutions.csv", "X,kingdom,CS,X,X,,,ministry,x,x,no", "institutions.csv"),
        ("institutions.csv", "X,agency,NO-SUCH,X,X,,,agency,x,x,no", "NO-SUCH"),
        ("institutions.csv", "X,agency,X,X,X,,,agency,x,x,no", "circle"),
        ("standards.csv", "STANDARD,complaint,2,14,,10,x", "stands there twice"),
        ("places.csv", "X,Mahali,ward,NO-SUCH,x,no", "NO-SUCH"),
    ][:: 1 if LONG else 3],
)
def test_a_row_that_does_not_fit_names_its_file_and_leaves_nothing(
    app: Flask, superuser: Behind, files: Path, name: str, line: str, says: str
) -> None:
    width = len((files / name).read_text(encoding="utf-8").splitlines()[0].split(","))
    if "wrong number" not in says:
        line += "," * (width - 1 - line.count(","))
    before = everything(superuser)
    edit(files, name, lambda lines: [*lines, line])
    with pytest.raises(Refused, match=f"^bad-file: .*{says}"):
        load(files)
    assert everything(superuser) == before


def test_a_missing_file_or_column_is_named(app: Flask, files: Path) -> None:
    edit(
        files, "standards.csv", lambda lines: [lines[0].replace("answer_days", "days"), *lines[1:]]
    )
    with pytest.raises(Refused, match=r"standards\.csv.*answer_days"):
        load(files)
    (files / "standards.csv").unlink()
    with pytest.raises(Refused, match=r"standards\.csv is missing"):
        load(files)


def test_a_day_that_an_administrator_set_stays(
    app: Flask, superuser: Behind, restored: None
) -> None:
    (calendar,) = kit.rows(superuser, "SELECT id FROM calendar WHERE code = 'TZ'")
    day = date(2026, 3, 21)
    officer = Make(app).officer("PO-PSMGG", "admin")
    superuser.execute(
        "INSERT INTO calendar_correction (calendar_id, day, status, officer_id, at)"
        " VALUES (%s, %s, 'removed', %s, now())",
        (calendar["id"], day, officer),
    )
    superuser.execute(
        "UPDATE holiday SET status = 'removed' WHERE calendar_id = %s AND day = %s",
        (calendar["id"], day),
    )
    try:
        load(SHIPPED)
        (row,) = kit.rows(
            superuser,
            "SELECT status FROM holiday WHERE calendar_id = %s AND day = %s",
            calendar["id"],
            day,
        )
        assert row["status"] == "removed"
    finally:
        superuser.execute("DELETE FROM calendar_correction")


def test_moon_sighted_days_of_the_file_stand_for_the_library_s(
    app: Flask, superuser: Behind
) -> None:
    rows = kit.rows(
        superuser,
        "SELECT h.day, h.status, h.source FROM holiday h JOIN calendar c ON c.id = h.calendar_id"
        " WHERE c.code = 'TZ' AND h.name_en LIKE 'Eid%%' AND h.day BETWEEN '2026-01-01'"
        " AND '2026-12-31' ORDER BY h.day",
    )
    assert [row["day"] for row in rows] == [
        date(2026, 3, 21),
        date(2026, 3, 22),
        date(2026, 5, 28),
    ]
    assert {row["status"] for row in rows} == {"expected"}


def test_processes_notice_a_change(app: Flask, superuser: Behind, restored: None) -> None:
    with transaction(Principal("reference")):
        before = directory()
    with transaction(Principal("reference")):
        assert directory() is before
    superuser.execute("UPDATE unit SET name_en = name_en WHERE id = 1")
    with transaction(Principal("reference")):
        assert directory() is not before
    assert reference_import.SHIPPED.is_dir()
