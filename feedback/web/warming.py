"""Making beforehand what the first requests would make: models, templates, texts and dates."""

from __future__ import annotations

from datetime import date

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
