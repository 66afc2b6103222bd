"""Who may see a case, read its words and act on it.

The same predicate as the database's row-level policies, in plain words: the application asks it
before it shows a button, and tests compare the two. The database stays the one that refuses.

Open: handlers of the unit and their superiors. Confidential: the named handler, the institution's
head, and the rungs it reached; the coordinator sees that it exists, to assign it, and no word.
Restricted: ethics officers outside the institution and the ethics rungs. A person the case
concerns is excluded from all of it. The roles admin and auditor open no case.
"""

from dataclasses import dataclass
from enum import StrEnum

from feedback.rules.workflow import Verb


class Level(StrEnum):
    """Confidentiality of a case."""

    OPEN = "open"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


_RANK = {Level.OPEN: 0, Level.CONFIDENTIAL: 1, Level.RESTRICTED: 2}


@dataclass(frozen=True, slots=True)
class Viewer:
    """An officer with what was granted: roles, units, posts held or deputised for now.

    `heads` are the institutions this officer is the head of, `coordinates` those coordinated.
    """

    officer: int
    institution: int
    roles: frozenset[str]
    units: frozenset[int]
    posts: frozenset[int]
    heads: frozenset[int]
    coordinates: frozenset[int]


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What access to a case depends on. The rung posts are those reached so far."""

    institution: int
    unit: int
    handler: int | None
    level: Level
    excluded: frozenset[int]
    rung_posts: frozenset[int]
    restricted_rung_posts: frozenset[int]
    # Deputies to whom a rung went in place of its holder, for instance because that one is
    # excluded: they stand in for this case, though they do not hold the post.
    rung_deputies: frozenset[int] = frozenset()
    restricted_rung_deputies: frozenset[int] = frozenset()
    # Officers who read it for a post on one of these rungs, while that is delegated to them.
    delegates: frozenset[int] = frozenset()


ACTING = frozenset(
    {
        Verb.ASSIGN,
        Verb.ACKNOWLEDGE,
        Verb.ASK,
        Verb.NOTE,
        Verb.EXPLAIN,
        Verb.ANSWER,
        Verb.PARTIAL_ANSWER,
        Verb.OPINION,
        Verb.REOPEN,
        Verb.TRANSFER,
        Verb.RAISE_CONFIDENTIALITY,
        Verb.CLASSIFY,
        Verb.MERGE,
        Verb.TASK,
        Verb.SPLIT,
        Verb.REDACT,
    }
)
"""What the owner of a case and the owner's superiors in the institution do."""
OWNING = ACTING | {Verb.EXTEND}
"""What the owner does: longer for the answer is asked for by nobody else."""
COORDINATING = frozenset({Verb.ASSIGN, Verb.TRANSFER})
"""What needs no look at the words."""
SERVING = frozenset({"handler", "coordinator", "head"})
"""Roles in which an officer can own a case."""
LEADING = frozenset({"coordinator", "head"})
"""Roles that answer for an institution: its unowned cases, alarms, shared views, improvements."""
DIRECTING = frozenset({Verb.DIRECT, Verb.NOTE})
"""What a rung gives: to read and to direct. The handler stays responsible."""
ON_RUNG = DIRECTING | {Verb.JUDGE, Verb.TAKE_OVER, Verb.HAND_DOWN}
"""What whoever stands on a climbed rung may do; the head of the institution directs without."""
LOOKING = frozenset({"head", "oversight"})
"""Roles that look at what climbed: to them alone a post delegates."""


def rank(level: Level) -> int:
    """How strict a level is: 0 open, 1 confidential, 2 restricted."""
    return _RANK[level]


def may_see_case(viewer: Viewer, case: CaseFacts) -> bool:
    """Whether the routing facts and clocks of the case are visible."""
    if viewer.officer in case.excluded:
        return False
    return may_read_words(viewer, case) or (
        case.level is Level.CONFIDENTIAL and case.institution in viewer.coordinates
    )


def may_read_words(viewer: Viewer, case: CaseFacts) -> bool:
    """Whether the messages of the case may be read."""
    if viewer.officer in case.excluded:
        return False
    if case.level is Level.RESTRICTED:
        return _is_ethics(viewer, case) or _on_ethics_rung(viewer, case)
    if _is_head(viewer, case) or _on_rung(viewer, case) or viewer.officer in case.delegates:
        return True
    if case.level is Level.CONFIDENTIAL:
        return _owns(viewer, case)
    return (
        _owns(viewer, case)
        or _works_in_unit(viewer, case)
        or _leads_unit(viewer, case)
        or case.institution in viewer.coordinates
    )


