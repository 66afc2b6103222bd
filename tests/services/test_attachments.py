"""Files of citizens: kept under the form's id, given to the case, cleaned, sealed, read."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask

from feedback import jobs
from feedback.clock import day_start
from feedback.services import attachments, checking, identity, rotation, sandbox
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.services.incoming import MOST_BYTES, PART, Incoming
from feedback.transaction import JOB, Principal, transaction
from tests.cleaning import samples
from tests.factories import Make
from tests.services.kit import acts, rows, together
from tests.services.test_scanner import EICAR, daemon

Behind = psycopg.Connection[Any]


def incoming(data: bytes, *, keep: bool = True) -> Incoming:
    """A file as a request's parser writes it, in pieces of odd sizes."""
    file = Incoming(keep=keep)
    for begin in range(0, len(data), 70_001):
        file.write(data[begin : begin + 70_001])
    return file


def stage(draft: UUID, now: datetime, *files: bytes) -> list[str]:
    with transaction(attachments.uploading(draft)):
        return attachments.stage(draft, [incoming(data) for data in files], now)


def held(draft: UUID) -> list[attachments.Staged]:
    with transaction(attachments.uploading(draft)):
        return attachments.staged()


def give(case: Receipt, now: datetime, *files: bytes) -> int:
    """Files with a message of the citizen."""
    assert stage(case.case_id, now, *files) == []
    with transaction(Principal.of_case(case.case_id)):
        return attachments.take(case.case_id, case.case_id, now)


def files_of(case: Receipt) -> list[attachments.File]:
    with transaction(Principal.of_case(case.case_id)):
        return attachments.of_case(case.case_id)


def fetch(case: Receipt, number: int, now: datetime) -> tuple[attachments.File, bytes]:
    with transaction(Principal.of_case(case.case_id)):
        return attachments.fetch(case.case_id, number, now)


@pytest.fixture
def case(make: Make, monday: datetime) -> Receipt:
    make.officer("DODOMA-CC", "handler")
    return make.case(monday)


def test_a_file_goes_its_way(case: Receipt, monday: datetime, superuser: Behind) -> None:
    raw = samples.jpeg((800, 600))
    assert give(case, monday, raw, samples.pdf()) == 2
    assert [f.state for f in files_of(case)] == ["waiting", "waiting"]
    with pytest.raises(Refused):
        fetch(case, 1, monday)
    assert checking.check(monday, 60) == checking.Counts(cleaned=2)
    photo, document = files_of(case)
    assert [photo.name, document.name] == ["picha-1.jpg", "hati-2.pdf"]
    file, content = fetch(case, 1, monday)
    assert (file.size, content[:3]) == (len(content), b"\xff\xd8\xff")
    assert samples.SECRET not in content
    assert rows(superuser, "SELECT * FROM upload") == []
    assert rows(superuser, "SELECT * FROM upload_part") == []
    assert "files_added" in acts(superuser, case.case_id)
    assert "file_read" not in acts(superuser, case.case_id)  # the citizen's own look


def test_nothing_of_a_file_lies_in_the_clear(
    case: Receipt, monday: datetime, superuser: Behind
) -> None:
    give(case, monday, samples.jpeg(), samples.wav())
    before = rows(superuser, "SELECT sealed FROM upload_part")
    checking.check(monday, 60)
    after = rows(superuser, "SELECT sealed FROM attachment_content")
    assert len(before) == len(after) == 2
    for row in before + after:
        assert samples.SECRET not in row["sealed"]
        assert not row["sealed"].startswith((b"\xff\xd8", b"RIFF"))
    keys = rows(superuser, "SELECT sealed FROM case_key")
    assert len(keys) == 1  # one for all files of a case


