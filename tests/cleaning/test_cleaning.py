"""What is left of a file once it went through the cleaner's own process."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from feedback.cleaning import Refusal, documents, kinds, ogg, sounds
from feedback.services import sandbox
from tests.cleaning import samples
from tests.cleaning.samples import SECRET
from tests.conftest import LONG


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def refusal(data: bytes) -> str:
    with pytest.raises(Refusal) as refused:
        sandbox.clean(data)
    return refused.value.code


def test_a_photo_keeps_its_points_and_loses_its_place() -> None:
    raw = samples.jpeg()
    assert opened(raw).getexif().get_ifd(0x8825)
    assert SECRET in raw
    format_, cleaned = sandbox.clean(raw)
    picture = opened(cleaned)
    assert (format_, picture.size) == ("jpeg", (64, 32))
    assert not picture.getexif()
    assert "comment" not in picture.info
    assert SECRET not in cleaned
    assert b"Exif" not in cleaned
    red, _green, blue = picture.convert("RGB").getpixel((5, 16))
    assert red > 200 > 60 > blue


def test_a_photo_is_turned_upright() -> None:
    """Orientation 6: the camera lay on its side, the left edge is the top."""
    _format, cleaned = sandbox.clean(samples.jpeg(orientation=6))
    picture = opened(cleaned).convert("RGB")
    assert picture.size == (32, 64)
    red, _green, blue = picture.getpixel((16, 5))
    assert red > 200 > 60 > blue


@pytest.mark.parametrize(
    ("given_as", "leaves_as"), [("PNG", "png"), ("WEBP", "webp"), ("GIF", "png"), ("JPEG", "jpeg")]
)
def test_what_hangs_on_a_picture_falls_off(given_as: str, leaves_as: str) -> None:
    raw = samples.picture(given_as) + b"<script>alert(1)</script>" + samples.archive() + SECRET
    format_, cleaned = sandbox.clean(raw)
    assert (format_, opened(cleaned).size) == (leaves_as, (20, 10))
    for left in (b"<script", b"PK\x03\x04", SECRET):
        assert left not in cleaned


def test_a_picture_that_is_a_script_too_is_only_a_picture() -> None:
    """GIF89a/*…*/=1;alert(1) runs as a script where a browser takes it for one."""
    gif = bytearray(samples.picture("GIF", (0x2A2F % 300, 10)))
    raw = bytes(gif) + b"*/=1;alert(1)//<html><script>alert(2)</script>"
    format_, cleaned = sandbox.clean(raw)
    assert format_ == "png"
    assert b"alert" not in cleaned


def test_transparency_stays_and_big_pictures_shrink() -> None:
    _format, cleaned = sandbox.clean(samples.picture("PNG", (30, 30), "RGBA"))
    assert opened(cleaned).mode == "RGBA"
    _format, cleaned = sandbox.clean(samples.picture("JPEG", (6000, 1500)))
    assert max(opened(cleaned).size) <= 4096


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (samples.pixel_bomb, "too-many-pixels"),
        (lambda: samples.archive(3), "archive"),
        (lambda: samples.pdf(10_000), "too-many-pages"),
        (lambda: samples.packed_pdf(400_000_000), "too-heavy"),
        (lambda: samples.jpeg()[:300], "damaged"),
        (lambda: b"%PDF-1.7\nhakuna", "damaged"),
        (lambda: b"<html><script>alert(1)</script>", "unknown-type"),
        (lambda: b"MZ" + bytes(200), "unknown-type"),
        (lambda: samples.mp4(b"vide", b"isom"), "video"),
        (lambda: b"OggS\0" + bytes(100), "damaged"),
        (lambda: b"ID3" + bytes(3000), "damaged"),
    ],
)
def test_what_is_refused(data: object, code: str) -> None:
    begun = time.monotonic()
    assert callable(data)
    assert refusal(data()) == code
    assert time.monotonic() - begun < 30


def test_a_locked_document_is_refused() -> None:
    document = pikepdf.open(io.BytesIO(samples.pdf()))
    out = io.BytesIO()
    document.save(out, encryption=pikepdf.Encryption(user="a", owner="b"))
    assert refusal(out.getvalue()) == "locked"


def test_a_document_keeps_its_pages_and_does_nothing() -> None:
    raw = samples.armed_pdf()
    assert raw.count(SECRET) >= 4
    format_, cleaned = sandbox.clean(raw)
    assert format_ == "pdf"
    document = pikepdf.open(io.BytesIO(cleaned))
    assert len(document.pages) == 1
    # Written out in full: nothing may hide in a packed stream.
    plain = io.BytesIO()
    document.save(
        plain,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        stream_decode_level=pikepdf.StreamDecodeLevel.specialized,
    )
    for left in (SECRET, b"/JavaScript", b"/JS", b"/OpenAction", b"/AA", b"/Launch", b"/EF",
                 b"/EmbeddedFile", b"/Author", b"Exif", b"/Screen", b"/Link"):  # fmt: skip
        assert left not in plain.getvalue(), left
    notes = [str(note.Subtype) for note in document.pages[0].Annots]  # type: ignore[attr-defined]
    assert notes == ["/Text"]
    photo = document.pages[0].Resources.XObject.P
    assert opened(photo.read_raw_bytes()).size == (64, 32)


def test_what_is_packed_twice_in_a_document_is_refused() -> None:
    document = pikepdf.new()
    page = document.add_blank_page()
    stream = document.make_stream(b"")
    twice = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode])
    stream.write(b"x", filter=twice)
    page.obj.Contents = stream
    assert refusal(samples.saved(document)) == "too-heavy"


@pytest.mark.parametrize("name", ["wav", "amr", "aac", "mp3", "mp4"])
def test_sound_loses_its_remarks(name: str) -> None:
    raw = getattr(samples, name)()
    format_, cleaned = sandbox.clean(raw)
    assert format_ == name
    assert SECRET not in cleaned
    assert kinds.tell(cleaned[: kinds.HEAD]).format == name
    # Cleaning what is clean changes nothing more.
    assert sandbox.clean(cleaned)[1] == cleaned


def test_sound_in_a_container_stays_at_its_place() -> None:
    """The index names places in the file."""
    raw = samples.mp4()
    _format, cleaned = sandbox.clean(raw)
    assert len(cleaned) == len(raw)
    assert cleaned.index(b"sauti") == raw.index(b"sauti")
    assert b"\xe0\x00\x00\x01" not in cleaned  # when it was recorded


def _ogg(*, junk: bytes = b"") -> bytes:
    serial, blank = b"\x01\x02\x03\x04", bytes(8)
    tags = b"OpusTags" + (4).to_bytes(4, "little") + b"simu" + (1).to_bytes(4, "little")
    tags += len(SECRET).to_bytes(4, "little") + SECRET + bytes(600)
    lacing = b"\xff" * (len(tags) // 255) + bytes([len(tags) % 255])
    head = b"OpusHead\x01\x01" + bytes(9)
    pages = [
        ogg._Page(2, blank, serial, bytes([len(head)]), head),
        ogg._Page(0, blank, serial, lacing, tags),
        *(ogg._Page(0, blank, serial, b"\xc8", bytes([n]) * 200) for n in range(20)),
    ]
    return b"".join(page.written(n) for n, page in enumerate(pages)) + junk


def test_a_voice_message_loses_its_remarks() -> None:
    format_, cleaned = sandbox.clean(_ogg(junk=SECRET))
    assert format_ == "ogg"
    assert SECRET not in cleaned
    pages = ogg._pages(cleaned)  # which checks each page's sum
    assert [page.body for page in pages[2:]] == [bytes([n]) * 200 for n in range(20)]
    assert pages[1].body.startswith(b"OpusTags")


def test_the_tables_agree_with_a_known_sum() -> None:
    """The polynomial of Ogg: a page of another program's making keeps its sum."""
    assert ogg._checksum(b"123456789") == 0x89A1897F


