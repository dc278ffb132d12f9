"""What came of the demonstration, for somebody who sees it for the first time: Chinese, with English beside it."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import Any

from rich.console import Console
from rich.table import Table

from xingqi.demo.accounts import print_accounts
from xingqi.demo.client import all_of
from xingqi.demo.examining import print_examination
from xingqi.demo.halves import HALVES
from xingqi.demo.reasons import print_reasons
from xingqi.demo.services import Services
from xingqi.demo.witnessing import print_proof
from xingqi.demo.year import Year

BOARD = "http://127.0.0.1:8003"
KINDS = {
    "pledges": "承诺 pledges",
    "result": "评议结果 results",
    "story": "好人好事 good deeds",
    "honour": "荣誉 honours",
    "flag": "流动红旗 rotating flags",
    "circular": "通报 circulars",
    "rulebook": "积分办法 rulebook",
}
STAR, NO_STAR = "★", "☆"
Row = dict[str, Any]


async def print_summary(year: Year, services: Services, console: Console, seconds: float) -> None:
    """Print the figures of the town, its stars and flags, what is on the board, one member's reasons, and how to open it all."""
    await year.client.read("notice/notices", organization_id=year.town.id, min_position=year.client.written)
    rows = await _standings(year)
    console.rule("宣化镇（演示）的 2026 年 · the year 2026 of an invented Xuanhua")
    console.print(await _figures(year, rows, seconds))
    console.print(_stars(rows))
    await _print_board(year, console)
    await print_proof(year.client, year.town.id, console)
    _print_cases(year, console)
    await print_examination(year, console)
    await print_reasons(year, console, rows)
    _print_how_to_open(year, services, console)
    await print_accounts(year, console)


async def _standings(year: Year) -> dict[str, list[Row]]:
    """By half-year, the rows of all branches' standings."""
    rows: dict[str, list[Row]] = {}
    for half in HALVES:
        calls = (
            year.client.read(
                f"evaluation/branches/{branch.id}/standings", branch.secretary, period=half.period, min_position=year.client.written
            )
            for branch in year.town.branches
        )
        rows[half.period] = [row for answer in await all_of(calls) for row in answer["items"]]
    return rows


async def _figures(year: Year, rows: dict[str, list[Row]], seconds: float) -> Table:
    town, stars = year.town, Counter[str]()
    for row in chain.from_iterable(rows.values()):
        stars[row["member_id"]] += row["stars"] or 0
    ballots = sum(review.ballots for review in year.reviews)
    scores = sum(review.ballots * (len(review.rated) - 1) for review in year.reviews)
    events = sum(year.client.positions[service] for service in ("roster", "evaluation"))
    table = Table("", "", "", show_header=False, box=None, padding=(0, 2))
    for figure, chinese, english in (
        (len(town.people), "名党员", f"members, {sum(person.works_away_in is not None for person in town.people)} of them working away"),
        (len(town.branches), "个党支部", f"branches with {sum(branch.groups for branch in town.branches)} Party groups"),
        (year.client.commands, "次操作（REST）", f"commands by REST in {seconds:.0f} seconds"),
        (events, "条事件入日志", "events in the logs of roster and evaluation"),
        (len(year.pledges), "条公开承诺", f"pledges, {year.pledges.count('fulfilled')} fulfilled, {year.pledges.count('partly')} partly"),
        (year.entries, "条积分", f"entries, {year.reversals} of them reversed as mistakes"),
        (ballots, "张互评票", f"ballots with {scores:,} scores of members by members"),
        (sum(stars.values()), "颗红星", "stars in the year"),
        (sum(each // 2 for each in stars.values()), "面红旗", "flags (two stars of a year make one)"),
    ):
        table.add_row(f"[bold]{figure:,}[/]", chinese, english)
    table.columns[0].justify = "right"
    return table


def _stars(rows: dict[str, list[Row]]) -> Table:
    """How many members got how many stars in each half-year."""
    counts = {period: Counter(row["stars"] for row in of_period) for period, of_period in rows.items()}
    table = Table("红星 stars", *counts, title="半年评星 · stars of each half-year", title_justify="left")
    for stars in (3, 2, 1, 0):
        table.add_row(STAR * stars + NO_STAR * (3 - stars), *(str(count[stars]) for count in counts.values()))
    table.add_row("未评 not rated (excused)", *(str(count[None]) for count in counts.values()))
    return table


async def _print_board(year: Year, console: Console) -> None:
    kinds: Counter[str] = Counter()
    for organization in (year.town.id, *(branch.id for branch in year.town.branches)):
        kinds.update(notice["kind"] for notice in await year.client.items("notice/notices", organization_id=organization))
    console.print("\n[bold]公开栏 · on the public boards[/]", f"{sum(kinds.values())} 份公告 notices:")
    console.print("  " + "，".join(f"{KINDS.get(kind, kind)} {count}" for kind, count in kinds.most_common()))


def _print_cases(year: Year, console: Console) -> None:
    """The hard cases, in the order of their days: each in one line, and where the board shows it once it runs."""
    console.print(
        "\n[bold]这一年的难题 · the hard cases of the year[/]（网址在下面的命令运行后可打开 · the pages open once the command below runs）"
    )
    for number, told in enumerate(sorted(year.cases.told, key=lambda told: told.day), start=1):
        console.print(f"{number:3}. {told.day}  {told.chinese} · {told.english}", soft_wrap=True)
        console.print(f"     {BOARD}/{told.seen}", style="dim", soft_wrap=True)


def _print_how_to_open(year: Year, services: Services, console: Console) -> None:
    village = year.town.branches[1]
    console.rule()
    console.print(f"数据在 · the data lies in  [bold]{services.data}[/]", soft_wrap=True)
    console.print("在浏览器中打开 · to open it in a browser:", soft_wrap=True)
    settings = " ".join(f"{name}={value}" for name, value in services.own_settings.items())
    console.print(f"\n  [bold]{settings} make run[/]\n", soft_wrap=True)
    console.print(f"  见证人 · the witness goes on by  [bold]xingqi {' '.join(services.neighbour.arguments)}[/]", soft_wrap=True)
    console.print(f"  {village.name}的公开栏 · a village's board  {BOARD}/boards/{village.id}", soft_wrap=True)
    console.print(f"  镇公开栏 · the town's board        {BOARD}/boards/{year.town.id}", soft_wrap=True)
