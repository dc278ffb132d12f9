"""What happens in the demonstration's year: two half-years, each with its pledges, deeds and reviews; then the annual review meetings."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain
from typing import Any

from xingqi.demo.cases import Cases
from xingqi.demo.client import Client
from xingqi.demo.deeds import Deeds
from xingqi.demo.halves import HALVES, Half, morning
from xingqi.demo.pledging import Pledging
from xingqi.demo.progress import Show
from xingqi.demo.review import BranchReview
from xingqi.demo.services import SERVICES, Services
from xingqi.demo.town import Branch, Town

Call = Coroutine[Any, Any, Any]


@dataclass
class Year:
    """The town, who calls for it, and what has happened so far."""

    town: Town
    client: Client
    admin: str
    show: Show
    services: Services
    reviews: list[BranchReview] = field(default_factory=list)
    pledges: list[str] = field(default_factory=list)
    entries: int = 0
    reversals: int = 0

    def __post_init__(self) -> None:
        """The hard cases of the year, which let time pass as the year does."""
        self.cases = Cases(self.town, self.client, self.show, self.services, self.until, self._move_clock)

    async def live(self) -> None:
        """Both half-years, up to the confirmation of every branch; then the annual review meetings."""
        await self.cases.before()
        for half in HALVES:
            await self._live(half)
        await self.cases.end()

    async def _live(self, half: Half) -> None:
        pledging = Pledging(self.client, half)
        await self.until(half.pledged)
        await self._all("公开承诺 pledges written and reviewed", pledging.pledge)
        await self.until(half.announced)
        await self.show.calls("党员大会公布承诺 announced", map(pledging.announce, self.town.branches))
        await self.cases.early(half)
        await self._record(half, date(half.middle.year, 1 if half is HALVES[0] else 7, 6), half.middle - timedelta(days=1), half.middle)
        await self._all("践诺进展 progress reported", pledging.report)
        await self.cases.late(half)
        await self._record(half, half.middle, half.end - timedelta(days=1), half.end)
        self.pledges += await self._all("承诺评议 pledges evaluated", pledging.evaluate)
        await self._review(half)

    async def _record(self, half: Half, first: date, last: date, recorded: date) -> None:
        """The deeds of some months, recorded at their end."""
        await self.until(recorded)
        deeds = Deeds(self.client, first, last, half.activities)
        self.entries += sum(await self.show.calls("活动签到 activities", map(deeds.meet, self.town.branches)))
        recorded_and_reversed = await self._all("日常积分 entries", deeds.record)
        self.entries += sum(recorded for recorded, _ in recorded_and_reversed)
        self.reversals += sum(is_reversed for _, is_reversed in recorded_and_reversed)

    async def _review(self, half: Half) -> None:
        """One step a day, every branch: opened, self reviews, ballots, committee, publicity with its hard cases, confirmed."""
        reviews = [self.cases.review_of(half, branch) for branch in self.town.branches]
        await self.until(half.opened)
        await self.show.calls("启动半年评议 reviews opened", (review.open() for review in reviews))
        await self.show.calls("党员自评 self reviews", chain.from_iterable(review.look_at_oneself() for review in reviews))
        await self.until(half.voted)
        await self.show.calls("进入互评 peer review begins", (review.begin_peer_review() for review in reviews))
        await self.show.calls("党员互评 ballots", chain.from_iterable(review.vote() for review in reviews))
        await self.cases.after_votes(reviews)
        await self.until(half.closed)
        await self.show.calls("互评结束 peer review closed", (review.close_peer_review() for review in reviews))
        await self.until(half.deliberated)
        await self.show.calls("班子商评 committee scores", (review.deliberate() for review in reviews))
        await self.until(half.published)
        await self.show.calls("结果公示 results published", (review.publish() for review in reviews))
        await self.cases.during_publicity(half, reviews)
        self.reviews += reviews

    async def until(self, day: date) -> None:
        """Let the board see what was published so far, then put the clock of all three services to the morning of `day`."""
        await self.client.read("notice/notices", organization_id=self.town.id, min_position=self.client.written)
        self.show.day = day.isoformat()
        await self._move_clock(day, *SERVICES)

    async def _move_clock(self, day: date, *services: str) -> None:
        for service in services:
            await self.client.do("PUT", f"{service}/clock", self.admin, {"now": morning(day).isoformat()})

    async def _all(self, title: str, calls_of: Callable[[Branch], Iterable[Call]]) -> list[Any]:
        return await self.show.calls(title, chain.from_iterable(calls_of(branch) for branch in self.town.branches))
