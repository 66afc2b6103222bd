"""What citizens fill in: read as typed, checked with a message for each field, shown again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from flask_babel import gettext as _

from feedback.models.columns import KINDS, LEVELS
from feedback.rules import contact
from feedback.services import identity
from feedback.services.cases import Lodging
from feedback.services.reference import Directory
from feedback.web import finder

LONGEST_BODY = 5000
"""Characters of a citizen's words: about two written pages."""
LONGEST_LINE = 1_000
"""Characters of a line that are looked at: above every limit that a field states."""
UNKNOWN = "unknown"
"""The choice of a citizen who does not know the institution; the office finds it (triage)."""

DROP = "remove:"
"""Before the id of a file, in the name of the act that takes it out of a message."""

_LINES = (
    *("kind", "institution", "institution_query", "region", "category", "place"),
    *("confidentiality", "name", "phone", "email", "persons", "submission_id"),
)
_LONGEST = {"place": 200, "name": 120, "phone": 40, "email": contact.LONGEST_EMAIL, "persons": 500}
_NO = frozenset({"", "0", "no", "off", "false", "hapana"})
_RATINGS = frozenset({"", "1", "2", "3", "4", "5"})


def words(typed: str) -> str:
    """A longer text as it is kept: line ends of one kind, nothing that a database refuses."""
    return typed.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def line(typed: str) -> str:
    """A text of one line."""
    return " ".join(typed.replace("\x00", "").split())


def words_error(text: str) -> str | None:
    """What is wrong with a citizen's words, if anything."""
    if not text.strip():
        return _("Write your words here.")
    if len(text) > LONGEST_BODY:
        return _(
            "This is too long: %(length)s characters, and at most %(most)s can be sent. "
            "Shorten it, or send the rest as a message afterwards.",
            length=len(text),
            most=LONGEST_BODY,
        )
    return None


@dataclass(slots=True)
class NewForm:
    """The form of `/new` with what was typed, and a message for each field that is wrong."""

    kind: str = ""
    institution: str = ""
    institution_query: str = ""
    region: str = ""
    category: str = ""
    place: str = ""
    body: str = ""
    confidentiality: str = "open"
    anonymous: bool = False
    name: str = ""
    phone: str = ""
    email: str = ""
    persons: str = ""
    submission_id: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def blank(cls, asked: Mapping[str, str]) -> NewForm:
        """An empty form with an id of its own; a link may choose kind, institution, category."""
        return cls(
            kind=asked.get("kind", ""),
            institution=asked.get("institution", "").strip().upper(),
            category=asked.get("category", ""),
            submission_id=str(uuid4()),
        )

    @classmethod
    def read(cls, posted: Mapping[str, str]) -> NewForm:
        """The form as it was posted."""
        form = cls()
        for name in _LINES:
            setattr(form, name, line(posted.get(name, ""))[:LONGEST_LINE])
        form.body = words(posted.get("body", ""))
        form.anonymous = posted.get("anonymous", "").strip().lower() not in _NO
        return form

    @property
    def complete(self) -> bool:
        """Whether the Enter key can have meant to send: what must be there stands there."""
        return bool(self.kind and self.institution and self.body.strip())

    def settle_institution(self, directory: Directory) -> None:
        """Take as chosen what a link names or what was typed exactly; drop a code of nothing."""
        if self.institution in directory.institutions_by_code or self.institution == UNKNOWN:
            return
        if named := directory.living(self.institution.upper()):
            self.institution = named.code
            return
        self.institution_query = self.institution_query or self.institution
        found = finder.exact(directory, self.institution_query)
        self.institution = found.code if found else ""

    @property
    def draft(self) -> UUID | None:
        """The id under which files of this form are kept, if it came whole."""
        try:
            return UUID(self.submission_id)
        except ValueError:
            return None

    def check(self, directory: Directory, of_files: str = "") -> None:
        """Fill `errors`, in the order of the fields on the page; of_files: what was wrong there."""
        if self.kind not in KINDS:
            self.errors["kind"] = _("Choose what you are sending.")
        self._check_institution(directory)
        if self.category and self.category not in directory.categories_by_code:
            self.category = ""
            self.errors["category"] = _("This subject is not known. Choose one from the list.")
        if problem := words_error(self.body):
            self.errors["body"] = problem
        if of_files:
            self.errors["attachments"] = of_files
        if self.confidentiality not in ("", *LEVELS):
            self.confidentiality = ""
            self.errors["confidentiality"] = _("Choose who may read it.")
        self._check_lines()
        if self.draft is None:
            self.submission_id = str(uuid4())
            self.errors[""] = _(
                "A part of the form was lost on the way. Check what you wrote and send it again."
            )

    def _check_institution(self, directory: Directory) -> None:
        given = self.institution
        self.settle_institution(directory)
        if self.institution:
            return
        if given:
            message = _("There is no institution with this code. Search for it by name.")
        elif self.institution_query or self.region:
            message = _("Choose the institution from the list, or say that you do not know it.")
        else:
            message = _("Say which institution it is about, or that you do not know it.")
        self.errors["institution"] = message

    def _check_lines(self) -> None:
        for name in ("place", "persons", "name"):
            if len(getattr(self, name)) > _LONGEST[name]:
                self.errors[name] = _("Write at most %(most)s characters.", most=_LONGEST[name])
        if self.anonymous:
            return  # nothing of the contact is kept, so nothing in it can be wrong
        long_phone = len(self.phone) > _LONGEST["phone"]
        if self.phone and (long_phone or identity.normalise_number(self.phone) is None):
            self.errors["phone"] = _("Write a phone number such as 0712 345 678.")
        if self.email and not contact.is_email(self.email):
            self.errors["email"] = _("Write an email address such as asha@example.com.")

    @property
    def phone_is_abroad(self) -> bool:
        """Whether a number is kept to which no SMS is sent."""
        number = None if self.anonymous else identity.normalise_number(self.phone)
        return number is not None and not identity.is_served(number)

    def lodging(self, language: str) -> Lodging:
        """What is lodged, once `check` found nothing wrong."""
        lodging = Lodging(
            submission_id=UUID(self.submission_id),
            channel="web",
            kind=self.kind,
            language=language,
            body=self.body.strip(),
            institution=None if self.institution == UNKNOWN else self.institution,
            category=self.category or None,
            place=self.place or None,
            confidentiality=self.confidentiality or None,
            anonymous=self.anonymous,
            name=None,
            phone=None,
            email=None,
            persons=self.persons or None,
        )
        if self.anonymous:
            return lodging
        return replace(
            lodging,
            name=self.name or None,
            phone=identity.normalise_number(self.phone) if self.phone else None,
            email=self.email or None,
        )


