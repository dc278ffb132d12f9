"""Supervision in a random town (spec, section 8): inspections, findings, circulars and reversals, and what must come of them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tests.evaluation.supervision_reckoning import Ledger, whose_rules
from tests.journeys import lots
from tests.journeys.people import Branch

if TYPE_CHECKING:
    from tests.journeys.towns import Town

EVIDENCE = [{"kind": "text", "value": "会议记录缺失"}]


@dataclass(eq=False)
class Circular:
    """A circular: the findings of it that stand, and what it said one after the other."""

    branch: Branch
    until: date
    standing: list[str]
    said: list[str]


@dataclass(eq=False)
class Supervision:
    """What supervisors did in a town. `circular_of`: finding -> its circular."""

    ledger: Ledger
    circulars: list[Circular] = field(default_factory=list)
    circular_of: dict[str, Circular] = field(default_factory=dict)


async def supervise(town: Town, period: str) -> None:
    """Some branches are inspected while a half-year is reviewed, by the county or the town."""
    lot = random.Random(f"{town.seed}/supervision/{period}")  # noqa: S311 - a lot that can be drawn again
    for branch in lot.sample(town.branches, lot.randint(2, 3)):
        await town.world.timeline.until(town.world.timeline.today + timedelta(days=lot.randint(1, 5)))
        by = lot.choice([town.supervisor, town.officer()])
        inspection = await _opened(town, lot, branch, by)
        found = [await _find(town, lot, inspection, by) for _ in range(lot.randint(1, 4))]
        for finding in lot.sample(found, lot.choice([0, 0, 1])):
            await _reverse(town, finding, by, lot)
        while open_ones := [
            one for one in found if one not in town.supervision.circular_of and one not in town.supervision.ledger.withdrawn
        ]:
            if lot.random() < 0.2:
                break
            await _issue(town, branch, inspection, by, lot.sample(open_ones, lot.randint(1, len(open_ones))))
        await town.world.timeline.until(town.world.timeline.today + timedelta(days=1))
        for finding in lot.sample(found, lot.randint(0, len(found))):
            if finding not in town.supervision.ledger.withdrawn:
                await _reverse(town, finding, by, lot)


async def a_finding(town: Town, branch: Branch, lot: random.Random) -> str:
    """A finding of the county on the branch, that no circular names: the cause of a correction."""
    return await _find(town, lot, await _opened(town, lot, branch, town.supervisor), town.supervisor)


@dataclass(frozen=True)
class Inspected:
    """An inspection: where, the year whose score it is about, the half-year whose amounts its findings take."""

    id: str
    branch: Branch
    year: int
    period: str


async def _opened(town: Town, lot: random.Random, branch: Branch, by: str) -> Inspected:
    today = town.world.timeline.today
    year = lot.choice([2026, today.year])
    body = {"branch_id": branch.id, "year": year, "on": today.isoformat()}
    made = await town.world.rest.do("POST", "evaluation/inspections", by, body)
    return Inspected(made["id"], branch, year, whose_rules(year, today))


async def _find(town: Town, lot: random.Random, inspection: Inspected, by: str) -> str:
    kind, own = lot.choice(lots.FINDING_KINDS), lots.score(lot, 0, 30) if lot.random() < 0.3 else None
    body: dict[str, Any] = {"kind": kind, "text": "检查发现的问题", "evidence": EVIDENCE} | ({"deduction": own} if own is not None else {})
    made = await town.world.rest.do("POST", f"evaluation/inspections/{inspection.id}/findings", by, body)
    amount = town.books.rules[inspection.period]["responsibility"]["deductions"][kind] if own is None else own
    town.supervision.ledger.found(made["id"], inspection.branch.id, inspection.year, kind, str(amount))
    return str(made["id"])


async def _issue(town: Town, branch: Branch, inspection: Inspected, by: str, findings: list[str]) -> None:
    today, number = town.world.timeline.today, len(town.supervision.circulars)
    text = f"第{number}号通报"
    await town.world.rest.do("POST", f"evaluation/inspections/{inspection.id}/circular", by, {"finding_ids": findings, "text": text})
    until = date(today.year, 12, 31) if today.month <= 6 else date(today.year + 1, 6, 30)
    issued = Circular(branch, until, list(findings), [text])
    town.supervision.circulars.append(issued)
    town.supervision.circular_of |= dict.fromkeys(findings, issued)
    town.supervision.ledger.circular(*findings)


async def _reverse(town: Town, finding: str, by: str, lot: random.Random) -> None:
    """A finding does not stand; its circular needs another text where others of it do, and takes none where none does."""
    rest, place = town.world.rest, f"evaluation/findings/{finding}/reversal"
    circular, body = town.supervision.circular_of.get(finding), {"reason": "复查不实"}
    town.supervision.ledger.reversed(finding)
    left = [one for one in circular.standing if one != finding] if circular else []
    with_text = {**body, "circular_text": f"更正通报{lot.randint(1, 10**9)}"}
    code = "circular_text_missing" if left else "no_circular_to_correct"
    await rest.refused(code, "POST", place, by, body if left else with_text, status=422)
    answer = await rest.do("POST", place, by, with_text if left else body)
    expected = None if circular is None else "corrected" if left else "withdrawn"
    assert (answer["circular"] and answer["circular"]["state"]) == expected, answer
    if circular is not None:
        circular.standing = left
        circular.said += [with_text["circular_text"]] if left else []
