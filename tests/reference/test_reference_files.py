"""The reference files hold together: codes, tree, counts, ladders, units, holidays, places."""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import holidays
import pytest

FOLDER = Path(__file__).parents[2] / "feedback" / "reference"
KINDS = ("office", "ministry", "agency", "region", "council")
CASE_KINDS = ("complaint", "suggestion", "compliment", "enquiry")
COLUMNS = {
    "institutions": "code,kind,parent,name_sw,name_en,region,aliases,ladder,sector,source,verified",
    "units": "institution_kind,code,name_sw,name_en,is_default",
    "categories": "code,name_sw,name_en,unit,confidentiality,applies_to,keywords_sw,keywords_en,"
    "standard,sort",
    "standards": "code,kind,acknowledge_days,answer_days,max_rung,extension_days_max,source",
    "ladders": "ladder,rung,post,at,days,digest,reads,explains,name_sw,name_en,copy",
    "posts": "institution_kind,post,name_sw,name_en,level,only",
    "holidays": "day,name_sw,name_en,status,regions,source",
    "places": "code,name,kind,council,source,verified",
    "bodies": "code,name_sw,name_en,short_sw,short_en,about_sw,about_en,phone,email,website,"
    "how_sw,how_en,source,verified",
}
# Names of councils and regions that mean something else in an ordinary sentence.
EVERYDAY = "same hai mwanga mafia chemba mtama siha mara pwani kati kusini mjini mkoani osha taa"
EVERYDAY_WORDS = set(EVERYDAY.split())
# Codes that the rest of the product, or many citizens, rely on.
RELIED_ON = """
CS PMO PO-RALG PO-PSMGG ETHICS TAKUKURU CHRAGG DODOMA-CC RS-DODOMA TANESCO DAWASA RUWASA
TANROADS TARURA NHIF NIDA UHAMIAJI POLISI KAMISHNA-ARDHI
"""

Row = dict[str, str]


def read(name: str) -> list[Row]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


FILES = {name: read(name) for name in COLUMNS}
INSTITUTIONS = {row["code"]: row for row in FILES["institutions"]}
UNITS = {(row["institution_kind"], row["code"]) for row in FILES["units"]}


def parts(cell: str) -> list[str]:
    return cell.split(";") if cell else []


