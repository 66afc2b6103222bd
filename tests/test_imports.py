"""Imports point one way: web, jobs, cli -> services -> rules, models -> extensions, clock."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "feedback"

# A module may import its own layer and those below it. A new one is given its place here.
LAYERS = [
    {"extensions", "clock", "logs", "cleaning"},
    {"rules", "models"},
    {"transaction", "gateway", "mail"},
    {"services"},
    {"upkeep"},
    {"web", "jobs", "cli", "cli_record"},
    {"__init__"},
]
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
FILES = sorted(PACKAGE.rglob("*.py"))


def part(module: str) -> str:
    """`feedback.services.cases` belongs to `services`; `feedback` itself to `__init__`."""
    return module.partition(".")[2].partition(".")[0] or "__init__"


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str, path: Path) -> Iterator[str]:
    """Every module imported, at any depth of the file, by its full name."""
    package = module_of(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "feedback":
                yield from (f"feedback.{alias.name}" for alias in node.names)
            else:
                yield module


def faults(source: str, path: Path) -> list[str]:
    """The imports of a file that point the wrong way."""
    own = part(module_of(path))
    found = []
    for module in imports(source, path):
        ours = module.partition(".")[0] == "feedback"
        if own == "rules":
            known = part(module) == "rules" if ours else module.split(".")[0] in STANDARD
            found += [] if known else [module]
        elif ours and HEIGHT.get(part(module), HEIGHT["__init__"]) > HEIGHT[own]:
            found.append(module)
    return found


STANDARD = sys.stdlib_module_names


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PACKAGE)) for path in FILES])
def test_imports_point_one_way(path: Path) -> None:
    own = part(module_of(path))
    assert own in HEIGHT, f"give feedback/{own} its layer in {Path(__file__).name}"
    wrong = faults(path.read_text(encoding="utf-8"), path)
    assert not wrong, f"{module_of(path)} may not import {', '.join(wrong)}"


@pytest.mark.parametrize(
    ("file", "source", "wrong"),
    [
        ("rules/access.py", "import re\nfrom feedback.rules.workflow import Verb", []),
        ("rules/access.py", "import sqlalchemy", ["sqlalchemy"]),
        ("rules/access.py", "from feedback import clock", ["feedback.clock"]),
        ("rules/access.py", "from . import workflow", []),
        ("rules/access.py", "from ..models import case", ["feedback.models"]),
        ("models/case.py", "from feedback.rules.workflow import Status", []),
        ("models/case.py", "from feedback.services import cases", ["feedback.services"]),
        ("services/cases.py", "from feedback.models import case\nimport sqlalchemy", []),
        ("services/cases.py", "def f():\n    from feedback import jobs", ["feedback.jobs"]),
        ("services/cases.py", "from ..web import desk", ["feedback.web"]),
        ("clock.py", "from feedback.extensions import db", []),
        ("clock.py", "import feedback.models.case", ["feedback.models.case"]),
        ("clock.py", "from feedback import create_app", ["feedback.create_app"]),
        ("web/desk.py", "from feedback.services import cases", []),
        ("__init__.py", "from feedback.web import desk", []),
    ],
)
def test_the_check_notices_what_it_should(file: str, source: str, wrong: list[str]) -> None:
    assert faults(source, PACKAGE / file) == wrong
