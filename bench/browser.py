"""A browser that costs little: one connection, cookies, gzip; nothing of a page is drawn."""

from __future__ import annotations

import gzip
import re
import socket
from dataclasses import dataclass, field
from urllib.parse import urlencode

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `weight` is what went over the wire, head and body."""

    status: int
    head: dict[str, str]
    body: bytes
    weight: int

    @property
    def text(self) -> str:
        """The body as text."""
        packed = self.head.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


@dataclass
class Browser:
    """One visitor of the web on a port of this machine."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    _socket: socket.socket | None = None
    _read: bytes = b""

    def get(self, path: str) -> Answer:
        """Fetch a page."""
        return self._send("GET", path, b"")

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        """Send a form."""
        return self._send("POST", path, urlencode(fields).encode())

    def forget(self) -> None:
        """Become another visitor on the same connection."""
        self.cookies.clear()

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, method: str, path: str, body: bytes) -> Answer:
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Accept-Encoding: gzip",
        ]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
        if method == "POST":
            lines += [f"Content-Type: {FORM}", f"Content-Length: {len(body)}"]
        request = "\r\n".join([*lines, "", ""]).encode() + body
        for fresh in (False, True):
            try:
                return self._exchange(request, fresh=fresh)
            except ConnectionError:
                # The server ends a connection that was kept long enough; a browser dials again.
                if fresh:
                    raise
        raise ConnectionError

    def _exchange(self, request: bytes, *, fresh: bool) -> Answer:
        if fresh or self._socket is None:
            self.close()
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._read = b""
        self._socket.sendall(request)
        while b"\r\n\r\n" not in self._read:
            self._receive()
        raw, _, self._read = self._read.partition(b"\r\n\r\n")
        first, *rest = raw.decode("latin-1").split("\r\n")
        head: dict[str, str] = {}
        for line in rest:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                key, _, kept = value.partition(";")[0].partition("=")
                self.cookies[key] = kept
            head[name.lower()] = value
        length = int(head.get("content-length", "0"))
        while len(self._read) < length:
            self._receive()
        body, self._read = self._read[:length], self._read[length:]
        if head.get("connection") == "close":
            self.close()
        return Answer(int(first.split()[1]), head, body, len(raw) + 4 + length)

    def _receive(self) -> None:
        part = self._socket.recv(65_536) if self._socket else b""
        if not part:
            raise ConnectionError("the server hung up")
        self._read += part


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    if found is None:
        raise RuntimeError(f"no field {name} on the page")
    return found[1]
