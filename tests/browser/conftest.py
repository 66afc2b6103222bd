"""A real site for a real browser: gunicorn, worker, scheduler, phone simulator, Chromium."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.request import urlopen

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright

from local.phone import PhoneSimulator
from tests.conftest import environment
from tests.factories import PASSWORD, TOTP_SECRET

CHECKOUT = Path(__file__).parents[2]
T = TypeVar("T")
PATIENCE = 30  # seconds for something another process does
NARROW, WIDE = {"width": 360, "height": 800}, {"width": 1280, "height": 900}


@dataclass
class Site:
    """The running site and the phones that talk to it."""

    url: str
    phone: PhoneSimulator
    environ: dict[str, str]

    def command(self, *words: str) -> str:
        """Run a `flask` command against the site's database; answers what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", *words],
            env=self.environ,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def press(page: Page, button: str) -> None:
    """Send a form by its button and wait for the page that answers it."""
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("button", name=button).click()


def check(page: Page) -> None:
    """Nothing that axe finds, and no scrolling sideways."""
    page.wait_for_load_state("load")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def log_in(page: Page, site: Site, username: str) -> None:
    """Through the password, and the code where the role needs one, to the first page."""
    page.goto(f"{site.url}/staff/login")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    expect(page).not_to_have_url(re.compile("/staff/login$"))
    if page.url.endswith("/staff/login/code"):
        page.fill("[name=code]", pyotp.TOTP(TOTP_SECRET).now())
        page.click("main button[type=submit]")
        expect(page).not_to_have_url(re.compile("/staff/login"))
    expect(page.locator("h1")).to_be_visible()


def eventually(ask: Callable[[], T]) -> T:
    """What `ask` answers as soon as it is true; fails after PATIENCE seconds."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.2)
    raise AssertionError("it did not happen in time")


@pytest.fixture
def site(app: Flask, urls: dict[str, str]) -> Iterator[Site]:
    """Web, worker and scheduler as the Procfile has them, on this test's empty tables."""
    with _running(urls, "flask worker", "flask scheduler") as found:
        yield found


@pytest.fixture
def web(app: Flask, urls: dict[str, str]) -> Iterator[Site]:
    """The web by itself, for pages that wait for nobody's work; it is there in half the time."""
    with _running(urls) as found:
        yield found


@contextmanager
def _running(urls: dict[str, str], *beside: str) -> Iterator[Site]:
    port = free_port()
    settings = environment({k: v for k, v in urls.items() if k != "SUPERUSER_URL"})
    with PhoneSimulator(
        port=0,
        callback_base=f"http://127.0.0.1:{port}",
        token=settings["AT_HOOK_TOKEN"],
        api_key=settings["AT_API_KEY"],
        report_delay_ms=200,
        mail_port=0,
    ) as phone:
        assert phone.mail is not None
        environ = {
            **os.environ,
            **settings,
            "AT_BASE_URL": phone.url,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "FLASK_APP": "wsgi",
            "SMTP_URL": phone.mail.url,
            "MAIL_FROM": "e-Mrejesho <mrejesho@example.org>",
        }
        web = f"gunicorn wsgi:app -b 127.0.0.1:{port} --threads 4 --no-control-socket"
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("processes.py")), web, *beside],
            env=environ | {"PYTHONPATH": str(CHECKOUT)},
            cwd=CHECKOUT,
            start_new_session=True,
        )
        try:
            eventually(lambda: _ready(f"http://127.0.0.1:{port}/health/ready"))
            yield Site(f"http://127.0.0.1:{port}", phone, environ)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _ready(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310  (loopback)
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Headless Chromium, Debian's."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def narrow(chromium: Browser) -> Iterator[Page]:
    """A cheap smartphone's window."""
    context = chromium.new_context(viewport=NARROW, locale="sw-TZ")
    yield context.new_page()
    context.close()


@pytest.fixture
def wide(chromium: Browser) -> Iterator[Page]:
    """An office computer's window."""
    context = chromium.new_context(viewport=WIDE, locale="sw-TZ")
    yield context.new_page()
    context.close()
