"""The rungs that many cases climb in one sweep: for whom, by which way, and who is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import ladder as rules
from feedback.rules import workflow
from feedback.rules.access import Level
from feedback.services import conflicts, ladders, owners, posts
from feedback.services.among import among
from feedback.services.batch import Batch
from feedback.services.reference import Directory

NOBODY: frozenset[int] = frozenset()
OF_THE_ACCUSED = rules.Way("skipped", None, alarm=True, why="concerned")


@dataclass(slots=True)
class _Step:
    """One step of one case that has fallen due, and where its rung leads."""

    case: m.Case
    step: rules.Step
    standing: ladders.Standing
    address: posts.Address | None = None
    copy: posts.Address | None = None


def climb(cases: Sequence[m.Case], d: Directory, batch: Batch) -> None:
    """Put all rungs that are due for these (locked) cases into the batch, and the next timer.

    In rounds: each takes one step of every case, so that posts and holders are looked up for all
    of them together.
    """
    if not cases:
        return
    for case in cases:
        if case.handler_id is None and case.status not in owners.ENDED:
            batch.alarm("unowned", case, str(case.institution_id), batch.now)
    standings = ladders.standings(cases, d)
    behind = [case for case in cases if _may_catch_up(case, standings[case.id], batch)]
    if behind:
        _catch_up(behind, standings, d, batch)
        standings |= ladders.standings(behind, d)
    _climb(cases, standings, d, batch)


def _may_catch_up(case: m.Case, standing: ladders.Standing, batch: Batch) -> bool:
    """Not while another case leads it, nor for a letter that came before those cycles were over."""
    ended = standing.left_at
    return bool(ended) and case.merged_into is None and max(ended) <= batch.now


def _catch_up(
    cases: Sequence[m.Case],
    standings: Mapping[UUID, ladders.Standing],
    d: Directory,
    batch: Batch,
) -> None:
    """The rungs of cycles that were left before a sweep came to them; the cycle after each begins
    as high as it would have."""
    waiting = {case.id: [*standings[case.id].left, standings[case.id].cycle] for case in cases}
    reached = ladders.highest_of(cases)  # what is in the batch comes on top
    while left := [case for case in cases if len(waiting[case.id]) > 1]:
        cycles = {case.id: waiting[case.id].pop(0) for case in left}
        _climb(left, ladders.standings(left, d, cycles), d, batch)
        for case in left:
            highest = max(reached[case.id], batch.highest.get(case.id, 0))
            before, following = cycles[case.id], waiting[case.id][0]
            begun = _first_rung(before, following, highest, ladders.top(case, d))
            waiting[case.id][0] = replace(following, first_rung=begun)
    for case in cases:
        case.first_rung = waiting[case.id][0].first_rung
    db.session.flush()
    ladders.caught_up([case.id for case in cases])


def _first_rung(before: ladders.Cycle, cycle: ladders.Cycle, reached: int, top: int) -> int:
    """Where the cycle after `before` begins, now that all of that one's rungs are known."""
    if cycle.appealed:
        return max(cycle.first_rung, workflow.appealed_rung(reached, top))
    return max(cycle.first_rung, workflow.reopened_rung(reached, before.first_rung, top))


def _climb(
    cases: Sequence[m.Case],
    standings: Mapping[UUID, ladders.Standing],
    d: Directory,
    batch: Batch,
) -> None:
    excluded = _excluded([case.id for case in cases])
    newcomers = _Newcomers()
    found: dict[posts.Address, rules.Post | None] = {}
    waiting = list(cases)
    while waiting:
        due = []
        for case in waiting:
            standing = standings[case.id]
            step = ladders.next_step(case, standing, d)
            if step is None or step.at > batch.now:
                batch.timers[case.id, "ladder"] = ladders.looked_at(standing, step)
            else:
                due.append(_addressed(_Step(case, step, standing), d))
        wanted = {a for each in due for a in (each.address, each.copy) if a is not None}
        unknown = wanted - found.keys()
        if unknown:
            known = posts.find(unknown, local_day(batch.now))
            found.update({address: known.get(address) for address in unknown})
        newcomers.keep_off(due, found, excluded, d, batch)
        for each in due:
            _take(each, found, excluded.get(each.case.id, NOBODY), d, batch)
        waiting = [each.case for each in due]


