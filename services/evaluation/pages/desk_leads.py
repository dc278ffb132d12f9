"""Leads on the supervisor's desk (fairness.md): the list of a half-year with its examination, and one lead with all that belongs to it.

A lead says "look here, because ...", never "guilty". People stand in it by labels made for that lead; who wrote a score is told by no page.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Query, Response
from markupsafe import Markup

from services.evaluation.pages import charts, desk_lead_words
from services.evaluation.pages.desk_county import lines_of
from services.evaluation.pages.desk_lead_words import figures_of
from services.evaluation.pages.desk_tables import Heading, Kind, Sheet, file_of
from services.evaluation.pages.desk_visits import Desk, at_desk
from services.evaluation.projections.leads import newest_examination
from shared.errors import NotAllowed, Unknown
from shared.web import Door, Doorway, HalfYearText, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.languages import message, written_half_year, written_score
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)
EVERY_LEVEL = ("look", "formal", "note")
LOOKS, PAUSE_SECONDS = 60, 0.25
"""How often, and how long apart, the page looks whether an examination has come to its end before it says that it still runs."""
Period = Annotated[HalfYearText | None, Query()]
HEADINGS = (
    Heading("id", "", is_for="programs"),
    Heading("branch_id", "", is_for="programs"),
    Heading("branch", message("支部"), is_for="people"),
    Heading("period", message("半年")),
    Heading("indicator", message("代号")),
    Heading("name", message("是什么"), is_for="people"),
    Heading("level", message("程度")),
    Heading("state", message("状态")),
    Heading("effect", message("大小"), "score"),
    Heading("sample", message("样本"), "count"),
    Heading("sentence", message("一句话"), is_for="people"),
)


@router.get("/desk/leads", response_model=None)
async def get_desk_leads(door: Door, period: Period = None) -> Response:
    """The leads of the half-year, formal ones first, then by indicator; what they come from; and how to examine anew."""
    return await _draw_list(await _supervised(door, period))


@router.post("/desk/leads", response_model=None)
async def post_desk_leads(door: Door) -> Response:
    """Examine the county's half-year: waits some seconds for the end, since it rarely takes longer."""
    said = await fields_of(door)
    desk = await _supervised(door, said.text("period"))
    try:
        for organization_id in desk.supervised:
            body = {"organization_id": organization_id, "period": desk.period}
            begun = await desk.visit.own.send("POST", "/examinations", body, once=said.text("once"))
            await _until_held(desk, begun.body["id"])
    except Refused as refused:
        return await _draw_list(desk, refused)
    return desk.visit.go("/desk/leads", "examined", period=desk.period)


@router.get("/desk/leads.{kind}", response_model=None)
async def get_desk_leads_file(kind: Kind, door: Door, period: Period = None) -> Response:
    """The leads as a table; people stand in it by the labels of each lead."""
    desk = await _supervised(door, period)
    return file_of(desk.visit, lead_sheet(desk, await desk.leads(levels=EVERY_LEVEL)), kind)


@router.get("/desk/leads/{lead_id}", response_model=None)
async def get_desk_lead(lead_id: Id, door: Door, period: Period = None) -> Response:
    """One lead."""
    desk = await _supervised(door, period)
    return await _draw_lead(desk, lead_id, Fields([]))


@router.post("/desk/leads/{lead_id}", response_model=None)
async def post_desk_lead(lead_id: Id, door: Door) -> Response:
    """A step of the lead's life: looked at, asked about, explained, followed by a finding of a person, closed."""
    said = await fields_of(door)
    desk = await _supervised(door, said.text("period"))
    try:
        done = await _step(desk, lead_id, said)
    except Refused as refused:
        return await _draw_lead(desk, lead_id, said, refused)
    return desk.visit.go(f"/desk/leads/{lead_id}", done, period=desk.period)


async def _supervised(door: Doorway, period: str | None) -> Desk:
    """The desk of a county's supervisor: leads are for nobody else. Raises NotAllowed."""
    desk = await at_desk(door, period)
    if not desk.is_county:
        raise NotAllowed
    return desk


async def _until_held(desk: Desk, examination_id: str) -> None:
    for _ in range(LOOKS):
        if (await desk.visit.own.get(f"/examinations/{examination_id}"))["state"] != "running":
            return
        await asyncio.sleep(PAUSE_SECONDS)


async def _step(desk: Desk, lead_id: str, said: Fields) -> str:
    """What was done, as `?done=` names it. Raises Refused."""
    own, path, once = desk.visit.own, f"/leads/{lead_id}", said.text("once")
    match said.get("step"):
        case "ask":
            await own.send("POST", f"{path}/questions", {"asked": said.all("asked")}, once=once)
        case "explain":
            await own.send("POST", f"{path}/explanation", {"reason": said.get("reason")}, once=once)
        case "close":
            await own.send("POST", f"{path}/closing", {"reason": said.text("closing")}, once=once)
        case "find":
            await _found(desk, lead_id, said)
        case _:
            await own.send("POST", f"{path}/look", once=once)
    return f"lead_{said.get('step', 'look')}"


