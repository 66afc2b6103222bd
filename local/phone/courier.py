"""The callbacks: HTTP requests from the gateway to the product, now or later.

One thread waits for the next due moment and a small pool makes the requests, so that thousands of
pending delivery reports cost no thread each and a slow product does not hold up the rest.
"""

import heapq
import http.client
import itertools
import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from .memory import CallbackRecord, Memory, utc_now

log = logging.getLogger(__name__)

# The gateway gives a USSD application 10 seconds; the same patience is used for every callback.
TIMEOUT_S = 10
LONGEST_ANSWER = 4_096
CALLERS = 8


class Courier:
    """Makes callbacks to the hooks under `<base>/hooks/`, or to an address that it was given.

    token: the hook's token, or the file that holds it. The file is read for each callback, so
    that the simulator may start before the product has made it.
    plain_token: that of a plain gateway's hooks, where it is another one.
    """

    def __init__(self, base: str, token: str | Path, memory: Memory, plain_token: str = "") -> None:
        self.base = base
        self.token = token
        self.plain_token = plain_token
        self._memory = memory
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._running = 0
        self._stopping = False
        self._pool = ThreadPoolExecutor(CALLERS, thread_name_prefix="phone-callback")
        self._clerk = threading.Thread(target=self._dispatch, name="phone-courier", daemon=True)
        self._clerk.start()

    def call(self, kind: str, form: dict[str, str]) -> tuple[int | str, str]:
        """Make one callback of Africa's Talking now: a form, posted to its own address."""
        return self.visit(kind, self.address(f"africastalking/{{}}/{kind}"), form)

    def address(self, path: str) -> Callable[[], str]:
        """An address under the product's hooks, with the token in place of `{}`, when asked for."""

        def build() -> str:
            plain = path.startswith("sms/") and self.plain_token
            token = plain or self.token
            if isinstance(token, Path):
                token = token.read_text(encoding="utf-8").strip()
            return f"{self.base.rstrip('/')}/hooks/{path.format(quote(token, safe=''))}"

        return build

    def visit(
        self, kind: str, address: Callable[[], str], fields: dict[str, str], way: str = "form"
    ) -> tuple[int | str, str]:
        """Make one callback now: the HTTP status and body, or an error's class name and "".

        way: "form" or "json" posts the fields, "get" puts them into the query.
        """
        outcome: int | str
        body = ""
        try:
            outcome, body = self._request(address(), fields, way)
        except (OSError, http.client.HTTPException) as error:
            outcome = type(error).__name__
            # The class alone: a message could hold the address and with it the token.
            log.warning("callback %s failed: %s", kind, outcome)
        self._memory.record(CallbackRecord(kind, fields, outcome, utc_now()))
        return outcome, body

    def later(self, seconds: float, job: Callable[[], None]) -> None:
        """Run `job` in the pool after so many seconds; nothing happens once stopped."""
        with self._changed:
            if not self._stopping:
                heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), job))
                self._changed.notify_all()

    def forget(self) -> None:
        """Drop what is pending; a request under way is finished."""
        with self._changed:
            self._due.clear()
            self._changed.notify_all()

    def wait_idle(self, timeout: float) -> bool:
        """Wait until nothing is pending or under way; False when the time ran out."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._running, timeout)

    def stop(self) -> None:
        """Drop what is pending and end the threads, after the requests under way."""
        with self._changed:
            self._stopping = True
            self._due.clear()
            self._changed.notify_all()
        self._clerk.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _request(self, url: str, fields: dict[str, str], way: str) -> tuple[int, str]:
        address = urlsplit(url)
        if not address.hostname:
            raise ConnectionError("no callback address")
        connect = (
            http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        )
        connection = connect(address.hostname, address.port, timeout=TIMEOUT_S)
        query, headers = address.query, {"Connection": "close"}
        sent: bytes | None = None
        if way == "get":
            query = "&".join(filter(None, (query, urlencode(fields))))
        elif way == "json":
            sent, headers["Content-Type"] = json.dumps(fields).encode(), "application/json"
        else:
            sent = urlencode(fields).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        try:
            path = f"{address.path}?{query}" if query else address.path
            connection.request("GET" if sent is None else "POST", path, sent, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(LONGEST_ANSWER).decode("utf-8", "replace")
        finally:
            connection.close()

    def _dispatch(self) -> None:
        while True:
            with self._changed:
                while not self._stopping and (not self._due or self._due[0][0] > time.monotonic()):
                    wait = self._due[0][0] - time.monotonic() if self._due else None
                    self._changed.wait(wait)
                if self._stopping:
                    return
                job = heapq.heappop(self._due)[2]
                self._running += 1
                self._pool.submit(self._run, job)

    def _run(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:
            log.error("callback job broke: %s", type(error).__name__)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()
