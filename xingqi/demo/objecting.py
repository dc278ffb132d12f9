"""Objections during publicity in the demonstration: a member's is upheld, a villager's dismissed, by the town."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from xingqi.demo import texts
from xingqi.demo.client import Client
from xingqi.demo.review import BranchReview
from xingqi.demo.told import Told, result_notice

RAISED, DECIDED, CONFIRMED_LATE = date(2026, 7, 22), date(2026, 7, 24), date(2026, 8, 1)
CORRECTED = 91
Row = dict[str, Any]


@dataclass
class Objecting:
    """Two objections. `upheld`: the review in which a member is right; `dismissed`: the one that a villager is wrong about."""

    client: Client
    officer: str
    upheld: BranchReview
    dismissed: BranchReview
    row: Row | None = None
    first_end: str = ""
    first: str = ""
    own: str = ""

    async def object(self) -> None:
        """A villager objects on the board, without a name; then a member to its own result."""
        notice = await result_notice(self.client, self.dismissed.id)
        await self.client.do("POST", f"notice/notices/{notice['id']}/objections", None, {"text": texts.PUBLIC_OBJECTION})
        self.first = (await result_notice(self.client, self.upheld.id))["id"]
        self.first_end = (await self.client.read(f"notice/notices/{self.first}/publicity"))["ends_on"]
        self.row = await best_below(self.upheld, CORRECTED)
        self.own = await object_to_own(self.upheld, self.row["member_id"])

    async def answer(self) -> None:
        """The secretary attended the scoring and may not answer; an officer of the town does: one is upheld, one dismissed."""
        own = {"decision": "upheld", "reason": texts.UPHELD, "score": CORRECTED}
        place = f"evaluation/objections/{self.own}/decision"
        await self.client.refused("own_case", "POST", place, self.upheld.branch.secretary, own)
        await self.client.do("POST", place, self.officer, own)
        listed = await self.client.items(
            "evaluation/objections", self.officer, organization_id=self.dismissed.branch.id, state="open", min_position=self.client.written
        )
        for objection in listed:
            body = {"decision": "dismissed", "reason": texts.DISMISSED}
            await self.client.do("POST", f"evaluation/objections/{objection['id']}/decision", self.officer, body)

    async def hold_back(self) -> None:
        """On the day on which the first term is over, the corrected result still runs its own: nobody can confirm."""
        place = f"evaluation/reviews/{self.upheld.id}/phase"
        await self.client.refused("publicity_running", "POST", place, self.upheld.branch.secretary, {"to": "confirmed"})

    async def tell(self) -> list[Told]:
        """What came of both."""
        second = await result_notice(self.client, self.upheld.id)
        end = (await self.client.read(f"notice/notices/{second['id']}/publicity"))["ends_on"]
        was = self.row["result"] if self.row else 0
        other = await result_notice(self.client, self.dismissed.id)
        return [
            Told(
                DECIDED,
                f"{self.upheld.branch.name}：一名党员公示期内提出异议，镇里认定成立，{was:g} 分改为 {CORRECTED} 分；"
                f"更正公告重新公示五个工作日，公示期由 {self.first_end} 改到 {end}",
                f"a member objected and was right: {was:g} became {CORRECTED}, "
                f"and the corrected notice ran its term anew, to {end} instead of {self.first_end}",
                f"notices/{second['id']}",
            ),
            Told(
                DECIDED,
                f"{self.dismissed.branch.name}：一名群众在公开栏上提出异议，镇里核实后驳回并说明理由；答复之前不能确认",
                "a villager objected on the board; the town dismissed it with a reason, and nothing could be confirmed before the answer",
                f"notices/{other['id']}",
            ),
        ]


async def best_below(review: BranchReview, score: float) -> Row:
    """The best two-star result of the review that lies below `score`, of somebody without a post."""
    found = await review.client.read(f"evaluation/reviews/{review.id}/results", review.branch.secretary)
    of_team = {person.id for person in review.branch.team}
    two = [row for row in found["items"] if row["stars"] == 2 and row["result"] < score and row["member_id"] not in of_team]
    best: Row = max(two, key=lambda row: row["result"])
    return best


async def object_to_own(review: BranchReview, member_id: str) -> str:
    """The member objects to its own result; the objection's id."""
    person = next(person for person in review.branch.people if person.id == member_id)
    body = {"about": {"kind": "result", "id": review.id, "member_id": member_id}, "text": texts.OWN_OBJECTION}
    return str((await review.client.do("POST", "evaluation/objections", person.token, body))["id"])
