"""A phone that dials, as the gateway tells of it: every callback is made twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient

NUMBER = "+255712000001"


def valid(screen: str) -> bool:
    """Whether a phone of any kind can show it."""
    return (
        screen[:4] in ("CON ", "END ")
        and len(screen) <= 160
        and all(character == "\n" or " " <= character <= "~" for character in screen)
        and bool(screen[4:].strip())
    )


@dataclass
class Dialled:
    """One session. `screens` is what was shown so far."""

    client: FlaskClient
    token: str
    number: str = NUMBER
    session: str = ""
    inputs: list[str] = field(default_factory=list)
    screens: list[str] = field(default_factory=list)

    def send(self, text: str) -> str:
        """One callback, and its repetition."""
        form = {
            "sessionId": self.session,
            "serviceCode": "*152*00#",
            "phoneNumber": self.number,
            "networkCode": "64004",
            "text": text,
        }
        shown = []
        for _ in range(2):
            answer = self.client.post(f"/hooks/africastalking/{self.token}/ussd", data=form)
            assert answer.status_code == 200
            assert answer.mimetype == "text/plain"
            assert "Set-Cookie" not in answer.headers
            assert valid(answer.text), answer.text
            shown.append(answer.text)
        assert shown[0] == shown[1]
        self.screens.append(shown[0])
        return shown[0]

    def dial(self, text: str = "") -> str:
        """A new session."""
        self.session, self.inputs = f"ATUid_{uuid4().hex}", [text] if text else []
        return self.send(text)

    def put(self, *inputs: str) -> str:
        """What the citizen answers; the last screen."""
        for each in inputs:
            self.inputs.append(each)
            self.send("*".join(self.inputs))
        return self.screens[-1]

    def pick(self, label: str) -> str:
        """Choose the line that holds these words, turning pages until it shows."""
        for _ in range(40):
            for line in self.screens[-1].removeprefix("CON ").splitlines():
                number, _, words = line.partition(" ")
                if label in words and number.isdecimal() and number not in ("0", "00", "99"):
                    return self.put(number)
            self.put("99")
        raise AssertionError(f"{label} is not among the choices: {self.screens[-1]}")

    def hang_up(self) -> None:
        """The gateway tells that the session is over, twice."""
        form = {"sessionId": self.session, "phoneNumber": self.number, "status": "Incomplete"}
        for _ in range(2):
            answer = self.client.post(f"/hooks/africastalking/{self.token}/ussd-end", data=form)
            assert (answer.status_code, answer.text) == (200, "OK")


def dialled(app: Flask, **given: Any) -> Dialled:
    """A phone."""
    return Dialled(app.test_client(), app.config["AT_HOOK_TOKEN"], **given)
