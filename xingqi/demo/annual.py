"""The annual review meetings of the demonstration: who is present, how they vote, the grades; and the list of recommendations."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from xingqi.demo import texts
from xingqi.demo.client import Client
from xingqi.demo.halves import HALVES
from xingqi.demo.told import Told
from xingqi.demo.town import Branch

YEAR = 2026
FEW_CAME, HELD = date(2027, 2, 22), date(2027, 2, 24)
EXCELLENT, QUALIFIED, BASICALLY, UNQUALIFIED = "excellent", "qualified", "basically_qualified", "unqualified"
Row = dict[str, Any]


@dataclass
class Annual:
    """The meetings of all branches. `generous`: grades more than a third excellent; `corrected`: had a half-year corrected."""

    client: Client
    weak: Branch
    generous: Branch
    corrected: tuple[Branch, ...]
    grades: Counter[str] = field(default_factory=Counter)
    warned: Counter[str] = field(default_factory=Counter)
    lists: dict[Branch, list[Row]] = field(default_factory=dict)

    async def fail(self) -> None:
        """Too few come: the meeting is recorded as one without a quorum, and grades nobody."""
        present = [person.id for person in self.weak.people[: len(self.weak.people) * 2 // 5]]
        body = {
            "branch_id": self.weak.id,
            "year": YEAR,
            "held_on": FEW_CAME.isoformat(),
            "present": present,
            "grades": {},
            "half_years": {},
        }
        made = await self.client.do("POST", "evaluation/annual-reviews", self.weak.secretary, body)
        self.warned[made["state"]] += 1

    async def hold(self, branch: Branch) -> None:
        """The branch's meeting looks at both half-years and grades each full member that was rated."""
        self.lists[branch] = await self.recommended(branch)
        present = [person for person in branch.people if person.post or branch.lot.random() < (0.65 if person.works_away_in else 0.92)]
        grades = self._grades(branch, [row["member_id"] for row in self.lists[branch]])
        first, second = (half.period for half in HALVES)
        body: Row = {
            "branch_id": branch.id,
            "year": YEAR,
            "held_on": HELD.isoformat(),
            "present": [person.id for person in present],
            "grades": {member: {"grade": grade, "votes": _votes(branch, grade, len(present))} for member, grade in grades.items()},
            "half_years": {first: "corrected" if branch in self.corrected else "confirmed", second: "confirmed"},
        }
        if branch is self.generous:
            body["excellent_reason"] = texts.MANY_EXCELLENT
        made = await self.client.do("POST", "evaluation/annual-reviews", branch.secretary, body)
        self.grades.update(grades.values())
        self.warned.update(warning["code"] for warning in made["warnings"])

    def _grades(self, branch: Branch, in_order: list[str]) -> dict[str, str]:
        """Those first on the list are excellent: three of ten, in the generous branch four; who got hardly a star is not qualified."""
        stars = {row["member_id"]: row["stars"] for row in self.lists[branch]}
        full = {person.id for person in branch.people if person.status == "full"}
        graded = [member for member in in_order if member in full]
        excellent = len(graded) * (4 if branch is self.generous else 3) // 10
        plain = {0: UNQUALIFIED, 1: BASICALLY}
        return {member: EXCELLENT if place < excellent else plain.get(stars[member], QUALIFIED) for place, member in enumerate(graded)}

    async def recommended(self, branch: Branch) -> list[Row]:
        """The branch's list of recommendations, by flags, stars and mean score."""
        place = f"evaluation/branches/{branch.id}/recommendations"
        found = await self.client.read(place, branch.secretary, year=YEAR, min_position=self.client.written)
        return list(found["items"])

    def flags_a_member(self, branch: Branch) -> Fraction:
        """How many flags the branch's members have in the mean."""
        rows = self.lists[branch]
        return Fraction(sum(row["flags"] for row in rows), len(rows))

    def tell(self, branch: Branch) -> list[Told]:
        """The meetings, and the first of one branch's list."""
        excellent, qualified, basically, unqualified = (self.grades[grade] for grade in (EXCELLENT, QUALIFIED, BASICALLY, UNQUALIFIED))
        first = self.lists[branch][0]
        mean = first["mean_score"]
        return [
            Told(
                HELD,
                f"{len(self.lists)} 个支部召开年度总评：优秀 {excellent}、合格 {qualified}、基本合格 {basically}、不合格 {unqualified}；"
                f"{self.weak.name}第一次到会不足半数，未评等次，两天后再开；{self.generous.name}优秀超过三分之一，系统提醒并记下理由",
                f"{len(self.lists)} meetings: {excellent} excellent, {qualified} qualified, {basically} basically, {unqualified} not; "
                "one met without a quorum first, one was warned of more than a third excellent and gave its reason",
                f"boards/{self.generous.id}",
            ),
            Told(
                HELD,
                f"{branch.name}推荐名单按红旗、红星、平均分排：第一名{first['name']}，"
                f"{first['flags']} 面红旗、{first['stars']} 颗红星、平均 {mean:g} 分",
                "the list of recommendations goes by flags, then stars, then mean score: "
                f"its first has {first['flags']} flags, {first['stars']} stars, a mean of {mean:g}",
                f"boards/{branch.id}",
            ),
        ]


def _votes(branch: Branch, grade: str, present: int) -> dict[str, int]:
    """More than half of those entitled vote for the grade, the others for the next one."""
    majority = len(branch.people) // 2 + 1
    got = max(majority, round(present * branch.lot.uniform(0.8, 1)))
    return {grade: got, QUALIFIED if grade != QUALIFIED else BASICALLY: present - got}
