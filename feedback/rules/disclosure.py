"""Figures that cannot point at a person: no small group is shown, and no exact count.

Hiding small cells alone does not hold where many tables overlap and change with time: what one
hides, the difference of two others gives back. So a count below ten is not shown, and every other
one is cut down to whole tens. Whoever subtracts published counts, of one day or of two, learns
multiples of ten and nothing finer; each number follows from its own group alone, so that no page
has to know what the others show. (tests/services/test_figures_attack.py holds a solver against a
year of published tables.)
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal

SMALL_GROUP = 10
"""The smallest group that may be shown, and the step of every count."""
LARGE_GROUP = 1_000
FINE, COARSE = 0.01, 0.05


def safe_count(count: int) -> int | None:
    """The count cut down to whole tens; None when the group is small.

    Always down: the same count gives the same number wherever and whenever it is shown, so that
    asking again tells nothing more.
    """
    return None if count < SMALL_GROUP else count - count % SMALL_GROUP


def safe_rate(numerator: int, denominator: int) -> float | None:
    """The share of a group in steps of 5 % (of 1 % in groups of a thousand); None when small.

    The steps keep a share from telling the exact count that `safe_count` does not.
    """
    if denominator < SMALL_GROUP:
        return None
    step = FINE if denominator >= LARGE_GROUP else COARSE
    return round(round(numerator / denominator / step) * step, 2)


def safe_mean(total: int, count: int) -> int | None:
    """The mean of a group in two digits; None when the group is small."""
    if count < SMALL_GROUP:
        return None
    return int(Decimal(total / count).normalize(Context(prec=2, rounding=ROUND_HALF_EVEN)))


def safe_sum(total: Decimal, count: int) -> Decimal | None:
    """What a group cost, told without telling how many it was; None when the group is small.

    The mean in two digits, times what `safe_count` tells: where each costs the same, as SMS do, the
    exact sum would give the exact count back.
    """
    told = safe_count(count)
    if told is None:
        return None
    mean = (total / count).normalize(Context(prec=2, rounding=ROUND_HALF_EVEN))
    return mean * told