def at_once(
    case: m.Case, number: int, at: datetime, driver: str, d: Directory, batch: Batch
) -> None:
    """Put one rung of a (locked) case into the batch that no clock drives: it was reached at `at`,
    by the same ways round vacancies and persons concerned as any other."""
    standing = ladders.standings([case], d)[case.id]
    each = _addressed(_Step(case, rules.Step(number, at, driver, alarm=False), standing), d)
    excluded = _excluded([case.id])
    found: dict[posts.Address, rules.Post | None] = {}
    wanted = {address for address in (each.address, each.copy) if address is not None}
    known = posts.find(wanted, local_day(batch.now))
    found.update({address: known.get(address) for address in wanted})
    _Newcomers().keep_off([each], found, excluded, d, batch)
    _take(each, found, excluded.get(case.id, NOBODY), d, batch)


class _Newcomers:
    """Whoever came to a rung's post, or got another name, after a case was lodged: the words were
    never compared with that officer, and are before the rung opens the case."""

    def __init__(self) -> None:
        self._since: dict[int, datetime | None] = {}

    def keep_off(
        self,
        due: Sequence[_Step],
        found: Mapping[posts.Address, rules.Post | None],
        excluded: dict[UUID, frozenset[int]],
        d: Directory,
        batch: Batch,
    ) -> None:
        """Exclude those whom the words of these cases concern, from the case and in `excluded`."""
        people = {each.case.id: _people(each, found) for each in due}
        self._learn({number for numbers in people.values() for number in numbers})
        met = {
            each.case.id: (each.case, later)
            for each in due
            if (later := self._after(people[each.case.id], each.case.received_at))
        }
        if not met:
            return
        # The rung opens the whole group.
        joined = db.session.scalars(select(m.Case).where(among(m.Case.merged_into, met))).all()
        leads = {case.id: case.merged_into or case.id for case in joined}
        met |= {case.id: (case, met[leads[case.id]][1]) for case in joined}
        said = conflicts.said_in_all(list(met))
        places = {case.id: owners.place_of(case) for case, _later in met.values()}
        later = {number for _case, numbers in met.values() for number in numbers}
        for case_id in sorted(conflicts.may_concern(said, places, later, d)):
            case, numbers = met[case_id]
            named = conflicts.concerned(said[case_id], places[case_id], d)
            new = owners.exclude(
                case, {n: why for n, why in named.items() if n in numbers}, batch.now
            )
            above = leads.get(case_id, case_id)
            excluded[above] = excluded.get(above, NOBODY) | new

    def _learn(self, people: set[int]) -> None:
        unknown = people - self._since.keys()
        if not unknown:
            return
        self._since |= dict.fromkeys(unknown)
        standing = m.OfficerStanding
        for row in db.session.execute(
            select(standing.officer_id, standing.at).where(standing.officer_id.in_(unknown))
        ):
            self._since[row.officer_id] = row.at

    def _after(self, people: Iterable[int], moment: datetime) -> set[int]:
        """Those who were not compared yet, or first compared at or after a moment."""
        return {n for n in people if (since := self._since[n]) is None or since >= moment}


def _people(each: _Step, found: Mapping[posts.Address, rules.Post | None]) -> set[int]:
    """Holders and deputies of the rung's post and of the one that gets a copy."""
    standing = (found[address] for address in (each.address, each.copy) if address is not None)
    people = (person for post in standing if post for person in (post.holder, post.deputy))
    return {person.id for person in people if person is not None}


def _excluded(case_ids: list[UUID]) -> dict[UUID, frozenset[int]]:
    """Officers kept away from each case, or from one that it leads."""
    found: dict[UUID, set[int]] = {}
    own = select(m.Conflict.case_id, m.Conflict.officer_id).where(
        among(m.Conflict.case_id, case_ids), m.Conflict.state != "lifted"
    )
    joined = (
        select(m.Case.merged_into, m.Conflict.officer_id)
        .join(m.Case, m.Case.id == m.Conflict.case_id)
        .where(among(m.Case.merged_into, case_ids), m.Conflict.state != "lifted")
    )
    for case_id, officer_id in db.session.execute(own.union_all(joined)):
        found.setdefault(case_id, set()).add(officer_id)
    return {case_id: frozenset(officers) for case_id, officers in found.items()}


def _addressed(each: _Step, d: Directory) -> _Step:
    case = each.case
    if each.step.rung is not None:
        rung = ladders.rung(each.standing, each.step.rung)
        each.address = posts.address(d, rung, case.institution_id, case.unit_id)
        each.copy = posts.copy_address(d, rung)
    return each


