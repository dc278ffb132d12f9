"""Objections by REST to what is no result: a pledge and a finding; raised, answered, and by whom never."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.builders_review import Half, running_half

NOBODY = "00000000-0000-7000-8000-000000000000"
ANSWER = {"decision": "dismissed", "reason": "经核实不成立"}


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        yield half


async def objected(half: Half, kind: str, about: str, by: str, **more: object) -> dict[str, Any]:
    body = {"about": {"kind": kind, "id": about}, "text": "与事实不符", **more}
    made: dict[str, Any] = await half.town.do("POST", "/objections", body, by)
    return made


async def told(half: Half, objection: dict[str, Any], by: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = await half.town.do("GET", f"/objections/{objection['id']}", by=by or half.town.officer)
    return answer


def decision(objection: dict[str, Any]) -> str:
    return f"/objections/{objection['id']}/decision"


# A pledge


async def promised(half: Half, name: str = "m6") -> str:
    """A pledge of the member that the branch has approved; it is not announced yet."""
    promise = {
        "member_id": half.id(name),
        "period": "2026-H1",
        "theme": "helping",
        "action": "帮扶",
        "target": "两户",
        "due_on": "2026-06-30",
    }
    made: str = (await half.town.do("POST", "/pledges", promise, half.of(name)))["id"]
    await half.town.do("POST", f"/pledges/{made}/review", {"decision": "approved"}, half.town.secretary)
    return made


async def announced(half: Half, *, evaluated_by: str) -> str:
    """A pledge of `m6` that was announced, and evaluated by this member as the branch's secretary."""
    made = await promised(half)
    body = {"branch_id": half.town.places["north"], "on": "2026-07-01", "pledge_ids": [made]}
    await half.town.do("POST", "/announcements", body, half.town.secretary)
    judged = {"outcome": "fulfilled", "reason": "已走访"}
    await half.town.do("POST", f"/pledges/{made}/evaluation", judged, half.of(evaluated_by, "branch_secretary"))
    return made


@pytest.mark.spec("1.12", "2.14")
async def test_an_announced_pledge_may_be_objected_to_and_is_answered_in_ten_working_days(half: Half) -> None:
    pledge = await announced(half, evaluated_by="m7")
    made = await objected(half, "pledge", pledge, half.of("m5"))
    assert (made["answer_by"], made["reason"]) == ("2026-07-16", None)
    seen = await told(half, made)
    assert seen["about"] == {"kind": "pledge", "id": pledge, "member_id": half.id("m6")}
    assert (seen["organization_id"], seen["state"], seen["raised_by"]) == (half.town.places["north"], "open", half.id("m5"))
    assert [one["id"] for one in (await half.seen("/objections", half.of("m5")))["items"]] == [made["id"]]


async def test_before_it_is_announced_there_is_nothing_to_object_to(half: Half) -> None:
    pledge = await promised(half)
    body = {"about": {"kind": "pledge", "id": pledge}, "text": "不实"}
    assert (await half.town.refused("not_published", "POST", "/objections", body, half.of("m5")))["state"] == "approved"
    await half.town.refused("unknown_pledge", "POST", "/objections", {**body, "about": {"kind": "pledge", "id": NOBODY}}, half.of("m5"))
    await half.town.join("far", "south")
    await half.town.refused("not_allowed", "POST", "/objections", body, half.of("far"))


@pytest.mark.spec("6.47")
async def test_who_made_or_judged_the_pledge_or_objected_does_not_answer(half: Half) -> None:
    made = await objected(half, "pledge", await announced(half, evaluated_by="m7"), half.of("m5"))
    for name in ("m6", "m7", "m5"):  # whose pledge it is; who judged it; who objects
        said = await half.town.refused("own_case", "POST", decision(made), ANSWER, half.of(name, "branch_secretary"))
        assert said["status"] == 403
    kin = {"kin": [{"member_id": half.id("m4"), "from": "2020-01-01"}]}
    await half.town.roster.do("PUT", f"/members/{half.id('m6')}/kin", kin, half.of("m6"))
    await half.town.refused("own_case", "POST", decision(made), ANSWER, half.of("m4", "branch_secretary"))
    await half.town.refused("town_decides", "POST", decision(made), ANSWER, half.town.roster.token("county_supervisor", "county"))
    await half.town.refused("not_allowed", "POST", decision(made), ANSWER, half.of("m3"))
    await half.town.do("POST", decision(made), ANSWER, half.of("m3", "branch_secretary"))


