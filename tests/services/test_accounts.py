"""Commands about accounts, and what of accounts is not kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pyotp
from flask import Flask

from feedback import jobs
from feedback.services import delays, factors, officers, sessions
from feedback.transaction import Principal, transaction
from tests.factories import TOTP_SECRET, Make
from tests.services.kit import rows

WORDS = "maneno matatu yangu peke yangu"


def create_admin(app: Flask, password: str) -> dict[str, Any]:
    command = ["create-admin", "--username", "Mkuu", "--name", "Msimamizi", "--password", password]
    said = app.test_cli_runner().invoke(args=command)
    answer: dict[str, Any] = json.loads(said.output.splitlines()[-1])
    assert (said.exit_code == 0) is answer["ok"]
    return answer


def test_the_first_administrator_comes_from_the_command_line(app: Flask) -> None:
    assert create_admin(app, "Tanzania12345") == {"ok": False, "error": "password-common"}
    assert create_admin(app, WORDS)["ok"]
    with transaction(Principal("login")):
        found = officers.login("mkuu", WORDS, datetime.now(UTC))
        assert found is not None
        assert (found.roles, found.factors.any) == (frozenset({"admin"}), False)
    assert create_admin(app, WORDS) == {"ok": False, "error": "name-taken"}


def test_the_code_of_a_second_step_is_told_in_a_demonstration_only(app: Flask) -> None:
    app.config["DEMO"] = False
    try:
        said = app.test_cli_runner().invoke(args=["totp", "--role", "head"])
    finally:
        app.config["DEMO"] = True
    assert said.exit_code == 1
    assert json.loads(said.output) == {"ok": False, "error": "not-a-demonstration"}


def test_old_sessions_and_counts_are_forgotten(
    app: Flask, make: Make, superuser: psycopg.Connection[Any]
) -> None:
    number = make.officer("DODOMA-CC", "handler")
    now = datetime.now(UTC)
    with transaction(Principal("login")):
        for age in (91, 0):
            then = now - timedelta(days=age)
            sessions.start(number, proven=True, device="", now=then)
            delays.failed(delays.at_login(f"name{age}", "address", None), then)
    counts = jobs.purge()
    assert (counts["sessions"], counts["login_attempts"]) == (1, 2)
    assert len(rows(superuser, "SELECT FROM staff_session")) == 1
    kept = rows(superuser, "SELECT key FROM login_attempt")
    assert not [row for row in kept if "name" in row["key"] or "address" in row["key"]]


def test_a_device_is_told_in_two_words() -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"
    iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1"
    edge = "Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120.0"
    assert sessions.device_of(firefox) == "Firefox, Linux"
    assert sessions.device_of(iphone) == "Safari, iOS"
    assert sessions.device_of(edge) == "Edge, Windows"
    assert sessions.device_of("curl/8") == ""


def test_a_secret_belongs_to_its_officer_and_printed_codes_outlive_its_key(
    make: Make, superuser: psycopg.Connection[Any], monday: datetime
) -> None:
    first, second = (make.officer("RS-DODOMA", "oversight") for _ in range(2))
    code = pyotp.TOTP(TOTP_SECRET).at(monday)
    with transaction(Principal("login")):
        printed = factors.new_recovery_codes(first, monday)
    superuser.execute(
        "UPDATE totp SET secret = (SELECT secret FROM totp WHERE officer_id = %s)"
        " WHERE officer_id = %s",
        (second, first),
    )
    with transaction(Principal("login")):
        assert not factors.check(first, code, monday)
        assert factors.check(second, code, monday)
        assert not factors.check(second, printed[0], monday)
        assert factors.check(first, printed[0], monday)
