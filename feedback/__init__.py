"""e-Mrejesho: citizen feedback and grievances for public institutions."""

from __future__ import annotations

import select
from time import monotonic
from typing import Any

import psycopg
from flask import Flask
from flask_mail import Mail
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError
from werkzeug.middleware.proxy_fix import ProxyFix

import config as settings
from feedback.extensions import babel, csrf, db, limiter, login_manager

PREPARED_AFTER = 2  # times that a statement is sent before it is prepared
PREPARED = 500  # prepared statements of a connection
IDLE_TOO_LONG = 30  # seconds after which a connection of the pool is tried before it is used


def create_app(config: dict[str, Any] | None = None, *, commands: bool = True) -> Flask:
    """The application. `config` replaces what the environment says (tests, tools). Without
    `commands` it only serves, and what they alone need stays out of memory.

    Raises config.ConfigurationError when a required setting is missing.
    """
    app = Flask(__name__)
    app.config.update(settings.load() if config is None else config)
    _bind_database(app)
    if app.config["PROXIES"]:
        count = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    Mail(app)
    from feedback import logs, web

    logs.init_app(app)
    web.init_app(app, babel=babel, csrf=csrf, limiter=limiter, login_manager=login_manager)
    if commands:
        from feedback import cli

        cli.init_app(app)
    return app


def _bind_database(app: Flask) -> None:
    common: dict[str, Any] = {
        "hide_parameters": True,
        "pool_size": 5,
        "pool_use_lifo": True,  # the connection used last has its plans at hand
        "max_overflow": 5,
        "connect_args": {"options": "-c timezone=UTC"},
    }
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = common
    app.config["SQLALCHEMY_BINDS"] = {
        role: {"url": app.config[f"DATABASE_{role.upper()}_URL"], **common}
        for role in ("worker", "owner", "loader")
    }
    db.init_app(app)
    with app.app_context():
        for role, engine in db.engines.items():
            _take_role(engine, f"mrejesho_{role or 'web'}")
            if role in (None, "worker"):
                _keep_plans(engine)
            _let_go_of_the_dead(engine)


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


def _keep_plans(engine: Engine) -> None:
    """Let a connection keep what it has prepared.

    Policies within policies take ten times as long to plan as to follow. The driver prepares what
    is sent often, but fewer statements than the pages have, and throws all away with a ROLLBACK,
    for fear of a change of the schema that was taken back. None of ours changes the schema, so
    ROLLBACK is sent past the driver's book-keeping.
    """

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.prepare_threshold, connection.prepared_max = PREPARED_AFTER, PREPARED

    def roll_back(connection: Any) -> None:
        # After an error the driver forgets: a plan may have been the reason.
        if connection.pgconn.transaction_status == TransactionStatus.INTRANS:
            done = connection.pgconn.exec_(b"ROLLBACK")
            if done.status == ExecStatus.COMMAND_OK:
                return
        connection.rollback()

    engine.dialect.do_rollback = roll_back  # type: ignore[assignment, method-assign]


def _let_go_of_the_dead(engine: Engine) -> None:
    """Never work on a connection that ended while it stood in the pool.

    A question to the database before each transaction would cost as much as half the work of many
    of them. The end of a connection arrives at its socket, which is looked at without asking
    anybody; only one that stood idle for long, through which a firewall may have lost the way, is
    tried.
    """

    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info["idle_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def look(connection: Any, record: Any, _proxy: Any) -> None:
        socket = select.poll()
        socket.register(connection.fileno(), select.POLLIN)
        if socket.poll(0):
            raise InvalidatePoolError
        if monotonic() - record.info.get("idle_since", monotonic()) > IDLE_TOO_LONG:
            try:
                engine.dialect.do_ping(connection)
            except psycopg.Error as error:
                raise InvalidatePoolError from error
