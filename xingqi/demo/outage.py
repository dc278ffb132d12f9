"""An outage in the demonstration: the process of notice is stopped for some working days of a term, which then runs so much longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from xingqi.demo.review import BranchReview
from xingqi.demo.told import Told, result_notice
from xingqi.stop import Stop

STOPPED, STARTED, TOO_EARLY = date(2027, 1, 22), date(2027, 1, 26), date(2027, 1, 28)
LOST = ["2027-01-22", "2027-01-25"]
"""Friday and Monday; the morning of the day on which it is back is short enough for that day to count."""


@dataclass
class Outage:
    """`review`: one of those whose term is extended, and by which it is told."""

    review: BranchReview
    first_end: str = ""

    async def look(self) -> None:
        """When the term would end, had nothing happened."""
        notice = await result_notice(self.review.client, self.review.id)
        self.first_end = (await self.review.client.read(f"notice/notices/{notice['id']}/publicity"))["ends_on"]

    async def hold_back(self) -> None:
        """On the day on which the term would have been over, nobody can confirm."""
        place = f"evaluation/reviews/{self.review.id}/phase"
        await self.review.client.refused("publicity_running", "POST", place, self.review.branch.secretary, {"to": "confirmed"})

    async def tell(self) -> Told:
        """What the certificate says of it.

        Raises:
            Stop: it does not name the lost days.
        """
        notice = await result_notice(self.review.client, self.review.id)
        certificate = await self.review.client.read(f"notice/notices/{notice['id']}/certificate")
        lost = [day["date"] for day in certificate["not_counted"]]
        if lost != LOST:
            raise Stop(f"the certificate does not name the days on which notice was away: {certificate}")
        return Told(
            STOPPED,
            f"公开栏停机四天：{lost[0]}、{lost[1]} 两个工作日不计，各支部公示期由 {self.first_end} 顺延到 {certificate['to']}；"
            f"公示证书 {certificate['number']} 写明这两天",
            "the board was away for four days: two working days did not count, "
            f"all terms moved from {self.first_end} to {certificate['to']}, and the certificate says so",
            f"notices/{notice['id']}",
        )
