"""SMTP: send one e-mail, and say what the answer means for the next step, as `gateway` for SMS.

Flask-Mail writes the letter and refuses headers with line breaks; the connection under it is the
standard library's, with a timeout, a checked certificate, and a note of when the content was on
its way: until then nothing can have been taken, afterwards a lost answer is Unknown. Addresses
and words never stand in a result.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_mail import BadHeaderError, Connection, Message

from feedback.gateway import Accepted, Rejected, Result, Transient, Unknown

SECONDS = 10


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in. security: none, starttls, or tls from the first byte."""

    host: str
    port: int
    security: str = "starttls"
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail. `stop` is the address that ends the notices; empty where that is not offered."""

    subject: str
    text: str
    message_id: str
    stop: str = ""


class _Noting:
    """Knows whether the content went over: commands are text there, content is bytes."""

    handed_over = False

    def send(self, s: Any) -> None:
        """Send, as the standard library does it."""
        self.handed_over = self.handed_over or isinstance(s, bytes)
        super().send(s)  # type: ignore[misc]


class _Plain(_Noting, smtplib.SMTP):
    pass


class _Tls(_Noting, smtplib.SMTP_SSL):
    pass


class _Connection(Connection):
    """Flask-Mail's connection with a timeout and a certificate that is checked."""

    server: Server

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        server = self.server
        checked = ssl.create_default_context() if server.security != "none" else None
        if server.security == "tls":
            host: smtplib.SMTP = _Tls(server.host, server.port, timeout=SECONDS, context=checked)
        else:
            host = _Plain(server.host, server.port, timeout=SECONDS)
        try:
            if server.security == "starttls":
                host.starttls(context=checked)
            if server.user:
                host.login(server.user, server.password)
        except BaseException:
            host.close()
            raise
        return host


def send(settings: Mapping[str, Any], address: str, letter: Letter) -> Result:
    """Send one e-mail; answers within about half a minute and never raises for the server's doing.

    settings: SMTP (the fields of a Server), MAIL_FROM.
    """
    message = Message(
        letter.subject,
        recipients=[address],
        body=letter.text,
        sender=settings["MAIL_FROM"],
        extra_headers=_headers(letter),
    )
    message.msgId = letter.message_id
    connection = _Connection(current_app.extensions["mail"])
    connection.server = Server(**settings["SMTP"])
    try:
        connection.host = connection.configure_host()
    except (smtplib.SMTPException, OSError) as error:
        # Not there, overloaded, a wrong password, a certificate that does not fit: an operator's
        # matter, which stands against every letter.
        return Transient(type(error).__name__)
    try:
        connection.send(message)
    except BadHeaderError:
        return Rejected("bad-header")
    except smtplib.SMTPSenderRefused as error:
        return Transient(f"sender-{error.smtp_code}")
    except smtplib.SMTPRecipientsRefused as error:
        return _of_code(next(iter(error.recipients.values()))[0])
    except smtplib.SMTPResponseException as error:
        return _of_code(error.smtp_code)
    except ValueError:
        return Rejected("unwritable")
    except (smtplib.SMTPException, OSError) as error:
        lost = getattr(connection.host, "handed_over", False)
        return Unknown(type(error).__name__) if lost else Transient(type(error).__name__)
    finally:
        _leave(connection.host)
    return Accepted(letter.message_id, "250", None)


def _headers(letter: Letter) -> dict[str, str]:
    """An automatic letter says so, so that no absence note answers it."""
    headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    if letter.stop:
        headers["List-Unsubscribe"] = f"<{letter.stop}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _of_code(code: int) -> Result:
    """5xx: refused for good. 4xx: this one later. Anything else says nothing to rely on."""
    said = f"smtp-{code}"
    if 500 <= code < 600:
        return Rejected(said)
    return Transient(said, everyone=False) if 400 <= code < 500 else Unknown(said)


def _leave(host: smtplib.SMTP | None) -> None:
    """Say goodbye; what was taken is taken, however that ends."""
    if host is not None:
        with suppress(smtplib.SMTPException, OSError):
            host.quit()
