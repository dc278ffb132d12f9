"""What waits for a second person, by REST: corrections, unsealings, versions of rulebooks, sheets on paper (spec, sections 3 and 6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel

from services.evaluation.api.places import UnknownOrganization, places_of
from services.evaluation.api.scopes import organizations_below
from services.evaluation.commands.papers import load_waiting
from services.evaluation.commands.rulebooks import load_rulebook
from services.evaluation.domain.proposals import expires_at
from services.evaluation.domain.reviews import Phase
from services.evaluation.projections.corrections import corrections_of
from services.evaluation.projections.reviews import REVIEWS
from services.evaluation.projections.rulebooks import RULEBOOKS
from services.evaluation.projections.unsealings import waiting_unsealings
from shared.errors import Unavailable
from shared.projections import Snapshot, Values
from shared.web import Door, Doorway, Id, Router, problems
from shared.web.paging import page_of

OFFICERS = ("county_supervisor", "town_officer")
Kind = Literal["correction", "unsealing", "rulebook_version", "paper_ballot"]
State = Literal["proposed", "expired"]
router = Router(tags=["Proposals"])


class ProposalAnswer(BaseModel):
    """Something that one person proposed and another decides.

    `id`: of the correction, unsealing or sheet; of a version its rulebook's, with `number`. `expires_at` is null for a sheet on paper: it
    waits as long as its peer review is open.
    """

    kind: Kind
    id: str
    number: int | None
    organization_id: str
    review_id: str | None
    state: State
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime | None


class ProposalList(BaseModel):
    """What waits, the oldest first."""

    items: list[ProposalAnswer]
    next: None


@router.get("/proposals", response_model=ProposalList, responses=problems(UnknownOrganization, Unavailable))
async def get_proposals(
    door: Door, *, organization_id: Annotated[Id | None, Query()] = None, state: Annotated[State, Query()] = "proposed"
) -> Response:
    """What waits for a second person in an organisation and below it; without one, wherever the caller's roles reach. Always current.

    Unsealings are told to officers of the town and the county alone. The roster's part is its own `GET /proposals`.
    """
    organizations = await _reached(door, organization_id)
    snapshot, now = await door.snapshot(is_current=True), door.log.now()
    found = [_with_state(one, now) async for one in _waiting(door, snapshot, organizations)]
    found.sort(key=lambda one: (one["proposed_at"], one["id"]))
    return page_of([one for one in found if one["state"] == state])


def _with_state(one: dict[str, Any], now: datetime) -> dict[str, Any]:
    last = None if one["kind"] == "paper_ballot" else expires_at(one["proposed_at"])
    return one | {"expires_at": last, "state": "expired" if last is not None and now > last else "proposed"}


async def _reached(door: Doorway, organization_id: str | None) -> frozenset[str]:
    """The organisations that are looked at: the one that was asked for, or those of the caller's roles, and all below."""
    places = places_of(door)
    if organization_id is not None:
        await places.ancestry(organization_id)
        await door.require(organization=organization_id)
        roots: frozenset[str] | None = frozenset({organization_id})
    else:
        roots = await door.scopes()
    found = places.mirror.organizations() if roots is None else await organizations_below(places, roots)
    return frozenset(one.organization_id for one in found)


async def _waiting(door: Doorway, snapshot: Snapshot, organizations: Collection[str]) -> AsyncIterator[dict[str, Any]]:
    for row in await corrections_of(snapshot, organizations, "unconfirmed"):
        yield _of_review("correction", row["correction_id"], row)
    open_to = [one for one in organizations if door.has("admin") or any([await door.holds(role, one) for role in OFFICERS])]
    for row in await waiting_unsealings(snapshot, open_to):
        yield _of_review("unsealing", row["unsealing_id"], row)
    for row in await snapshot.rows(RULEBOOKS):
        if row["organization_id"] in organizations and any(one["state"] == "proposed" for one in row["versions"]):
            for version in (await load_rulebook(door.log, row["rulebook_id"])).state.versions:
                if not version.is_published:
                    of = {"organization_id": row["organization_id"], "review_id": None, "number": version.number}
                    yield _line("rulebook_version", row["rulebook_id"], version.proposed_by, version.proposed_at) | of
    async for line in _sheets(door, snapshot, organizations):
        yield line


async def _sheets(door: Doorway, snapshot: Snapshot, organizations: Collection[str]) -> AsyncIterator[dict[str, Any]]:
    """The sheets that wait for their second keying, of reviews whose peer review is open."""
    for row in await snapshot.rows(REVIEWS, phase=Phase.PEER_REVIEW.value):
        if row["branch_id"] in organizations:
            for paper_id in (await load_waiting(door.log, row["review_id"])).state.values():
                entered = (await door.log.history(f"paper-ballot/{paper_id}"))[0]
                by = getattr(entered.event, "recorded_by", "")
                of = {"organization_id": row["branch_id"], "review_id": row["review_id"]}
                yield _line("paper_ballot", paper_id, by, entered.recorded_at) | of


def _of_review(kind: Kind, proposal: str, row: Values) -> dict[str, Any]:
    of = {"organization_id": row["branch_id"], "review_id": row["review_id"]}
    return _line(kind, proposal, row["proposed_by"], row["proposed_at"]) | of


def _line(kind: Kind, proposal: str, by: str, at: datetime) -> dict[str, Any]:
    return {"kind": kind, "id": proposal, "number": None, "proposed_by": by, "proposed_at": at}
