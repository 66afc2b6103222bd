"""Ogg with Opus or Vorbis sound: its remarks become empty ones, its pages are numbered anew."""

from __future__ import annotations

from dataclasses import dataclass

from . import Refusal

# By its first packet: how many packets stand before the sound, and the empty remarks.
_NOBODY = (0).to_bytes(4, "little") * 2
_OPUS, _VORBIS = b"OpusHead", b"\x01vorbis"
_HEADERS = {_OPUS: 2, _VORBIS: 3}
_REMARKS = {_OPUS: b"OpusTags" + _NOBODY, _VORBIS: b"\x03vorbis" + _NOBODY + b"\x01"}


@dataclass(slots=True)
class _Page:
    flags: int
    granule: bytes
    serial: bytes
    lacing: bytes
    body: bytes

    def written(self, number: int) -> bytes:
        head = b"OggS\0" + bytes([self.flags]) + self.granule + self.serial
        head += number.to_bytes(4, "little")
        tail = bytes([len(self.lacing)]) + self.lacing + self.body
        check = _checksum(head + bytes(4) + tail)
        return head + check.to_bytes(4, "little") + tail


def _table() -> list[int]:
    table = []
    for number in range(256):
        value = number << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
        table.append(value)
    return table


_CRC = _table()


def _checksum(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ _CRC[value >> 24 ^ byte]
    return value


def clean(data: bytes) -> bytes:
    """The sound with empty remarks. Refusal: damaged, unknown-type (neither Opus nor Vorbis)."""
    pages = _pages(data)
    start = next((mark for mark in _HEADERS if pages[0].body.startswith(mark)), None)
    if start is None:
        raise Refusal("unknown-type")
    packets, used = _headers(pages, _HEADERS[start])
    packets[1] = _REMARKS[start]
    first = pages[0]
    rest = b"".join(packets[1:])
    lacing = b"".join(_laced(len(packet)) for packet in packets[1:])
    made = [_Page(2, bytes(8), first.serial, _laced(len(packets[0])), packets[0])]
    at = 0
    for begin in range(0, len(lacing), 255):
        part = lacing[begin : begin + 255]
        size = sum(part)
        continued = begin > 0 and lacing[begin - 1] == 255
        made.append(_Page(int(continued), bytes(8), first.serial, part, rest[at : at + size]))
        at += size
    return b"".join(page.written(n) for n, page in enumerate([*made, *pages[used:]]))


def _laced(size: int) -> bytes:
    return b"\xff" * (size // 255) + bytes([size % 255])


def _pages(data: bytes) -> list[_Page]:
    """The pages of the one stream; what follows the last whole page is left out."""
    pages: list[_Page] = []
    at = 0
    while data[at : at + 5] == b"OggS\0" and at + 27 <= len(data):
        count = data[at + 26]
        lacing = data[at + 27 : at + 27 + count]
        begin = at + 27 + count
        size = sum(lacing)
        if len(lacing) < count or begin + size > len(data):
            break
        head = data[at : at + 22] + bytes(4) + data[at + 26 : begin + size]
        if _checksum(head).to_bytes(4, "little") != data[at + 22 : at + 26]:
            break
        page = _Page(data[at + 5], data[at + 6 : at + 14], data[at + 14 : at + 18], lacing, b"")
        page.body = data[begin : begin + size]
        if pages and page.serial != pages[0].serial:
            raise Refusal("unknown-type")  # several streams at once: no phone records so
        pages.append(page)
        at = begin + size
    if len(pages) < 2 or at < 0.8 * len(data):
        raise Refusal("damaged")
    return pages


def _headers(pages: list[_Page], wanted: int) -> tuple[list[bytes], int]:
    """The packets before the sound, and how many pages they take: sound begins on a new page."""
    packets: list[bytes] = []
    present = b""
    used = 0
    for page in pages:
        used, at = used + 1, 0
        for length in page.lacing:
            present += page.body[at : at + length]
            at += length
            if length < 255:
                packets.append(present)
                present = b""
        if len(packets) >= wanted:
            break
    if len(packets) != wanted or present:
        raise Refusal("damaged")
    return packets, used