# The limits of the process


def command(then: str, memory: int = 300_000_000, seconds: int = 1) -> list[str]:
    code = f"from cleaning.__main__ import limit; limit({memory}, {seconds}); {then}"
    start = f"import sys; sys.path.insert(0, {str(sandbox.ROOT)!r}); {code}"
    return [sys.executable, "-I", "-c", start]


def test_a_process_that_computes_without_end_is_ended() -> None:
    with pytest.raises(Refusal) as refused:
        sandbox.clean(b"x", command("exec('while True: pass')"))
    assert refused.value.code == "too-heavy"


def test_a_process_that_waits_without_end_is_ended() -> None:
    begun = time.monotonic()
    with pytest.raises(Refusal) as refused:
        sandbox.clean(b"x", command("import time; time.sleep(60)"), seconds=0.5)
    assert refused.value.code == "too-heavy"
    assert time.monotonic() - begun < 10


def test_a_process_that_writes_without_end_is_ended() -> None:
    endless = "exec('while True: sys.stdout.buffer.write(bytes(1000000))')"
    with pytest.raises(Refusal) as refused:
        sandbox.clean(b"x", command(endless, seconds=20))
    assert refused.value.code == "too-heavy"


@pytest.mark.parametrize(
    "then",
    [
        "bytearray(400_000_000)",
        "open('{folder}/x', 'w').write('x' * 100_000)",
        "[open('/dev/null') for _ in range(40)]",
    ],
)
def test_memory_files_and_handles_are_bounded(then: str, tmp_path: Path) -> None:
    with pytest.raises((sandbox.Broken, Refusal)):
        sandbox.clean(b"x", command(then.replace("{folder}", str(tmp_path))))


