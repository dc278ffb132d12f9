"""Rulebooks: publishing, proposing, adopting, reading, and the lint."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from services.evaluation.api.burdens import burden_of
from services.evaluation.api.places import UnknownOrganization, places_of
from services.evaluation.api.rulebook_shapes import (
    LintAnswer,
    LintBody,
    NoBody,
    RulebookAnswer,
    RulebookBody,
    RulebookLine,
    RulebookList,
    VersionBody,
    VersionMade,
    WeighedVersion,
)
from services.evaluation.api.rules_json import RulesJson, all_problems, rules_of
from services.evaluation.commands import rulebooks
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.lint import RulesNotSound
from services.evaluation.domain.proposals import ProposalExpired
from services.evaluation.domain.rulebooks import Rulebook, UnknownRulebook, UnknownVersion, Version, version_on
from services.evaluation.domain.versions import (
    AdoptionTooLate,
    AlreadyAdopted,
    HalfYearBegun,
    NoRulebookForGroups,
    OtherOrganization,
    RulebookExists,
    SamePersonAdopts,
)
from services.evaluation.events.rulebooks import VersionProposed, VersionPublished
from services.evaluation.projections.rulebooks import rulebooks_page
from shared.calendar import HalfYear
from shared.errors import TooLarge
from shared.store import Stored
from shared.web import Cursor, Door, Doorway, HalfYearText, Id, Router, answered, json_answer, problems

router = Router(tags=["Rulebooks"])
Number = Annotated[int, Path(ge=1, le=100_000)]


@router.get("/rulebooks/default", response_model=RulesJson)
async def get_default() -> Response:
    """The default rules, ready to edit."""
    return json_answer(DEFAULT_RULES)


@router.post("/rulebooks/lint", response_model=LintAnswer)
async def post_lint(body: LintBody, door: Door) -> Response:
    """Every contradiction and every forbidden input in these rules, each with its place."""
    await door.require()
    return json_answer({"problems": [problem._asdict() for problem in all_problems(body.rules)]})


@router.post(
    "/rulebooks",
    status_code=201,
    response_model=VersionMade,
    responses=problems(RulesNotSound, RulebookExists, HalfYearBegun, NoRulebookForGroups, UnknownOrganization, TooLarge),
)
async def post_rulebook(body: RulebookBody, door: Door) -> Response:
    """Make an organisation's rulebook; its first version holds at once. A town's may begin with any half-year."""
    ancestry = await door.places.ancestry(body.organization_id)
    await door.require(organization=body.organization_id)
    organization = await places_of(door).organization(body.organization_id)
    if organization.kind == "group":
        raise NoRulebookForGroups
    stored = await rulebooks.publish_first(
        door.log,
        body.organization_id,
        above=() if organization.kind == "town" else ancestry[1:],
        code=body.code,
        title=body.title,
        rules=rules_of(body.rules),
        from_period=_period(body.from_period),
        by=door.caller.person,
        reply=door.reply(201, _made),
    )
    return answered(stored)


@router.post(
    "/rulebooks/{rulebook_id}/versions",
    status_code=201,
    response_model=VersionMade,
    responses=problems(RulesNotSound, UnknownRulebook, HalfYearBegun, OtherOrganization, TooLarge),
)
async def post_version(rulebook_id: Id, body: VersionBody, door: Door) -> Response:
    """Propose a further version; it holds once a second officer has adopted it."""
    newest = (await _known(door, rulebook_id)).versions[-1]
    await door.require(organization=rulebook_id)
    if body.organization_id not in {None, rulebook_id}:
        raise OtherOrganization(errors=[("/organization_id", OtherOrganization.sentence)])
    stored = await rulebooks.propose_version(
        door.log,
        rulebook_id,
        code=body.code or newest.code,
        title=body.title or newest.title,
        rules=rules_of(body.rules),
        from_period=_period(body.from_period),
        by=door.caller.person,
        reply=door.reply(201, _made),
    )
    return answered(stored)


@router.post(
    "/rulebooks/{rulebook_id}/versions/{number}/adoption",
    response_model=VersionMade,
    responses=problems(UnknownRulebook, UnknownVersion, AlreadyAdopted, SamePersonAdopts, ProposalExpired, AdoptionTooLate),
)
async def post_adoption(rulebook_id: Id, number: Number, door: Door, body: NoBody | None = None) -> Response:
    """Adopt a proposed version, as a second person."""
    del body
    (await _known(door, rulebook_id)).version(number)
    await door.require(organization=rulebook_id)
    stored = await rulebooks.adopt_version(door.log, rulebook_id, number, by=door.caller.person, reply=door.reply(200, _made))
    return answered(stored)


@router.get("/rulebooks", response_model=RulebookList)
async def get_rulebooks(door: Door, page: Cursor, organization_id: Annotated[Id | None, Query()] = None) -> Response:
    """The rulebook of an organisation (its own: it may follow one above it), or all rulebooks."""
    rows = await rulebooks_page(await door.snapshot(), organization_id, after=page.after, limit=page.limit + 1)
    return page.page(
        rows,
        place=lambda row: (row["rulebook_id"],),
        show=lambda row: {"id": row["rulebook_id"], **{name: row[name] for name in RulebookLine.model_fields if name != "id"}},
    )


@router.get("/rulebooks/{rulebook_id}", response_model=RulebookAnswer, responses=problems(UnknownRulebook, UnknownVersion))
async def get_rulebook(rulebook_id: Id, door: Door, period: Annotated[HalfYearText | None, Query()] = None) -> Response:
    """A rulebook with the version that holds for `period` (left out: for the present half-year, or else the first to come)."""
    rulebook = await _known(door, rulebook_id)
    version = version_on(rulebook, _period(period), HalfYear.of(door.log.today()))
    lines = [{"version": v.number, "from_period": _text(v.from_period), "state": v.state} for v in rulebook.versions]
    return json_answer({**_shown(rulebook, version), "versions": lines})


@router.get(
    "/rulebooks/{rulebook_id}/versions/{number}", response_model=WeighedVersion, responses=problems(UnknownRulebook, UnknownVersion)
)
async def get_version(rulebook_id: Id, number: Number, door: Door) -> Response:
    """One version of a rulebook, published or proposed, with the burden that it lays on a branch of average size."""
    rulebook = await _known(door, rulebook_id)
    version = rulebook.version(number)
    return json_answer({**_shown(rulebook, version), "burden": burden_of(version.rules)})


async def _known(door: Doorway, rulebook_id: str) -> Rulebook:
    rulebook = (await rulebooks.load_rulebook(door.log, rulebook_id)).state
    if not rulebook.versions:
        raise UnknownRulebook
    return rulebook


def _made(stored: Stored) -> dict[str, object]:
    event = stored.recorded[-1].event
    if not isinstance(event, VersionProposed | VersionPublished):
        raise TypeError(f"{type(event).__name__} makes no version")
    state = "published" if isinstance(event, VersionPublished) else "proposed"
    return {"id": event.rulebook_id, "version": event.version, "from_period": event.from_period, "state": state}


def _shown(rulebook: Rulebook, version: Version) -> dict[str, object]:
    return {
        "id": rulebook.id,
        "organization_id": rulebook.organization_id,
        "code": version.code,
        "title": version.title,
        "version": version.number,
        "from_period": _text(version.from_period),
        "state": version.state,
        "rules": version.rules,
    }


def _period(text: str | None) -> HalfYear | None:
    return HalfYear.parse(text) if text else None


def _text(period: HalfYear | None) -> str | None:
    return str(period) if period else None
