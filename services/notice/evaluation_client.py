"""What the boards ask evaluation, and nothing more: texts, flags, its feed, its clock; and what they hand on: objections of the public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from shared.errors import Invalid, Unavailable, Unknown
from shared.feed import FeedPage
from shared.web.neighbour import Neighbour

TYPES = (
    "rulebooks.version-published.v1",
    "pledges.pledges-announced.v1",
    "pledges.pledge-evaluated.v1",
    "points.story-told.v1",
    "points.entry-reversed.v1",
    "reviews.review-opened.v1",
    "reviews.results-published.v1",
    "reviews.results-corrected.v1",
    "reviews.review-confirmed.v1",
    "reviews.review-annulled.v1",
    "objections.objection-raised.v1",
    "objections.objection-decided.v1",
    "honours.flag-handed-on.v1",
    "honours.honour-given.v1",
    "supervision.circular-issued.v1",
    "supervision.circular-corrected.v1",
    "supervision.circular-withdrawn.v1",
)


class ClockFacts(msgspec.Struct, frozen=True):
    """The business instant of a neighbour."""

    now: datetime


class RegisteredObjection(msgspec.Struct, frozen=True):
    """What evaluation made of it: its id, the reference under which the objector asks for it, and by when it is answered."""

    id: str
    reference: str
    answer_by: date | None = None


class _Standing(msgspec.Struct, frozen=True):
    member_id: str
    flags: int


class _Standings(msgspec.Struct, frozen=True):
    items: tuple[_Standing, ...]


class EvaluationClient:
    """Every method raises Unavailable where evaluation is away."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour

    async def texts(self, text_ids: Sequence[str]) -> dict[str, str]:
        """The texts by id; those that were erased are absent."""
        return await self._neighbour.post("/texts/read", {"ids": list(text_ids)}, into=dict[str, str])

    async def flags(self, branch_id: str, period: str) -> dict[str, int]:
        """The flags of the members of the branch's confirmed review of a half-year, as their stars now add up to; raises Unknown."""
        found = await self._neighbour.get(f"/branches/{branch_id}/standings", {"period": period}, into=_Standings)
        return {row.member_id: row.flags for row in found.items}

    async def register_objection(self, objection: Mapping[str, object], key: str) -> RegisteredObjection:
        """Hand an objection of the public over; under the same key it is registered once.

        Raises:
            PassedOn: evaluation's own refusal, as `objection_term_over`.
            Unavailable: it is away, or does not know yet what the objection is about.
        """
        try:
            return await self._neighbour.post("/objections", objection, key=key, into=RegisteredObjection)
        except (Unknown, Invalid) as error:
            raise Unavailable("Objections can't be handed on at this moment; try again in a while.") from error

    async def feed(self, after: int) -> FeedPage:
        """What happened in evaluation after this position, as far as the boards care."""
        return await self._neighbour.feed(after, types=TYPES)

    async def now(self) -> datetime:
        """Its business instant."""
        return (await self._neighbour.get("/clock", into=ClockFacts)).now

    async def close(self) -> None:
        """Close the connections."""
        await self._neighbour.close()
