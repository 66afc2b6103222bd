"""Made-up officers and cases, so that every screen and figure of a local run shows something.

    load(now)                          once for each database: `flask demo`
    age(reference, working_days, now)  one case's history moved back in time: `flask age`

    present_code(role, now)            the second step of a login: `flask totp`

All are refused outside a demonstration. Everything goes through the real services with a `now`
that walks over the last months, so the history is what the rules would have made of it.
"""

from local.demo.ageing import age
from local.demo.loading import load
from local.demo.people import present_code

__all__ = ["age", "load", "present_code"]
