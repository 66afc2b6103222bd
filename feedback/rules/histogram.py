"""Durations in working minutes as a histogram that can be stored, added up and asked.

A roll-up keeps counts, never single durations, so that medians over any set of institutions and
months come from a sum of rows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

BOUNDS: tuple[int, ...] = (
    *(15, 19, 24, 29, 37, 46, 58, 72, 91, 113, 142, 178, 222, 278, 349, 437, 547, 684, 857, 1072),
    *(1343, 1681, 2105, 2635, 3299, 4130, 5171, 6473, 8105, 10147, 12703, 15904, 19912, 24929),
    *(31210, 39075, 48920, 61247, 76679, 96000),
)
"""Upper bounds in working minutes, each a quarter above the last, to 200 days of 480 minutes.

Stored counts mean nothing without them: they never change. What lies beyond has a last bucket.
"""
SIZE = len(BOUNDS) + 1


def bucket(minutes: int) -> int:
    """The index of the bucket for a duration; raises ValueError for a negative one."""
    if minutes < 0:
        raise ValueError("a duration cannot be negative")
    return bisect_left(BOUNDS, minutes)


def add(counts: list[int], minutes: int) -> list[int]:
    """Count one duration in `counts`, which grows to `SIZE` buckets when shorter; returns it."""
    counts.extend([0] * (SIZE - len(counts)))
    counts[bucket(minutes)] += 1
    return counts


def percentile(counts: Sequence[int], q: float) -> int | None:
    """The duration in minutes that a share `q` (0 to 1) does not exceed; None without durations.

    Interpolated inside its bucket, so at most a quarter off. What lies beyond the last bound is
    reported as that bound. Raises ValueError for a `q` outside 0 to 1.
    """
    if not 0 <= q <= 1:
        raise ValueError("a share lies between 0 and 1")
    upto = list(accumulate(counts))
    if not upto or not upto[-1]:
        return None
    wanted = upto[-1] * q
    index = max(bisect_left(upto, wanted), bisect_right(upto, 0))  # never an empty bucket
    if index >= len(BOUNDS):
        return BOUNDS[-1]
    lower = BOUNDS[index - 1] if index else 0
    below = upto[index - 1] if index else 0
    share = max(0.0, (wanted - below) / counts[index])
    return round(lower + share * (BOUNDS[index] - lower))