def test_a_file_is_bound_to_its_case_and_place(
    case: Receipt, make: Make, monday: datetime, superuser: Behind
) -> None:
    other = make.case(monday)
    for each in (case, other):
        give(each, monday, samples.pdf(), samples.jpeg())
    checking.check(monday, 60)
    superuser.execute(
        "UPDATE attachment_content c SET sealed = d.sealed FROM attachment a, attachment b,"
        " attachment_content d WHERE a.id = c.attachment_id AND a.case_id = %s AND a.number = 1"
        " AND b.case_id = %s AND b.number = 2 AND d.attachment_id = b.id",
        (case.case_id, case.case_id),
    )
    with pytest.raises(identity.CannotUnseal):
        fetch(case, 1, monday)
    superuser.execute(
        "UPDATE case_key SET sealed = (SELECT sealed FROM case_key WHERE case_id = %s)"
        " WHERE case_id = %s",
        (case.case_id, other.case_id),
    )
    with pytest.raises(identity.CannotUnseal):
        fetch(other, 1, monday)


def test_five_files_of_ten_megabytes_at_most(app: Flask, monday: datetime) -> None:
    draft = uuid4()
    photos = [samples.jpeg((10 + n, 10)) for n in range(6)]
    assert stage(draft, monday, *photos[:3], samples.jpeg() + bytes(MOST_BYTES)) == ["too-large"]
    assert stage(draft, monday, *photos[3:]) == ["too-many"]
    assert stage(uuid4(), monday, b"", samples.archive(), b"MZ...") == [
        "empty",
        "archive",
        "unknown-type",
    ]
    assert len(held(draft)) == 5
    assert stage(draft, monday, photos[0]) == []  # the same once more is no sixth


def test_what_is_too_much_is_read_and_not_kept() -> None:
    with closing(incoming(bytes(MOST_BYTES + 1))) as file:
        assert not file.fits
    with closing(incoming(bytes(3 * PART), keep=False)) as file:
        assert file.size == 3 * PART
        assert list(file.parts()) == []


def test_a_case_takes_twenty_files(case: Receipt, monday: datetime) -> None:
    taken = []
    for turn in range(6):
        photos = [samples.jpeg((10 + n, 10 + turn)) for n in range(5)]
        taken.append(give(case, monday, *photos))
        with transaction(attachments.uploading(case.case_id)):
            for each in attachments.staged():
                attachments.drop(each.id)
    assert taken == [5, 5, 5, 5, 0, 0]


def test_a_file_sent_twice_is_taken_once(case: Receipt, monday: datetime) -> None:
    assert give(case, monday, samples.pdf()) == 1
    assert give(case, monday, samples.pdf()) == 0
    assert held(case.case_id) == []


def test_each_draft_is_its_own(app: Flask, monday: datetime) -> None:
    mine, other = uuid4(), uuid4()
    stage(mine, monday, samples.pdf())
    assert held(other) == []
    (file,) = held(mine)
    with transaction(attachments.uploading(other)):
        attachments.drop(file.id)
    assert held(mine) == [file]
    with transaction(attachments.uploading(mine)):
        attachments.drop(file.id)
    assert held(mine) == []


def test_strangers_fill_no_disk(
    app: Flask, monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "STAGING", 3_000)
    assert stage(uuid4(), monday, samples.pdf() + bytes(2_000)) == []
    assert stage(uuid4(), monday, samples.pdf() + bytes(2_000)) == ["no-room"]


def test_a_file_without_a_form_goes_after_a_day(
    case: Receipt, monday: datetime, superuser: Behind
) -> None:
    draft = uuid4()
    stage(draft, monday, samples.pdf())
    give(case, monday, samples.pdf())  # waits for its check, and is the case's
    with transaction(JOB):
        assert attachments.expire(monday + timedelta(hours=23)) == 0
        assert attachments.expire(monday + timedelta(hours=25)) == 1
    assert held(draft) == []
    assert len(rows(superuser, "SELECT * FROM upload")) == 1


# Piece by piece


def append(draft: UUID, file: UUID, begins: int, whole: bytes, now: datetime, size: int) -> int:
    with transaction(attachments.uploading(draft)):
        piece = whole[begins : begins + size]
        return attachments.append(draft, file, begins, len(whole), piece, now)