def test_the_process_has_no_secrets() -> None:
    written = "sys.stdout.write(json.dumps({{'format': repr({})}}) + chr(10))"
    shown = "import os, json; " + written.format("dict(os.environ)")
    said, _ = sandbox.clean(b"x", command(shown))
    assert "KEY" not in said
    loaded = (
        "import cleaning.pictures, cleaning.documents, cleaning.sounds, json;"
        " names = [n for n in sys.modules if n.split('.')[0] in ('feedback', 'config', 'flask')]; "
    ) + written.format("names")
    assert sandbox.clean(b"x", command(loaded, 900_000_000, 10))[0] == "[]"


def test_a_cleaner_that_cannot_start_is_no_fault_of_the_file() -> None:
    for absent in (["/nowhere/python"], [sys.executable, "-I", "-c", "raise SystemExit(3)"]):
        with pytest.raises(sandbox.Broken):
            sandbox.clean(b"x", absent)


STARTS = [samples.wav(), samples.amr(), samples.aac(), samples.mp3(), samples.mp4(), _ogg()]


@settings(max_examples=2_000 if LONG else 150, deadline=None)
@given(
    raw=st.sampled_from(STARTS),
    changes=st.lists(
        st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=8)), max_size=6
    ),
    cut=st.integers(0, 3000),
)
def test_sound_that_was_tampered_with_is_cleaned_or_refused(
    raw: bytes, changes: list[tuple[int, bytes]], cut: int
) -> None:
    data = bytearray(raw)
    for place, piece in changes:
        data[place : place + len(piece)] = piece
    try:
        kind = kinds.tell(bytes(data[:cut]))
        if kind.family == "audio":
            assert len(sounds.clean(bytes(data), kind.format)) <= len(data) + 64
    except Refusal:
        return


@settings(max_examples=1_000 if LONG else 60, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(9, 3000), st.binary(min_size=1, max_size=6))))
def test_a_document_that_was_tampered_with_is_rewritten_or_refused(
    changes: list[tuple[int, bytes]],
) -> None:
    data = bytearray(samples.armed_pdf())
    for place, piece in changes:
        data[place : place + len(piece)] = piece
    try:
        cleaned = documents.clean(bytes(data))
    except Refusal:
        return
    assert b"/JavaScript" not in cleaned
    assert b"/Launch" not in cleaned
