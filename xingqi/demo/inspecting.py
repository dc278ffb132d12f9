"""An inspection in the demonstration: two findings by the county, the branch's answer, one finding taken back, a circular on the board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from xingqi.demo import texts
from xingqi.demo.client import Client
from xingqi.demo.told import Told, newest_notice
from xingqi.demo.town import Branch

INSPECTED, ANSWERED, ISSUED = date(2026, 11, 17), date(2026, 11, 20), date(2026, 11, 24)


@dataclass
class Inspecting:
    """The inspection of one branch by the county's supervisor, in three steps."""

    client: Client
    supervisor: str
    branch: Branch
    place: str = ""
    holds: str = ""
    taken_back: str = ""

    async def inspect(self) -> None:
        """The supervisor was there, and records two findings with their evidence."""
        body = {"branch_id": self.branch.id, "year": INSPECTED.year, "on": INSPECTED.isoformat()}
        made = await self.client.do("POST", "evaluation/inspections", self.supervisor, body)
        self.place = f"evaluation/inspections/{made['id']}"
        self.holds = await self._find("poor_implementation", texts.POOR_IMPLEMENTATION)
        self.taken_back = await self._find("late_disclosure", texts.LATE_DISCLOSURE)

    async def _find(self, kind: str, said: str) -> str:
        body = {"kind": kind, "text": said, "evidence": texts.evidence("检查记录与现场照片")}
        return str((await self.client.do("POST", f"{self.place}/findings", self.supervisor, body))["id"])

    async def respond(self) -> None:
        """The branch answers."""
        await self.client.do("POST", f"{self.place}/response", self.branch.secretary, {"text": texts.RESPONSE})

    async def issue(self) -> Told:
        """One finding does not stand and is reversed; the circular names the other, which counts from now on."""
        await self.client.do("POST", f"evaluation/findings/{self.taken_back}/reversal", self.supervisor, {"reason": texts.TAKEN_BACK})
        body = {"finding_ids": [self.holds], "text": texts.CIRCULAR}
        await self.client.do("POST", f"{self.place}/circular", self.supervisor, body)
        place = f"evaluation/branches/{self.branch.id}/responsibility"
        score = (await self.client.read(place, self.branch.secretary, year=INSPECTED.year, min_position=self.client.written))["score"]
        return Told(
            ISSUED,
            f"{self.branch.name}：县里督查发现两个问题，支部作出回应后撤回一个，另一个（工作落实不力）通报，党建责任书得分 {score:g}",
            "the county inspected: two findings, the branch's answer, one taken back, a circular about the other; "
            f"responsibility score {score:g}",
            await newest_notice(self.client, "circular", self.branch.id),
        )
