"""Alembic's environment: migrations run as the owner role, in one transaction."""

from __future__ import annotations

from alembic import context
from flask import current_app

from feedback import models  # noqa: F401  (fills the metadata)
from feedback.extensions import Base, db


def run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _migrate(connection)
        return
    with current_app.app_context(), db.engines["owner"].connect() as connection:
        _migrate(connection)


def _migrate(connection: object) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
