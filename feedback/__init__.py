"""e-Mrejesho: citizen feedback and grievances for public institutions."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_mail import Mail
from sqlalchemy import Engine, event
from werkzeug.middleware.proxy_fix import ProxyFix

import config as settings
from feedback.extensions import babel, csrf, db, limiter, login_manager, migrate


def create_app(config: dict[str, Any] | None = None) -> Flask:
    """The application. `config` replaces what the environment says (tests, tools).

    Raises config.ConfigurationError when a required setting is missing.
    """
    app = Flask(__name__)
    app.config.update(settings.load() if config is None else config)
    _bind_database(app)
    if app.config["PROXIES"]:
        count = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    Mail(app)
    from feedback import cli, logs, web

    logs.init_app(app)
    web.init_app(app, babel=babel, csrf=csrf, limiter=limiter, login_manager=login_manager)
    cli.init_app(app)
    return app


def _bind_database(app: Flask) -> None:
    common: dict[str, Any] = {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_size": 5,
        "max_overflow": 5,
        "connect_args": {"options": "-c timezone=UTC"},
    }
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = common
    app.config["SQLALCHEMY_BINDS"] = {
        role: {"url": app.config[f"DATABASE_{role.upper()}_URL"], **common}
        for role in ("worker", "owner", "loader")
    }
    db.init_app(app)
    migrate.init_app(app, db, directory="migrations")
    with app.app_context():
        for role, engine in db.engines.items():
            _take_role(engine, f"mrejesho_{role or 'web'}")


def _take_role(engine: Engine, role: str) -> None:
    """Work as the database role of the process, whatever login the URL names.

    Where one login serves all (a single DATABASE_URL), this is what keeps a superuser's or
    the owner's connection subject to row-level security.
    """

    @event.listens_for(engine, "connect")
    def set_role(connection: Any, _record: Any) -> None:
        before = connection.autocommit
        connection.autocommit = True
        connection.execute(f"SET ROLE {role}")
        connection.autocommit = before
