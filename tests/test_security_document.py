"""docs/security.md stays true: each requirement once, and only files and tests that are there."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "security.md"
LIST = ROOT / "tests" / "security" / "asvs-5.0.0.txt"
THIRD_LEVEL = frozenset({"8", "14", "16"})  # authorization, data protection, logging
STANDINGS = ("met", "partly", "not met", "n.a.")
NAMED = re.compile(r"`((?:[\w.-]+/)+[\w.-]+|[\w-]+\.(?:py|toml|txt)|Procfile)(?:::(\w+))?`")


def rows() -> list[list[str]]:
    """The cells of each row of the requirements' tables."""
    found = []
    for line in PAGE.read_text().partition("## What each compromise yields")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and re.match(r"\d+\.\d+\.\d+", cells[0]):
            found.append(cells)
    return found


def asked_for() -> set[str]:
    """Level 2 of everything, level 3 of three chapters."""
    wanted = set()
    for line in LIST.read_text().splitlines():
        if line.startswith("#"):
            continue
        number, level = line.split()
        if int(level) <= 2 or number.partition(".")[0] in THIRD_LEVEL:
            wanted.add(number)
    return wanted


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    return frozenset(n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))


def test_the_list_is_whole() -> None:
    levels = Counter(line.split()[1] for line in LIST.read_text().splitlines()[1:])
    assert levels == {"1": 70, "2": 183, "3": 92}
    assert len(asked_for()) == 264


def test_each_requirement_stands_there_once() -> None:
    named = Counter(number for cells in rows() for number in re.split(r",\s*", cells[0]))
    assert [number for number, times in named.items() if times > 1] == []
    assert set(named) == asked_for()


def test_each_row_says_how_it_stands_and_where() -> None:
    for number, asked, standing, where in rows():
        assert asked, number
        assert standing.startswith(STANDINGS), (number, standing)
        if standing.startswith(("met", "partly")):
            assert NAMED.search(where), number
        if standing.startswith(("not met", "n.a.")):
            assert "::" not in where, number


def test_each_file_and_test_it_names_is_there() -> None:
    missing = []
    for path, test in NAMED.findall(PAGE.read_text()):
        file = ROOT / path
        if not file.is_file() or (test and test not in functions_of(file)):
            missing.append(f"{path}::{test}" if test else path)
    assert missing == []
