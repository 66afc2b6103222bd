"""What happens to each case of the demonstration: who writes what, and after how many days.

A story is received `back` working days before today; each of its steps comes so many working
days after that, and one that would lie in the future does not happen, which leaves the case open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from local.demo import texts


@dataclass(frozen=True, slots=True)
class Step:
    """One act: `verb` of `acts.VERBS`, `day` working days after receipt, its words, by whom.

    `by` is a user name; left out it is the handler, or the citizen where only a citizen can.
    """

    verb: str
    day: int
    words: str = ""
    by: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """A case from its words to its end. `institution` None: the words name none (triage)."""

    back: int
    institution: str | None
    category: str | None
    kind: str
    body: str
    place: str
    steps: Sequence[Step] = ()
    channel: str = "web"
    language: str = "sw"
    level: str | None = None
    anonymous: bool = False
    phone: bool = True
    persons: str | None = None


COORDINATOR, RAS = "neema.kimaro", "anastazia.mwinuka"
# Categories of the long ordinary past, by how often they come.
ORDINARY = {
    "DODOMA-CC": {
        "ROADS": 9,
        "WASTE": 8,
        "WATER-SUPPLY": 8,
        "HEALTH-SERVICE": 7,
        "MEDICINE": 2,
        "SCHOOL": 4,
        "LAND-TITLE": 2,
        "LAND-DISPUTE": 2,
        "LEVIES": 2,
        "PERMITS": 2,
        "HR-STAFF": 1,
    },
    "CHAMWINO-DC": {"WATER-SUPPLY": 5, "ROADS": 4, "SCHOOL": 4},
    "TANESCO": {"ELECTRICITY": 7},
    "DAWASA": {"WATER-SUPPLY": 3, "WATER-BILL": 3, "SEWERAGE": 2},
}
OLDEST, NEWEST = 150, 18  # working days back within which the ordinary past lies
CHANNELS = ("web",) * 6 + ("sms",) * 3 + ("ussd",) * 2 + ("paper",)


def stories(rng: Random) -> list[Story]:
    """All of them, the same for the same `rng`."""
    return [*_past(rng), *_others(rng), *_late(rng), *_present(rng), *_special(rng)]


def _body(category: str, institution: str | None, rng: Random, language: str) -> tuple[str, str]:
    """Words and place of a complaint."""
    place = rng.choice(texts.PLACES[institution or "RS-DODOMA"])
    pool = texts.ENGLISH if language == "en" else texts.COMPLAINTS
    return rng.choice(pool[category]).format(place=place), place


def _answer(category: str, rng: Random, language: str = "sw") -> str:
    if language == "en":
        return texts.ANSWER_ENGLISH
    return rng.choice(texts.ANSWERS.get(category, (texts.ANSWER,)))


def _complaint(
    back: int, institution: str, category: str, rng: Random, steps: Sequence[Step], **more: object
) -> Story:
    language = "en" if category in texts.ENGLISH and rng.random() < 0.12 else "sw"
    body, place = _body(category, institution, rng, language)
    channel = rng.choice(CHANNELS)
    values: dict[str, object] = {
        "channel": channel,
        "language": language,
        "anonymous": rng.random() < 0.2,
        "phone": channel in ("sms", "ussd") or rng.random() < 0.5,
        **more,
    }
    return Story(back, institution, category, "complaint", body, place, steps, **values)  # type: ignore[arg-type]


@dataclass(slots=True)
class _Plots:
    """Courses that a case of the past took; each has come to its end."""

    rng: Random
    answer: str = ""
    odds: dict[str, int] = field(
        default_factory=lambda: {
            "prompt": 9,
            "silence": 6,
            "asked": 4,
            "idle": 3,
            "late": 5,
            "directed": 2,
            "appealed": 3,
            "withdrawn": 1,
        }
    )

    def draw(self, answer: str) -> list[Step]:
        """One course at random."""
        self.answer = answer
        name = self.rng.choices(list(self.odds), list(self.odds.values()))[0]
        steps: list[Step] = getattr(self, name)()
        return steps

    def prompt(self) -> list[Step]:
        day = self.rng.randint(2, 9)
        rating = self.rng.choice((4, 5, 5))
        return [
            Step("acknowledge", 1),
            Step("answer", day, self.answer),
            Step("accept", day + self.rng.randint(1, 4), number=rating),
        ]

    def silence(self) -> list[Step]:
        return [
            Step("acknowledge", self.rng.randint(1, 2)),
            Step("note", 3, texts.NOTE),
            Step("answer", self.rng.randint(5, 13), self.answer),
        ]

    def asked(self) -> list[Step]:
        which = self.rng.randrange(len(texts.QUESTIONS))
        day = self.rng.randint(7, 12)
        return [
            Step("ask", 2, texts.QUESTIONS[which]),
            Step("add_message", self.rng.randint(3, 5), texts.REPLIES[which]),
            Step("answer", day, self.answer),
            Step("accept", day + 2, number=self.rng.choice((3, 4, 5))),
        ]

    def idle(self) -> list[Step]:
        """Nobody acknowledged in time: it climbs to rung 2 and is answered then."""
        return [Step("answer", self.rng.randint(6, 12), self.answer)]

    def late(self) -> list[Step]:
        day = self.rng.randint(15, 21)
        return [
            Step("acknowledge", 2),
            Step("give_delay_reason", 15, texts.DELAY),
            Step("answer", day, self.answer),
            Step("accept", day + 3, number=self.rng.choice((2, 3))),
        ]

    def directed(self) -> list[Step]:
        return [
            Step("acknowledge", 2),
            Step("give_delay_reason", 16, texts.DELAY),
            Step("direct", 24, texts.DIRECTIVES[0], by=RAS, number=4),
            Step("complete_directive", 26),
            Step("answer", 26, self.answer),
            Step("accept", 28, number=3),
        ]

    def appealed(self) -> list[Step]:
        day = self.rng.randint(4, 8)
        return [
            Step("acknowledge", 1),
            Step("answer", day, self.answer),
            Step("not_fixed", day + 2, texts.NOT_FIXED),
            Step("answer", day + 6, texts.SECOND_ANSWER),
            Step("accept", day + 8, number=self.rng.choice((3, 4))),
        ]

    def withdrawn(self) -> list[Step]:
        return [Step("acknowledge", 1), Step("withdraw", 3)]


def _past(rng: Random) -> Iterator[Story]:
    plots = _Plots(rng)
    for institution, categories in ORDINARY.items():
        if institution in ("TANESCO", "DAWASA"):
            plots.odds["directed"] = 0  # the secretary is no rung of theirs
        for category, count in categories.items():
            for _ in range(count):
                steps = plots.draw(_answer(category, rng))
                yield _complaint(rng.randint(NEWEST, OLDEST), institution, category, rng, steps)


def _others(rng: Random) -> Iterator[Story]:
    """Suggestions, compliments and enquiries, long ago and of late in turn."""
    answers = {
        "suggestion": texts.ANSWER_SUGGESTION,
        "compliment": texts.ANSWER_COMPLIMENT,
        "enquiry": texts.ANSWER_ENQUIRY,
    }
    agencies = {"ELECTRICITY": "TANESCO", "WATER-BILL": "DAWASA"}
    for kind, listed in texts.OTHERS.items():
        for number, (category, words) in enumerate(listed):
            institution = agencies.get(category, "DODOMA-CC")
            place = rng.choice(texts.PLACES[institution])
            yield Story(
                rng.randint(1, 5) if number % 2 else rng.randint(30, 150),
                institution,
                category,
                kind,
                words.format(place=place),
                place,
                [Step("acknowledge", 1), Step("answer", rng.randint(2, 4), answers[kind])],
                channel=rng.choice(CHANNELS),
                phone=rng.random() < 0.5,
            )


def _late(rng: Random) -> Iterator[Story]:
    """Open and late, on every rung up to the Chief Secretary's and past it."""
    begun = [Step("acknowledge", 2), Step("note", 6, texts.NOTE)]
    explained = [*begun, Step("give_delay_reason", 15, texts.DELAY)]
    directed = [*explained, Step("direct", 24, texts.DIRECTIVES[1], by=RAS, number=4)]
    for back, category, steps in (
        (14, "ROADS", begun),
        (14, "WASTE", begun),
        (15, "WATER-SUPPLY", begun),
        (16, "WASTE", begun),
        (18, "ROADS", explained),
        (20, "SCHOOL", begun),
        (21, "MEDICINE", explained),
        (22, "WASTE", begun),
        (24, "ROADS", explained),
        (25, "WATER-SUPPLY", directed),
        (26, "HEALTH-SERVICE", explained),
        (27, "WASTE", directed),
        (30, "ROADS", directed),
        (33, "LAND-TITLE", explained),
        (38, "LEVIES", begun),
        (17, "LAND-DISPUTE", begun),
        (25, "LAND-DISPUTE", explained),
    ):
        yield _complaint(back, "DODOMA-CC", category, rng, steps)
    for back in (19, 26):
        yield _complaint(back, "CHAMWINO-DC", "WATER-SUPPLY", rng, begun)
    for back in (1, 3, 5, 9, 19, 24, 28, 31):  # a council where nobody has an account
        yield _complaint(back, "KONGWA-DC", "WATER-SUPPLY", rng, ())
    for institution, category in (("TANESCO", "ELECTRICITY"), ("DAWASA", "WATER-BILL")):
        for back in (16, 24, 29):
            yield _complaint(back, institution, category, rng, begun)


