"""Voting from afar (spec, section 6): the code of the slip, the ballot, a look at the whole, the receipt.

The code stands in the fragment of the slip's address or is typed: it never comes in a URL, so no log of addresses holds one.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import Response

from services.evaluation.domain.paper_ballots import CodeNotValid, code_meant
from services.evaluation.pages.ballot_papers import Paper, paper_of, written_in
from services.evaluation.pages.visits import Visit
from services.evaluation.projections.remote_codes import Opened, opened_by
from shared.web import Door, Doorway, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)
WRONG_CODE = Refused(HTTPStatus.NOT_FOUND, CodeNotValid.code, CodeNotValid.sentence)


@router.get("/vote", response_model=None)
async def get_vote(door: Door) -> Response:
    """The page that asks for the code."""
    return Visit(door).draw("vote.html", code="")


@router.post("/vote", response_model=None)
async def post_vote(door: Door) -> Response:
    """Each step of the vote: the ballot opens, is looked at as a whole, and is cast. What was typed goes with it from step to step."""
    visit, fields = Visit(door), await fields_of(door)
    code = code_meant(fields.get("code"))
    try:
        opened = await _opened(door, code)
        told = await visit.own.send("POST", f"/reviews/{opened.review_id}/remote-papers/{opened.rater_id}", {"code": code})
        paper = paper_of(told.body)
        await visit.know([opened.rater_id, *paper.ratees])
        return await _step(visit, fields, code, opened, paper)
    except Refused as refused:
        return visit.refuse("vote.html", refused, code=fields.get("code"))


async def _opened(door: Doorway, code: str) -> Opened:
    opened = await opened_by(await door.snapshot(is_current=True), code)
    if opened is None:
        raise WRONG_CODE
    return opened


async def _step(visit: Visit, fields: Fields, code: str, opened: Opened, paper: Paper) -> Response:
    scores = written_in(fields)
    shown: dict[str, Any] = {"code": code, "opened": opened, "paper": paper, "scores": scores, "address": "/vote"}
    match fields.get("step"):
        case "look" | "cast" if faults := paper.faults(scores):
            incomplete = Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "ballot_not_whole", "", [{"pointer": f"/{one}"} for one in faults])
            return visit.refuse("vote_ballot.html", incomplete, **shown, is_fixed=False)
        case "look":
            return visit.draw("vote_ballot.html", **shown, wrong={}, is_fixed=True)
        case "cast":
            return await _cast(visit, code, opened, shown)
        case _:
            return visit.draw("vote_ballot.html", **shown, wrong={}, is_fixed=False)


async def _cast(visit: Visit, code: str, opened: Opened, shown: dict[str, Any]) -> Response:
    path = f"/reviews/{opened.review_id}/remote-ballots/{opened.rater_id}"
    try:
        told = await visit.own.send("POST", path, {"code": code, "scores": shown["scores"]})
    except Refused as refused:
        if refused.code in {"code_used", "code_not_valid"}:
            raise
        return visit.refuse("vote_ballot.html", refused, **shown, is_fixed=False)
    return visit.draw("receipt_given.html", cast=told.body, rater=opened.rater_id)
