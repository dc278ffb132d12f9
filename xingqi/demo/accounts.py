"""A login for each role of the invented town, so that its pages can be looked at: one-time passwords, made at this very run."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from xingqi.demo.client import Json
from xingqi.demo.year import Year

ACCOUNTS, WORK = "http://127.0.0.1:8001/", "http://127.0.0.1:8002/"
"""Each leads everybody to its own first page."""


async def print_accounts(year: Year, console: Console) -> None:
    """Open an account for each role by REST and print its slip."""
    table = Table("职责 role", "登录名 login", "一次性密码 one-time password", box=None, padding=(0, 2))
    for role, body in _wanted(year):
        slip = await year.client.do("POST", "roster/accounts", year.admin, body)
        table.add_row(role, f"[bold]{slip['login']}[/]", f"[bold]{slip['password']}[/]")
    console.print(f"\n[bold]登录 · to sign in[/]  {WORK}   （账号管理 · accounts  {ACCOUNTS}）", soft_wrap=True)
    console.print("密码本次现做，只能用一次，十四天内有效 · passwords made at this run, good once, within 14 days", soft_wrap=True)
    console.print(table)


def _wanted(year: Year) -> list[tuple[str, dict[str, Json]]]:
    town, branch = year.town, year.town.branches[1]
    secretary, deputy, *_rest = branch.team
    member = next(person for person in branch.people if person not in branch.team and not person.works_away_in)
    return [
        ("管理员 administrator", {"login": "admin", "grants": [{"role": "admin"}]}),
        ("县级督导 county supervisor", _officer("xian", "county_supervisor", town.county_id)),
        ("镇党委干部 town officer", _officer("zhen", "town_officer", town.id)),
        ("支部书记 secretary", _of(secretary.id, "shuji", "branch_secretary", branch.id)),
        ("支委 committee", _of(deputy.id, "zhiwei", "committee_member", branch.id)),
        ("党员 member", {"member_id": member.id, "login": "dangyuan"}),
    ]


def _officer(login: str, role: str, place: str) -> dict[str, Json]:
    return {"login": login, "grants": [{"role": role, "organization_id": place}]}


def _of(member_id: str, login: str, role: str, place: str) -> dict[str, Json]:
    return {"member_id": member_id, **_officer(login, role, place)}
