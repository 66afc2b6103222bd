"""The form of what an officer enters for a citizen: the citizen's own fields, and how it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from flask_babel import gettext as _

from feedback.models.columns import WAYS_IN
from feedback.rules import paper as rules
from feedback.services.cases import Lodging
from feedback.services.paper import CHANNEL, Entry
from feedback.services.reference import Directory, InstitutionInfo
from feedback.web.forms import LONGEST_LINE, NewForm, line

LANGUAGES = ("sw", "en")


def day_typed(typed: str) -> date | None:
    """A day as a browser's field gives it, or as it is written by hand (day/month/year)."""
    for pattern in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"):
        try:
            return datetime.strptime(typed.strip(), pattern).date()  # noqa: DTZ007 -- a day
        except ValueError:
            continue
    return None


@dataclass(slots=True)
class PaperForm:
    """What was typed; `new` is the citizen's form, with the messages for every field."""

    new: NewForm = field(default_factory=NewForm)
    how: str = ""
    received_on: str = ""
    late_reason: str = ""
    file_number: str = ""
    language: str = "sw"
    confirmed: bool = False

    @classmethod
    def blank(cls, own: InstitutionInfo, today: date) -> PaperForm:
        """An empty form with an id of its own, of something that came today."""
        return cls(NewForm.blank({"institution": own.code}), received_on=today.isoformat())

    @classmethod
    def read(cls, posted: Mapping[str, str], own: InstitutionInfo) -> PaperForm:
        """The form as it was posted; it is for the officer's own institution, whatever it says."""
        new = NewForm.read(posted)
        new.institution, new.institution_query, new.region = own.code, "", ""
        texts = {
            name: line(posted.get(name, ""))[:LONGEST_LINE]
            for name in ("how", "received_on", "late_reason", "file_number", "language")
        }
        return cls(new, confirmed=bool(posted.get("confirmed")), **texts)

    @property
    def errors(self) -> dict[str, str]:
        """A message for each field that is wrong."""
        return self.new.errors

    def check(self, directory: Directory, today: date, of_files: str = "") -> None:
        """Fill `errors`, in the order of the fields on the page."""
        if self.how not in WAYS_IN:
            self.errors["how"] = _("Choose how it came.")
        self._check_day(today)
        if rules.file_number(self.file_number) is None:
            self.errors["file_number"] = _(
                "Write the file number in at most %(most)s characters.", most=rules.LONGEST_NUMBER
            )
        if self.language not in LANGUAGES:
            self.language = "sw"
            self.errors["language"] = _("Choose the language of the citizen.")
        self.new.check(directory, of_files)

    def _check_day(self, today: date) -> None:
        day = day_typed(self.received_on)
        if day is None:
            self.errors["received_on"] = _("Give the day on which the office received it.")
            return
        self.received_on = day.isoformat()
        if len(self.late_reason) > rules.LONGEST_REASON:
            self.errors["late_reason"] = _(
                "Write at most %(most)s characters.", most=rules.LONGEST_REASON
            )
        problem = rules.day_problem(day, today, explained=bool(self.late_reason))
        if problem == "unexplained":
            self.errors["late_reason"] = _(
                "It came more than %(days)s days ago. Say why it is entered only now.",
                days=rules.LONG_AGO,
            )
        elif problem == "future":
            self.errors["received_on"] = _("This day is still to come.")
        elif problem:
            self.errors["received_on"] = _(
                "This is more than a year ago. Enter it as of today, and say in the words when it "
                "came."
            )

    @property
    def is_old(self) -> bool:
        """Whether the field for the reason belongs on the page."""
        return bool(self.late_reason or "late_reason" in self.errors)

    def lodging(self) -> Lodging:
        """What is lodged, once `check` found nothing wrong."""
        return replace(self.new.lodging(self.language), channel=CHANNEL)

    def entry(self) -> Entry:
        """How it came, once `check` found nothing wrong."""
        day = day_typed(self.received_on)
        if day is None:
            raise ValueError("the form was not checked")
        return Entry(self.how, day, self.late_reason, self.file_number)