@pytest.mark.spec("6.46c")
async def test_an_answer_has_its_reason_and_is_given_once(half: Half) -> None:
    made = await objected(half, "pledge", await announced(half, evaluated_by="m7"), half.of("m5"))
    await half.town.refused("invalid", "POST", decision(made), {"decision": "dismissed"}, half.town.officer)
    await half.town.refused("invalid", "POST", decision(made), {**ANSWER, "reason": " "}, half.town.officer)
    await half.town.refused("score_without_use", "POST", decision(made), {**ANSWER, "score": 90}, half.town.officer)
    answered = await half.town.do("POST", decision(made), {"decision": "upheld", "reason": "证据不足"}, half.town.officer)
    assert answered == {"id": made["id"], "state": "upheld", "results_published_anew": False}
    seen = await told(half, made, half.of("m5"))
    assert (seen["state"], seen["decided"]["decision"], seen["decided"]["reason"], seen["decided"]["score"]) == (
        "upheld", "upheld", "证据不足", None,
    )  # fmt: skip
    await half.town.refused("already_decided", "POST", decision(made), ANSWER, half.town.officer)


# A finding


async def found(half: Half, organization: str, by: str) -> str:
    """A finding on the branch by this person."""
    body = {"branch_id": half.town.places["north"], "year": 2026, "on": "2026-07-02"}
    inspection = await half.town.do("POST", "/inspections", body, by)
    assert (await half.town.do("GET", f"/inspections/{inspection['id']}", by=by))["organization_id"] == half.town.places[organization]
    finding = {"kind": "poor_implementation", "text": "未召开会议", "evidence": [{"kind": "text", "value": "会议记录缺失"}]}
    made: str = (await half.town.do("POST", f"/inspections/{inspection['id']}/findings", finding, by))["id"]
    return made


@pytest.mark.spec("2.14")
async def test_the_branch_objects_to_a_finding(half: Half) -> None:
    finding = await found(half, "county", half.town.roster.token("county_supervisor", "county"))
    made = await objected(half, "finding", finding, half.town.secretary)
    seen = await told(half, made)
    assert seen["about"] == {"kind": "finding", "id": finding, "member_id": None}
    assert (seen["organization_id"], seen["answer_by"]) == (half.town.places["north"], "2026-07-16")
    body = {"about": {"kind": "finding", "id": NOBODY}, "text": "不实"}
    await half.town.refused("unknown_finding", "POST", "/objections", body, half.town.secretary)
    south = half.town.roster.token("branch_secretary", "south")
    await half.town.refused("not_allowed", "POST", "/objections", {**body, "about": {"kind": "finding", "id": finding}}, south)


@pytest.mark.spec("6.47")
async def test_neither_the_branch_nor_who_found_answers_an_objection_to_a_finding(half: Half) -> None:
    supervisor, another = (half.town.roster.token("county_supervisor", "county", half.town.members[name]) for name in ("m2", "m3"))
    made = await objected(half, "finding", await found(half, "county", supervisor), half.town.secretary)
    for by in (half.town.secretary, half.of("m7", "branch_secretary"), supervisor):
        assert (await half.town.refused("own_case", "POST", decision(made), ANSWER, by))["status"] == 403
    await half.town.refused("score_without_use", "POST", decision(made), {**ANSWER, "score": 90}, another)
    assert (await half.town.do("POST", decision(made), ANSWER, another))["state"] == "dismissed"


@pytest.mark.spec("6.47")
async def test_what_an_officer_of_the_town_found_another_officer_or_the_county_answers(half: Half) -> None:
    officer, another = half.town.officer_named("m2"), half.town.officer_named("m3")
    finding = await found(half, "town", officer)
    first, second = [await objected(half, "finding", finding, half.town.secretary, text=text) for text in ("不实", "证据不足")]
    await half.town.refused("own_case", "POST", decision(first), ANSWER, officer)
    await half.town.do("POST", decision(first), ANSWER, another)
    await half.town.do("POST", decision(second), ANSWER, half.town.roster.token("county_supervisor", "county"))
