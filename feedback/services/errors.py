"""What a service refuses, as a code that the edge turns into words."""

from __future__ import annotations


class Refused(Exception):
    """An act that cannot be done.

    code: not-found, not-allowed (by the status), bad-target, excluded, too-late, used-up, empty.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
