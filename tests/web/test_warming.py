"""What the web's processes share is made before they are forked, and nothing else is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from feedback.web.warming import warm
from local import keys

ROOT = Path(__file__).resolve().parent.parent.parent


def test_everything_is_made_and_the_database_asked_nothing(
    app: Flask, query_count: Callable[[], Any]
) -> None:
    with query_count() as counted:
        warm(app)
    assert counted.number == 0
    assert app.jinja_env.cache is not None
    assert len(app.jinja_env.cache) >= len(app.jinja_env.list_templates())


def test_the_web_does_not_load_what_commands_alone_need(urls: dict[str, str]) -> None:
    code = (
        "import sys, wsgi; print(*[n for n in ('alembic', 'holidays', 'feedback.cli',"
        " 'feedback.services.history') if n in sys.modules])"
    )
    made = {name: make() for name, make in keys.MAKERS.items()}
    environment = {**os.environ, **urls, **made, "SERVER_SOFTWARE": "gunicorn/1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
