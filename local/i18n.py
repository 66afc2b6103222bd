"""Keeps the Swahili catalog in step with the texts in code: `python -m local.i18n check|update`.

The texts in code and templates are English; the catalog holds their Swahili. `update` adds new
texts empty, for a person to translate, and drops those no longer used; it never guesses. `check`
lists what is wrong and exits with 1. `compile` writes the binary catalogs that the product reads.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from feedback.services.texts import STATUS_WORDS, TEMPLATES

PRODUCT = Path(__file__).resolve().parent.parent / "feedback"
CATALOG = PRODUCT / "translations" / "sw" / "LC_MESSAGES" / "messages.po"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
# As the application sets up Jinja; a template that cannot be parsed is an error, not skipped.
OPTIONS = {"**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}
PLACEHOLDER = re.compile(r"%(?:\(\w+\)[sd]|%|(?!\())")
# Without dates and line numbers, so that the file changes only when a text does.
HEADER = r"""# The Swahili texts of e-Mrejesho, kept in step by `python -m local.i18n update`.
msgid ""
msgstr ""
"Project-Id-Version: e-Mrejesho\n"
"Language: sw\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

"""


def extract() -> set[str]:
    """Every text in code and templates. Raises jinja2.TemplateSyntaxError for a broken template."""
    found: set[str] = set()
    options = {pattern: OPTIONS["**.html"] for pattern, _ in METHODS if pattern.endswith(".html")}
    for _, _, message, _, _ in extract_from_dir(
        str(PRODUCT), METHODS, options_map=options, keywords=KEYWORDS
    ):
        found.update([message] if isinstance(message, str) else message)
    return found - {""}


def load() -> Catalog:
    """The catalog as it stands; an empty one when there is no file."""
    if not CATALOG.exists():
        return Catalog(locale="sw")
    with CATALOG.open("rb") as file:
        return read_po(file, locale="sw")


def save(translated: dict[str, str]) -> None:
    """Write the catalog anew, sorted by text."""
    catalog = Catalog(locale="sw")
    for text, said in translated.items():
        catalog.add(text, said)
    CATALOG.parent.mkdir(parents=True, exist_ok=True)
    with CATALOG.open("wb") as file:
        file.write(HEADER.encode())
        write_po(file, catalog, width=100, omit_header=True, sort_output=True, no_location=True)


def messages(catalog: Catalog) -> Iterator[Message]:
    """The messages of a catalog without its header."""
    return (message for message in catalog if message.id)


def update() -> tuple[int, int]:
    """Bring the catalog in step with the code; answers how many texts came and went."""
    before = {str(message.id): str(message.string) for message in messages(load())}
    wanted = extract()
    save({text: before.get(text, "") for text in wanted})
    return len(wanted - set(before)), len(set(before) - wanted)


def compile_catalogs() -> None:
    """Write the binary catalogs that are missing or older than their source."""
    for source in sorted((PRODUCT / "translations").glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parent.parent.name)
        # Whole or not at all: another process may read it at this moment.
        part = target.with_suffix(".part")
        with part.open("wb") as file:
            write_mo(file, catalog)
        part.replace(target)


def placeholders(text: str) -> list[str]:
    """What is filled in at run time, sorted; a bare % is one too."""
    return sorted(PLACEHOLDER.findall(text))


def said_twice(text: str) -> bool:
    """Whether the text is one and the same twice over, as when two changes of it were joined."""
    half = len(text) // 2
    return half > len("pole pole") and text[:half] == text[-half:]


def problems() -> list[str]:
    """Everything that is wrong, each as a line for a person; empty when all is well."""
    catalog, wanted = load(), extract()
    known = {str(message.id) for message in messages(catalog)}
    found = [f"not in the catalog: {text!r}" for text in sorted(wanted - known)]
    found += [f"not in the code: {text!r}" for text in sorted(known - wanted)]
    found += [f"obsolete in the catalog: {text!r}" for text in catalog.obsolete]
    for message in messages(catalog):
        text, said = str(message.id), str(message.string)
        if not isinstance(message.id, str):
            found.append(f"a plural, which our texts do without: {text}")
        elif not said.strip():
            found.append(f"not translated: {text!r}")
        elif message.fuzzy:
            found.append(f"fuzzy: {text!r}")
        elif placeholders(text) != placeholders(said):
            found.append(f"other placeholders in the translation: {text!r} / {said!r}")
        elif said_twice(said):
            found.append(f"says the same twice: {said!r}")
    return found + sms_problems()


def sms_problems() -> list[str]:
    """Texts of SMS that lack a language, or fill in other things in one than in the other."""
    found = []
    tables: tuple[Mapping[str, Mapping[str, object]], ...] = (TEMPLATES, STATUS_WORDS)
    for name, by_language in (item for table in tables for item in table.items()):
        missing = {"sw", "en"} - set(by_language)
        found += [f"SMS {name}: no text in {language}" for language in sorted(missing)]
    for name, template in TEMPLATES.items():
        if len({frozenset(re.findall(r"\{\w+\}", repr(said))) for said in template.values()}) > 1:
            found.append(f"SMS {name}: other placeholders in one language than in the other")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.i18n", description=__doc__)
    parser.add_argument("act", choices=("check", "update", "compile"))
    act = parser.parse_args().act
    if act == "update":
        came, went = update()
        print(f"{CATALOG.name}: {came} texts new, {went} no longer used")
    elif act == "compile":
        compile_catalogs()
    else:
        found = problems()
        print("\n".join(found) or "Every text is translated.")
        return int(bool(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
