"""Tables as offices save them: signs, headers and cells."""

from __future__ import annotations

import pytest

from feedback.rules import sheets

ROWS = [("asha", "Asha Mussa", "DODOMA-CC")]
SAME = [
    "username,name,institution\nasha,Asha Mussa,DODOMA-CC\n",
    "Jina la kuingia;Jina;Taasisi\r\nasha;Asha Mussa;DODOMA-CC\r\n",
    "Institution\tUser name\tFull name\nDODOMA-CC\tasha\tAsha Mussa",
    '\ufeff"username","name","institution","shoe size"\n"asha","Asha  Mussa ","DODOMA-CC","41"',
    "\n\nusername,name,institution\n,,\nasha,Asha Mussa,DODOMA-CC\n,,\n",
]


@pytest.mark.parametrize("text", SAME)
def test_a_table_is_read_whatever_wrote_it(text: str) -> None:
    found = sheets.read("officer", text)
    assert [
        tuple(line.values[k] for k in ("username", "name", "institution")) for line in found
    ] == (ROWS)
    assert {line.problem for line in found} == {""}


@pytest.mark.parametrize(
    ("content", "text"),
    [("Jüma".encode(), "Jüma"), ("\ufeffJüma".encode(), "Jüma"), ("Jüma".encode("cp1252"), "Jüma")],
)
def test_a_file_is_decoded_as_excel_writes_it(content: bytes, text: str) -> None:
    assert sheets.decoded(content) == text


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "  =", "\u00a0@"])
def test_a_cell_that_would_be_computed_is_marked(sign: str) -> None:
    text = f'username,name,institution\nasha,"{sign}1+1",CS\n'
    (line,) = sheets.read("officer", text)
    assert line.problem == "formula"


def test_a_line_that_is_short_keeps_its_number() -> None:
    lines = sheets.read("officer", "username,name,institution\n\nasha,Asha,CS\njuma,Juma\n")
    assert [(line.number, line.problem) for line in lines] == [(3, ""), (4, "short")]


@pytest.mark.parametrize(
    ("cell", "roles"),
    [
        ("handler", ["handler"]),
        ("Mratibu wa malalamiko; mshughulikiaji", ["coordinator", "handler"]),
        ("handler | HANDLER", ["handler"]),
        ("", []),
        ("king", ["king"]),
    ],
)
def test_roles_are_named_in_either_language(cell: str, roles: list[str]) -> None:
    assert sheets.roles(cell) == roles
