"""Cuts a world that fails down to few facts: drops facts while it still fails in the same way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.oracle.facts import World


def shrink(made: World, fails: Callable[[World], bool], tries: int = 200) -> World:
    """A smaller world that fails too: whole cases are dropped first, then runs of facts, half as
    long each time."""
    keep = made
    for key in sorted({fact.case for fact in made.facts if fact.case is not None}):
        smaller = replace(keep, facts=tuple(f for f in keep.facts if f.case != key))
        if tries and fails(smaller):
            keep = smaller
        tries -= 1
    length = len(keep.facts) // 2
    while length and tries > 0:
        at = 0
        while at < len(keep.facts) and tries > 0:
            smaller = replace(keep, facts=(*keep.facts[:at], *keep.facts[at + length :]))
            tries -= 1
            if fails(smaller):
                keep = smaller
            else:
                at += length
        length //= 2
    return keep