@dataclass(slots=True)
class ActForm:
    """What a citizen does on the page of the own case: one act, and words where it takes some.

    The words of "not fixed" come in a field of their own, since both forms stand on one page.
    """

    act: str = ""
    body: str = ""
    rating: str = ""
    remark: str = ""
    level: str = ""
    confirm: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, posted: Mapping[str, str]) -> ActForm:
        """The act as it was posted."""
        return cls(
            act=posted.get("act", ""),
            body=words(posted.get("body") or posted.get("words", "")),
            rating=posted.get("rating", ""),
            remark=words(posted.get("remark", "")),
            level=posted.get("level", ""),
            confirm=(posted.get("confirm") or posted.get("forget", "")).strip().lower() not in _NO,
        )

    @property
    def stars(self) -> int | None:
        """The rating from 1 to 5, or none given."""
        return int(self.rating) if self.rating else None

    @property
    def drops(self) -> str:
        """The file that is to be taken out of the message, if that is the act."""
        return self.act.removeprefix(DROP) if self.act.startswith(DROP) else ""

    def check(self, of_files: str = "") -> None:
        """Fill `errors` with what the act lacks, by the field that shows it; of_files: what was
        wrong with the files of a message."""
        if self.act == "message" and of_files:
            self.errors["attachments"] = of_files
        if self.act in ("message", "not_fixed") and (problem := words_error(self.body)):
            self.errors["body" if self.act == "message" else "words"] = problem
        elif self.act == "forget" and not self.confirm:
            self.errors["forget"] = _("Tick the box to confirm that it is to be removed.")
        elif self.act == "withdraw" and not self.confirm:
            self.errors["confirm"] = _("Tick the box to confirm that you withdraw it.")
        elif self.act == "raise" and self.level not in LEVELS[1:]:
            self.errors["level"] = _("Choose who may read it.")
        elif self.act == "accept" and self.rating not in _RATINGS:
            self.errors["rating"] = _("Choose from 1 to 5, or none.")
        elif self.act == "accept" and self.remark and (problem := words_error(self.remark)):
            self.errors["remark"] = problem