def test_pieces_make_a_file_again_over_a_broken_line(
    case: Receipt, monday: datetime, superuser: Behind
) -> None:
    draft, file, whole = case.case_id, uuid4(), samples.jpeg((900, 900))
    at = append(draft, file, 0, whole, monday, 3000)
    assert at == 3000
    assert held(draft) == []  # not whole yet
    assert append(draft, file, 0, whole, monday, 3000) == 3000  # the answer was lost
    assert append(draft, file, 6000, whole, monday, 3000) == 3000  # too far ahead
    while at < len(whole):
        at = append(draft, file, at, whole, monday, 3000)
    assert [each.size for each in held(draft)] == [len(whole)]
    with transaction(Principal.of_case(draft)):
        assert attachments.take(draft, draft, monday) == 1
    assert checking.check(monday, 60).cleaned == 1
    assert fetch(case, 1, monday)[1][:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize(
    ("begins", "size", "piece", "code"),
    [
        (0, MOST_BYTES + 1, samples.jpeg(), "too-large"),
        (0, 0, b"", "empty"),
        (0, 10, samples.jpeg(), "too-large"),
        (0, MOST_BYTES, samples.jpeg() + bytes(PART), "too-large"),
    ],
)
def test_pieces_have_the_bounds_of_files(
    app: Flask, monday: datetime, begins: int, size: int, piece: bytes, code: str
) -> None:
    draft = uuid4()
    with (
        pytest.raises(Refused) as refused,
        transaction(attachments.uploading(draft)),
    ):
        attachments.append(draft, uuid4(), begins, size, piece, monday)
    assert refused.value.code == code
    assert held(draft) == []


def test_a_piece_of_anothers_file_is_not_taken(app: Flask, monday: datetime) -> None:
    file, whole = uuid4(), samples.jpeg()
    append(uuid4(), file, 0, whole, monday, 100)
    assert append(uuid4(), file, 100, whole, monday, 100) == 0


# Checking


def test_refused_files_say_why_and_are_gone(
    case: Receipt, monday: datetime, superuser: Behind
) -> None:
    give(case, monday, samples.jpeg()[:300], samples.pixel_bomb(), samples.armed_pdf())
    assert checking.check(monday, 60) == checking.Counts(cleaned=1, refused=2)
    found = [(f.state, f.reason) for f in files_of(case)]
    assert found == [("refused", "damaged"), ("refused", "too-many-pixels"), ("clean", None)]
    assert rows(superuser, "SELECT * FROM upload") == []


def test_a_scanner_speaks_first_and_its_silence_holds_files_back(
    app: Flask,
    case: Receipt,
    monday: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    superuser: Behind,
) -> None:
    monkeypatch.setitem(app.config, "CLAMD_SOCKET", str(tmp_path / "clamd"))
    bad = samples.wav()[:-20] + EICAR
    give(case, monday, samples.jpeg(), bad)
    now = monday
    for _ in range(2 * checking.ATTEMPTS):  # away for long: the files wait, whatever it takes
        assert checking.check(now, 60) == checking.Counts(postponed=2)
        assert checking.check(now, 60) == checking.Counts()
        now += checking.AGAIN
    assert len(rows(superuser, "SELECT * FROM upload")) == 2
    with daemon(tmp_path / "clamd") as (_, heard):
        assert checking.check(now, 60) == checking.Counts(cleaned=1, refused=1)
    assert sorted(heard) == sorted([samples.jpeg(), bad])
    assert [(f.state, f.reason) for f in files_of(case)] == [
        ("clean", None),
        ("refused", "infected"),
    ]


def test_a_broken_cleaner_is_tried_again_and_then_said(
    case: Receipt, monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(case, monday, samples.pdf())
    with monkeypatch.context() as broken:
        broken.setattr(sandbox.clean, "__defaults__", (("/nowhere/python",), 1.0))
        assert checking.check(monday, 60).postponed == 1
        later = monday + checking.AGAIN
    assert checking.check(later, 60).cleaned == 1
    give(case, later, samples.jpeg())
    monkeypatch.setattr(sandbox.clean, "__defaults__", (("/nowhere/python",), 1.0))
    for turn in range(checking.ATTEMPTS):
        checking.check(later + turn * checking.AGAIN, 60)
    assert files_of(case)[1].reason == "failed"


def test_a_key_that_is_gone_loses_no_file(
    app: Flask, case: Receipt, monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(case, monday, samples.pdf())
    keys = app.config["IDENTITY_KEYS"]
    with monkeypatch.context() as lost:
        lost.setitem(app.config, "IDENTITY_KEYS", {"other": b"x" * 32})
        assert checking.check(monday, 60).postponed == 1
    assert app.config["IDENTITY_KEYS"] is keys
    assert checking.check(monday + checking.AGAIN, 60).cleaned == 1


def test_two_workers_clean_each_file_once(app: Flask, case: Receipt, monday: datetime) -> None:
    give(case, monday, *(samples.jpeg((20 + n, 20)) for n in range(4)))
    counts = together(app, [lambda: checking.check(monday, 60)] * 2)
    assert sum(each.cleaned for each in counts) == 4
    assert [f.state for f in files_of(case)] == ["clean"] * 4


def test_a_claim_that_was_left_behind_runs_out(case: Receipt, monday: datetime) -> None:
    give(case, monday, samples.pdf())
    with transaction(JOB):
        assert checking._claim(monday) is not None
    assert checking.check(monday, 60) == checking.Counts()
    assert checking.check(monday + checking.LEASE, 60).cleaned == 1


def test_the_jobs_do_it(case: Receipt, monday: datetime) -> None:
    give(case, monday, samples.pdf())
    assert jobs.check_files() == {"cleaned": 1, "refused": 0, "postponed": 0}
    assert jobs.expire_files() == {"expired": 0}


def test_the_hour_of_an_unknown_citizen_is_not_kept(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    make.officer("DODOMA-CC", "handler")
    case = make.case(monday, anonymous=True)
    give(case, monday, samples.pdf())
    checking.check(monday, 60)
    (entry,) = rows(superuser, "SELECT at FROM audit_entry WHERE act = 'files_added'")
    assert entry["at"] == day_start(monday)
    (row,) = rows(superuser, "SELECT * FROM attachment")
    assert not [v for v in row.values() if isinstance(v, datetime)]


def test_keys_are_changed_while_files_wait_and_when_they_are_clean(
    app: Flask, case: Receipt, monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(case, monday, samples.jpeg())
    checking.check(monday, 60)
    give(case, monday, samples.pdf())
    (old,) = app.config["IDENTITY_KEYS"].items()
    monkeypatch.setitem(app.config, "IDENTITY_KEYS", {"k2": b"n" * 32, old[0]: old[1]})
    done = rotation.rotate(["k2", old[0]])
    assert (done.ok, done.removable) == (True, [old[0]])
    monkeypatch.setitem(app.config, "IDENTITY_KEYS", {"k2": b"n" * 32})
    assert checking.check(monday, 60).cleaned == 1
    assert fetch(case, 1, monday)[1].startswith(b"\xff\xd8\xff")
    assert fetch(case, 2, monday)[1].startswith(b"%PDF-")


@pytest.mark.parametrize(("level", "sees"), [("open", True), ("confidential", False)])
def test_who_reads_no_words_gets_no_file(
    make: Make, monday: datetime, superuser: Behind, level: str, sees: bool
) -> None:
    coordinator = make.officer("DODOMA-CC", "coordinator")
    handler = make.officer("DODOMA-CC", "handler")
    case = make.case(monday, confidentiality=level)
    give(case, monday, samples.pdf())
    checking.check(monday, 60)
    with transaction(Principal.of_officer(handler)):
        assert attachments.fetch(case.case_id, 1, monday)[1].startswith(b"%PDF-")
    with transaction(Principal.of_officer(coordinator)):
        assert bool(attachments.of_case(case.case_id)) is sees
        if not sees:
            with pytest.raises(Refused):
                attachments.fetch(case.case_id, 1, monday)
    looks = rows(superuser, "SELECT actor_id FROM audit_entry WHERE act = 'file_read'")
    assert [row["actor_id"] for row in looks] == [handler]
