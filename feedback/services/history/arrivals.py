"""What arrives, when and where: seasons, weekdays, growth, and who deals with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from random import Random

from feedback.rules.access import Level, rank
from feedback.services.history.office import DAY, EPOCH
from feedback.services.reference import CategoryInfo, Directory, InstitutionInfo

YEARS = 4
LATE_SHARE = 0.2
# Shares in percent, or weights.
KINDS = {"complaint": 72, "enquiry": 13, "suggestion": 9, "compliment": 6}
CHANNELS = {"sms": 52, "web": 43, "paper": 5}
WEEKDAYS = (17, 16, 15, 15, 14, 9, 6)
# By hour: little at night, most before noon.
HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 10, 8, 8, 8, 7, 6, 5, 5, 5, 4, 3, 2, 1)
YEARLY_GROWTH = 1.35
WEIGHTS = {
    "WATER-SUPPLY": 16,
    "ROADS": 13,
    "HEALTH-SERVICE": 9,
    "MEDICINE": 6,
    "SCHOOL": 8,
    "LAND-DISPUTE": 8,
    "LAND-TITLE": 7,
    "ELECTRICITY": 8,
    "WASTE": 6,
    "CORRUPTION": 3,
    "CONDUCT": 2,
}
OTHER_WEIGHT = 2
# The long rains are from March to May, the short ones from November; it is dry from June on.
RAIN = (1.2, 1.1, 1.6, 2.0, 1.7, 0.8, 0.7, 0.7, 0.8, 1.0, 1.4, 1.5)
DROUGHT = (0.8, 0.9, 0.8, 0.7, 0.8, 1.0, 1.2, 1.4, 1.6, 1.5, 1.1, 0.9)
SCHOOL_YEAR = (2.2, 1.2, 0.9, 0.8, 0.9, 0.6, 1.5, 1.0, 0.9, 0.9, 1.0, 0.6)
SEASONS = {
    "ROADS": RAIN,
    "SEWERAGE": RAIN,
    "WASTE": RAIN,
    "WATER-SUPPLY": DROUGHT,
    "SCHOOL": SCHOOL_YEAR,
    "SCHOOL-SEC": SCHOOL_YEAR,
}
# A council gets this many times what an agency gets; cities more than districts.
INSTITUTION_WEIGHTS = {"council": 3.0, "region": 0.4, "agency": 2.0, "ministry": 0.6, "office": 0.2}
URBAN = ("-CC", "-MC", "-JIJI")
URBAN_WEIGHT = 2.5
RAISED = 0.04  # of the open ones, made confidential by the citizen
ENGLISH = 0.07
ANONYMOUS = 0.12
MISROUTED = 0.04
# Working days by which open late cases are late: a few months as a rule, some for a year.
LATENESS = 75.0
LATEST = 420


@dataclass(slots=True)
class Arrival:
    """A case as it comes in. `late_days`: to be open still, so many working days late."""

    at: int
    institution: InstitutionInfo
    first_institution: InstitutionInfo
    category: CategoryInfo
    kind: str
    channel: str
    language: str
    level: str
    standard: str
    anonymous: bool
    late_days: int


def arrivals(count: int, late: int, now: int, d: Directory, rng: Random) -> Iterator[Arrival]:
    """`count` cases of the last years, so many of them open and late; not in order."""
    for day, number in Counter(_days(count - late, now, rng)).items():
        yield from _on(day, number, now, d, rng, 0)
    # The day of a late one follows from the standard and calendar: the course sets it. Here it
    # only says the season.
    lateness = Counter(1 + min(LATEST, int(rng.expovariate(1 / LATENESS))) for _ in range(late))
    for late_days, number in lateness.items():
        yield from _on(now // DAY - 20 - late_days * 7 // 5, number, now, d, rng, late_days)


def _days(count: int, now: int, rng: Random) -> list[int]:
    last = now // DAY - 1
    weights = []
    for back in range(YEARS * 365):
        day = last - back
        # 1 January 1970 was a Thursday.
        weights.append(WEEKDAYS[(day + 3) % 7] * YEARLY_GROWTH ** (-back / 365))
    return [last - back for back in rng.choices(range(len(weights)), weights, k=count)]


_PLACES: dict[int, tuple[Directory, dict[str, tuple[list[InstitutionInfo], list[float]]]]] = {}


def _dealing(d: Directory) -> dict[str, tuple[list[InstitutionInfo], list[float]]]:
    """For each category the institutions that deal with it, with cumulated weights."""
    known = _PLACES.get(id(d))
    if known is not None and known[0] is d:
        return known[1]
    found = {}
    for code, category in d.categories_by_code.items():
        places = [i for i in d.institutions.values() if category.applies(i.kind)]
        weights = [
            INSTITUTION_WEIGHTS[i.kind] * (URBAN_WEIGHT if i.code.endswith(URBAN) else 1.0)
            for i in places
        ]
        found[code] = (places, list(accumulate(weights)))
    _PLACES.clear()
    _PLACES[id(d)] = (d, found)
    return found


def _on(
    day: int, number: int, now: int, d: Directory, rng: Random, late_days: int
) -> Iterator[Arrival]:
    """So many arrivals on one day, drawn together."""
    month = (EPOCH + timedelta(days=day)).month - 1
    categories = list(d.categories.values())
    seasons = [
        WEIGHTS.get(c.code, OTHER_WEIGHT) * SEASONS.get(c.code, (1.0,) * 12)[month]
        for c in categories
    ]
    chosen = rng.choices(categories, seasons, k=number)
    kinds = rng.choices(list(KINDS), list(KINDS.values()), k=number)
    channels = rng.choices(list(CHANNELS), list(CHANNELS.values()), k=number)
    hours = rng.choices(range(24), HOURS, k=number)
    dealing = _dealing(d)
    for category, kind, channel, hour in zip(chosen, kinds, channels, hours, strict=True):
        places, weights = dealing[category.code]
        institution = rng.choices(places, cum_weights=weights)[0]
        first = institution
        level = category.confidentiality
        if level == Level.OPEN and rng.random() < RAISED:
            level = Level.CONFIDENTIAL.value
        if rank(Level(level)) < 2 and rng.random() < MISROUTED:
            first = rng.choices(places, cum_weights=weights)[0]
        at = day * DAY + hour * 3600 + int(rng.random() * 3600)
        yield Arrival(
            min(at, now - 60),
            institution,
            first,
            category,
            kind if category.standard == "STANDARD" else "complaint",
            channel,
            "en" if rng.random() < ENGLISH else "sw",
            level,
            category.standard,
            rng.random() < ANONYMOUS,
            late_days,
        )
