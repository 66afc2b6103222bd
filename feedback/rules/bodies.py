"""Which bodies outside a citizen may turn to once the steps inside are used up.

The next one comes first, by what the case is about; how to reach each stands in
`feedback/reference/bodies.csv`. A court and the Commission for Human Rights and Good Governance,
which is the ombudsman of Tanzania, are open to everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CHRAGG, TAKUKURU, ETHICS = "CHRAGG", "TAKUKURU", "ETHICS"
CMA, PPAA, COURT = "CMA", "PPAA", "COURT"
EVERYONES = (CHRAGG, COURT)

BY_CATEGORY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # About: the next body, and the others.
        "CORRUPTION": (TAKUKURU, *EVERYONES),
        "CONDUCT": (ETHICS, TAKUKURU, *EVERYONES),
        "LABOUR": (CMA, *EVERYONES),
        "PROCUREMENT": (PPAA, *EVERYONES),
        "LAND-DISPUTE": (COURT, CHRAGG),
        "LAND-TITLE": (COURT, CHRAGG),
    }
)
RESTRICTED = (TAKUKURU, ETHICS, *EVERYONES)
"""Of a restricted case whose subject says no more."""


def bodies_for(category: str | None, level: str, institution: str = "") -> tuple[str, ...]:
    """Codes of the bodies for a case of this category and level, the next one first. institution:
    the one that answered, which is no body outside of itself."""
    usual = RESTRICTED if level == "restricted" else EVERYONES
    named = BY_CATEGORY.get(category or "", usual)
    return tuple(code for code in named if code != institution)
