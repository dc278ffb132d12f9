"""What happens in the demonstration's year: two half-years, each with its pledges, its deeds, and its review in every branch."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain
from typing import Any

from xingqi.demo.client import Client
from xingqi.demo.deeds import Deeds
from xingqi.demo.halves import HALVES, Half, morning
from xingqi.demo.pledging import Pledging
from xingqi.demo.progress import Show
from xingqi.demo.review import BranchReview
from xingqi.demo.services import SERVICES
from xingqi.demo.town import Branch, Town

TURNOUT, WEAK_TURNOUT = 0.95, 0.42
Call = Coroutine[Any, Any, Any]


@dataclass
class Year:
    """The town, who calls for it, and what has happened so far."""

    town: Town
    client: Client
    admin: str
    show: Show
    reviews: list[BranchReview] = field(default_factory=list)
    pledges: list[str] = field(default_factory=list)
    entries: int = 0
    reversals: int = 0

    async def live(self) -> None:
        """Both half-years, up to the confirmation of every branch."""
        for half in HALVES:
            await self._live(half)

    async def _live(self, half: Half) -> None:
        pledging = Pledging(self.client, half)
        await self.until(half.pledged)
        await self._all("公开承诺 pledges written and reviewed", pledging.pledge)
        await self.until(half.announced)
        await self.show.calls("党员大会公布承诺 announced", map(pledging.announce, self.town.branches))
        await self._record(half, date(half.middle.year, 1 if half is HALVES[0] else 7, 6), half.middle - timedelta(days=1), half.middle)
        await self._all("践诺进展 progress reported", pledging.report)
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
        """One step a day, every branch: opened, self reviews, ballots, committee, publicity, confirmed."""
        reviews = [self._review_of(half, branch) for branch in self.town.branches]
        await self.until(half.opened)
        await self.show.calls("启动半年评议 reviews opened", (review.open() for review in reviews))
        await self.show.calls("党员自评 self reviews", chain.from_iterable(review.look_at_oneself() for review in reviews))
        await self.until(half.voted)
        await self.show.calls("进入互评 peer review begins", (review.begin_peer_review() for review in reviews))
        await self.show.calls("党员互评 ballots", chain.from_iterable(review.vote() for review in reviews))
        await self.until(half.closed)
        await self.show.calls("互评结束 peer review closed", (review.close_peer_review() for review in reviews))
        await self.until(half.deliberated)
        await self.show.calls("班子商评 committee scores", (review.deliberate() for review in reviews))
        await self._publish_and_confirm(half, reviews)
        self.reviews += reviews

    async def _publish_and_confirm(self, half: Half, reviews: list[BranchReview]) -> None:
        await self.until(half.published)
        await self.show.calls("结果公示 results published", (review.publish() for review in reviews))
        await self.until(half.confirmed)
        await self.show.calls("确认红星 confirmed", (review.confirm() for review in reviews))

    def _review_of(self, half: Half, branch: Branch) -> BranchReview:
        is_weak = half is HALVES[0] and branch is self.town.branches[-1]
        return BranchReview(self.client, half, branch, self.town.officers[0], WEAK_TURNOUT if is_weak else TURNOUT)

    async def until(self, day: date) -> None:
        """Let the board see what was published so far, then put the clock of all three services to the morning of `day`."""
        await self.client.read("notice/notices", organization_id=self.town.id, min_position=self.client.written)
        self.show.day = day.isoformat()
        for service in SERVICES:
            await self.client.do("PUT", f"{service}/clock", self.admin, {"now": morning(day).isoformat()})

    async def _all(self, title: str, calls_of: Callable[[Branch], Iterable[Call]]) -> list[Any]:
        return await self.show.calls(title, chain.from_iterable(calls_of(branch) for branch in self.town.branches))
