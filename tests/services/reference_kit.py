"""Reference data as it was, after a test that changed it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.services.kit import Behind

TABLES = (
    *("institution", "unit", "category", "service_standard", "ladder_rung", "ladder_choice"),
    *("place", "post"),
)


@contextmanager
def kept(behind: Behind) -> Iterator[None]:
    """Whatever happens to reference data inside, afterwards it is as before."""
    for table in TABLES:
        behind.execute(f"CREATE TEMPORARY TABLE kept_{table} AS TABLE {table}")
    try:
        yield
    finally:
        with behind.transaction():
            # Cases of the test may point at what goes; they go before the next test.
            behind.execute("SET LOCAL session_replication_role = replica")
            for table in TABLES:
                behind.execute(
                    f"DELETE FROM {table} t WHERE NOT EXISTS (SELECT FROM kept_{table} k"  # noqa: S608
                    " WHERE k.id = t.id AND k IS NOT DISTINCT FROM t)"
                )
                behind.execute(
                    f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept_{table} k"  # noqa: S608
                    f" WHERE NOT EXISTS (SELECT FROM {table} t WHERE t.id = k.id)"
                )
                behind.execute(f"DROP TABLE kept_{table}")
            behind.execute("UPDATE reference_state SET version = version + 1")