def _present(rng: Random) -> Iterator[Story]:
    """Open and in time: come today, due soon, waiting for the citizen."""
    asked = [Step("ask", 3, texts.QUESTIONS[0])]
    replied = [*asked, Step("add_message", 5, texts.REPLIES[0])]
    for back, category, steps in (
        (0, "ROADS", []),
        (0, "WATER-SUPPLY", []),
        (0, "HEALTH-SERVICE", []),
        (1, "WASTE", []),
        (1, "SCHOOL", [Step("acknowledge", 1)]),
        (2, "ROADS", []),
        (3, "WASTE", []),
        (4, "ROADS", [Step("acknowledge", 1), Step("add_message", 3, texts.ADDED)]),
        (5, "WATER-SUPPLY", asked),
        (6, "ROADS", asked),
        (7, "MEDICINE", replied),
        (8, "ROADS", replied),
        (9, "PERMITS", [Step("acknowledge", 2)]),
        (10, "HEALTH-SERVICE", [Step("acknowledge", 1), Step("note", 4, texts.NOTE)]),
        (12, "ROADS", [Step("acknowledge", 2)]),
        (12, "WATER-SUPPLY", [Step("acknowledge", 1)]),
        (13, "WASTE", [Step("acknowledge", 1)]),
        (13, "ROADS", [Step("acknowledge", 1)]),
        # Answered, the citizen's window is open.
        (7, "ROADS", [Step("acknowledge", 1), Step("answer", 5, _answer("ROADS", rng))]),
        (9, "WASTE", [Step("acknowledge", 2), Step("answer", 8, _answer("WASTE", rng))]),
    ):
        yield _complaint(back, "DODOMA-CC", category, rng, steps, phone=True)
    for institution, category in (("TANESCO", "ELECTRICITY"), ("DAWASA", "WATER-SUPPLY")):
        for back, steps in ((0, []), (4, asked)):
            yield _complaint(back, institution, category, rng, steps)


