"""The town's rotating flag in the demonstration: held by one branch for a year, then taken over by another."""

from __future__ import annotations

from datetime import date

from xingqi.demo.client import Client
from xingqi.demo.told import Told, newest_notice
from xingqi.demo.town import Branch, Town

HANDED_ON = date(2027, 2, 26)


async def hand_flag(client: Client, town: Town, branch: Branch, year: int) -> list[str]:
    """The town hands its flag of `year` to a branch; the flags of the last holders that it takes over."""
    body = {"holder": {"branch_id": branch.id}, "year": year, "organization_id": town.id}
    made = await client.do("POST", "evaluation/rotating-flags", town.officers[0], body)
    return list(made["taken_over_from"])


async def hand_on(client: Client, town: Town, last: Branch, best: Branch) -> Told:
    """The flag goes from last year's holder to `best`: with the most flags a member, and no circular."""
    taken_over = await hand_flag(client, town, best, HANDED_ON.year - 1)
    return Told(
        HANDED_ON,
        f"镇流动红旗由{last.name}交给人均红旗最多且未受通报的{best.name}，两任持旗支部都留在记录里（接过 {len(taken_over)} 面）",
        "the town's rotating flag went on to the branch with the most flags a member and no circular; the chain of its holders is kept",
        await newest_notice(client, "flag", best.id),
    )