def may_act(viewer: Viewer, case: CaseFacts, verb: Verb) -> bool:
    """Whether this officer may use `verb` on the case, its status aside.

    A colleague of the unit may write a note on an open case and take one that nobody owns. What
    only the citizen or time can do (accept, withdraw, expire ...) is no officer's to do.
    """
    return may_see_case(viewer, case) and verb in _verbs(viewer, case)


def may_open_identity(viewer: Viewer, case: CaseFacts) -> str | None:
    """In which capacity this officer may ask to open the identity of the case: head, handler or
    ethics; None: in none. A rung gives none, and no leader's view ever shows one."""
    if not may_see_case(viewer, case):
        return None
    if case.level is Level.RESTRICTED:
        return "ethics" if _is_ethics(viewer, case) else None
    if _is_head(viewer, case):
        return "head"
    return "handler" if _owns(viewer, case) else None


def may_decide_opening(viewer: Viewer, case: CaseFacts, asker: int) -> bool:
    """Whether this officer may be the second person for what `asker` wants to open."""
    if viewer.officer == asker or viewer.officer in case.excluded:
        return False
    heads = case.level is not Level.RESTRICTED and _is_head(viewer, case)
    return heads or _is_ethics(viewer, case)


def may_decide_extension(viewer: Viewer, case: CaseFacts, asker: int) -> bool:
    """Whether this officer decides about more time that `asker` wants: the institution's head; of
    a restricted case the senior ethics officer. Nobody decides about the own request."""
    if viewer.officer == asker or viewer.officer in case.excluded:
        return False
    if case.level is Level.RESTRICTED:
        return "ethics_senior" in viewer.roles and _is_ethics(viewer, case)
    return _is_head(viewer, case)


def raise_to(level: Level, wanted: Level) -> bool:
    """Whether the level may be set to `wanted` by anyone who may act, at any time.

    True for the same or a higher level. A lower one needs the citizen's word.
    """
    return _RANK[wanted] >= _RANK[level]


def _verbs(viewer: Viewer, case: CaseFacts) -> frozenset[Verb]:
    is_open = case.level is Level.OPEN
    colleague = frozenset({Verb.NOTE} if case.handler is not None else {Verb.NOTE, Verb.ASSIGN})
    grants: tuple[tuple[bool, frozenset[Verb]], ...] = (
        (_is_head(viewer, case), ACTING | DIRECTING),
        (_owns(viewer, case), OWNING),
        (is_open and _leads_unit(viewer, case), ACTING),
        (is_open and _works_in_unit(viewer, case), colleague),
        (case.institution in viewer.coordinates, COORDINATING),
        (_on_rung(viewer, case), ON_RUNG),
        # The decision stays with the post.
        (viewer.officer in case.delegates, frozenset({Verb.RECOMMEND})),
    )
    if case.level is Level.RESTRICTED:
        grants = (
            (_is_ethics(viewer, case), ACTING),
            (_is_ethics(viewer, case) and viewer.officer == case.handler, OWNING),
            (_on_ethics_rung(viewer, case), ON_RUNG),
        )
    return frozenset(verb for granted, verbs in grants if granted for verb in verbs)


def _is_head(viewer: Viewer, case: CaseFacts) -> bool:
    return case.institution in viewer.heads


def _owns(viewer: Viewer, case: CaseFacts) -> bool:
    """The named handler, while serving in the institution that has the case."""
    return (
        viewer.officer == case.handler
        and viewer.institution == case.institution
        and bool(viewer.roles & SERVING)
    )


def _works_in_unit(viewer: Viewer, case: CaseFacts) -> bool:
    return "handler" in viewer.roles and case.unit in viewer.units


def _leads_unit(viewer: Viewer, case: CaseFacts) -> bool:
    return "unit_head" in viewer.roles and case.unit in viewer.units


def _on_rung(viewer: Viewer, case: CaseFacts) -> bool:
    return bool(viewer.posts & case.rung_posts) or viewer.officer in case.rung_deputies


def _is_ethics(viewer: Viewer, case: CaseFacts) -> bool:
    return "ethics" in viewer.roles and viewer.institution != case.institution


def _on_ethics_rung(viewer: Viewer, case: CaseFacts) -> bool:
    return viewer.institution != case.institution and (
        bool(viewer.posts & case.restricted_rung_posts)
        or viewer.officer in case.restricted_rung_deputies
    )
