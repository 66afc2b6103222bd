"""A posted file on its way in: sealed piece by piece, so that no disk ever holds it in the clear.

The request's parser writes into it as the bytes arrive. What is too much is read and let go, so
that the words beside it are not lost with it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
PART = 256 * 1024  # bytes of one piece
MOST_BYTES = 10 * 1024 * 1024  # of one file
HEAD = 4096  # bytes kept at hand, by which the kind is told


def seal_part(key: bytes, upload_id: UUID, begins: int, data: bytes) -> bytes:
    """Encrypt a piece; it can be opened at its own place in its own file only."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, f"upload:{upload_id}:{begins}".encode())


def open_part(key: bytes, upload_id: UUID, begins: int, sealed: bytes) -> bytes:
    """Decrypt a piece; cryptography's InvalidTag when it is not the piece of this place."""
    return AESGCM(key).decrypt(
        sealed[:NONCE], sealed[NONCE:], f"upload:{upload_id}:{begins}".encode()
    )


class Incoming:
    """What the parser takes for a file. `size` counts all bytes sent, kept or not."""

    def __init__(self, *, keep: bool = True) -> None:
        self.id, self.key = uuid4(), os.urandom(32)
        self.size, self.head = 0, b""
        self.keep = keep
        self._hash = hashlib.sha256()
        self._buffer = bytearray()
        self._sealed: list[tuple[int, int]] = []  # begin in the file, length as sealed
        self._begins = 0
        # Holds sealed pieces only, and has no name.
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with the request

    @property
    def fits(self) -> bool:
        """Whether the file is small enough."""
        return self.size <= MOST_BYTES

    def write(self, data: bytes) -> int:
        """Take what arrived."""
        self.size += len(data)
        if len(self.head) < HEAD:
            self.head += data[: HEAD - len(self.head)]
        if self.keep and self.fits:
            self._hash.update(data)
            self._buffer += data
            while len(self._buffer) >= PART:
                self._flush(PART)
        return len(data)

    def _flush(self, length: int) -> None:
        piece = bytes(self._buffer[:length])
        del self._buffer[:length]
        sealed = seal_part(self.key, self.id, self._begins, piece)
        self._file.write(sealed)
        self._sealed.append((self._begins, len(sealed)))
        self._begins += length

    def parts(self) -> Iterator[tuple[int, bytes]]:
        """The sealed pieces with where each begins, once everything has arrived."""
        if self._buffer:
            self._flush(len(self._buffer))
        self._file.seek(0)
        for begins, length in self._sealed:
            yield begins, self._file.read(length)

    def fingerprint(self) -> bytes:
        """A hash of what was kept; the caller binds it with a key."""
        return self._hash.digest()

    # What a parser and a request ask of a file beyond that.

    def seek(self, _place: int, _whence: int = 0) -> int:
        """Nobody reads it from here: `parts` does."""
        return 0

    def read(self, _size: int = -1) -> bytes:
        """Nothing: the content is given out sealed."""
        return b""

    def close(self) -> None:
        """Let the sealed pieces go."""
        self._file.close()
