"""Flask extensions, made once and bound to the application by `create_app`."""

from __future__ import annotations

from typing import Any

from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from flask_wtf import CSRFProtect
from sqlalchemy import Engine, MetaData
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of the models: columns, constraints and relationships; no behaviour."""

    metadata = MetaData(naming_convention=NAMING)


class RoleSession(FlaskSession):
    """A session that speaks to the database in the role of its present principal.

    The role (web, worker, owner, loader) is set by `transaction.transaction`; without one
    the web role is used, under which row-level security shows nothing.
    """

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine:
        role = self.info.get("role")
        return db.engines[role if role != "web" else None]


db = SQLAlchemy(
    model_class=Base,
    session_options={"class_": RoleSession, "expire_on_commit": False},
    disable_autonaming=True,
)
login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()
# Keys are chosen where the limit is set: a carrier's NAT makes thousands of citizens share
# one address, so only staff logins are limited by address, and then together with the name.
limiter = Limiter(
    get_remote_address, default_limits=[], swallow_errors=True, in_memory_fallback_enabled=True
)