def folded(text: str) -> str:
    """Letters and digits only, lower case: as a citizen's spelling is compared."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower().replace("'", "")).strip()


def repeated(values: Iterable[object]) -> list[object]:
    return [value for value, times in Counter(values).items() if times > 1]


def children(code: str) -> list[Row]:
    return [row for row in INSTITUTIONS.values() if row["parent"] == code]


def ancestors(code: str) -> list[str]:
    """Codes above, nearest first; stops where the tree repeats itself."""
    above: list[str] = []
    parent = INSTITUTIONS[code]["parent"]
    while parent and parent not in above:
        above.append(parent)
        parent = INSTITUTIONS[parent]["parent"]
    return above


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_are_those_documented(name: str) -> None:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == COLUMNS[name].split(",")
    assert f"## {name}.csv" in (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COLUMNS)
def test_cells_are_complete_and_trimmed(name: str) -> None:
    for row in FILES[name]:
        assert None not in row, row
        assert all(value is not None and value == value.strip() for value in row.values()), row


@pytest.mark.parametrize("name", ["institutions", "units", "categories", "ladders", "posts"])
def test_both_languages_are_there(name: str) -> None:
    assert [row for row in FILES[name] if not (row["name_sw"] and row["name_en"])] == []


@pytest.mark.parametrize("name", ["institutions", "standards", "holidays", "places"])
def test_each_fact_names_its_source(name: str) -> None:
    assert [row for row in FILES[name] if not row["source"]] == []


@pytest.mark.parametrize("name", ["institutions", "places"])
def test_verified_is_yes_or_no(name: str) -> None:
    assert {row["verified"] for row in FILES[name]} == {"yes", "no"}


@pytest.mark.parametrize("name", ["institutions", "places"])
def test_what_nobody_read_is_not_called_verified(name: str) -> None:
    claimed = [row for row in FILES[name] if "general knowledge" in row["source"]]
    assert [row for row in claimed if row["verified"] == "yes"] == []


@pytest.mark.parametrize("name", ["institutions", "categories", "places"])
def test_codes_are_unique(name: str) -> None:
    assert repeated(row["code"] for row in FILES[name]) == []


@pytest.mark.parametrize("name", ["institutions", "units", "categories", "standards"])
def test_codes_are_short_and_typable(name: str) -> None:
    codes = [row["code"] for row in FILES[name]]
    assert [code for code in codes if not re.fullmatch(r"[A-Z][A-Z0-9-]{1,19}", code)] == []


def test_kinds_and_parents_exist() -> None:
    for row in INSTITUTIONS.values():
        assert row["kind"] in KINDS, row
        assert not row["parent"] or row["parent"] in INSTITUTIONS, row


def test_the_tree_has_no_cycle_and_two_tops() -> None:
    """The Union's Chief Secretary and Zanzibar's: neither stands above the other."""
    tops = {row["code"] for row in INSTITUTIONS.values() if not row["parent"]}
    assert tops == {"CS", "ZNZ-CS"}
    for code in INSTITUTIONS:
        assert code not in ancestors(code)
        assert code in tops or ancestors(code)[-1] in tops


def test_kinds_nest_as_they_should() -> None:
    above = {
        "office": {"", "office"},
        "ministry": {"office"},
        "agency": {"office", "ministry"},
        "region": {"ministry"},
        "council": {"region"},
    }
    for row in INSTITUTIONS.values():
        parent = INSTITUTIONS[row["parent"]]["kind"] if row["parent"] else ""
        assert parent in above[row["kind"]], row


@pytest.mark.parametrize("code", RELIED_ON.split())
def test_bodies_that_others_rely_on_are_listed(code: str) -> None:
    assert code in INSTITUTIONS


def test_thirty_one_regions_each_with_councils() -> None:
    regions = [row for row in INSTITUTIONS.values() if row["kind"] == "region"]
    by_top = Counter(ancestors(row["code"])[-1] for row in regions)
    assert by_top == {"CS": 26, "ZNZ-CS": 5}
    assert {row["parent"] for row in regions} == {"PO-RALG", "ZNZ-RALG"}
    for row in regions:
        councils = children(row["code"])
        assert councils, row
        assert {council["region"] for council in councils} == {row["region"]}


def test_councils_of_the_mainland_and_of_zanzibar() -> None:
    """Mainland: 6 cities, 22 municipalities, 19 towns, 137 districts; Zanzibar: 11."""
    councils = [row for row in INSTITUTIONS.values() if row["kind"] == "council"]
    mainland = [row["code"] for row in councils if ancestors(row["code"])[-1] == "CS"]
    ranks = Counter(code.rsplit("-", 1)[1] for code in mainland)
    assert ranks == {"CC": 6, "MC": 22, "TC": 19, "DC": 137}
    assert len(councils) - len(mainland) == 11


def test_councils_of_katavi_and_tabora() -> None:
    katavi = {row["code"] for row in children("RS-KATAVI")}
    assert katavi == {"MPANDA-MC", "NSIMBO-DC", "MLELE-DC", "MPIMBWE-DC", "TANGANYIKA-DC"}
    assert len(children("RS-TABORA")) == 8


def test_the_rank_in_the_code_is_the_rank_in_the_name() -> None:
    ranks = {"CC": "Jiji", "MC": "Manispaa", "TC": "Mji", "DC": "Wilaya"}
    for row in INSTITUTIONS.values():
        rank = ranks.get(row["code"].rsplit("-", 1)[-1])
        assert rank is None or rank in row["name_sw"], row


def test_a_spelling_leads_to_one_institution_only() -> None:
    owner: dict[str, str] = {}
    for row in INSTITUTIONS.values():
        for text in (row["code"], row["name_sw"], row["name_en"], *parts(row["aliases"])):
            assert owner.setdefault(folded(text), row["code"]) == row["code"], text


def test_an_alias_is_no_everyday_word_and_no_region() -> None:
    regions = {folded(row["region"]) for row in INSTITUTIONS.values() if row["kind"] == "region"}
    for row in INSTITUTIONS.values():
        aliases = {folded(alias) for alias in parts(row["aliases"])}
        assert not aliases & (EVERYDAY_WORDS | regions), row
        assert all(len(alias) > 2 for alias in aliases), row
        assert folded(row["code"]) not in EVERYDAY_WORDS


def test_each_kind_has_units_and_one_default() -> None:
    defaults = [row["institution_kind"] for row in FILES["units"] if row["is_default"] == "yes"]
    assert sorted(defaults) == sorted(KINDS)
    assert {row["is_default"] for row in FILES["units"]} == {"yes", "no"}
    assert len(UNITS) == len(FILES["units"])


def test_category_units_exist_where_the_category_applies() -> None:
    """A kind without the unit uses its default; but no category's unit may be nowhere."""
    for row in FILES["categories"]:
        kinds = KINDS if row["applies_to"] == "*" else parts(row["applies_to"])
        assert kinds, row
        assert set(kinds) <= set(KINDS), row
        assert any((kind, row["unit"]) in UNITS for kind in kinds), row


