"""The hard cases of the demonstration's year: which branch meets which of them, on which day, and what each came to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from xingqi.demo.annual import FEW_CAME, HELD, Annual
from xingqi.demo.client import Client
from xingqi.demo.correcting import CORRECTED_ON, correct
from xingqi.demo.halves import HALVES, Half
from xingqi.demo.handing_on import HANDED_ON, hand_flag, hand_on
from xingqi.demo.inspecting import ANSWERED, INSPECTED, ISSUED, REVERSED, Inspecting
from xingqi.demo.kinship import declare_kin, tell_of_recusal
from xingqi.demo.objecting import CONFIRMED_LATE, DECIDED, RAISED, Objecting
from xingqi.demo.outage import STARTED, STOPPED, TOO_EARLY, Outage
from xingqi.demo.paper import tell_of_paper, vote_on_paper, who_votes_on_paper
from xingqi.demo.planting import CAUGHT_UP, CONFIRMED, COUNTED, Planting
from xingqi.demo.progress import Show
from xingqi.demo.quorum import tell_of_quorum
from xingqi.demo.review import BranchReview
from xingqi.demo.services import Services
from xingqi.demo.told import Told
from xingqi.demo.town import Branch, Town

TURNOUT, WEAK_TURNOUT = 0.95, 0.28
Until: TypeAlias = Callable[[date], Coroutine[Any, Any, None]]
MoveClock: TypeAlias = Callable[..., Coroutine[Any, Any, None]]


@dataclass
class Cases:
    """What is hard in the year. `until` lets time pass for all services, `move_clock` for those named. `told`: what came of each."""

    town: Town
    client: Client
    show: Show
    services: Services
    until: Until
    move_clock: MoveClock
    told: list[Told] = field(default_factory=list)
    first: list[BranchReview] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Each case has a branch of its own, so that each is seen by itself."""
        _, _, _, self.elders, self.kin, self.right, self.wrong, self.generous, self.corrected, self.flagged, *_, self.weak = (
            self.town.branches
        )
        self.planting = Planting(self.town, self.client)

    async def before(self) -> None:
        """In January one branch makes up for the reviews of the year before."""
        await self.until(CAUGHT_UP)
        await self.planting.catch_up(self.show)
        await self.until(COUNTED)
        await self.planting.count(self.show)

    def review_of(self, half: Half, branch: Branch) -> BranchReview:
        """The review that the branch will hold: in the first half-year of few voters, on paper, or with the whole team."""
        review = BranchReview(self.client, half, branch, self.town.officers[0], TURNOUT)
        if half is HALVES[0]:
            review.turnout = WEAK_TURNOUT if branch is self.weak else TURNOUT
            review.on_paper = who_votes_on_paper(branch) if branch is self.elders else ()
            review.attending = 5 if branch is self.kin else None
        return self.planting.plant(review)

    async def early(self, half: Half) -> None:
        """After the pledges: the flag of last year is handed out; in the second half-year a confirmed result is corrected."""
        if half is HALVES[0]:
            await self.until(CONFIRMED)
            await self.planting.confirm(self.show)
            await self.show.calls("颁发流动红旗 rotating flag", [hand_flag(self.client, self.town, self.flagged, half.announced.year - 1)])
            await self.show.calls("申报亲属 kin declared", [declare_kin(self.client, self.kin)])
        else:
            await self.until(CORRECTED_ON)
            calls = [correct(self._first_of(self.corrected), self.town.officers[1])]
            self.told += await self.show.calls("确认后更正 corrected after confirmation", calls)

    async def late(self, half: Half) -> None:
        """In the autumn the county inspects the branch in which too few had voted."""
        if half is HALVES[0]:
            return
        inspecting = Inspecting(self.client, self.town.supervisor, self.weak)
        await self.until(INSPECTED)
        await self.show.calls("县级督查 inspection", [inspecting.inspect()])
        await self.until(ANSWERED)
        await self.show.calls("支部回应 response", [inspecting.respond()])
        await self.until(ISSUED)
        self.told += await self.show.calls("通报 circular", [inspecting.issue()])
        await self.until(REVERSED)
        self.told += await self.show.calls("撤回一项，更正通报 circular corrected", [inspecting.correct()])

    async def after_votes(self, reviews: list[BranchReview]) -> None:
        """Who votes on paper has its sheet keyed twice."""
        on_paper = [review for review in reviews if review.on_paper]
        if on_paper:
            await self.show.calls("纸票两人录入 paper ballots", map(vote_on_paper, on_paper))

    async def during_publicity(self, half: Half, reviews: list[BranchReview]) -> None:
        """From publication to confirmation: objections in the first half-year, an outage of the board in the second."""
        if half is HALVES[0]:
            self.first = reviews
            await self._object(half, reviews)
        else:
            await self._outage(half, reviews)

    async def _object(self, half: Half, reviews: list[BranchReview]) -> None:
        objecting = Objecting(self.client, self.town.officers[1], self._first_of(self.right), self._first_of(self.wrong))
        await self.until(RAISED)
        await self.show.calls("提出异议 objections", [objecting.object()])
        await self.until(DECIDED)
        await self.show.calls("答复异议 answered", [objecting.answer()])
        await self.until(half.confirmed)
        await objecting.hold_back()
        await self.show.calls("确认红星 confirmed", (review.confirm() for review in reviews if review is not objecting.upheld))
        self.told += [
            await tell_of_quorum(self._first_of(self.weak)),
            await tell_of_paper(self._first_of(self.elders)),
            await tell_of_recusal(self._first_of(self.kin)),
            *await objecting.tell(),
        ]
        await self.until(CONFIRMED_LATE)
        await self.show.calls("更正公示期满后确认 confirmed after its new term", [objecting.upheld.confirm()])

    async def _outage(self, half: Half, reviews: list[BranchReview]) -> None:
        outage = Outage(reviews[1])
        await self.until(STOPPED)
        await outage.look()
        await self.show.calls("公开栏停机 the board goes away", [asyncio.to_thread(self.services.stop, "notice")])
        await self.move_clock(STARTED, "roster", "evaluation")
        await self.show.calls("公开栏恢复 the board is back", [asyncio.to_thread(self.services.start, "notice")])
        await self.until(TOO_EARLY)
        await outage.hold_back()
        await self.until(half.confirmed)
        await self.show.calls("确认红星 confirmed", (review.confirm() for review in reviews))
        self.told.append(await outage.tell())

    async def end(self) -> None:
        """The annual review meetings of all branches, and the flag handed on."""
        annual = Annual(self.client, self.weak, self.generous, corrected=(self.right, self.corrected))
        await self.until(FEW_CAME)
        await self.show.calls("年度总评（不足半数） annual meeting without a quorum", [annual.fail()])
        await self.until(HELD)
        await self.show.calls("年度总评 annual meetings", map(annual.hold, self.town.branches))
        self.told += annual.tell(self.town.branches[1])
        await self.until(HANDED_ON)
        best = max((branch for branch in self.town.branches if branch not in {self.flagged, self.weak}), key=annual.flags_a_member)
        self.told += await self.show.calls("流动红旗交接 rotating flag handed on", [hand_on(self.client, self.town, self.flagged, best)])

    def _first_of(self, branch: Branch) -> BranchReview:
        return next(review for review in self.first if review.branch is branch)
