"""Every SMS is one GSM-7 part, in both languages, with the longest values there are."""

from __future__ import annotations

import itertools
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.services import conversation, texts
from feedback.services.texts import samples, shipped
from local.phone.sms import parts

LONGEST_URL = "https://mrejesho-ya-wananchi.utumishi.go.tz/track"
REFERENCE = "MWMW-MWMW"
# The longest month in each language is September.
DUE = "2026-09-30T12:30:00+00:00"
LONGEST = ("dial", "rating", "seconds", "proof", "pin", "facts", "bodies")
CASES = list(itertools.product(texts.TEMPLATES, ("sw", "en")))


def rendered(template: str, language: str, words: str | None = None, **given_: str) -> str:
    values = {"reference": REFERENCE, "due": DUE, "code": "MWMW-MWMW-MWM", "status": "assigned"}
    values["other"] = REFERENCE
    values |= {name: samples.VALUES[name][1] for name in LONGEST}
    values["references"] = ", ".join([REFERENCE] * conversation.MOST_OFFERED)
    longest = max((words[language] for words in texts.STATUS_WORDS.values()), key=len)
    values["statuses"] = "; ".join([f"{REFERENCE} {longest}"] * conversation.MOST_LISTED)
    return texts.render(template, language, values | given_, url=LONGEST_URL, words=words)


def takes_words(template: str) -> bool:
    return bool(texts.TEMPLATES[template]["sw"].pointer)


@pytest.mark.parametrize(("template", "language"), CASES)
def test_the_longest_values_fit_one_part(template: str, language: str) -> None:
    words = "neno " * 400 if takes_words(template) else None
    for status in texts.STATUS_WORDS:
        text = rendered(template, language, words, status=status)
        assert texts.fits(text), (texts.septets(text), text)
        assert parts(text) == 1
        assert not text.endswith(" ")


@pytest.mark.parametrize(("template", "language"), CASES)
def test_nothing_of_our_own_is_cut(template: str, language: str) -> None:
    """With the longest values every sentence stands there whole, the tail included."""
    text = texts.TEMPLATES[template][language]
    words = None if not takes_words(template) else "Sawa."
    whole = rendered(template, language, words)
    for sentence in (*text.parts, text.after):
        for literal, *_ in Formatter().parse(sentence):
            assert literal in whole


@pytest.mark.parametrize(("template", "language"), CASES)
def test_whatever_the_address_a_text_stays_within_one_part(template: str, language: str) -> None:
    values = {"reference": REFERENCE, "due": DUE, "code": "MWMW-MWMW-MWM", "status": "assigned"}
    values["other"] = REFERENCE
    values |= {"references": REFERENCE, "statuses": REFERENCE}
    values |= {name: samples.VALUES[name][1] for name in LONGEST}
    words = "neno " * 400 if takes_words(template) else None
    for url in ("https://" + "x" * 150, "https://" + "~" * 150):
        assert parts(texts.render(template, language, values, url=url, words=words)) == 1


def test_both_languages_have_every_text_with_the_same_values() -> None:
    def names(template: texts.Template) -> set[str | None]:
        said = (*template.parts, template.after, template.pointer)
        return {name for part in said for _, name, _, _ in Formatter().parse(part) if name}

    for template, languages in texts.TEMPLATES.items():
        assert set(languages) == {"sw", "en"}, template
        assert names(languages["sw"]) == names(languages["en"]), template


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a" * 160, 160),
        ("{}", 4),  # the extension table takes two places each
        ("€", 2),
        ("[^~|\\]", 12),
        ("ñàé", 3),
    ],
)
def test_septets(text: str, count: int) -> None:
    assert texts.septets(text) == count


