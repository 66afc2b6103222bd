"""The web: thin blueprints that parse, call one service and render."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flask import Flask

from feedback.web import edge

MODULES = (
    "public",
    "proof",
    "privacy",
    "mail",
    "figures",
    "hooks",
    "auth",
    "desk",
    "registry",
    "genuine",
    "arrivals",
    "improvements",
    "oversight",
    "ethics",
    "extracts",
    "admin",
    "operations",
)


def init_app(app: Flask, **extensions: Any) -> None:
    """Register every blueprint behind the edge."""
    edge.init_app(app, **extensions)
    for module in MODULES:
        app.register_blueprint(import_module(f"feedback.web.{module}").blueprint)
