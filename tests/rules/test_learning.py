"""What is learned from words, and the reason that is told with it."""

from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.learning import (
    CORRECTED,
    FEWEST_CASES,
    Example,
    Suggester,
    learn,
    tokens,
)

KEYWORDS = {
    "WATER": ("maji", "bomba"),
    "POWER": ("umeme", "nguzo ya umeme"),
    "ROADS": ("barabara",),
}


def examples(
    words: str, label: str, count: int = FEWEST_CASES, weight: float = 1.0
) -> list[Example]:
    return [Example(tokens(words), label, weight)] * count


def test_tokens_are_words_and_pairs_without_numbers_and_connectors() -> None:
    assert tokens("Bili ya MAJI ya 2026, 14B!") == {"bili", "maji", "bili maji"}


def test_the_shipped_table_is_where_it_begins() -> None:
    said = Suggester(learn((), KEYWORDS)).suggest(tokens("Bomba limepasuka, maji yanamwagika"))
    assert said is not None
    assert (said.label, set(said.words)) == ("WATER", {"bomba", "maji"})


def test_words_that_nothing_knows_suggest_nothing() -> None:
    suggester = Suggester(learn((), KEYWORDS))
    assert suggester.suggest(tokens("Habari za leo")) is None
    assert suggester.suggest(frozenset()) is None


def test_what_people_decided_outweighs_the_table() -> None:
    learned = learn(examples("mita ya umeme imeharibika", "WATER", 40, CORRECTED), KEYWORDS)
    said = Suggester(learned).suggest(tokens("mita ya umeme imeharibika"))
    assert said is not None
    assert said.label == "WATER"
    assert "umeme" in said.words or "mita umeme" in said.words


def test_a_new_word_is_learned_and_told_as_the_reason() -> None:
    learned = learn(
        [*examples("koki inavuja", "WATER"), *examples("transfoma inavuja", "POWER")], KEYWORDS
    )
    said = Suggester(learned).suggest(tokens("Koki yetu"))
    assert said is not None
    assert (said.label, said.words) == ("WATER", ("koki",))


def test_a_word_of_few_cases_is_dropped_whatever_it_weighs() -> None:
    few = examples("bomba la Mwanaidi", "WATER", FEWEST_CASES - 1, CORRECTED)
    learned = learn([*few, *examples("bomba limepasuka", "WATER")], KEYWORDS)
    assert not [word for word in learned.words if "mwanaidi" in word]
    assert "limepasuka" in learned.words


@given(st.lists(st.tuples(st.text(max_size=40), st.sampled_from("abc")), max_size=30), st.text())
def test_anything_is_learned_and_asked_without_fault(
    said: list[tuple[str, str]], asked: str
) -> None:
    learned = learn([Example(tokens(t), label) for t, label in said], KEYWORDS, fewest=1)
    found = Suggester(learned).suggest(tokens(asked))
    if found is not None:
        assert found.label in learned.labels
        assert 0.5 <= found.probability <= 1.0 + 1e-9
        assert 1 <= len(found.words) <= 3
        assert set(found.words) <= tokens(asked)
