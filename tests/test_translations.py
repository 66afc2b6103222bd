"""Every text of the product stands in the Swahili catalog, and in both languages of an SMS."""

import ast
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo

from local import i18n


def test_every_text_is_translated() -> None:
    assert i18n.problems() == []


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "translations" / "sw" / "LC_MESSAGES" / "messages.po"
    monkeypatch.setattr(i18n, "PRODUCT", tmp_path)
    monkeypatch.setattr(i18n, "CATALOG", path)
    return path


def test_texts_are_found_in_code_and_templates(catalog: Path, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        '{{ _("Hello %(name)s", name=n) }}\n  {% if x %}\n{{ gettext("Bye") }}{% endif %}'
    )
    (tmp_path / "code.py").write_text('_("From code")\nlazy_gettext("Later")\nother("no text")')
    assert i18n.extract() == {"Hello %(name)s", "Bye", "From code", "Later"}


def test_an_update_keeps_what_is_translated_and_guesses_nothing(
    catalog: Path, tmp_path: Path
) -> None:
    (tmp_path / "code.py").write_text('_("One"); _("Two"); _("Twos")')
    i18n.save({"One": "Moja", "Two": "Mbili", "Gone": "Imeondoka"})
    assert i18n.update() == (1, 1)
    assert {m.id: m.string for m in i18n.messages(i18n.load())} == {
        "One": "Moja",
        "Two": "Mbili",
        "Twos": "",
    }
    before = catalog.read_bytes()
    assert i18n.update() == (0, 0)
    assert catalog.read_bytes() == before


@pytest.mark.parametrize(
    ("code", "entry", "problem"),
    [
        ('_("New")', "", "not in the catalog: 'New'"),
        ('_("Open")', 'msgid "Open"\nmsgstr ""\n', "not translated: 'Open'"),
        ("", 'msgid "Gone"\nmsgstr "Imeondoka"\n', "not in the code: 'Gone'"),
        ("", '#~ msgid "Old"\n#~ msgstr "Zamani"\n', "obsolete in the catalog: 'Old'"),
        ('_("Open")', '#, fuzzy\nmsgid "Open"\nmsgstr "Wazi"\n', "fuzzy: 'Open'"),
        (
            '_("%(n)s days")',
            'msgid "%(n)s days"\nmsgstr "siku %(m)s"\n',
            "other placeholders in the translation: '%(n)s days' / 'siku %(m)s'",
        ),
        (
            '_("All of it")',
            'msgid "All of it"\nmsgstr "100% yote"\n',
            "other placeholders in the translation: 'All of it' / '100% yote'",
        ),
        (
            '_("Choose a day")',
            'msgid "Choose a day"\nmsgstr "Chagua siku.Chagua siku."\n',
            "says the same twice: 'Chagua siku.Chagua siku.'",
        ),
    ],
)
def test_what_is_wrong_is_named(
    catalog: Path, tmp_path: Path, code: str, entry: str, problem: str
) -> None:
    (tmp_path / "code.py").write_text(code)
    catalog.parent.mkdir(parents=True)
    catalog.write_text(i18n.HEADER + entry)
    assert i18n.problems() == [problem]


def test_an_sms_lacking_a_language_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(i18n.STATUS_WORDS, "new", {"sw": "mpya"})
    monkeypatch.setitem(i18n.TEMPLATES, "help", {"sw": "{a}", "en": "{b}"})
    assert i18n.sms_problems() == [
        "SMS new: no text in en",
        "SMS help: other placeholders in one language than in the other",
    ]


def test_compiled_catalogs_follow_their_source(catalog: Path) -> None:
    i18n.save({"One": "Moja"})
    i18n.compile_catalogs()
    compiled = catalog.with_suffix(".mo")
    with compiled.open("rb") as file:
        assert read_mo(file).get("One").string == "Moja"
    before = compiled.stat().st_mtime_ns
    i18n.compile_catalogs()
    assert compiled.stat().st_mtime_ns == before


def test_no_text_hides_in_an_f_string() -> None:
    """The extractor does not look into f-strings: a text there would never be translated."""
    for path in sorted((Path(__file__).parent.parent / "feedback").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for joined in (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)):
            calls = [c.func for c in ast.walk(joined) if isinstance(c, ast.Call)]
            names = {func.id for func in calls if isinstance(func, ast.Name)}
            assert not names & {"_", "gettext", "lazy_gettext"}, f"{path}:{joined.lineno}"
