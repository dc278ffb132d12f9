"""Rules before they are adopted (spec, section 3): tried out on a past half-year, and two versions compared in words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel

from services.evaluation.api.comparison import as_json, in_words
from services.evaluation.api.places import UnknownOrganization, places_of
from services.evaluation.api.rules_json import RulesJson, rules_of
from services.evaluation.commands.rulebooks import load_rulebook
from services.evaluation.commands.simulation import Simulated, simulate_rules
from services.evaluation.domain.comparison import differences
from services.evaluation.domain.lint import RulesNotSound
from services.evaluation.domain.rulebooks import UnknownRulebook, UnknownVersion, Version
from services.evaluation.domain.simulation import Changed, HalfYearNotPast, Made
from shared.calendar import HalfYear
from shared.errors import Unavailable
from shared.web import Body, Door, Doorway, HalfYearText, Id, Router, json_answer, problems
from shared.web.languages import chosen_language, message, translated

router = Router(tags=["Rulebooks"])
Number = Annotated[int, Path(ge=1, le=100_000)]
Part = Literal["points", "peer", "result", "bands"]
Note = Literal["dimensions", "scope", "committee_mode", "ballots_erased"]
REASONS = {
    "points": message("积分由%(was)s变为%(would_be)s。"),
    "peer": message("互评得分由%(was)s变为%(would_be)s。"),
    "result": message("结果的算法不同，得分由%(was)s变为%(would_be)s。"),
    "bands": message("评星档次不同：%(would_be)s分评%(stars)s星。"),
}
NOTES = {
    "dimensions": message("评分维度不同：仍按当时的选票计算。"),
    "scope": message("互评范围不同：仍按当时的选票计算。"),
    "committee_mode": message("商评方式不同：仍按当时的商评分计算。"),
    "ballots_erased": message("选票已销毁：仍按当时的互评得分计算。"),
}


class SimulationBody(Body):
    """A draft, and the past half-year of an organisation's branches on which it is tried out."""

    rules: RulesJson
    organization_id: Id
    period: HalfYearText


class MadeAnswer(BaseModel):
    """What the rules make of a member; null where absent."""

    points: float
    peer: float | None
    score: float | None
    stars: int | None


class ReasonAnswer(BaseModel):
    """Why: which part of the way to the stars differs, and that in words."""

    part: Part
    sentence: str


class ChangeAnswer(BaseModel):
    """A member whose stars would be others."""

    member_id: str
    branch_id: str
    review_id: str
    was: MadeAnswer
    would_be: MadeAnswer
    reasons: list[ReasonAnswer]


class NoteAnswer(BaseModel):
    """What could not be tried out on a review."""

    review_id: str
    code: Note
    sentence: str


class SimulationAnswer(BaseModel):
    """Whose stars would change. `reviews` and `members` count what was computed anew.

    `untouched` reviews follow a rulebook further down; `unpublished` ones have no results yet.
    """

    organization_id: str
    period: str
    reviews: int
    members: int
    untouched: int
    unpublished: int
    changes: list[ChangeAnswer]
    notes: list[NoteAnswer]


class DifferenceAnswer(BaseModel):
    """A place that differs: in words, where it is (a JSON pointer into the rules), and both values; null where it is new or gone."""

    pointer: str
    sentence: str
    old: Any
    new: Any


class ComparisonAnswer(BaseModel):
    """What version `version` changes against the version `compared_with`."""

    rulebook_id: str
    version: int
    compared_with: int
    items: list[DifferenceAnswer]


@router.post(
    "/rulebooks/simulate",
    response_model=SimulationAnswer,
    responses=problems(RulesNotSound, UnknownOrganization, HalfYearNotPast, Unavailable),
)
async def post_simulation(body: SimulationBody, door: Door) -> Response:
    """Whose stars of a past half-year would be others under these rules, and why; computed from the events. Nothing is stored."""
    await door.places.ancestry(body.organization_id)
    await door.require(organization=body.organization_id)
    await places_of(door).catch_up_with_roster()
    below = places_of(door).mirror.organizations_under(body.organization_id)
    branches = [await door.places.ancestry(one.organization_id) for one in below if one.kind == "branch"]
    found = await simulate_rules(door.log, body.organization_id, branches, HalfYear.parse(body.period), rules_of(body.rules))
    return json_answer({"organization_id": body.organization_id, "period": body.period, **_told(found, chosen_language(door.request))})


def _told(found: Simulated, language: str) -> dict[str, Any]:
    counts = {name: getattr(found, name) for name in ("reviews", "members", "untouched", "unpublished")}
    notes = [
        {"review_id": review_id, "code": code, "sentence": translated(language, NOTES[code])}
        for review_id, codes in found.notes.items()
        for code in codes
    ]
    return {**counts, "changes": [_change(one, language) for one in found.changes], "notes": notes}


def _change(one: Changed, language: str) -> dict[str, Any]:
    ids = {"member_id": one.member_id, "branch_id": one.branch_id, "review_id": one.review_id}
    reasons = [{"part": part, "sentence": sentence} for part, sentence in _sentences(one, language)]
    return {**ids, "was": _made(one.was), "would_be": _made(one.would_be), "reasons": reasons}


def _made(made: Made) -> dict[str, Any]:
    return {"points": made.points, "peer": made.peer, "score": made.score, "stars": made.stars}


def _sentences(one: Changed, language: str) -> Iterator[tuple[str, str]]:
    none = translated(language, message("无"))

    def written(score: Decimal | int | None) -> str:
        return none if score is None else f"{score:f}" if isinstance(score, Decimal) else str(score)

    for part in one.reasons:
        field = part if part in {"points", "peer"} else "score"
        values = {"was": written(getattr(one.was, field)), "would_be": written(getattr(one.would_be, field))}
        yield part, translated(language, REASONS[part], **values, stars=written(one.would_be.stars))


@router.get(
    "/rulebooks/{rulebook_id}/versions/{number}/comparison",
    response_model=ComparisonAnswer,
    responses=problems(UnknownRulebook, UnknownVersion),
)
async def get_comparison(
    rulebook_id: Id, number: Number, door: Door, other: Annotated[int | None, Query(alias="with", ge=1, le=100_000)] = None
) -> Response:
    """What a version changes against another one (left out: against the version before it), in the language of Accept-Language."""
    compared_with = other or max(1, number - 1)
    version, before = await _version(door, rulebook_id, number), await _version(door, rulebook_id, compared_with)
    language = chosen_language(door.request)
    items = [
        {"pointer": one.pointer, "sentence": in_words(one, language), "old": as_json(one.old), "new": as_json(one.new)}
        for one in differences(before.rules, version.rules)
    ]
    return json_answer({"rulebook_id": rulebook_id, "version": number, "compared_with": compared_with, "items": items})


async def _version(door: Doorway, rulebook_id: str, number: int) -> Version:
    rulebook = (await load_rulebook(door.log, rulebook_id)).state
    if not rulebook.versions:
        raise UnknownRulebook
    return rulebook.version(number)
