"""Why a result is what it is (spec, sections 8 and 11), for the member itself and for those who answer for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Query, Response

from services.evaluation.api.member_reads import record_read
from services.evaluation.api.places import UnknownMember, require_for_member
from services.evaluation.commands.explanation import explain_member
from services.evaluation.domain.explanation import Explanation
from services.evaluation.domain.rulebooks import NoRulesInForce
from shared.calendar import HalfYear
from shared.errors import Unavailable
from shared.web import Door, HalfYearText, Id, Router, json_answer, problems

router = Router(tags=["Results"])


@router.get(
    "/members/{member_id}/explanation",
    response_model=Explanation,
    responses=problems(UnknownMember, NoRulesInForce, Unavailable),
)
async def get_explanation(member_id: Id, door: Door, period: Annotated[HalfYearText, Query()]) -> Response:
    """Every entry, aggregate and rule that made the stars, computed anew from the events: shares exact, what is shown rounded.

    The reasons of the committee and of corrections are their texts, null once they were erased.
    """
    facts = await require_for_member(door, member_id)
    record_read(door, [member_id], "explanation")
    explained = await explain_member(door.log, member_id, HalfYear.parse(period), facts.ancestry)
    refs = [one.reason for one in explained.corrections] + [explained.committee.reason if explained.committee else None]
    texts = await door.log.texts.read(ref for ref in refs if ref is not None)
    if explained.committee is not None:
        explained = replace(explained, committee=replace(explained.committee, reason=texts.get(explained.committee.reason or "")))
    corrections = tuple(replace(one, reason=texts.get(one.reason or "")) for one in explained.corrections)
    return json_answer(replace(explained, corrections=corrections))
