"""Figures that cannot point at a person: small groups are never shown.

A figure of fewer than ten cases is suppressed. A suppressed cell must not come back by
subtracting the shown cells from their total, so where that could happen more cells go.
"""

from collections.abc import Hashable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)

SMALL_GROUP = 10
"""The smallest group that may be shown."""


def safe_count(count: int | None) -> int | None:
    """The count, or None when the group is small. A total shown beside cells goes through this."""
    return None if count is None or count < SMALL_GROUP else count


def suppress(counts: Mapping[K, int | None], total: int | None = None) -> dict[K, int | None]:
    """The cells of one table whose total is known, with None for what may not be shown.

    Small cells go first, zero among them, since the difference between none and one is a person.
    Then, from the smallest, as many others as are needed for the hidden cells to be at least two
    and to make at least `SMALL_GROUP` together, but not the most that small cells can make: what
    a subtraction yields is then no small group, and does not say how it is shared out.
    `total` is only needed when it is larger than the sum, because some cells are not in `counts`
    or were hidden before (None). When every cell is hidden the total itself is small or stands
    for one group; it is shown through `safe_count`.
    """
    shown = {key: count for key, count in counts.items() if safe_count(count) is not None}
    hidden = len(counts) - len(shown)
    if not hidden:
        return dict(counts)
    known = {key: count for key, count in counts.items() if count is not None}
    remainder = max(sum(known.values()), total or 0) - sum(filter(None, shown.values()))
    for smallest in sorted({count for count in shown.values() if count is not None}):
        largest = hidden * (SMALL_GROUP - 1)
        if hidden >= 2 and remainder >= SMALL_GROUP and remainder != largest:
            break
        # All that are equally small go together: which of them went first would tell something.
        level = [key for key, count in shown.items() if count == smallest]
        for key in level:
            del shown[key]
        hidden += len(level)
        remainder += smallest * len(level)
    return {key: shown.get(key) for key in counts}


def safe_rate(numerator: int | None, denominator: int | None) -> float | None:
    """The share of a group, rounded to whole hundredths; None when the group is small or unknown.

    The rounding keeps a share from telling an exact count in a large group.
    """
    if numerator is None or denominator is None or denominator < SMALL_GROUP:
        return None
    return round(numerator / denominator, 2)
