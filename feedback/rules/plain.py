"""Characters that a narrow alphabet lacks, and their likenesses: for what is shown or sent, never
for what is kept."""

from __future__ import annotations

import unicodedata

PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc`\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2022\u00b7", "-"),
        **dict.fromkeys("\t\u00a0\u202f\u2009", " "),
        "\u2044": "/",
        "\u2026": "...",
    }
)
ASCII = frozenset(map(chr, range(32, 127))) | {"\n"}


def to_alphabet(text: str, alphabet: frozenset[str]) -> str:
    """The text in a narrower alphabet: what has no likeness becomes `?`."""
    out = []
    for character in text.translate(PLAIN):
        if character in alphabet:
            out.append(character)
            continue
        decomposed = unicodedata.normalize("NFKD", character).translate(PLAIN)
        base = [c for c in decomposed if c in alphabet]
        if base:
            out.extend(base)
        elif unicodedata.category(character)[0] not in "MC":  # marks and joiners say nothing
            out.append("?")
    return "".join(out)
