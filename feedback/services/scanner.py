"""A thin client of ClamAV's daemon: one file in, its verdict out, and no file without a verdict."""

from __future__ import annotations

import socket

CHUNK = 64 * 1024
MOST_ANSWER = 4096
SECONDS = 30.0


class Unreachable(Exception):
    """The daemon is away, is too slow, or says something that is no verdict."""


def is_infected(data: bytes, address: str, seconds: float = SECONDS) -> bool:
    """Whether the daemon knows something bad in the file. Unreachable when it did not say.

    address: a path of a socket, or `host:port`.
    """
    try:
        with _connected(address, seconds) as line:
            line.sendall(b"zINSTREAM\0")
            for begin in range(0, len(data), CHUNK):
                piece = data[begin : begin + CHUNK]
                line.sendall(len(piece).to_bytes(4, "big") + piece)
            line.sendall(bytes(4))
            answer = b""
            while not answer.endswith(b"\0") and len(answer) < MOST_ANSWER:
                more = line.recv(MOST_ANSWER)
                if not more:
                    break
                answer += more
    except OSError as error:
        raise Unreachable(type(error).__name__) from error
    verdict = answer.rstrip(b"\0\n")
    if verdict == b"stream: OK":
        return False
    if verdict.startswith(b"stream: ") and verdict.endswith(b" FOUND"):
        return True
    raise Unreachable("no verdict")


def _connected(address: str, seconds: float) -> socket.socket:
    if address.startswith("/"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(seconds)
        try:
            line.connect(address)
        except OSError:
            line.close()
            raise
        return line
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), seconds)