def _special(rng: Random) -> Iterator[Story]:
    """What is seldom: appeals, the final letter, triage, transfers, secrets, conflicts."""
    answered = [Step("acknowledge", 1), Step("answer", 5, _answer("ROADS", rng))]
    once = [*answered, Step("not_fixed", 7, texts.NOT_FIXED)]
    again = [
        *once,
        Step("answer", 11, texts.SECOND_ANSWER),
        Step("not_fixed", 13, texts.STILL_NOT_FIXED),
    ]
    final = [
        *again,
        Step("answer", 17, texts.SECOND_ANSWER),
        Step("not_fixed", 19, texts.STILL_NOT_FIXED),
    ]
    for back, steps in ((9, once), (17, once), (15, again), (45, final)):
        yield _complaint(back, "DODOMA-CC", "ROADS", rng, steps)
    yield from _placed_by_hand(rng)
    yield from _secret(rng)
    yield _complaint(
        6,
        "DODOMA-CC",
        "ROADS",
        rng,
        [Step("recuse", 1), Step("acknowledge", 2)],
    )
    # The handler named in it never sees it.
    yield _complaint(4, "DODOMA-CC", "WASTE", rng, (), persons="Pili Masanja", anonymous=True)
    yield _complaint(
        11,
        "DODOMA-CC",
        "HEALTH-SERVICE",
        rng,
        [Step("assign", 1, "emmanuel.kessy", by=COORDINATOR), Step("acknowledge", 2)],
    )
    # A letter to the vacant head of the refuse unit, handed over on paper.
    yield _complaint(
        19,
        "DODOMA-CC",
        "WASTE",
        rng,
        [Step("acknowledge", 1), Step("hand_over", 16, by=COORDINATOR)],
    )


