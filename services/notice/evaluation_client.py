"""What the boards ask evaluation, and nothing more: texts, flags, its feed, its clock; and what they hand on: objections of the public."""

from __future__ import annotations

from collections.abc import Sequence
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
)


class ClockFacts(msgspec.Struct, frozen=True):
    """The business instant of a neighbour."""

    now: datetime


class PublicObjection(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody wrote to the board; `name` and `contact` where they want to be answered."""

    text: str
    name: str | None = None
    contact: str | None = None


class PassedObjection(msgspec.Struct, frozen=True):
    """An objection as evaluation is told of it. `kind` and `about_id`: `result` and a review, or `notice` and a notice."""

    kind: str
    about_id: str
    organization_id: str
    said: PublicObjection

    @property
    def body(self) -> dict[str, object]:
        """As the REST contract wants it of a service."""
        about = {"kind": self.kind, "id": self.about_id}
        return {"about": about, "organization_id": self.organization_id, **msgspec.to_builtins(self.said)}


class Registered(msgspec.Struct, frozen=True):
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

    async def register_objection(self, objection: PassedObjection, key: str) -> Registered:
        """Hand an objection of the public over; under the same key it is registered once.

        Raises:
            PassedOn: evaluation's own refusal, as `objection_term_over`.
            Unavailable: it is away, or does not know yet what the objection is about.
        """
        try:
            return await self._neighbour.post("/objections", objection.body, key=key, into=Registered)
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
