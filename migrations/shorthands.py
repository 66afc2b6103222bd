"""The shorthands of `migrations/sql/*.sql`: what every table's policies have in common.

A change here changes migrations that have run already: add, never alter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

SQL = Path(__file__).parent / "sql"

# The one place that says which cases an officer may see (rules/access.py says the same in Python,
# and a test compares the two). {c} is the row of "case".
OFFICER_SEES = """(
  {c}.id <> ALL ((SELECT guard.conflicts())::uuid[])
  AND CASE WHEN {c}.confidentiality = 'restricted' THEN
    {c}.institution_id <> (SELECT guard.institution())
    AND ((SELECT guard.has('ethics')) OR guard.reached({c}.id, true))
  ELSE
    {c}.institution_id = ANY ((SELECT guard.ids('heads'))::integer[])
    OR {c}.institution_id = ANY ((SELECT guard.ids('coordinates'))::integer[])
    OR ({c}.handler_id = (SELECT guard.officer())
        AND {c}.institution_id = (SELECT guard.institution()) AND (SELECT guard.serves()))
    OR ({c}.confidentiality = 'open' AND {c}.unit_id = ANY ((SELECT guard.ids('units'))::integer[]))
    OR guard.reached({c}.id, false)
  END)"""

SECURE = """
ALTER TABLE {t} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {t} FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON {t} TO mrejesho_owner USING (true) WITH CHECK (true);"""

JOB = """
CREATE POLICY job_all ON {t} TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job') WITH CHECK ((SELECT guard.kind()) = 'job');"""

CHILD = """
GRANT {g} ON {t} TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE ON {t} TO mrejesho_worker;
CREATE POLICY of_case ON {t} TO mrejesho_web
  USING ({s}) WITH CHECK ({s});"""

OF_CASE = """
  (SELECT guard.kind()) IN ('public', 'lodging') AND case_id = (SELECT guard.case_id())
  OR (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id)"""

OWN = """
GRANT {g} ON {t} TO mrejesho_web;
CREATE POLICY own ON {t} TO mrejesho_web
  USING ((SELECT guard.kind()) = 'login' OR officer_id = (SELECT guard.officer()))
  WITH CHECK ((SELECT guard.kind()) = 'login' OR officer_id = (SELECT guard.officer()));"""

REFERENCE_WRITE = """
GRANT INSERT, UPDATE ON {t} TO mrejesho_web;
CREATE POLICY everyone_reads ON {t} FOR SELECT TO mrejesho_web, mrejesho_worker USING (true);
CREATE POLICY admin_adds ON {t} FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.has('admin')));
CREATE POLICY admin_changes ON {t} FOR UPDATE TO mrejesho_web
  USING ((SELECT guard.has('admin')));"""


WATCHED = """
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON {t}
  FOR EACH STATEMENT EXECUTE FUNCTION guard.reference_changed();"""


def fill(name: str) -> str:
    """The SQL file with the shorthands {verb:argument} written out."""

    def expand(match: re.Match[str]) -> str:
        verb, argument = match["verb"], match["argument"]
        table, _, grants = argument.partition(":")
        secure = SECURE.format(t=table)
        return {
            "officer_sees": lambda: OFFICER_SEES.format(c=argument),
            "secure": lambda: secure,
            "own": lambda: secure + OWN.format(t=table, g=grants),
            "job": lambda: JOB.format(t=table),
            "child": lambda: (
                secure + CHILD.format(t=table, g=grants, s=OF_CASE) + JOB.format(t=table)
            ),
            "watched": lambda: "".join(WATCHED.format(t=t) for t in argument.split(",")),
            "reference_write": lambda: secure + REFERENCE_WRITE.format(t=table),
        }[verb]()

    verbs = "officer_sees|secure|own|job|child|watched|reference_write"
    pattern = rf"\{{(?P<verb>{verbs}):(?P<argument>[^}}]+)\}}"
    return re.sub(pattern, expand, (SQL / name).read_text())


def amend(
    connection: sa.Connection, pieces: Mapping[str, tuple[str, str]], *, back: bool = False
) -> None:
    """Change one piece of each function named and leave the rest; `back`: undo it."""
    for name, pair in pieces.items():
        old, new = reversed(pair) if back else pair
        definition = connection.scalar(
            sa.text("SELECT pg_get_functiondef(CAST(:name AS regprocedure))"), {"name": name}
        )
        if str(definition).count(old) != 1:
            raise RuntimeError(f"{name} is not as this migration knows it")
        connection.exec_driver_sql(str(definition).replace(old, new))
