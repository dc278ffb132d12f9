"""An inspection in the demonstration: findings by the county, the branch's answer, a circular, and how it is corrected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from xingqi.demo import texts
from xingqi.demo.client import Client
from xingqi.demo.told import Told, newest_notice
from xingqi.demo.town import Branch
from xingqi.stop import Stop

INSPECTED, ANSWERED, ISSUED, REVERSED = date(2026, 11, 17), date(2026, 11, 20), date(2026, 11, 24), date(2026, 12, 2)


@dataclass
class Inspecting:
    """The inspection of one branch by the county's supervisor, in four steps."""

    client: Client
    supervisor: str
    branch: Branch
    place: str = ""
    holds: str = ""
    taken_back: str = ""
    reversed_later: str = ""
    notice: str = ""

    async def inspect(self) -> None:
        """The supervisor was there, and records three findings with their evidence."""
        body = {"branch_id": self.branch.id, "year": INSPECTED.year, "on": INSPECTED.isoformat()}
        made = await self.client.do("POST", "evaluation/inspections", self.supervisor, body)
        self.place = f"evaluation/inspections/{made['id']}"
        self.holds = await self._find("poor_implementation", texts.POOR_IMPLEMENTATION)
        self.taken_back = await self._find("late_disclosure", texts.LATE_DISCLOSURE)
        self.reversed_later = await self._find("unfair_selection", texts.UNFAIR_SELECTION)

    async def _find(self, kind: str, said: str) -> str:
        body = {"kind": kind, "text": said, "evidence": texts.evidence("检查记录与现场照片")}
        return str((await self.client.do("POST", f"{self.place}/findings", self.supervisor, body))["id"])

    async def respond(self) -> None:
        """The branch answers."""
        await self.client.do("POST", f"{self.place}/response", self.branch.secretary, {"text": texts.RESPONSE})

    async def issue(self) -> Told:
        """One finding does not stand and is reversed; the circular names the others, which count from now on."""
        await self._reverse(self.taken_back, {"reason": texts.TAKEN_BACK})
        body = {"finding_ids": [self.holds, self.reversed_later], "text": texts.CIRCULAR}
        await self.client.do("POST", f"{self.place}/circular", self.supervisor, body)
        score, self.notice = await self._score(), await newest_notice(self.client, "circular", self.branch.id)
        return Told(
            ISSUED,
            f"{self.branch.name}：县里督查发现三个问题，支部作出回应后撤回一个，另两个（工作落实不力、评选过程不公正）通报，"
            f"党建责任书得分 {score:g}",
            "the county inspected: three findings, the branch's answer, one taken back, a circular about the others; "
            f"responsibility score {score:g}",
            self.notice,
        )

    async def correct(self) -> Told:
        """A finding of the circular is reversed: on the board a corrected circular takes its place, and its deduction is given back.

        Raises:
            Stop: the board does not show the correction beside what it replaces.
        """
        await self._reverse(self.reversed_later, {"reason": texts.NOT_UNFAIR, "circular_text": texts.CIRCULAR_CORRECTED})
        score, corrected = await self._score(), await newest_notice(self.client, "circular", self.branch.id)
        shown = await self.client.read(f"notice/{corrected}")
        first = await self.client.read(f"notice/{self.notice}")
        if (f"notices/{shown['replaces']}", f"notices/{first['replaced_by']}", first["state"]) != (self.notice, corrected, "corrected"):
            raise Stop("the corrected circular is not linked to the one that it replaces")
        return Told(
            REVERSED,
            f"{self.branch.name}：通报后复核，评选过程不公正一项不成立，县里撤回；公开栏上换成更正后的通报，两份互相链接，"
            f"扣分退回，得分 {score:g}",
            "a finding of the circular was reversed: the board shows the corrected circular, linked with the first; "
            f"its deduction is given back, score {score:g}",
            corrected,
        )

    async def _reverse(self, finding: str, body: dict[str, str]) -> None:
        await self.client.do("POST", f"evaluation/findings/{finding}/reversal", self.supervisor, body)

    async def _score(self) -> float:
        place = f"evaluation/branches/{self.branch.id}/responsibility"
        told = await self.client.read(place, self.branch.secretary, year=INSPECTED.year, min_position=self.client.written)
        return float(told["score"])
