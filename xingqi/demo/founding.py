"""The town is entered: organisations, members, posts, tokens for everybody, the rulebook, the calendar of the coming year."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from xingqi.demo.client import Client
from xingqi.demo.progress import Show
from xingqi.demo.services import Services
from xingqi.demo.town import Branch, Person, Town

ITEMS: list[dict[str, Any]] = [
    {"code": "study", "title": "固定日集中学习", "kind": "base", "points": 5, "cap": 30, "evidence": False},
    {"code": "meeting", "title": "参加组织生活会", "kind": "base", "points": 5, "cap": 10, "evidence": False},
    {"code": "dues", "title": "按时足额交纳党费", "kind": "base", "points": 10, "cap": 10, "evidence": False},
    {"code": "post", "title": "设岗定责履职", "kind": "base", "points": {"from": 2, "to": 10}, "cap": 10, "evidence": True},
    {"code": "volunteer", "title": "参加志愿服务", "kind": "bonus", "points": 4, "cap": 16, "evidence": True},
    {"code": "mediation", "title": "化解矛盾纠纷", "kind": "bonus", "points": {"from": 3, "to": 8}, "cap": 16, "evidence": True},
    {"code": "helping", "title": "帮扶困难群众", "kind": "bonus", "points": {"from": 2, "to": 10}, "cap": 20, "evidence": True},
    {"code": "donation", "title": "捐资助学助困", "kind": "bonus", "points": {"from": 2, "to": 8}, "cap": 16, "evidence": True},
    {"code": "rescue", "title": "抢险救灾", "kind": "bonus", "points": {"from": 5, "to": 15}, "cap": 30, "evidence": True},
    {"code": "absence", "title": "无故缺席组织生活", "kind": "deduction", "points": 3, "cap": 30, "evidence": True},
    {"code": "litter", "title": "破坏环境卫生", "kind": "deduction", "points": {"from": 1, "to": 5}, "cap": 20, "evidence": True},
    {"code": "lavish", "title": "大操大办婚丧事宜", "kind": "deduction", "points": {"from": 5, "to": 15}, "cap": 30, "evidence": True},
]
YEAR_2027 = {
    "holidays": ["2027-01-01", *(f"2027-02-{day:02}" for day in range(5, 12))],
    "workdays": ["2027-01-30", "2027-02-14"],
    "source": "演示用的节假日安排，不是国务院办公厅的通知",
}


async def found(town: Town, client: Client, services: Services, show: Show) -> str:
    """Enter the whole town; returns the administrator's token. Every person and branch knows its id and its tokens then."""
    (admin,) = services.tokens("admin")
    await _enter_organizations(town, client, admin, show)
    await show.calls(
        "录入党员 members", (_enter_member(client, admin, branch, person) for branch in town.branches for person in branch.people)
    )
    await show.calls("任职 posts", (_assign_post(client, admin, branch, person) for branch in town.branches for person in branch.team))
    away = [person for person in town.people if person.works_away_in]
    await show.calls("登记流动党员 members working away", (_register_away(client, admin, person) for person in away))
    _give_tokens(town, services)
    await _publish_rulebook(town, client)
    await client.do("PUT", "roster/calendar/years/2027", admin, YEAR_2027)
    return admin


async def _enter_organizations(town: Town, client: Client, admin: str, show: Show) -> None:
    async def organization(kind: str, name: str, parent: str | None, code: str) -> str:
        body = {"kind": kind, "name": name, "code": code} | ({"parent_id": parent} if parent else {})
        return str((await client.do("POST", "roster/organizations", admin, body))["id"])

    async def branch_and_groups(branch: Branch) -> None:
        branch.id = await organization("branch", branch.name, town.id, branch.code)
        for number in range(1, branch.groups + 1):
            branch.group_ids.append(await organization("group", f"第{number}党小组", branch.id, f"{branch.code}-{number}"))

    town.county_id = await organization("county", "高台县（演示）", None, "GT")
    town.id = await organization("town", "宣化镇（演示）", town.county_id, "XH")
    await show.calls("设立支部和党小组 branches and groups", map(branch_and_groups, town.branches))


async def _enter_member(client: Client, admin: str, branch: Branch, person: Person) -> None:
    body = {
        "name": person.name,
        "branch_id": branch.id,
        "group_id": branch.group_ids[person.group],
        "joined_on": person.joined_on.isoformat(),
        "status": person.status,
    }
    person.id = (await client.do("POST", "roster/members", admin, body))["id"]


async def _assign_post(client: Client, admin: str, branch: Branch, person: Person) -> None:
    body = {"post": person.post, "organization_id": branch.id, "from": "2026-01-01"}
    await client.do("POST", f"roster/members/{person.id}/posts", admin, body)


async def _register_away(client: Client, admin: str, person: Person) -> None:
    body = {"since": "2026-01-04", "place": person.works_away_in}
    await client.do("POST", f"roster/members/{person.id}/floating", admin, body)


def _give_tokens(town: Town, services: Services) -> None:
    """A token for every member; for each branch that of its secretary and of its deputy, who keys in for the committee; the officers'."""
    tokens = services.tokens("member", None, [person.id for person in town.people])
    for person, token in zip(town.people, tokens, strict=True):
        person.token = token
    for branch in town.branches:
        (branch.secretary,) = services.tokens("branch_secretary", branch.id, [branch.team[0].id])
        (branch.committee,) = services.tokens("committee_member", branch.id, [branch.team[1].id])
    officers = [person.id for person in town.branches[0].people if person.post is None][:2]
    town.officers = services.tokens("town_officer", town.id, officers)
    (town.supervisor,) = services.tokens("county_supervisor", town.county_id)


async def _publish_rulebook(town: Town, client: Client) -> None:
    rules = deepcopy(await client.read("evaluation/rulebooks/default"))
    rules = rules.get("rules", rules)
    rules["items"] = ITEMS
    body = {"organization_id": town.id, "code": "xuanhua-341", "title": "宣化镇党员积分管理办法（演示）", "rules": rules}
    await client.do("POST", "evaluation/rulebooks", town.officers[0], body)
