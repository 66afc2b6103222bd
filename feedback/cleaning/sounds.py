"""Sound: kept frame by frame, without what stands around it (names, places, covers, remarks).

The sound itself is not decoded; a voice can still be known by its sound.
"""

from __future__ import annotations

from collections.abc import Callable

from . import Refusal
from .ogg import clean as _ogg

LEAST_SOUND = 0.8  # share of the file that must be well-formed sound
# Bits in a second (kbit/s) by MPEG version and layer, then by index.
_RATES = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_HERTZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_AMR = (13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1)
_AMR_WB = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1)
# Boxes of a container that hold boxes; those that are kept; and those with times at the start.
_NESTED = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf"})
_KEPT = frozenset(
    {b"ftyp", b"mdat", b"free", b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"smhd", b"dref", b"elst"}
    | {b"stsd", b"stts", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"sgpd", b"sbgp", b"stss"}
    | {b"ctts", b"iods", *_NESTED}
)
_TIMED = frozenset({b"mvhd", b"tkhd", b"mdhd"})
DEPTH = 10


def clean(data: bytes, format_: str) -> bytes:
    """The sound in the same format. Refusal: damaged, video, unknown-type."""
    return _CLEANERS[format_](data)


def _frames(data: bytes, begin: int, length_at: Callable[[bytes, int], int]) -> bytes:
    """The well-formed frames from `begin` on; what lies between them is left out."""
    out, at, end = bytearray(), begin, len(data)
    while at < end:
        length = length_at(data, at)
        if length and at + length <= end:
            out += data[at : at + length]
            at += length
        else:
            at += 1
    if not out or len(out) < LEAST_SOUND * (end - begin):
        raise Refusal("damaged")
    return bytes(out)


def _mp3(data: bytes) -> bytes:
    begin = 0
    while data[begin : begin + 3] == b"ID3" and begin + 10 <= len(data):
        size = 0
        for byte in data[begin + 6 : begin + 10]:
            size = size << 7 | byte & 0x7F
        begin += 10 + size + (10 if data[begin + 5] & 0x10 else 0)
    end = len(data)
    if data[-128:-125] == b"TAG":
        end -= 128
    tag = data.rfind(b"APETAGEX", max(begin, end - 1_000_000), end)
    if tag > 0:
        first = data.find(b"APETAGEX", max(begin, end - 1_000_000), end)
        end = min(tag, first)
    return _frames(data[:end], begin, _mp3_frame)


def _mp3_frame(data: bytes, at: int) -> int:
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rate, hertz = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or rate in (0, 15) or hertz == 3:
        return 0
    bits = _RATES[1 if version == 3 else 2, layer][rate - 1] * 1000
    padding = head[2] >> 1 & 1
    if layer == 1:
        return (12 * bits // _HERTZ[version][hertz] + padding) * 4
    samples = 72 if layer == 3 and version != 3 else 144
    return samples * bits // _HERTZ[version][hertz] + padding


def _aac(data: bytes) -> bytes:
    return _frames(data, 0, _aac_frame)


def _aac_frame(data: bytes, at: int) -> int:
    head = data[at : at + 7]
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0


def _amr(data: bytes) -> bytes:
    wide = data.startswith(b"#!AMR-WB\n")
    mark, sizes = (b"#!AMR-WB\n", _AMR_WB) if wide else (b"#!AMR\n", _AMR)
    return mark + _frames(
        data[len(mark) :], 0, lambda d, at: sizes[d[at] >> 3 & 15] if not d[at] & 0x83 else 0
    )


def _wav(data: bytes) -> bytes:
    """Only the sound and its measure."""
    kept: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        # A recorder that was cut off leaves a length that reaches past the end.
        kept.setdefault(name, data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    if not (16 <= len(kept.get(b"fmt ", b"")) <= 64 and kept.get(b"data")):
        raise Refusal("damaged")
    body = b"WAVE"
    for name in (b"fmt ", b"fact", b"data"):
        if name in kept:
            part = kept[name]
            body += name + len(part).to_bytes(4, "little") + part + b"\0" * (len(part) % 2)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _mp4(data: bytes) -> bytes:
    """The same boxes at the same places, those with notes and times emptied.

    The index names places in the file, so nothing may move. Boxes behind the last whole one, and
    whatever is no box, are left out.
    """
    out = bytearray(data)
    end = _boxes(out, 0, len(out), DEPTH)
    if b"soun" not in _tracks(out[:end]):
        raise Refusal("damaged")
    return bytes(out[:end])


def _boxes(out: bytearray, at: int, end: int, depth: int) -> int:
    """Empty what is not needed between `at` and `end`; answers where the last box ends."""
    while at + 8 <= end and depth:
        size, name, head = int.from_bytes(out[at : at + 4], "big"), bytes(out[at + 4 : at + 8]), 8
        if size == 1:
            size, head = int.from_bytes(out[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = end - at
        if size < head or at + size > end:
            break
        inner, after = at + head, at + size
        if name not in _KEPT or name == b"free":
            out[at + 4 : at + 8] = b"free"
            out[inner:after] = bytes(after - inner)
        elif name in _NESTED:
            _boxes(out, inner, after, depth - 1)
        elif name in _TIMED:
            wide = 16 if out[inner] == 1 else 8
            out[inner + 4 : inner + 4 + wide] = bytes(wide)
        elif name == b"hdlr":
            if out[inner + 8 : inner + 12] == b"vide":
                raise Refusal("video")
            out[inner + 24 : after] = bytes(after - inner - 24)  # the program's own name
        at = after
    return at


def _tracks(data: bytes | bytearray) -> set[bytes]:
    """What the tracks are said to hold."""
    found, at = set(), data.find(b"hdlr")
    while at >= 0:
        found.add(bytes(data[at + 12 : at + 16]))
        at = data.find(b"hdlr", at + 4)
    return found


_CLEANERS: dict[str, Callable[[bytes], bytes]] = {
    "mp3": _mp3,
    "aac": _aac,
    "amr": _amr,
    "wav": _wav,
    "ogg": _ogg,
    "mp4": _mp4,
}
