"""Why one member has two stars, in full: every entry, aggregate and rule on the way from its deeds to its stars."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from xingqi.demo.halves import HALVES
from xingqi.demo.town import Branch, Person
from xingqi.demo.year import Year

KINDS = {"base": "基础 base", "bonus": "加分 bonus", "deduction": "扣分 deduction"}
WANTED_STARS = 2
Row = dict[str, Any]


async def print_reasons(year: Year, console: Console, rows: dict[str, list[Row]]) -> None:
    """Print the explanation of one member with two stars in the second half-year, as the member itself can ask for it."""
    period = HALVES[-1].period
    person, branch = _somebody_with_two_stars(year, rows[period])
    why = await year.client.read(f"evaluation/members/{person.id}/explanation", person.token, period=period)
    console.print(f"\n[bold]{person.name}（{branch.name}）{period} 为什么是两颗红星 · why two stars[/]")
    console.print(_entries(why["points"]))
    for line in (*_points(why["points"]), *_scores(why), *_result(why)):
        console.print(f"  {line}", soft_wrap=True)


def _somebody_with_two_stars(year: Year, rows: list[Row]) -> tuple[Person, Branch]:
    """A villager with two stars who holds no post: one with an entry that was reversed, if there is one."""
    two = {row["member_id"] for row in rows if row["stars"] == WANTED_STARS}
    villagers = ((person, branch) for branch in year.town.branches[1:] for person in branch.people)
    return max((found for found in villagers if found[0].id in two and found[0].post is None), key=lambda found: found[0].mistakes)


def _entries(points: Row) -> Table:
    table = Table("日期 date", "事项 item", "类别 kind", "分值 worth", "计入 counted", box=None, padding=(0, 2))
    for entry in sorted(points["entries"], key=lambda entry: entry["occurred_on"]):
        counted = "冲销 reversed" if entry["is_reversed"] else f"{entry['counted']:g}"
        table.add_row(entry["occurred_on"], entry["title"], KINDS[entry["kind"]], f"{entry['points']:g}", counted)
    return table


def _points(points: Row) -> list[str]:
    base, bonus, deductions, total = (f"{points[name]:g}" for name in ("base", "bonus", "deductions", "total"))
    caps = points["caps"]
    return [
        f"积分 points = 基础 {base}（上限 {caps['base']:g}）+ 加分 {bonus}（上限 {caps['bonus']:g}）- 扣分 {deductions} = [bold]{total}[/]"
    ]


def _scores(why: Row) -> list[str]:
    peer, reference, committee = why["peer"], why["reference"], why["committee"]
    if peer["absent"]:
        told = [f"互评 peers: 无 none（{peer['absent']}，{peer['scores']} 份评分 scores）"]
    else:
        dropped = "，去掉一个最高分和一个最低分 the highest and the lowest dropped" if peer["highest_and_lowest_dropped"] else ""
        told = [f"互评 peers: {peer['scores']} 人评分{dropped}，平均 mean = [bold]{peer['shown']:g}[/]"]
    if reference["shown"] is not None:
        told.append(f"参考分 reference = 积分与互评各半 half points, half peers = [bold]{reference['shown']:g}[/]")
    reason = f"，理由 reason: {committee['reason']}" if committee["reason"] else ""
    apart = "" if committee["deviation"] is None else f"，与参考分相差 apart from the reference: {committee['deviation']:g}"
    told.append(f"商评 committee: {len(committee['attendees'])} 人到会 attended，评分 score [bold]{committee['shown']:g}[/]{apart}{reason}")
    return told


def _result(why: Row) -> list[str]:
    result = why["result"]
    band = f"{result['band_from']:g} 分以上 from {result['band_from']:g}"
    stars = "★" * result["stars"]
    shown, agrees = f"{result['shown']:g}", "是 yes" if result["agrees"] else "否 no"
    return [
        f"结果 result = 商评分 the committee's score {shown}，四舍五入 rounded {result['rounded']} → {band} → [bold red]{stars}[/]",
        f"依据积分办法第 {why['version']} 版 under version {why['version']} of the rulebook；与公布一致 as published: {agrees}",
    ]