def _placed_by_hand(rng: Random) -> Iterator[Story]:
    """Triage, still waiting or sorted out; and transfers between institutions."""
    for back, (category, words) in zip((1, 3, 12), texts.TRIAGE, strict=True):
        sorted_out = [
            Step("classify", 4, f"{category}/open"),
            Step("transfer", 4, f"DODOMA-CC/{texts.TRANSFER_REASON}"),
            Step("acknowledge", 6),
        ]
        yield Story(back, None, None, "complaint", words, "Hombolo", sorted_out)
    yield Story(2, None, None, "complaint", texts.TRIAGE_UNPLACED, "", (), channel="sms")
    yield Story(26, None, None, "complaint", texts.TRIAGE_UNPLACED, "", [Step("acknowledge", 2)])
    moved = [Step("acknowledge", 1), Step("transfer", 2, f"TANESCO/{texts.TRANSFER_AGENCY}")]
    asked = [*moved, Step("ask", 5, texts.QUESTIONS[2])]
    yield _complaint(10, "DODOMA-CC", "WATER-SUPPLY", rng, asked)
    yield _complaint(40, "DAWASA", "WATER-SUPPLY", rng, [*moved, Step("answer", 9, texts.ANSWER)])


def _secret(rng: Random) -> Iterator[Story]:
    """Confidential and restricted ones, old and new."""
    done = [Step("acknowledge", 3), Step("answer", 22, texts.ANSWER_RESTRICTED)]
    for back, category, steps in (
        (80, "CORRUPTION", done),
        (50, "CONDUCT", done),
        (8, "CORRUPTION", [Step("acknowledge", 3), Step("ask", 5, texts.QUESTIONS[2])]),
        (12, "CORRUPTION", []),
        (35, "CORRUPTION", [Step("acknowledge", 4)]),
        (1, "CONDUCT", []),
    ):
        yield _complaint(back, "DODOMA-CC", category, rng, steps, anonymous=True, phone=back > 40)
    yield _complaint(5, "DAWASA", "CORRUPTION", rng, [Step("acknowledge", 2)], anonymous=True)
    yield _complaint(3, "DODOMA-CC", "GBV", rng, [Step("acknowledge", 1)], anonymous=True)
    yield _complaint(
        60,
        "DODOMA-CC",
        "GBV",
        rng,
        [Step("acknowledge", 1), Step("answer", 4, texts.ANSWER), Step("accept", 6, number=5)],
    )
    yield _complaint(9, "DODOMA-CC", "HR-STAFF", rng, [Step("acknowledge", 2)])
    yield _complaint(6, "PO-PSMGG", "HR-STAFF", rng, [Step("acknowledge", 1)])
    # Made stricter by the citizen after it was sent: another owner, another ladder.
    yield _complaint(
        7, "DODOMA-CC", "LEVIES", rng, [Step("acknowledge", 1), Step("raise", 3, "restricted")]
    )
