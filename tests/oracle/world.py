"""Makes a world from a seed: institutions with staff that comes and goes, and cases that people
deal with well, badly or not at all. It knows nothing of due times: acts fall where they fall, and
whether one is allowed then is for the services and for the oracle to say."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tests.oracle.facts import DAY, HOUR, Fact, World, day_of, in_order, moment

COUNCILS = ("DODOMA-CC", "KONDOA-DC", "MPWAPWA-DC", "KASKAZINI-A")
# Where cases are lodged. The last ones have a post twice on their ladder: the head of PO-PSMGG
# stands above his own ministry, the Chief Secretary is the parent of TAKUKURU.
PLACES = (*COUNCILS, "TANESCO", "W-AFYA", "RS-DODOMA", "PO-PSMGG", "TAKUKURU")
ABOVE = ("PO-RALG", "W-NISHATI", "CS", "PMO", "RS-KASKAZINI-UNGUJA", "ZNZ-RALG", "ZNZ-CS")
# Where citizens write to on paper.
ADDRESSED = ("RS-DODOMA", "PO-RALG", "PO-PSMGG", "CS", "PMO", "W-NISHATI", "TANESCO", "ZNZ-RALG")
ORPHAN = "MPWAPWA-DC"
CATEGORIES = ("OTHER", "OTHER", "SERVICE", "HEALTH-SERVICE", "GBV")
KINDS = ("complaint",) * 7 + ("enquiry", "suggestion", "compliment")
UNITS = {"SERVICE": ("TANESCO", "W-AFYA", "PO-PSMGG"), "HEALTH": ("DODOMA-CC", "RS-DODOMA")}
CALENDARS = ("TZ", "TZ-ZNZ")
# Whose days off and half days there are beside everybody's.
OWN = (
    ("TZ", "*"),
    ("TZ", "region:Dodoma"),
    ("TZ", "region:Dodoma"),
    ("TZ", "DODOMA-CC"),
    ("TZ", "TANESCO"),
    ("TZ-ZNZ", "region:Kaskazini Unguja"),
    ("TZ-ZNZ", "KASKAZINI-A"),
)
# What a handler does with an open case, and how often of twenty times.
OPEN_ACTS = ("ack", "ack", "ask", "ask", "part", "answer", "answer", "answer", "transfer")
RARE_ACTS = (
    "more",
    "recuse",
    "withdraw",
    "restrict",
    "conflict",
    "direct",
    "done",
    "assign",
    "paper",
)


def make(
    seed: int,
    start: date,
    days: int,
    cases: int,
    off: dict[str, frozenset[date]],
    own_days: bool = False,
) -> World:
    """A world of so many days and cases; the same for the same arguments. own_days: regions and
    single offices have days off and half days too."""
    return _Maker(seed, start, days, off, own_days).world(cases)


class _Maker:
    def __init__(
        self, seed: int, start: date, days: int, off: dict[str, frozenset[date]], own_days: bool
    ) -> None:
        self.seed, self.off, self.own_days = seed, off, own_days
        self.rng = Random(seed)  # noqa: S311 - which world, not which secret
        self.start = moment(start, 0, 5)
        self.end = moment(start + timedelta(days=days), 0, 0)
        self.facts: list[Fact] = []
        self.officers = 0
        # By institution those who can be handlers; by post who was put on it.
        self.handlers: dict[str, list[str]] = {}
        self.coordinators: dict[str, str] = {}
        self.heads: dict[str, str] = {}
        self.ethics: list[str] = []
        self.bare: set[str] = set()
        self.posts: list[tuple[str, str | None, str]] = []
        self.seated: dict[tuple[str, str | None, str, str], str] = {}
        self.taken: list[tuple[datetime, datetime]] = []

    def world(self, cases: int) -> World:
        self._staff()
        for number in range(1, (self.end - self.start).days // 20 + 1):
            self._outage(number)
        self._calendars()
        self._turnover()
        for number in range(1, cases + 1):
            self._case(f"c{number}")
        facts = in_order(fact for fact in self.facts if self.start <= fact.at < self.end)
        return World(self.seed, self.start, self.end, tuple(facts), self.off)

    # people

    def _staff(self) -> None:
        # Where nobody is there to own a case.
        self.bare = set(self.rng.sample(PLACES, 2))
        for place in PLACES:
            self.handlers[place] = (
                []
                if place in self.bare
                else [
                    self._officer(place, "handler") for _ in range(self.rng.choice((0, 1, 2, 2, 3)))
                ]
            )
            if place not in self.bare and self.rng.random() < 0.6:
                self.coordinators[place] = self._officer(place, "coordinator")
            self._post(place, "REGISTRY", "unit_head")
            for kind in ("hr_head", "institution_head"):
                self._post(place, None, kind)
        for unit, places in UNITS.items():
            for place in places:
                self._post(place, unit, "unit_head")
        for place in ABOVE:
            self._post(place, None, "institution_head")
        for place, kind in (
            ("ETHICS", "ethics_senior"),
            ("ETHICS", "ethics_head"),
            ("CS", "ethics_post"),
        ):
            self._post(place, None, kind)
        self.ethics = [self._officer("ETHICS", "ethics"), self._officer("TAKUKURU", "ethics")]
        if self.rng.random() < 0.5:
            self._add(self.start, "orphan", ORPHAN)

    def _officer(self, place: str, *roles: str, at: datetime | None = None) -> str:
        self.officers += 1
        key = f"o{self.officers}"
        self._add(at or self.start, "officer", key, place, roles)
        return key

    def _post(self, place: str, unit: str | None, kind: str) -> None:
        self.posts.append((place, unit, kind))
        for capacity, chance in (("holder", 0.85), ("deputy", 0.4)):
            if self.rng.random() < chance:
                self._seat(place, unit, kind, capacity, self.start)

    def _seat(self, place: str, unit: str | None, kind: str, capacity: str, at: datetime) -> None:
        ethics = kind.startswith("ethics")
        roles: tuple[str, ...] = ("ethics",) if ethics and place == "ETHICS" else ("head",)
        if kind == "unit_head" and place not in self.bare and self.rng.random() < 0.4:
            roles = ("handler", "head")  # who leads a small unit has cases too
        key = self._officer(place, *roles, at=at)
        self.seated[place, unit, kind, capacity] = key
        self._add(at, "seat", place, unit, kind, capacity, key)
        if (kind, capacity) == ("institution_head", "holder"):
            self.heads[place] = key
        if kind == "ethics_senior":
            self.heads["restricted"] = key

    def _turnover(self) -> None:
        """Leave, departures, vacancies, and successors who come after a while."""
        years = (self.end - self.start).days / 365
        for post in self.posts:
            for _ in range(self._times(1.2 * years)):
                self._change(*post)
        for place in PLACES:
            for _ in range(self._times(1.5 * years)):
                at = self._some_moment()
                staff = self.handlers[place]
                if staff:
                    self._add(at, "depart", self.rng.choice(staff))
                if self.rng.random() < 0.8:
                    back = at + DAY * self.rng.choice((0, 1, 5, 30))
                    staff.append(self._officer(place, "handler", at=back + HOUR / 10))
        everyone = [str(fact.args[0]) for fact in self.facts if fact.what == "officer"]
        for officer in everyone:
            for _ in range(self._times(0.5 * years)):
                at = self._some_moment()
                first = day_of(at) + timedelta(days=self.rng.randrange(3))
                last = first + timedelta(days=self.rng.choice((0, 2, 9, 27)))
                self._add(at, "leave", officer, first, last)

    def _change(self, place: str, unit: str | None, kind: str) -> None:
        at = self._some_moment()
        capacity = self.rng.choice(("holder", "holder", "deputy"))
        self._add(at, "vacate", place, unit, kind, capacity)
        if self.rng.random() < 0.7:
            back = at + DAY * self.rng.choice((1, 7, 40)) + HOUR / 7
            self._seat(place, unit, kind, capacity, back)

    # calendars and machines

    def _outage(self, number: int) -> None:
        at = self.start + DAY * (20 * number) + HOUR * self.rng.randrange(24 * 15) + HOUR / 3
        hours = self.rng.choice((1, 3, 8, 20, 45, 72))
        self.taken.append((at, at + HOUR * hours))
        self._add(at, "outage", hours)

    def _calendars(self) -> None:
        for calendar in CALENDARS:
            days = sorted(self.off[calendar])
            inside = [day for day in days if day_of(self.start) < day < day_of(self.end)]
            for day in inside:
                if self.rng.random() < 0.2:  # the moon was seen a day later
                    at = self._awake(moment(day - DAY, 18, self.rng.randrange(1, 60)))
                    self._add(at, "day", calendar, day, "removed")
                    self._add(at + timedelta(seconds=20), "day", calendar, day + DAY, "confirmed")
            for _ in range(self._times((self.end - self.start).days / 60)):
                at = self._awake(self._some_moment())
                day = day_of(at) + timedelta(days=self.rng.choice((0, 1, 2, 5, 20)))
                self._add(at, "day", calendar, day, self.rng.choice(("confirmed", "expected")))
                if self.rng.random() < 0.3:
                    later = self._awake(at + HOUR * self.rng.choice((1, 20, 50)))
                    self._add(later, "day", calendar, day, "removed")

        if self.own_days:
            for _ in range(self._times((self.end - self.start).days / 20)):
                self._own_day()

    def _own_day(self) -> None:
        """Everybody works half a day; or an office or a region does, or not at all."""
        calendar, scope = self.rng.choice(OWN)
        at = self._awake(self._some_moment())
        day = day_of(at) + timedelta(days=self.rng.choice((0, 1, 2, 3, 8)))
        closes = self.rng.choice((None, time(12, 0), time(14, 0)))
        if closes is not None or scope != "*":
            self._add(at, "day", calendar, day, "confirmed", scope, closes)
            if self.rng.random() < 0.2:
                later = self._awake(at + HOUR * self.rng.choice((1, 30)))
                self._add(later, "day", calendar, day, "removed", scope, closes)

    def _awake(self, at: datetime) -> datetime:
        """Not while no job runs: until one has run, two parts of the system know two calendars."""
        while any(begin - HOUR <= at <= end + HOUR for begin, end in self.taken):
            at += 3 * HOUR
        return at

    # cases

    def _case(self, key: str) -> None:
        at = self._some_moment()
        if self.rng.random() < 0.3:
            at = self._near_an_edge(at)
        place = self.rng.choice(PLACES)
        category = self.rng.choice(CATEGORIES)
        if self.rng.random() < 0.12:
            category = "CORRUPTION"
            place = self.rng.choice((*PLACES, "ETHICS"))
        elif place in ("PO-PSMGG", "TAKUKURU") and category == "HEALTH-SERVICE":
            category = "SERVICE"
        unknown = self.rng.random() < 0.2
        self._add(at, "lodge", key, place, category, self.rng.choice(KINDS), unknown)
        course = self.rng.random()
        if course < 0.1:
            self._press(key, at)
        elif course < 0.2:
            self._wander(key, at)
        elif course < 0.3:
            self._ordered(key, at)
        else:
            self._life(key, place, at)
        # Most citizens do not wait for years: else alarms about a few cases would be most of it.
        if self.rng.random() < 0.9:
            self._add(self._off_the_hour(at + DAY * 20 + self._days(120)), "withdraw", key)

    def _press(self, key: str, at: datetime) -> None:
        """Asks the citizen once, and again about the time at which the answer is due."""
        self._add(self._off_the_hour(at + DAY), "ask", key)
        self._add(self._off_the_hour(at + DAY + self._days(2)), "reply", key)
        late = DAY * self.rng.choice((5, 6, 7, 17, 18, 19, 20, 21)) + self._days(1)
        self._add(self._off_the_hour(at + late), "ask", key)
        if self.rng.random() < 0.5:
            self._add(self._off_the_hour(at + late + self._days(12)), "reply", key)

    def _wander(self, key: str, at: datetime) -> None:
        """From office to office, most of the time acknowledged by the first."""
        if self.rng.random() < 0.7:
            self._add(self._off_the_hour(at + DAY / 2), "ack", key)
        for _ in range(self.rng.choice((3, 4, 6))):
            at = self._off_the_hour(at + DAY / 2 + self._days(4))
            self._add(at, "transfer", key, self.rng.choice(PLACES))

    def _ordered(self, key: str, at: datetime) -> None:
        """Acknowledged late, so that somebody is on a rung who orders something."""
        at += DAY * self.rng.choice((4, 5, 9))
        self._add(self._off_the_hour(at + self._days(1)), "ack", key)
        for _ in range(3):
            at += DAY + self._days(2)
            self._direct(key, "", self._off_the_hour(at))

    def _life(self, key: str, place: str, at: datetime) -> None:
        """What people do about one case: the busier, the shorter the gaps."""
        gap = self.rng.choice((0.4, 2, 5, 5, 12, 25))
        state, cycles = "open", 0
        for _ in range(self.rng.choice((0, 1, 3, 5, 8, 12, 16))):
            at += DAY * self.rng.expovariate(1 / gap)
            if self.rng.random() < 0.15:
                at = self._near_an_edge(at)
            at = self._off_the_hour(at)
            if at >= self.end or state == "over":
                return
            if state == "open":
                act = self.rng.choice(OPEN_ACTS + RARE_ACTS)
                self._act(key, act, place, at)
                if act == "transfer":
                    place = self.rng.choice(PLACES)
                elif act == "answer":
                    state = "answered"
                elif act == "withdraw":
                    state = "over" if self.rng.random() < 0.8 else state
            else:
                act = self.rng.choice(("not_fixed", "not_fixed", "not_fixed", "accept", "reopen"))
                self._add(at, act, key)
                if act == "not_fixed" and self.rng.random() < 0.5:
                    self._direct(key, place, self._off_the_hour(at + self._days(2)))
                cycles += 1
                state = "open" if cycles < 4 else "over"

    def _act(self, key: str, act: str, place: str, at: datetime) -> None:
        """Something that somebody does, and what goes with it."""
        longer = getattr(self, f"_{act}", None)
        if longer is None:
            self._add(at, act, key)
        else:
            longer(key, place, at)

    def _transfer(self, key: str, _place: str, at: datetime) -> None:
        for _ in range(self.rng.choice((1, 1, 2, 4))):  # from desk to desk
            self._add(at, "transfer", key, self.rng.choice(PLACES))
            at = self._off_the_hour(at + self._days(2))

    def _ask(self, key: str, _place: str, at: datetime) -> None:
        """Once, or again just before an answer may be due."""
        self._add(at, "ask", key)
        if self.rng.random() < 0.7:
            self._add(self._off_the_hour(at + self._days(4)), "reply", key)
        if self.rng.random() < 0.4:
            again = at + DAY * self.rng.choice((4, 6, 12, 16, 18)) + self._days(2)
            self._add(self._off_the_hour(again), "ask", key)

    def _more(self, key: str, place: str, at: datetime) -> None:
        self._add(at, "more", key, self.rng.choice((1, 3, 5, 10)))
        whose = "restricted" if self.rng.random() < 0.2 else place
        if whose in self.heads and self.rng.random() < 0.8:
            says = self.rng.choice(("grant", "grant", "grant", "refuse"))
            self._add(self._off_the_hour(at + self._days(2)), says, key, self.heads[whose])

    def _conflict(self, key: str, _place: str, at: datetime) -> None:
        self._add(at, "conflict", key, self.rng.choice(sorted(self.seated.values())))

    def _direct(self, key: str, _place: str, at: datetime) -> None:
        days = self.rng.choice((0, 1, 1, 3, 10))
        for rung in self.rng.sample(range(1, 5), self.rng.choice((1, 2, 3))):
            self._add(at, "direct", key, rung, days)
            at = self._off_the_hour(at + self._days(0.2))
        if self.rng.random() < 0.3:
            self._add(self._off_the_hour(at + self._days(4)), "done", key)

    def _paper(self, key: str, _place: str, at: datetime) -> None:
        office = self.rng.choice(ADDRESSED)
        if office in self.heads:
            self._add(at, "paper", key, office, self.heads[office])

    def _assign(self, key: str, place: str, at: datetime) -> None:
        by = self.coordinators.get(place)
        if by is not None and self.handlers[place]:
            self._add(at, "assign", key, by, self.rng.choice(self.handlers[place]))

    # moments

    def _add(self, at: datetime, what: str, *args: object) -> None:
        self.facts.append(Fact(at.astimezone(UTC), what, args))

    def _times(self, mean: float) -> int:
        whole = int(mean)
        return whole + (self.rng.random() < mean - whole)

    def _days(self, most: float) -> timedelta:
        return DAY * (self.rng.random() * most)

    def _some_moment(self) -> datetime:
        span = self.end - self.start
        return self._off_the_hour(self.start + HOUR + self.rng.random() * span)

    def _off_the_hour(self, at: datetime) -> datetime:
        at = at.replace(second=0, microsecond=0)
        return at if at.minute else at + timedelta(minutes=self.rng.randrange(1, 60))

    def _near_an_edge(self, at: datetime) -> datetime:
        """Where mistakes are made: about the close of an office, its opening and midnight."""
        day = day_of(at)
        hour, minute = self.rng.choice(
            ((15, 29), (15, 30), (15, 31), (15, 45), (7, 29), (7, 31), (23, 59), (0, 1), (12, 1))
        )
        return max(at, moment(day, hour, minute))
