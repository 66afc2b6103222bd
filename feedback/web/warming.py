"""Making beforehand what the first requests would make: models, templates, texts and dates.

The Procfile names this module as gunicorn's settings, which it reads the hook `when_ready` from.
"""

from __future__ import annotations

import gc
from datetime import date
from typing import Any

from flask import Flask, g
from flask_babel import format_date, get_translations
from sqlalchemy.orm import configure_mappers

from feedback.web.edge import LANGUAGES


def warm(app: Flask) -> None:
    """Asks no database: connections must not be shared by processes."""
    configure_mappers()
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    for language in LANGUAGES:
        with app.test_request_context():
            g.language = language
            get_translations()
            format_date(date(2000, 1, 1), "EEEE d MMMM y")


def when_ready(server: Any) -> None:
    """gunicorn, before any process is forked.

    What is made here stands in memory once for all of them; what each makes later stands there
    as often as there are processes. The collector passes it by from now on: its marks would give
    each process a copy of every page.
    """
    if not server.cfg.preload_app:
        return  # each process loads the application by itself
    warm(server.app.wsgi())
    gc.collect()
    gc.freeze()
