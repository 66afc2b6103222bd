"""Nobody is the second person for oneself; a stand-in's right to a case ends with the seat."""

from __future__ import annotations

from alembic import op

from migrations.shorthands import amend, fill

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ALONE = """v_ids = '{}' AND guard.officer() = r.asked_by AND r.officer_id <> r.asked_by
    -- Where there was ever another ethics officer, nobody makes one alone by closing that account.
    AND NOT ('ethics' = ANY (r.roles) AND (
      EXISTS (SELECT FROM officer o WHERE 'ethics' = ANY (o.roles) AND o.id <> r.officer_id)
      OR EXISTS (SELECT FROM grant_request g WHERE g.state = 'approved' AND 'ethics' = ANY (g.roles)
                    AND g.officer_id <> r.officer_id)));"""
STANDS_IN = "OR e.way = 'deputy' AND e.officer_id = guard.officer()))"
AMENDED = {
    "guard.decide(uuid,boolean,bytea,timestamptz)": (ALONE, "guard.alone(p_request);"),
    "guard.reached(uuid,boolean)": (
        STANDS_IN,
        """OR e.way = 'deputy' AND e.officer_id = guard.officer()
               AND EXISTS (SELECT FROM post_holding h WHERE h.post_id = e.post_id
                 AND h.officer_id = e.officer_id AND h.capacity = 'deputy' AND (h.until_day IS NULL
                   OR h.until_day >= (now() AT TIME ZONE 'Africa/Dar_es_Salaam')::date))))""",
    ),
}
AS_BEFORE = """
DROP POLICY another_settles ON alarm;
DROP POLICY job_reads ON extract;
REVOKE SELECT (case_id, post_id) ON extract FROM mrejesho_worker;
DROP FUNCTION guard.may_settle(text, text), guard.alone(uuid), guard.cases_touched(uuid[]);
GRANT UPDATE ON alarm TO mrejesho_web;
GRANT UPDATE (name) ON officer TO mrejesho_web;
"""


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(fill("second_person.sql"))
    amend(connection, AMENDED)


def downgrade() -> None:
    amend(op.get_bind(), AMENDED, back=True)
    op.execute(AS_BEFORE)