def _take(
    each: _Step,
    found: dict[posts.Address, rules.Post | None],
    excluded: frozenset[int],
    d: Directory,
    batch: Batch,
) -> None:
    """One step: an alarm where no higher rung is left, else a rung and the ways round it."""
    case, step, standing = each.case, each.step, each.standing
    if step.rung is None:
        _alarm(each, batch)
        return
    post = found[each.address] if each.address else None
    if _of_the_accused(case, each.address):
        way = OF_THE_ACCUSED
        post = None
    else:
        way = rules.resolve(
            post, excluded, handler=case.handler_id, below=frozenset(standing.posts)
        )
    copy = found[each.copy] if each.copy else None
    row = _row(each, step.rung, way, post, copy, batch)
    batch.escalations.append(row)
    batch.record("escalated", case, rung=step.rung, cycle=row["cycle"], way=way.kind)
    if way.alarm:
        # Whom a case concerns is nobody's business: that alarm names no post.
        named = post.id if post is not None and way.why != "concerned" else None
        batch.alarm(
            *(way.why, case, f"{standing.ladder}:{step.rung}", step.at),
            post=named,
            cycle=row["cycle"],
        )
    copied = rules.resolve(copy, excluded).person if copy else None
    _tell(row, case, copied, d, batch)
    skipped = way.kind == "skipped"
    standing.climbed.append(rules.Climbed(step.rung, step.at, skipped=skipped, key=step.key))
    if post is not None:
        standing.posts.add(post.id)
    batch.highest[case.id] = max(batch.highest.get(case.id, 0), step.rung)


def _alarm(each: _Step, batch: Batch) -> None:
    """No rung is left: above the top every few days, for an order that was not followed once."""
    case, step, standing = each.case, each.step, each.standing
    if step.key:
        key = f"{standing.ladder}:{step.key}"
        batch.alarm("directive", case, key, step.at, cycle=standing.cycle.number)
        standing.clocks = rules.alarmed(standing.clocks, step.key)
        return
    key = f"{standing.ladder}:{step.at.isoformat()}"
    batch.alarm("top", case, key, step.at, cycle=standing.cycle.number)
    standing.alarms.append(step.at)


def _of_the_accused(case: m.Case, address: posts.Address | None) -> bool:
    """No rung of the institution complained about sees a restricted case."""
    return (
        case.confidentiality == Level.RESTRICTED
        and address is not None
        and address.institution_id == case.institution_id
    )


def _row(
    each: _Step,
    rung: int,
    way: rules.Way,
    post: rules.Post | None,
    copy: rules.Post | None,
    batch: Batch,
) -> dict[str, Any]:
    here = ladders.rung(each.standing, rung)
    return {
        "id": uuid4(),
        "case_id": each.case.id,
        "cycle": each.standing.cycle.number,
        "rung": rung,
        "ladder": each.standing.ladder,
        "clock": each.step.clock,
        "cause": each.step.key or None,
        "held_days": here.days,
        "reads": here.reads,
        "explains": here.explains,
        "post_id": post.id if post else None,
        "copy_post_id": copy.id if copy else None,
        "from_institution_id": each.case.institution_id,
        "way": way.kind,
        "why": way.why or None,
        "officer_id": way.person,
        "restricted": each.case.confidentiality == Level.RESTRICTED,
        "due_at": each.step.at,
        "at": batch.now,
    }


def _tell(
    row: dict[str, Any], case: m.Case, copied: int | None, d: Directory, batch: Batch
) -> None:
    """To the officer on the rung, and to the handler, who stays responsible.

    The two top rungs get one a day for each institution in place of one a case; so does whoever
    gets a copy of them. A rung that may not read hears of the institution, not of the case.
    """
    key = f"{row['rung']}:{row['cycle']}:{int(row['restricted'])}"
    digest = ladders.digest_of(d.ladder(row["ladder"]), row["rung"])
    told = [officer for officer in (row["officer_id"], copied) if officer is not None]
    for officer in told:
        if digest or not row["reads"]:
            kind = "digest" if row["reads"] else "rung_told"
            batch.digest(officer, case.institution_id, local_day(batch.now).isoformat(), kind)
        else:
            batch.notice([officer], "escalated", case, key)
    demanded = row["explains"]
    batch.notice([case.handler_id], "explain" if demanded else "climbed", case, key)