def test_category_standards_exist_for_each_kind_of_case() -> None:
    known = {(row["code"], row["kind"]) for row in FILES["standards"]}
    for row in FILES["categories"]:
        for kind in CASE_KINDS:
            assert {(row["standard"], kind), (row["standard"], "*")} & known, (row, kind)


def test_restricted_categories_are_those_of_integrity() -> None:
    levels = {row["code"]: row["confidentiality"] for row in FILES["categories"]}
    assert set(levels.values()) == {"open", "confidential", "restricted"}
    restricted = {code for code, level in levels.items() if level == "restricted"}
    assert restricted == {"CORRUPTION", "CONDUCT"}
    for row in FILES["categories"]:
        assert (row["standard"] == "INTEGRITY") == (row["confidentiality"] == "restricted"), row
    for code in ("HR-STAFF", "GBV", "CHILD", "POLICE-SERVICE"):
        assert levels[code] == "confidential"


def test_categories_have_an_order_and_other_is_last() -> None:
    rows = sorted(FILES["categories"], key=lambda row: int(row["sort"]))
    assert repeated(row["sort"] for row in rows) == []
    assert rows[-1]["code"] == "OTHER"


@pytest.mark.parametrize("column", ["keywords_sw", "keywords_en"])
def test_a_keyword_belongs_to_one_category(column: str) -> None:
    words = [word for row in FILES["categories"] for word in parts(row[column])]
    assert repeated(words) == []
    assert all(word == word.strip().lower() and word for word in words)
    assert [r["code"] for r in FILES["categories"] if not r[column]] == ["OTHER"]


def test_standards_are_the_promised_ones() -> None:
    assert repeated((row["code"], row["kind"]) for row in FILES["standards"]) == []
    shipped = {tuple(list(row.values())[:-1]) for row in FILES["standards"]}
    assert shipped == {
        ("STANDARD", "complaint", "2", "14", "", "10"),
        ("STANDARD", "enquiry", "2", "5", "", "5"),
        ("STANDARD", "suggestion", "2", "14", "3", "10"),
        ("STANDARD", "compliment", "2", "14", "3", "10"),
        ("INTEGRITY", "*", "7", "30", "", "100"),
    }


def ladder(name: str) -> list[Row]:
    return [row for row in FILES["ladders"] if row["ladder"] == name]


LADDERS = sorted({row["ladder"] for row in FILES["ladders"]})


def test_each_institution_has_a_ladder() -> None:
    assert {row["ladder"] for row in INSTITUTIONS.values()} == set(LADDERS) - {"restricted"}
    for row in INSTITUTIONS.values():
        zanzibar = (ancestors(row["code"]) or [row["code"]])[-1] == "ZNZ-CS"
        assert row["ladder"].endswith("-znz") == zanzibar, row


@pytest.mark.parametrize("name", LADDERS)
def test_rungs_are_consecutive_and_timed(name: str) -> None:
    rungs = ladder(name)
    assert [int(row["rung"]) for row in rungs] == list(range(1, len(rungs) + 1))
    assert {row["days"] for row in rungs} == {"3"}