async def _found(desk: Desk, lead_id: str, said: Fields) -> None:
    """A finding of a person: an inspection of today, and in it what was found. The lead leads to it; it proves nothing."""
    lead: dict[str, Any] = await desk.visit.own.get(f"/leads/{lead_id}")
    evidence = [{"kind": "text", "value": said.get("evidence")}] if said.text("evidence") else []
    if not said.text("text") or not evidence:
        raise Refused(422, "finding_not_whole", "", [{"pointer": "/text" if evidence else "/evidence", "detail": ""}])
    year = int(str(lead["period"])[:4])
    about = {"branch_id": lead["branch_id"], "year": year, "on": desk.today}
    inspection = await desk.visit.own.send("POST", "/inspections", about, once=_once(said, "inspection"))
    body = {"kind": said.get("kind"), "text": said.get("text"), "evidence": evidence, "lead_id": lead_id}
    await desk.visit.own.send("POST", f"/inspections/{inspection.body['id']}/findings", body, once=_once(said, "finding"))


def _once(said: Fields, part: str) -> str | None:
    once = said.text("once")
    return f"{once}-{part}" if once else None


async def _draw_list(desk: Desk, refused: Refused | None = None) -> Response:
    found = await desk.leads(levels=EVERY_LEVEL)
    snapshot = await desk.visit.door.snapshot(is_current=True)
    newest = [await newest_examination(snapshot, one, desk.period) for one in desk.supervised]
    context: dict[str, Any] = {
        **desk.common("leads"),
        "leads": [one for one in found if one["level"] != "note"],
        "notes": [one for one in found if one["level"] == "note"],
        "examinations": [await desk.visit.own.get(f"/examinations/{one['examination_id']}") for one in newest if one],
        "sheet": lead_sheet(desk, found),
        "elsewhere": await desk.leads_elsewhere(),
        "words": desk_lead_words,
    }
    if refused is not None:
        return desk.visit.refuse("desk_leads.html", refused, **context)
    return desk.visit.draw("desk_leads.html", **context)


async def _draw_lead(desk: Desk, lead_id: str, said: Fields, refused: Refused | None = None) -> Response:
    lead = await _lead(desk, lead_id)
    desk.period = lead["period"]
    await desk.visit.know([one["recorded_by"] for one in lead["history"]])
    lines = await lines_of(desk, lead["branch_id"])
    context: dict[str, Any] = {
        **desk.common("leads"),
        "lead": lead,
        "branch": desk.branch(lead["branch_id"]),
        "figures": figures_of(desk.visit, lead),
        "picture": picture_of(desk, lead, lines),
        "said": said,
        "words": desk_lead_words,
    }
    if refused is not None:
        return desk.visit.refuse("desk_lead.html", refused, **context)
    return desk.visit.draw("desk_lead.html", wrong={}, **context)


async def _lead(desk: Desk, lead_id: str) -> dict[str, Any]:
    """The lead, whole; a fact that no examination has recorded yet as the list tells it. Raises Unknown."""
    found: dict[str, Any] | None = await desk.visit.own.find(f"/leads/{lead_id}")
    if found is not None:
        return found
    fact = next((one for one in await desk.leads(levels=EVERY_LEVEL) if one["id"] == lead_id), None)
    if fact is None:
        raise Unknown
    nothing: dict[str, Any] = {
        "scores": [],
        "asked": [],
        "answers": [],
        "explanation": None,
        "closing_reason": None,
        "finding_id": None,
        "history": [],
    }
    return fact | nothing


def picture_of(desk: Desk, lead: dict[str, Any], lines: list[Decimal]) -> Markup | None:
    """The few scores behind the lead, each beside what is usual; None where there are none."""
    if not lead["scores"]:
        return None
    say, language = desk.visit.say, desk.visit.language
    rows = []
    for one in lead["scores"]:
        label = row_label(one, many=len({each["period"] for each in lead["scores"]}) > 1, language=language)
        dots = [(Decimal(one["score"]), f"{label}: {written_score(one['score'], language)}")]
        if one["usual"] is not None:
            dots.append((Decimal(one["usual"]), say(message("通常%(score)s"), score=written_score(one["usual"], language))))
        rows.append((label, dots))
    return charts.scores_of_lead(rows, lines, say(message("疑点背后的%(count)s个分数，每个旁边是通常的分数。"), count=len(rows)))


def row_label(one: dict[str, Any], *, many: bool, language: str) -> str:
    """`A → B`, `→ B`, `A`: by whom of whom, as the labels of this lead have it; with the half-year where there are several."""
    by, of = one["by"] or "", one["of"] or ""
    label = f"{by} → {of}" if of and by else (f"→ {of}" if of else by)
    return f"{label} {written_half_year(one['period'], language)}".strip() if many or not label else label


def lead_sheet(desk: Desk, found: list[dict[str, Any]]) -> Sheet:
    """The leads as a table."""
    return Sheet(f"leads-{desk.period}", message("疑点"), HEADINGS, [_row(desk, one) for one in found])


def _row(desk: Desk, one: dict[str, Any]) -> dict[str, Any]:
    same = {name: one[name] for name in ("id", "branch_id", "period", "indicator", "level", "state", "sample")}
    sentence = one["sentence"]["en" if desk.visit.language == "en" else "zh"]
    name = desk.visit.say(desk_lead_words.NAMES[one["indicator"]])
    return same | {
        "branch": desk.visit.organization(one["branch_id"]),
        "name": name,
        "effect": Decimal(one["effect"]),
        "sentence": sentence,
    }
