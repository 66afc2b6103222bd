"""What a file is, told by its first bytes; the name and the sender's word count for nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

import puremagic

from . import Refusal

HEAD = 4096  # bytes that are enough to tell


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is accepted: image, document or audio; and its format."""

    family: str
    format: str


JPEG, PNG = Kind("image", "jpeg"), Kind("image", "png")
GIF, WEBP = Kind("image", "gif"), Kind("image", "webp")
PDF = Kind("document", "pdf")
MP3, AAC, AMR = Kind("audio", "mp3"), Kind("audio", "aac"), Kind("audio", "amr")
WAV, OGG, MP4 = Kind("audio", "wav"), Kind("audio", "ogg"), Kind("audio", "mp4")

# Formats as they leave: media type and ending.
OUTPUT = {
    "jpeg": ("image/jpeg", "jpg"),
    "png": ("image/png", "png"),
    "webp": ("image/webp", "webp"),
    "pdf": ("application/pdf", "pdf"),
    "mp3": ("audio/mpeg", "mp3"),
    "aac": ("audio/aac", "aac"),
    "amr": ("audio/amr", "amr"),
    "wav": ("audio/wav", "wav"),
    "ogg": ("audio/ogg", "ogg"),
    "mp4": ("audio/mp4", "m4a"),
}
_STARTS = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"%PDF-", PDF),
    (b"#!AMR\n", AMR),
    (b"#!AMR-WB\n", AMR),
    (b"OggS\x00", OGG),
    (b"ID3", MP3),
)
_RIFF = {b"WEBP": WEBP, b"WAVE": WAV}
# Brands of a container that may hold sound; whether it holds nothing else is seen when it is read.
_SOUND_BRAND = re.compile(rb"M4A |M4B |mp4[12]|iso[m2-6]|dash|3gp.|3g2.|3gr.|3gs.", re.DOTALL)
_ARCHIVES = frozenset(
    {".zip", ".jar", ".apk", ".docx", ".xlsx", ".pptx", ".odt", ".rar", ".7z", ".gz", ".tgz"}
    | {".bz2", ".xz", ".tar", ".zst", ".lz4", ".cab", ".iso", ".arj", ".lzh"}
)


def tell(head: bytes) -> Kind:
    """The kind of a file by its first `HEAD` bytes; Refusal: unknown-type, archive."""
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp" and _SOUND_BRAND.fullmatch(head[8:12]):
        return MP4
    if len(head) > 2 and head[0] == 0xFF:
        # Both sounds begin with eleven set bits; the layer tells them apart.
        if head[1] & 0xF6 == 0xF0:
            return AAC
        if head[1] & 0xE0 == 0xE0 and head[1] & 0x06:
            return MP3
    raise Refusal("archive" if _is_archive(head) else "unknown-type")


def _is_archive(head: bytes) -> bool:
    """Whether it is one, so that the sender can be told to send what is inside."""
    try:
        return any(found.extension in _ARCHIVES for found in puremagic.magic_string(head))
    except (puremagic.PureError, ValueError):
        return False
