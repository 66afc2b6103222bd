"""Made-up officers and cases, so that every screen and figure of a local run shows something.

    load(now)                          once for each database: `flask demo`
    age(reference, working_days, now)  one case's history moved back in time: `flask age`

Both are refused outside a demonstration. Everything goes through the real services with a `now`
that walks over the last months, so the history is what the rules would have made of it.
"""

from local.demo.ageing import age
from local.demo.loading import load

__all__ = ["age", "load"]
