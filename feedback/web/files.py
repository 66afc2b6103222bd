"""Files on the pages: what is said of them, how a form keeps them, how they are given out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flask import Response, abort, request
from flask_babel import gettext as _

from feedback.services import attachments
from feedback.services.attachments import File, Staged
from feedback.services.cases import Receipt
from feedback.services.incoming import Incoming
from feedback.transaction import transaction
from feedback.web.downloads import POLICY


@dataclass(slots=True)
class Draft:
    """The files that a form has so far, and why another was not taken."""

    held: list[Staged] = field(default_factory=list)
    problem: str = ""
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as a page lists it; `url` is empty while it cannot be fetched."""

    name: str
    family: str
    size: str
    url: str = ""
    state: str = ""


def settle(draft: UUID | None, now: datetime, *, remove: str = "", look: bool = False) -> Draft:
    """Keep what came with this form, take out what is to be removed, and answer what stands.

    draft: the form's id; without a valid one nothing can be kept. Asks the database nothing where
    the form says that it has no files (`look`: ask all the same).
    """
    sent = [s for s in _sent() if s.size or not s.keep]
    if draft is None:
        lost = _("The files were lost on the way. Choose them again.")
        return Draft(problem=lost if sent else "")
    if not (sent or remove or look or request.form.get("held")):
        return Draft()
    with transaction(attachments.uploading(draft)):
        unwanted = _uuid(remove)
        if unwanted is not None:
            attachments.drop(unwanted)
        codes = attachments.stage(draft, sent, now)
        held = attachments.staged()
    return Draft(held, problem(codes[0]) if codes else "", removed=bool(remove))


def hand_over(draft: Draft, submission: UUID | None, receipt: Receipt, now: datetime) -> None:
    """Give the form's files to its case; those of a form that came before are there already."""
    if not draft.held or submission is None:
        return
    if receipt.repeated:
        attachments.drop_all(submission)
    else:
        attachments.take(submission, receipt.case_id, now)


def _sent() -> list[Incoming]:
    named = [f for f in request.files.getlist("attachments") if f.filename]
    return [f.stream for f in named if isinstance(f.stream, Incoming)]


def _uuid(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def problem(code: str) -> str:
    """Why a file was not taken on its arrival."""
    return {
        "too-many": _("At most 5 files can be sent at a time. The first five were kept."),
        "too-large": _("A file is larger than 10 MB and was not taken. Send a smaller one."),
        "empty": _("A file was empty and was not taken. Choose it again."),
        "no-room": _(
            "Files cannot be taken at this moment. Send your words now, and add files later."
        ),
        "archive": _("A packed file (ZIP and the like) was not taken. Send what is inside it."),
    }.get(code, _("A file was not taken: only photos, PDF and sound recordings can be sent."))


def reason(code: str | None) -> str:
    """Why a file was refused when it was looked at."""
    return {
        "infected": _("it holds a harmful program"),
        "locked": _("it is locked with a password"),
        "too-many-pages": _("it has too many pages"),
        "too-many-pixels": _("the picture is too large"),
        "too-heavy": _("it takes too much to open"),
        "video": _("it is a video"),
        "failed": _("it could not be checked"),
    }.get(code or "", _("it is damaged or of another kind"))


def family(name: str) -> str:
    """What kind of file it is."""
    return {"image": _("Photo"), "document": _("PDF"), "audio": _("Sound")}[name]


def size(count: int) -> str:
    """A size as people say it."""
    if count < 1024 * 1024:
        return f"{max(1, round(count / 1024))} KB"
    return f"{count / (1024 * 1024):.1f} MB"


def shown(files: Sequence[File], base: str) -> list[Shown]:
    """The files of a case for its page; each is fetched below `base`."""
    return [
        Shown(
            each.name,
            family(each.family),
            size(each.size),
            f"{base}/{each.number}" if each.state == "clean" else "",
            _state(each),
        )
        for each in files
    ]


def _state(file: File) -> str:
    if file.state == "waiting":
        return _("being checked")
    if file.state == "refused":
        return _("refused: %(reason)s", reason=reason(file.reason))
    return ""


def held(draft: Draft) -> list[tuple[UUID, str, str]]:
    """The files that a form has, for its field: id, kind, size."""
    return [(each.id, family(each.family), size(each.size)) for each in draft.held]


def given(file: File, content: bytes) -> Response:
    """The file as a download that no browser opens as a page of ours."""
    answer = Response(content, mimetype=file.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


def piece_head() -> tuple[UUID, int, int]:
    """Of a piece sent by itself: the file's id, where it begins, the size of the whole file."""
    upload = _uuid(request.headers.get("X-Upload", ""))
    begins = request.headers.get("X-Begins", type=int)
    whole = request.headers.get("X-Size", type=int)
    if upload is None or begins is None or whole is None or begins < 0:
        abort(400)
    return upload, begins, whole


def draft_named() -> UUID | None:
    """The form to which a piece belongs, if it names one."""
    return _uuid(request.headers.get("X-Draft", ""))
