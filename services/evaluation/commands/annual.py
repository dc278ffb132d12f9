"""Commands on the annual review (spec, section 7): load what the branch did in the year, decide, save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from services.evaluation.commands.evidence import Sealing
from services.evaluation.commands.reviews import load_review
from services.evaluation.commands.rulebooks import rules_for
from services.evaluation.domain import annual
from services.evaluation.domain.annual import AnnualReview
from services.evaluation.domain.annual_votes import Given, Meeting
from services.evaluation.domain.reviews import Review, listed_branch
from services.evaluation.domain.rulebooks import NoRulesInForce, RulesInForce
from services.evaluation.events.annual import YearGraded
from services.evaluation.events.reviews import Eligible
from shared.calendar import HalfYear
from shared.store import Guard, Loaded, Log, Reply, Stored, Write, again_when_stale

_NONE: AnnualReview | None = None
_UNLISTED: str | None = None


class MeetingToRecord(NamedTuple):
    """A meeting as it was given. `ancestry` is the branch itself, then each organisation above it; `entitled` the roster's answer."""

    ancestry: Sequence[str]
    year: int
    held_on: date
    entitled: tuple[Eligible, ...]
    present: Sequence[str]
    grades: Mapping[str, Given]
    half_years: Mapping[str, str]
    excellent_reason: str | None = None

    @property
    def branch_id(self) -> str:
        """The branch that met."""
        return self.ancestry[0]


async def load_annual_review(log: Log, annual_review_id: str) -> AnnualReview:
    """The meeting under this id; raises UnknownAnnualReview."""
    return annual.known((await log.load(f"annual-review/{annual_review_id}", _NONE, annual.evolve)).state)


async def rules_of_meeting(log: Log, ancestry: Sequence[str], year: int) -> RulesInForce:
    """The rules of a year's meeting: those of its second half, else of its first. Raises NoRulesInForce."""
    try:
        return await rules_for(log, ancestry, HalfYear(year, 2))
    except NoRulesInForce:
        return await rules_for(log, ancestry, HalfYear(year, 1))


@again_when_stale
async def hold_annual_review(log: Log, wanted: MeetingToRecord, *, by: str, reply: Reply | None = None) -> Stored:
    """Record a branch's annual review; the first stored event is an `AnnualReviewHeld`, then an honour for each excellent one.

    The reviews of both half-years are guarded, so that no correction slips in between. Raises NoRulesInForce, and what
    `domain.annual.hold` raises.
    """
    in_force = await rules_of_meeting(log, wanted.ancestry, wanted.year)
    listing = await log.load(f"annual-review-of/{wanted.branch_id}/{wanted.year}", _UNLISTED, annual.graded_by)
    reviews, guards = await _reviews_of_year(log, wanted.branch_id, wanted.year)
    sealing = Sealing(log, wanted.branch_id)
    meeting = Meeting(
        annual_review_id=log.new_id(),
        branch_id=wanted.branch_id,
        year=wanted.year,
        held_on=wanted.held_on,
        entitled=wanted.entitled,
        present=tuple(wanted.present),
        grades=wanted.grades,
        half_years=wanted.half_years,
        excellent_reason=sealing.optional(wanted.excellent_reason),
    )
    held = annual.hold(meeting, reviews, in_force, listing.state, by)
    writes = [Write(f"annual-review/{held.annual_review_id}", 0, [held, *annual.honours_of(held, log.new_id)])]
    if held.state == annual.HELD:
        writes.append(listing.then(YearGraded(annual_review_id=held.annual_review_id, branch_id=held.branch_id, year=held.year)))
    return await log.append(writes, guards=guards, texts=sealing.texts if held.excellent_reason else [], reply=reply)


async def _reviews_of_year(log: Log, branch_id: str, year: int) -> tuple[dict[str, Review | None], list[Guard]]:
    found: dict[str, Review | None] = {}
    guards: list[Guard] = []
    for half in (1, 2):
        period = HalfYear(year, half)
        listed: Loaded[str | None] = await log.load(f"review-of/{branch_id}/{period}", _UNLISTED, listed_branch)
        guards.append(listed.guard)
        found[str(period)] = None
        if listed.state is not None:
            review = await load_review(log, listed.state)
            guards.append(review.guard)
            found[str(period)] = review.state
    return found, guards
