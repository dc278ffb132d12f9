"""What a correction can name as its cause (spec, section 6): an upheld objection to the result, or a finding on the branch that stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.evaluation.pages import says
from services.evaluation.pages.visits import Visit
from shared.calendar import HalfYear
from shared.web.fields import parse_day
from shared.web.languages import message, written_day

FINDING = message("检查发现：%(kind)s（%(day)s检查）")
OBJECTION = message("异议%(reference)s")
OBJECTION_OF = message("异议%(reference)s：%(name)s")


async def causes_of(visit: Visit, branch_id: str, review: dict[str, Any]) -> list[tuple[str, str]]:
    """The causes that hold for corrections of this review, each as the form sends it and in words. Nothing for who may not see them."""
    objections = await visit.own.seen("/objections", organization_id=branch_id, state="upheld")
    about = [one for one in objections if one["about"]["id"] == review["id"]]
    await visit.know(one["about"]["member_id"] for one in about)
    years = range(HalfYear.parse(review["period"]).year, visit.door.log.today().year + 1)
    told = [await visit.own.find(f"/branches/{branch_id}/responsibility", year=year) for year in years]
    standing = [one for each in told if each for one in each["findings"] if one["state"] != "reversed"]
    inspections = await _inspections(visit, (one["inspection_id"] for one in standing))
    found = [(f"finding:{one['id']}", _of_finding(visit, one, inspections[one["inspection_id"]])) for one in standing]
    return [*((f"objection:{one['id']}", _of_objection(visit, one)) for one in about), *found]


async def cause_in_words(visit: Visit, objection_id: str | None, inspection_id: str | None, finding_id: str | None) -> str:
    """The cause that a proposed correction names; a finding with what was found."""
    if objection_id is not None:
        objection = await visit.own.get(f"/objections/{objection_id}")
        await visit.know([objection["about"]["member_id"]])
        return _of_objection(visit, objection)
    inspection = await visit.own.get(f"/inspections/{inspection_id}")
    (finding,) = [one for one in inspection["findings"] if one["id"] == finding_id]
    return f"{_of_finding(visit, finding, inspection)} {finding['text'] or ''}".strip()


async def _inspections(visit: Visit, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    return {one: await visit.own.get(f"/inspections/{one}") for one in dict.fromkeys(ids)}


def _of_finding(visit: Visit, finding: dict[str, Any], inspection: dict[str, Any]) -> str:
    day = written_day(parse_day(inspection["on"]), visit.language)
    return visit.say(FINDING, kind=visit.say(says.FINDINGS[finding["kind"]]), day=day)


def _of_objection(visit: Visit, objection: dict[str, Any]) -> str:
    whose, reference = objection["about"]["member_id"], objection["reference"]
    return visit.say(OBJECTION_OF, reference=reference, name=visit.name(whose)) if whose else visit.say(OBJECTION, reference=reference)
