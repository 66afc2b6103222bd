"""A database of one's own, named by DATABASE_URL: roles and rights that the product needs there.

What is missing is made when the login may do so (a superuser, or who manages roles and owns the
database); otherwise one sentence says what an administrator has to run.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import psycopg
from psycopg import sql

from local.problems import CannotStart
from local.servers import OWNER, ROLES_FILE

# Which login works as which role; a login that is not named is the one of DATABASE_URL.
URLS = {
    "mrejesho_owner": "DATABASE_OWNER_URL",
    "mrejesho_web": "DATABASE_URL",
    "mrejesho_worker": "DATABASE_WORKER_URL",
}
CONNECT_SECONDS = 10


def make_ready(env: Mapping[str, str]) -> None:
    """Make roles and rights if need be; raises CannotStart with what to do where that fails."""
    with _connect(env, "DATABASE_OWNER_URL") as connection:
        _make_roles(connection)
        _grant_rights(connection)
    for role, name in URLS.items():
        with _connect(env, name) as connection:
            _take(connection, role, name)


def _connect(env: Mapping[str, str], name: str) -> psycopg.Connection[tuple[object, ...]]:
    url = env.get(name) or env["DATABASE_URL"]
    scheme, separator, rest = url.partition("://")
    if separator:
        url = f"{scheme.partition('+')[0]}://{rest}"
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.Error as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[-1].strip()
        named = name if env.get(name) else "DATABASE_URL"
        raise CannotStart(f"The database of {named} cannot be reached: {reason}") from None


def _make_roles(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    known = connection.execute(
        "SELECT count(*) FROM pg_roles WHERE rolname = ANY (%s)", [list(URLS)]
    ).fetchone()
    if known == (len(URLS),):
        return
    try:
        connection.execute(ROLES_FILE.read_bytes())
    except psycopg.errors.InsufficientPrivilege:
        raise CannotStart(
            "The database server lacks the roles that e-Mrejesho works as, and this login may not "
            "make them. Its administrator runs once: psql -f migrations/roles.sql"
        ) from None


def _grant_rights(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """The owner of the tables makes a schema and tables in this database."""
    if _has_rights(connection):
        return
    name = sql.Identifier(connection.info.dbname)
    wanted = [
        sql.SQL("GRANT CONNECT, CREATE ON DATABASE {} TO mrejesho_owner").format(name),
        sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(sql.Identifier(OWNER)),
    ]
    # Refused, or only warned about: what counts is what came of it.
    with suppress(psycopg.errors.InsufficientPrivilege):
        for statement in wanted:
            connection.execute(statement)
    if not _has_rights(connection):
        lines = "; ".join(statement.as_string(connection) for statement in wanted)
        raise CannotStart(
            f"{OWNER} may not make tables in this database, and this login may not allow it. The "
            f"database's owner runs once: {lines};"
        )


def _has_rights(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    row = connection.execute(
        "SELECT has_database_privilege(%(owner)s, current_database(), 'CREATE')"
        " AND has_schema_privilege(%(owner)s, 'public', 'CREATE')",
        {"owner": OWNER},
    ).fetchone()
    return row == (True,)


def _take(connection: psycopg.Connection[tuple[object, ...]], role: str, name: str) -> None:
    """Whether this login may work as the role; one that manages roles is made a member first."""
    take = sql.SQL("SET ROLE {}").format(sql.Identifier(role))
    join = sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role))
    for statements in ((take,), (join, take)):
        try:
            for statement in statements:
                connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            continue
        return
    raise CannotStart(
        f"The login {connection.info.user} may not work as {role}. Name one that may in {name}, "
        f"or have an administrator run: GRANT {role} TO {connection.info.user};"
    )