@pytest.mark.parametrize("name", LADDERS)
def test_only_the_two_top_rungs_are_digests(name: str) -> None:
    digests = [int(row["rung"]) for row in ladder(name) if row["digest"] == "yes"]
    top = len(ladder(name))
    assert digests == ([] if name == "restricted" else [top - 1, top])


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("council", "unit institution institution parent code:PO-RALG code:PO-PSMGG code:CS"),
        ("agency", "unit institution institution parent code:PO-PSMGG code:CS"),
        ("ministry", "unit institution institution code:PO-PSMGG code:CS"),
        ("region", "unit institution institution code:PO-RALG code:PO-PSMGG code:CS"),
        ("restricted", "code:ETHICS code:ETHICS code:CS"),
    ],
)
def test_ladders_climb_as_promised(name: str, places: str) -> None:
    assert [row["at"] for row in ladder(name)] == places.split()


def test_the_chief_secretary_s_rung_is_copied_to_the_prime_minister_s_office() -> None:
    for row in FILES["ladders"]:
        top_of_council = row["at"] == "code:CS" and row["ladder"] == "council"
        assert row["copy"] == ("PMO" if top_of_council else ""), row


def has_post(code: str, post: str) -> bool:
    """Whether the institution has the post, by its kind or as its own."""
    return any(
        row["post"] == post
        and row["institution_kind"] == INSTITUTIONS[code]["kind"]
        and row["only"] in ("", code)
        for row in FILES["posts"]
    )


def test_every_rung_leads_to_a_post_that_exists() -> None:
    for row in INSTITUTIONS.values():
        for rung in [*ladder(row["ladder"]), *ladder("restricted")]:
            where = {"unit": row["code"], "institution": row["code"], "parent": row["parent"]}
            code = where.get(rung["at"]) or rung["at"].removeprefix("code:")
            assert code in INSTITUTIONS, (row, rung)
            assert has_post(code, rung["post"]), (row["code"], rung)


def test_posts_are_unique_and_of_known_institutions() -> None:
    keys = [(row["institution_kind"], row["post"], row["only"]) for row in FILES["posts"]]
    assert repeated(keys) == []
    for row in FILES["posts"]:
        assert row["level"] == ("unit" if row["post"] == "unit_head" else "institution")
        if row["only"]:
            assert INSTITUTIONS[row["only"]]["kind"] == row["institution_kind"], row
    for code in INSTITUTIONS:
        assert has_post(code, "coordinator")


def test_holidays_are_dated_and_dated_once() -> None:
    days = [date.fromisoformat(row["day"]) for row in FILES["holidays"]]
    assert days == sorted(set(days))
    assert {row["status"] for row in FILES["holidays"]} == {"confirmed", "expected"}


def test_holidays_hold_everywhere_or_on_one_side_of_the_union() -> None:
    sides = {
        top: {row["code"] for row in children(top) if row["kind"] == "region"}
        for top in ("PO-RALG", "ZNZ-RALG")
    }
    for row in FILES["holidays"]:
        assert set(parts(row["regions"])) in (set(), *sides.values()), row


def test_moon_sighted_days_are_there_for_each_year() -> None:
    for year in range(2023, 2031):
        names = Counter(r["name_en"] for r in FILES["holidays"] if r["day"].startswith(f"{year}-"))
        assert names["Eid al-Fitr"] == 2
        assert names["Eid al-Adha"] == 1
        assert names["Maulid (Prophet's Birthday)"] == 1


def test_one_off_days_that_the_library_lacks_are_there() -> None:
    """And the library still lacks them: otherwise these rows can go."""
    for day in ("2024-11-27", "2025-10-29"):
        assert any(r["day"] == day and r["status"] == "confirmed" for r in FILES["holidays"])
        moment = date.fromisoformat(day)
        assert moment not in holidays.country_holidays("TZ", years=moment.year)


def test_places_lead_to_a_council_or_a_region() -> None:
    for row in FILES["places"]:
        assert row["kind"] in ("region", "district", "town", "ward"), row
        kind = INSTITUTIONS[row["council"]]["kind"]
        assert kind in (("region",) if row["kind"] == "region" else ("region", "council")), row


def test_place_names_are_unique_and_no_everyday_words() -> None:
    names = [folded(row["name"]) for row in FILES["places"]]
    assert repeated(names) == []
    assert not set(names) & EVERYDAY_WORDS


def test_each_region_can_be_found_by_a_place() -> None:
    found = {row["council"] for row in FILES["places"] if row["kind"] == "region"}
    assert found == {row["code"] for row in INSTITUTIONS.values() if row["kind"] == "region"}
