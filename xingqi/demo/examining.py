"""The fairness examination at the end of the demonstration: the county's supervisor has it held, reads it, asks, and closes a lead."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from rich.console import Console

from xingqi.demo.halves import HALVES
from xingqi.demo.planting import EARLIER, Planting
from xingqi.demo.town import Branch
from xingqi.demo.year import Year
from xingqi.stop import Stop

PERIODS = (*EARLIER, *(half.period for half in HALVES))
LOOKS = 600
Row = dict[str, Any]
ANSWER = "那段时间腰伤住院，对大家半年的情况不清楚，就都打了一样的分。"
EXPLAINED = "本人住院情况属实，已提醒以后不了解的情况先问清再评。"


async def print_examination(year: Year, console: Console) -> None:
    """Examine two years of the county, and print what was found of what was planted.

    Raises:
        Stop: the examination failed, or something that was planted was not found.
    """
    supervisor, planting = year.town.supervisor, year.cases.planting
    body = {"organization_id": year.town.county_id, "from_period": PERIODS[0], "period": PERIODS[-1]}
    begun = await year.client.do("POST", "evaluation/examinations", supervisor, body)
    held = await _held(year, begun["id"])
    listed = [row for period in PERIODS for row in await _leads(year, period)]
    leads = [row for row in listed if row["level"] != "note"]
    names = {branch.id: branch.name for branch in year.town.branches}
    console.print(
        "\n[bold]公平性检查 · the fairness examination[/]（只给县里看，从不公开，也不改变一颗星 · for the county alone; it moves no star）"
    )
    console.print(
        f"  {held['reviews']} 次评议、{held['ballots']} 张封存票、{held['scores']:,} 个分数；疑点 {len(leads)} 条 · "
        f"{held['reviews']} reviews, {held['ballots']} sealed ballots, {held['scores']:,} scores; {len(leads)} leads: "
        + ", ".join(f"{indicator} {count}" for indicator, count in sorted(Counter(row["indicator"] for row in leads).items())),
        soft_wrap=True,
    )
    for title, row in _planted(planting, leads):
        console.print(f"  [bold]{title}[/]  {names[row['branch_id']]}，{row['indicator']}（{row['level']}）", soft_wrap=True)
        console.print(f"     {row['sentence']['zh']} · {row['sentence']['en']}", soft_wrap=True)
        console.print(f"     {row['certainty']['zh']} 也可能是 · or: {row['innocent_explanations']['zh']}", style="dim", soft_wrap=True)
    await _explain(year, next(row for title, row in _planted(planting, leads) if row["indicator"] == "B1"))
    console.print(f"  问过本人，答复后结案 · the first was asked about, answered and closed: {ANSWER}", style="dim", soft_wrap=True)


async def _held(year: Year, examination_id: str) -> Row:
    for _ in range(LOOKS):
        told: Row = await year.client.read(f"evaluation/examinations/{examination_id}", year.town.supervisor)
        if told["state"] == "held":
            return told
        if told["state"] == "failed":
            raise Stop(f"the examination failed: {told['cause']}")
        await asyncio.sleep(0.2)
    raise Stop("the examination did not end")


async def _leads(year: Year, period: str) -> list[Row]:
    town, written = year.town, year.client.written
    place = "evaluation/audits/fairness"
    told = await year.client.read(place, town.supervisor, organization_id=town.county_id, period=period, min_position=written)
    return list(told["items"])


def _planted(planting: Planting, leads: list[Row]) -> list[tuple[str, Row]]:
    """The lead that each planted thing led to. Raises Stop where one is missing.

    A pair stands out as a pair (C2) only beside some twenty others in the county; one that is alone may show in a group (C1).
    """
    wanted: list[tuple[str, tuple[str, ...], Branch]] = [
        ("一张一样的票 · one ballot alike", ("B1",), planting.plain),
        ("一个被改动的结果 · one result overridden", ("D1",), planting.overriding),
        ("四个半年互相关照的两人 · a pair over four half-years", ("C1", "C2"), planting.paired),
        ("一个迟办的支部 · a late branch", ("A1",), planting.paired),
    ]
    found = []
    for title, indicators, branch in wanted:
        rows = [row for row in leads if row["indicator"] in indicators and row["branch_id"] == branch.id]
        if not rows:
            raise Stop(f"the examination did not find what was planted: {title} ({' or '.join(indicators)}) in {branch.name}")
        found.append((title, max(rows, key=lambda row: abs(row["effect"]))))
    return found


async def _explain(year: Year, row: Row) -> None:
    """The straight ballot: looked at, the member is asked and answers, the supervisor explains and closes."""
    supervisor, place = year.town.supervisor, f"evaluation/leads/{row['id']}"
    await year.client.do("POST", f"{place}/look", supervisor, None)
    await year.client.do("POST", f"{place}/questions", supervisor, {"asked": ["members"]})
    await year.client.do("POST", f"{place}/answers", year.cases.planting.straight.token, {"text": ANSWER})
    await year.client.do("POST", f"{place}/explanation", supervisor, {"reason": EXPLAINED})
    await year.client.do("POST", f"{place}/closing", supervisor, {})
