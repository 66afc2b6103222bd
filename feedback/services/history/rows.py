"""A made-up case as lines of COPY, table by table."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from random import Random
from uuid import UUID

from feedback.rules.access import Level
from feedback.rules.ladder import Rung
from feedback.rules.reference import make_reference
from feedback.rules.workflow import OPEN
from feedback.services import identity, posts
from feedback.services.history import words
from feedback.services.history.course import Climb, Course, standard_of
from feedback.services.history.office import DAY, EPOCH, as_datetime
from feedback.services.history.people import Staff
from feedback.services.reference import Directory

COLUMNS = {
    "case": (
        "id reference kind status channel language institution_id unit_id category_id place"
        " confidentiality anonymous reachable triage handler_id received_at first_response_at"
        " answered_at closed_at window_ends_at cycle appeals due_at standard max_rung highest_rung"
        " first_rung unread rating transfers paused_until idle_from"
    ),
    "submission": "id case_id content_hash at",
    "message": "id case_id seq cycle kind officer_id internal body sealed at",
    "assignment": "id case_id institution_id unit_id handler_id by_officer_id at ended_at",
    "deadline": (
        "id case_id cycle clock starts_at working_days calendar_id office_id standard_id"
        " extension_days due_at met_at minutes"
    ),
    "pause": "id case_id cycle starts_at runs_out_at ends_at",
    "timer": "case_id purpose due_at done",
    "escalation": (
        "id case_id cycle rung ladder clock post_id copy_post_id from_institution_id way"
        " officer_id restricted due_at at handed_over_at handed_over_by"
    ),
    "alarm": "dedupe kind institution_id case_id cycle at settled_at",
    "sealed_identity": "id case_id field sealed number_hash",
    "outbox": (
        "id dedupe case_id recipient language template values words priority state attempts"
        " unknown_attempts next_attempt_at lease_token provider_id status_code created_at"
        " finished_at"
    ),
}
NULL = r"\N"
INTERNAL = frozenset({"transfer", "delay_reason", "note"})
WEB_WITH_PHONE = 0.6
HEAD_OVER = 86_400  # a letter is handed over a day after it was due

_DAYS: dict[int, str] = {}
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def _idle_from(course: Course) -> int | None:
    """The last word of an officer, or the end of a pause that runs; none: nobody did anything."""
    said = [at for at, _kind, by_officer, _cycle in course.messages if by_officer]
    waiting = [runs_out for _start, runs_out, ended in course.pauses if ended is None]
    return max(said + waiting, default=None)


def stamp(moment: int | None) -> str:
    """A moment of `office` as COPY reads it."""
    if moment is None:
        return NULL
    day, rest = divmod(moment, DAY)
    text = _DAYS.get(day)
    if text is None:
        text = _DAYS[day] = EPOCH.fromordinal(EPOCH.toordinal() + day).isoformat()
    minute, second = divmod(rest, 60)
    return f"{text} {minute // 60:02}:{minute % 60:02}:{second:02}+03"


def new_id() -> str:
    """A random identifier."""
    return os.urandom(16).hex()


def _text(value: object) -> str:
    return NULL if value is None else str(value).translate(_ESCAPES)


def _bytes(value: bytes) -> str:
    return rf"\\x{value.hex()}"


def _flag(value: bool) -> str:
    return "t" if value else "f"


class Writer:
    """Turns courses into lines; `take` hands over what has come together."""

    def __init__(
        self, d: Directory, staff: Staff, places: dict[str, list[str]], taken: set[str], rng: Random
    ) -> None:
        self.d, self.staff, self.places, self.taken, self.rng = d, staff, places, taken, rng
        self.lines: dict[str, list[str]] = {table: [] for table in COLUMNS}
        self._addresses: dict[tuple[str, int, int, int], posts.Address | None] = {}

    def take(self) -> dict[str, list[str]]:
        """The lines so far; the next ones start anew."""
        lines, self.lines = self.lines, {table: [] for table in COLUMNS}
        return lines

    def add(self, course: Course) -> None:
        """All rows of one case."""
        case = new_id()
        is_open = course.status in OPEN
        place = self.rng.choice(self._places_of(course))
        number = self._number(course)
        self._case(case, course, place, number is not None, is_open)
        self._messages(case, course, place)
        self._assignments(case, course)
        for clock in course.clocks:
            office = course.arrival.institution
            standard = standard_of(course.arrival, self.d).id if clock.cycle == 1 else None
            self._line(
                "deadline",
                new_id(), case, clock.cycle, clock.name, stamp(clock.start), clock.days,
                office.calendar_id, office.id, _text(standard), 0, stamp(clock.due),
                stamp(clock.met), NULL if clock.minutes is None else clock.minutes,
            )  # fmt: skip
        for asked, runs_out, reply in course.pauses:
            self._line("pause", new_id(), case, 1, stamp(asked), stamp(runs_out), stamp(reply))
        for purpose, moment in course.timers.items():
            self._line("timer", case, purpose, stamp(moment), "f")
        for climb in course.climbs:
            self._escalation(case, course, climb, is_open)
        if is_open and course.alarm is not None:
            self._alarm(case, course, "top", as_datetime(course.alarm).isoformat(), course.cycle,
                        course.alarm)  # fmt: skip
        if number is not None:
            self._phone(case, course, number)

    def _line(self, table: str, *values: object) -> None:
        self.lines[table].append("\t".join(map(str, values)))

    def _places_of(self, course: Course) -> list[str]:
        institution = course.arrival.institution
        return self.places.get(institution.code) or [institution.region or "Dodoma"]

    def _number(self, course: Course) -> str | None:
        arrival = course.arrival
        by_web = arrival.channel == "web" and not arrival.anonymous
        if arrival.channel == "sms" or (by_web and self.rng.random() < WEB_WITH_PHONE):
            # 0600 to 0609 are given to no operator: none of these numbers rings anywhere.
            return f"+25560{self.rng.randrange(10**7):07}"
        return None

    def _reference(self) -> str:
        while True:
            reference = make_reference(os.urandom(8))
            if reference not in self.taken:
                self.taken.add(reference)
                return reference

    def _case(self, case: str, course: Course, place: str, reachable: bool, is_open: bool) -> None:
        a = course.arrival
        standard = standard_of(a, self.d)
        reference = self._reference()
        self._line(
            "case",
            case, reference, a.kind, course.status, a.channel, a.language, a.institution.id,
            course.unit, a.category.id, _text(place), a.level, _flag(a.anonymous),
            _flag(reachable), "f", _text(course.handler), stamp(a.at),
            stamp(course.first_response), stamp(course.answered), stamp(course.closed),
            stamp(course.window if not is_open else None), course.cycle, course.cycle - 1,
            stamp(course.due), standard.code, _text(standard.max_rung), course.highest,
            course.first_rung, _flag(course.unread and is_open), _text(course.rating),
            int(course.transferred is not None),
            stamp(course.pauses[-1][1] if course.status == "waiting_citizen" else None),
            stamp(_idle_from(course)),
        )  # fmt: skip
        self._line("submission", new_id(), case, _bytes(os.urandom(32)), stamp(a.at))
        if reachable:
            values = json.dumps(
                {"reference": reference, "due": as_datetime(course.due).isoformat()}
            )
            self._sms(case, course, f"received:{case}", "received", values, a.at)

    def _sms(
        self, case: str, course: Course, dedupe: str, template: str, values: str, at: int
    ) -> None:
        self._line(
            "outbox",
            new_id(), dedupe, case, NULL, course.arrival.language, template, values, NULL, 0,
            "delivered", 1, 0, stamp(at), NULL, f"H{new_id()}", "101", stamp(at),
            stamp(at + 9),
        )  # fmt: skip

    def _messages(self, case: str, course: Course, place: str) -> None:
        a = course.arrival
        citizens = 0
        for seq, (at, kind, by_officer, cycle) in enumerate(sorted(course.messages), 1):
            if kind == "citizen":
                citizens += 1
            body = self._body(course, kind, citizens, place)
            number = new_id()
            sealed, plain = NULL, NULL
            if a.level == Level.OPEN:
                plain = _text(body)
            else:
                sealed = _bytes(identity.seal(body, f"message:{UUID(number)}"))
            early = course.transferred is not None and at <= course.transferred
            officer = course.first_handler if early else course.handler
            self._line(
                "message",
                number, case, seq, cycle, kind, _text(officer) if by_officer else NULL,
                _flag(kind in INTERNAL), plain, sealed, stamp(at),
            )  # fmt: skip

    def _body(self, course: Course, kind: str, citizens: int, place: str) -> str:
        a = course.arrival
        if kind == "citizen" and citizens == 1:
            return words.complaint(a.category.code, a.kind, a.language, place, self.rng)
        if kind == "citizen":
            after_question = bool(course.pauses) and citizens == 2
            return words.pair(words.REPLY if after_question else words.NOT_FIXED, a.language)
        if kind == "answer":
            return words.answer(a.language, self.rng)
        texts = {
            "acknowledgement": words.ACKNOWLEDGED,
            "question": words.QUESTION,
            "transfer": words.TRANSFERRED,
            "delay_reason": words.DELAY,
        }
        return words.pair(texts[kind], a.language)

    def _assignments(self, case: str, course: Course) -> None:
        a = course.arrival
        since = a.at
        if course.transferred is not None:
            first = a.first_institution
            self._line(
                "assignment",
                new_id(), case, first.id, first.default_unit_id, _text(course.first_handler), NULL,
                stamp(a.at), stamp(course.transferred),
            )  # fmt: skip
            since = course.transferred
        if course.handler is not None:
            by = _text(course.first_handler)
            self._line(
                "assignment",
                new_id(), case, a.institution.id, course.unit, course.handler, by, stamp(since),
                NULL,
            )  # fmt: skip

    def _escalation(self, case: str, course: Course, climb: Climb, is_open: bool) -> None:
        restricted = course.arrival.level == Level.RESTRICTED
        a = course.arrival
        ladder = "restricted" if restricted else self.d.ladder_name(a.institution.id, a.category.id)
        address = self._address(ladder, climb.rung, course)
        post, officer, copy = None, None, None
        if address is not None and not (
            restricted and address.institution_id == course.arrival.institution.id
        ):
            post, officer = self.staff.posts.get(
                (address.institution_id, address.unit_id, address.kind), (None, None)
            )
        to = posts.copy_address(self.d, climb.rung)
        if to is not None:
            copy, _ = self.staff.posts.get((to.institution_id, None, to.kind), (None, None))
        way = "holder" if officer is not None else "skipped" if post is None else "letter"
        handed = climb.at + HEAD_OVER if way == "letter" and not is_open else None
        self._line(
            "escalation",
            new_id(), case, climb.cycle, climb.rung.number, ladder, climb.clock, _text(post),
            _text(copy), course.arrival.institution.id, way, _text(officer), _flag(restricted),
            stamp(climb.at), stamp(climb.at), stamp(handed),
            _text(course.handler) if handed else NULL,
        )  # fmt: skip
        if is_open and way != "holder":
            self._alarm(case, course, way, str(climb.rung.number), climb.cycle, climb.at)

    def _address(self, ladder: str, rung: Rung, course: Course) -> posts.Address | None:
        institution = course.arrival.institution.id
        key = (ladder, rung.number, institution, course.unit)
        if key not in self._addresses:
            self._addresses[key] = posts.address(self.d, rung, institution, course.unit)
        return self._addresses[key]

    def _alarm(self, case: str, course: Course, kind: str, key: str, cycle: int, at: int) -> None:
        restricted = int(course.arrival.level == Level.RESTRICTED)
        self._line(
            "alarm",
            f"{kind}:{UUID(case)}:{cycle}:{restricted}:{key}", kind,
            course.arrival.institution.id, case, cycle, stamp(at), NULL,
        )  # fmt: skip

    def _phone(self, case: str, course: Course, number: str) -> None:
        sealed = identity.seal(number, f"case:{UUID(case)}:phone")
        self._line(
            "sealed_identity",
            new_id(), case, "phone", _bytes(sealed), _bytes(identity.number_hash(number)),
        )  # fmt: skip


def block(lines: Iterable[str]) -> str:
    """Lines as COPY wants them."""
    return "\n".join(lines) + "\n"