@pytest.mark.parametrize("text", ["\u2019", "\u2013", "😀", "ŵ", "`"])
def test_a_character_outside_the_alphabet_is_no_gsm(text: str) -> None:
    assert not texts.fits(text)
    with pytest.raises(ValueError, match="GSM-7"):
        texts.septets(text)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Ng\u2019ombe", "Ng'ombe"),
        ("\u201cKesho\u201d \u2013 saa 2\u2026", '"Kesho" - saa 2...'),
        ("caf\u00e9", "café"),
        ("a\u0301", "a"),
        ("ŵ", "w"),
        ("½", "1/2"),
        ("😀 sawa", "? sawa"),
        ("a\u00a0b", "a b"),
    ],
)
def test_words_are_written_in_the_alphabet_for_sending(written: str, sent: str) -> None:
    assert texts.to_gsm(written) == sent


@pytest.mark.parametrize("language", ["sw", "en"])
def test_a_short_answer_stands_there_whole_and_says_how_to_reply(language: str) -> None:
    text = rendered("answer", language, "Maji yatarudi kesho asubuhi.")
    assert "Maji yatarudi kesho asubuhi." in text
    assert f"SIJARIDHIKA {REFERENCE}" in text or f"NOT FIXED {REFERENCE}" in text


def test_a_longer_answer_gives_up_the_hint_before_a_word() -> None:
    words = "Fundi wetu atafika siku ya Jumatatu saa tatu asubuhi kurekebisha"
    words += " bomba kuu lililopasuka mtaani"
    text = rendered("answer", "sw", words)
    assert text == f"Jibu la {REFERENCE}: {words}"


@pytest.mark.parametrize("template", ["answer", "question"])
def test_an_answer_that_does_not_fit_ends_at_a_word_and_says_where_the_whole_stands(
    template: str,
) -> None:
    words = "Tumepokea na tunashughulikia ombi lako. " * 20
    text = rendered(template, "sw", words)
    said = text.removesuffix(f" Soma lote: {LONGEST_URL}")
    assert said != text
    assert said.endswith("...")
    last = said.removesuffix("...").split()[-1]
    assert last in words.split()


def test_one_endless_word_is_cut() -> None:
    text = rendered("answer", "sw", "x" * 500)
    assert texts.fits(text)
    assert LONGEST_URL in text


@given(
    st.text(max_size=400), st.sampled_from(["answer", "question"]), st.sampled_from(["sw", "en"])
)
def test_any_words_fit(words: str, template: str, language: str) -> None:
    assert texts.fits(rendered(template, language, words))


def test_a_missing_due_date_leaves_its_sentence_out() -> None:
    assert rendered("status", "sw", due="", status="closed") == f"{REFERENCE}: limefungwa."


@pytest.mark.parametrize(
    ("due", "language", "spelled"),
    [
        ("2026-12-14", "sw", "14 Desemba 2026"),
        ("2026-12-14", "en", "14 December 2026"),
        # The day in Dar es Salaam, three hours ahead.
        ("2026-12-13T22:30:00+00:00", "en", "14 December 2026"),
        ("kesho", "sw", "kesho"),
    ],
)
def test_dates_are_spelled_in_the_language_of_the_text(
    due: str, language: str, spelled: str
) -> None:
    assert spelled in rendered("received", language, due=due)


@pytest.mark.parametrize("template", ["received", "answer_waits", "status", "acknowledged"])
def test_a_missing_value_is_an_error_and_not_a_hole(template: str) -> None:
    with pytest.raises(KeyError):
        texts.render(template, "sw", {"due": DUE}, url=LONGEST_URL)


def test_an_unknown_text_is_an_error() -> None:
    with pytest.raises(KeyError):
        texts.render("no-such-text", "sw", {}, url=LONGEST_URL)


def test_every_value_has_an_example_and_a_longest() -> None:
    used = {name for said in shipped.TEXTS.values() for t in said.values() for name in t.used}
    assert used - {"url"} <= set(samples.VALUES)


def test_without_a_code_to_dial_its_sentence_is_left_out() -> None:
    assert "piga" in rendered("answer_waits", "sw")
    assert "piga" not in rendered("answer_waits", "sw", dial="")
