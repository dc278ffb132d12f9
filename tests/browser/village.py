"""A small town on three real processes for the browser: three branches, each at another step of the half-year, and who may see what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.journeys.processes import Cell

NAMES = [
    "王秀兰",
    "李建国",
    "赵敏",
    "孙立军",
    "周玉梅",
    "吴海",
    "郑晓东",
    "冯春生",
    "陈桂英",
    "褚卫国",
    "卫红",
    "蒋丽",
    "沈志强",
    "韩梅",
    "杨柳",
    "朱明远",
    "秦岚",
    "尤勇",
    "许静",
    "何田",
    "吕芳",
]
DIMENSIONS = ("conviction", "discipline", "contribution", "morality", "conduct")
BRANCHES = {"voting": "王庄村党支部", "scoring": "李家湾村党支部", "done": "赵家沟村党支部"}
"""Branches by where their half-year stands: in the peer review, in the committee review, confirmed."""
MEMBERS = 7


@dataclass
class Village:
    """The town's ids and tokens. Members of a branch are numbered from 0; the first four are its committee, the first its secretary."""

    cell: Cell
    ids: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    reviews: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    pledge: str = ""
    entry: str = ""
    objection: str = ""
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))

    def send(self, method: str, place: str, by: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """A call that must succeed: `evaluation/reviews`."""
        service, _, path = place.partition("/")
        url = f"{self.cell.urls[service]}/{path}"
        answer = self.http.request(method, url, json=body, headers={"Authorization": f"Bearer {self.tokens[by]}"})
        assert answer.is_success, f"{method} {place}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def of(self, branch: str, number: int = 0) -> str:
        """The name of a member's token."""
        return f"{branch}/{number}"


def settle(cell: Cell) -> Village:
    """Found it all and live until July."""
    village = Village(cell, tokens={"admin": cell.token("admin")})
    found(village)
    enter_members(village)
    publish_rules(village)
    live_until_july(village)
    for branch in BRANCHES:
        hold_review(village, branch)
    return village


def found(village: Village) -> None:
    """County, town, branches."""

    def one(key: str, kind: str, name: str, parent: str | None = None) -> None:
        body = {"kind": kind, "name": name} | ({"parent_id": village.ids[parent]} if parent else {})
        village.ids[key] = village.send("POST", "roster/organizations", "admin", body)["id"]

    one("county", "county", "高台县委")
    one("town", "town", "宣化镇党委", "county")
    for key, name in BRANCHES.items():
        one(key, "branch", name, "town")
    cell = village.cell
    village.tokens["officer"] = cell.token("town_officer", organization=village.ids["town"])
    village.tokens["supervisor"] = cell.token("county_supervisor", organization=village.ids["county"])
    for key in BRANCHES:
        village.tokens[f"{key}/secretary"] = cell.token("branch_secretary", organization=village.ids[key])


def enter_members(village: Village) -> None:
    """Seven members a branch, the last one away for work, the first four its committee."""
    names = iter(NAMES)
    for key in BRANCHES:
        body = {"branch_id": village.ids[key], "joined_on": "2010-07-01", "status": "full"}
        village.members[key] = [
            village.send("POST", "roster/members", "admin", {**body, "name": next(names)})["id"] for _ in range(MEMBERS)
        ]
        for number, member in enumerate(village.members[key]):
            post = {"organization_id": village.ids[key], "from": "2020-01-01", "post": "secretary" if number == 0 else "committee"}
            if number < 4:
                village.send("POST", f"roster/members/{member}/posts", "admin", post)
        away = {"since": "2025-03-01", "place": "新疆务工"}
        village.send("POST", f"roster/members/{village.members[key][-1]}/floating", "admin", away)
        for number, token in enumerate(village.cell.tokens(["member"], members=village.members[key])):
            village.tokens[village.of(key, number)] = token
        village.tokens[f"{key}/committee"] = village.cell.token(
            "committee_member", organization=village.ids[key], member=village.members[key][1]
        )  # fmt: skip


def publish_rules(village: Village) -> None:
    """The default rules, with no publicity period so that a half-year can be confirmed without days passing."""
    rules = httpx.get(f"{village.cell.urls['evaluation']}/rulebooks/default").json()
    rules["publicity"]["working_days"] = 0
    body = {"organization_id": village.ids["town"], "code": "XH", "title": "宣化镇党员积分管理办法", "rules": rules}
    village.send("POST", "evaluation/rulebooks", "officer", body)


def live_until_july(village: Village) -> None:
    """Deeds in spring, pledges for the second half; then the clock stands on 2 July."""
    for key in BRANCHES:
        secretary = f"{key}/secretary"
        attendees = [{"member_id": member} for member in village.members[key]]
        for day in ("2026-02-10", "2026-02-20"):
            body: dict[str, Any] = {"branch_id": village.ids[key], "item": "study", "title": "固定党日"}
            body |= {"held_on": day, "attendees": attendees}
            village.send("POST", "evaluation/activities", secretary, body)
    village.cell.command("clock", "2026-07-02T02:00:00Z")
    branch = "voting"
    for number, (action, target) in enumerate([("带动邻居改种辣椒", "三户十二亩"), ("义务清淤", "主渠一公里"), ("调解地界纠纷", "两起")]):
        body = {"member_id": village.members[branch][number], "period": "2026-H2", "theme": "helping", "action": action}
        body |= {"target": target, "due_on": "2026-11-30"}
        made = village.send("POST", "evaluation/pledges", village.of(branch, number), body)
        village.pledge = made["id"]
        if number:
            village.send("POST", f"evaluation/pledges/{made['id']}/review", f"{branch}/secretary", {"decision": "approved"})
    meeting = {"branch_id": village.ids[branch], "on": "2026-07-01", "pledge_ids": [village.pledge]}
    village.send("POST", "evaluation/announcements", f"{branch}/secretary", meeting)
    deed = {"member_id": village.members[branch][0], "item": "study", "occurred_on": "2026-07-01"}
    village.entry = village.send("POST", "evaluation/entries", f"{branch}/secretary", deed)["id"]


def hold_review(village: Village, branch: str) -> None:
    """As far as the branch is to be."""
    secretary, members = f"{branch}/secretary", village.members[branch]
    body = {"branch_id": village.ids[branch], "period": "2026-H1"}
    review = village.reviews[branch] = village.send("POST", "evaluation/reviews", secretary, body)["id"]
    path = f"evaluation/reviews/{review}"
    village.send("POST", f"{path}/phase", secretary, {"to": "peer_review"})
    raters = range(3) if branch == "voting" else range(MEMBERS)
    for number in raters:
        scores = {one: dict.fromkeys(DIMENSIONS, 14 + (number + other) % 6) for other, one in enumerate(members) if other != number}
        village.send("PUT", f"{path}/ballots/{members[number]}", village.of(branch, number), {"scores": scores})
    if branch == "voting":
        sheet = {one: dict.fromkeys(DIMENSIONS, 15) for one in members[:5] + members[6:]}
        paper = {"rater_id": members[5], "sheet": "6号", "scores": sheet}
        village.send("POST", f"{path}/paper-ballots", secretary, paper)
        return
    village.send("POST", f"{path}/phase", secretary, {"to": "committee_review"})
    if branch == "scoring":
        return
    each = {one: {"score": 70 + number * 4, "reason": "班子集体研究"} for number, one in enumerate(members)}
    village.send(
        "PUT", f"{path}/committee-scores", f"{branch}/committee", {"attendees": members[1:4], "scores": without(each, members[1:4])}
    )
    village.send("PUT", f"{path}/committee-scores", "officer", {"attendees": [], "scores": {one: each[one] for one in members[1:4]}})
    for phase in ("publicity", "confirmed"):
        village.send("POST", f"{path}/phase", secretary, {"to": phase})
    about: dict[str, Any] = {"about": {"kind": "result", "id": review, "member_id": members[4]}, "text": "三月份清淤没有记分"}
    village.objection = village.send("POST", "evaluation/objections", village.of(branch, 4), about)["id"]
    another = {"about": {"kind": "result", "id": review, "member_id": members[5]}, "text": "少记一次学习"}
    upheld = village.send("POST", "evaluation/objections", village.of(branch, 5), another)["id"]
    village.send("POST", f"evaluation/objections/{upheld}/decision", "officer", {"decision": "upheld", "reason": "属实，补记"})
    proposed = {"member_id": members[5], "score": 93, "cause": {"objection_id": upheld}, "reason": "补记一次学习"}
    village.send("POST", f"{path}/corrections", secretary, proposed)


def without(each: dict[str, Any], members: list[str]) -> dict[str, Any]:
    """All but these."""
    return {one: score for one, score in each.items() if one not in members}
