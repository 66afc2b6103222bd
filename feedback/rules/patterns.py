"""From where on a pattern in who looked at what stands out.

None of them proves anything: a head looks at much. They tell an auditor where to ask.
"""

DAYS = 30
"""How far back looks are counted."""
MANY_CASES = 30
"""Cases looked at in one day that are many, if they are also `MANY_TIMES` the usual day's."""
MANY_TIMES = 3
"""How many times the median of the officer's other days."""
IDLE_CASES = 10
"""Cases only looked at, never worked on, if they are also more than half of all looked at."""
SAME_PERSON = 3
"""Cases of one and the same citizen that were never the officer's."""
OFF_HOURS = 5
"""Looks at night, at weekends or on holidays."""
NIGHT_FROM, NIGHT_TO = 20, 6
"""The night in hours of an office's clock."""
AFTER_HANDOVER = 3
"""Cases looked at after they had been given to somebody else."""
OPENINGS = 5
"""Openings of the vault by one officer."""

KINDS = (
    "after_recusal",
    "one_person",
    "after_handover",
    "many_looks",
    "without_work",
    "off_hours",
    "openings",
)
"""The patterns, the gravest first."""
