"""The town's rulebook: its versions with their burden and what each changes; a new one drafted, examined, tried out, proposed, adopted."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Response

from services.evaluation.pages.branches import half_years
from services.evaluation.pages.lint_words import problem_in_words
from services.evaluation.pages.rule_forms import CHOICES, NUMBERS, rows_of, rules_in, value_at
from services.evaluation.pages.towns import at_town, of_town
from services.evaluation.pages.visits import Visit
from shared.calendar import HalfYear
from shared.web import Door, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)
Number = Annotated[int, Path(ge=1, le=100_000)]


@router.get("/town/{town_id}/rules", response_model=None)
async def get_rules(town_id: Id, door: Door) -> Response:
    """All versions of the town's rulebook."""
    visit = await at_town(door, town_id)
    return await _list(visit, town_id)


@router.post("/town/{town_id}/rules", response_model=None)
async def post_adoption_page(town_id: Id, door: Door) -> Response:
    """Adopt a proposed version, as a second person."""
    visit, said = await at_town(door, town_id), await fields_of(door)
    try:
        await visit.own.send("POST", f"/rulebooks/{town_id}/versions/{said.get('number', '0')}/adoption", once=said.text("once"))
    except Refused as refused:
        return await _list(visit, town_id, refused)
    return visit.go(f"/town/{town_id}/rules", "adopted")


async def _list(visit: Visit, town_id: str, refused: Refused | None = None) -> Response:
    book = await visit.own.find(f"/rulebooks/{town_id}")
    versions = book["versions"] if book else []
    context = {**of_town(visit, town_id, "rules"), "book": book, "versions": versions[::-1]}
    if refused is None:
        return visit.draw("rules.html", **context)
    return visit.refuse("rules.html", refused, **context)


@router.get("/town/{town_id}/rules/{number}", response_model=None)
async def get_version_page(town_id: Id, number: Number, door: Door) -> Response:
    """One version: what it changes in words, its items, and the burden it lays on a branch of average size."""
    visit = await at_town(door, town_id)
    version = await visit.own.get(f"/rulebooks/{town_id}/versions/{number}")
    compared = await visit.own.get(f"/rulebooks/{town_id}/versions/{number}/comparison") if number > 1 else None
    return visit.draw("rules_version.html", **of_town(visit, town_id, "rules"), version=version, compared=compared)


@router.get("/town/{town_id}/rules/draft/new", response_model=None)
async def get_draft(town_id: Id, door: Door) -> Response:
    """The form of a new version, filled with the newest one."""
    visit = await at_town(door, town_id)
    return await _draft(visit, town_id, Fields([]), {})


@router.post("/town/{town_id}/rules/draft/new", response_model=None)
async def post_draft(town_id: Id, door: Door) -> Response:
    """Examine the draft, try it out on a past half-year, or propose it."""
    visit, said = await at_town(door, town_id), await fields_of(door)
    rules = rules_in(said, (await _newest(visit, town_id))["rules"])
    found: dict[str, Any] = {"problems": (await visit.own.send("POST", "/rulebooks/lint", {"rules": rules})).body["problems"]}
    try:
        match said.text("step"):
            case "simulate":
                body = {"rules": rules, "organization_id": town_id, "period": said.get("tried_on")}
                found["simulated"] = (await visit.own.send("POST", "/rulebooks/simulate", body)).body
                await visit.know(one["member_id"] for one in found["simulated"]["changes"])
            case "propose":
                await _propose(visit, town_id, rules, said)
                return visit.go(f"/town/{town_id}/rules", "proposed")
    except Refused as refused:
        return await _draft(visit, town_id, said, found, rules=rules, refused=refused)
    return await _draft(visit, town_id, said, found, rules=rules)


async def _propose(visit: Visit, town_id: str, rules: dict[str, Any], said: Fields) -> None:
    if await visit.own.find(f"/rulebooks/{town_id}") is None:
        body = {"organization_id": town_id, "code": said.get("code"), "title": said.get("title"), "rules": rules}
        await visit.own.send("POST", "/rulebooks", body, once=said.text("once"))
        return
    body = {"rules": rules} | said.without_nothing("title", "from_period")
    await visit.own.send("POST", f"/rulebooks/{town_id}/versions", body, once=said.text("once"))


async def _newest(visit: Visit, town_id: str) -> dict[str, Any]:
    """The newest version, proposed or published; the default rules where the town has none yet."""
    book = await visit.own.find(f"/rulebooks/{town_id}")
    if book is None:
        return {"rules": await visit.own.get("/rulebooks/default"), "title": "", "version": 0}
    newest: dict[str, Any] = await visit.own.get(f"/rulebooks/{town_id}/versions/{book['versions'][-1]['version']}")
    return newest


async def _draft(
    visit: Visit, town_id: str, said: Fields, found: dict[str, Any], *, rules: dict[str, Any] | None = None, refused: Refused | None = None
) -> Response:
    newest = await _newest(visit, town_id)
    rules = rules or newest["rules"]
    now = HalfYear.parse(visit.now_period)
    context = {
        **of_town(visit, town_id, "rules"), "said": said, "rules": rules, "rows": rows_of(rules), "newest": newest,
        "numbers": [(path, text, value_at(rules, path)) for path, text in NUMBERS],
        "choices": [(path, text, options, value_at(rules, path)) for path, text, options in CHOICES],
        "past": half_years(visit)[1:], "future": [str(now.next()), str(now.next().next())],
        "problems": [problem_in_words(one, rules, visit.language) for one in found["problems"]] if found else None,
        "simulated": found.get("simulated"),
    }  # fmt: skip
    if refused is None:
        return visit.draw("rules_draft.html", **context)
    return visit.refuse("rules_draft.html", refused, **context)
