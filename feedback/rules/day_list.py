"""An officer's list of the day in one SMS: references and due dates, the first due first."""

from collections.abc import Callable, Sequence
from datetime import date


def line(items: Sequence[tuple[str, date]], room: int, more: Callable[[int], str]) -> str:
    """As many items as fit into `room` characters; `more` says how many are left out."""
    said = [f"{reference} {due.day}/{due.month}" for reference, due in items]
    whole = ", ".join(said)
    if len(whole) <= room:
        return whole
    for count in range(len(said) - 1, 0, -1):
        text = f"{', '.join(said[:count])} {more(len(said) - count)}"
        if len(text) <= room:
            return text
    return more(len(said))
