"""The client of ClamAV, against a server that speaks its protocol on a socket of its own."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from feedback.services import scanner

EICAR = b"X5O!P%@AP-stand-in-for-the-test-virus"


class Daemon(socketserver.StreamRequestHandler):
    """INSTREAM as clamd answers it; what it says for a clean file can be set."""

    says = b"stream: OK\0"

    def handle(self) -> None:
        command = b""
        while not command.endswith(b"\0"):
            command += self.rfile.read(1)
        assert command == b"zINSTREAM\0"
        data = b""
        while size := int.from_bytes(self.rfile.read(4), "big"):
            data += self.rfile.read(size)
        self.server.heard.append(data)  # type: ignore[attr-defined]
        found = b"stream: Test-Virus FOUND\0" if EICAR in data else self.server.says  # type: ignore[attr-defined]
        self.wfile.write(found)


@contextmanager
def daemon(
    path: Path | None = None, says: bytes = Daemon.says
) -> Iterator[tuple[str, list[bytes]]]:
    """A stand-in on a path, or on a port of this machine; its address, and what it was sent."""
    server: socketserver.BaseServer
    if path is not None:
        server, address = socketserver.UnixStreamServer(str(path), Daemon), str(path)
    else:
        server = socketserver.TCPServer(("127.0.0.1", 0), Daemon)
        address = f"127.0.0.1:{server.server_address[1]}"
    heard: list[bytes] = []
    server.heard, server.says = heard, says  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield address, heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_file_is_sent_whole_and_its_verdict_read(tmp_path: Path) -> None:
    data = bytes(range(256)) * 1000
    for path in (tmp_path / "clamd", None):
        with daemon(path) as (address, heard):
            assert scanner.is_infected(data, address) is False
            assert scanner.is_infected(data + EICAR, address) is True
        assert heard == [data, data + EICAR]


@pytest.mark.parametrize("says", [b"", b"INSTREAM size limit exceeded. ERROR\0", b"stream: O\0"])
def test_no_verdict_is_not_a_clean_one(says: bytes) -> None:
    with daemon(says=says) as (address, _), pytest.raises(scanner.Unreachable):
        scanner.is_infected(b"x", address)


def test_a_daemon_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    for address in (str(tmp_path / "nobody"), "127.0.0.1:9"):
        with pytest.raises(scanner.Unreachable):
            scanner.is_infected(b"x", address)
