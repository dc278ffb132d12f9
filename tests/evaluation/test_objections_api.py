"""Objections and corrections by REST: raised, answered by who is not concerned, results corrected during publicity."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.evaluation.builders_review import Half, members, running_half
from tests.evaluation.test_results_api import CERTIFICATE, notice, problem

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        await half.open()
        yield half


def about(half: Half, member: str | None = "m6", **more: object) -> dict[str, Any]:
    named = {"member_id": half.id(member)} if member else {}
    return {"about": {"kind": "result", "id": half.review, **named}, "text": "分数与事实不符", **more}


async def objected(half: Half, by: str = "m5", member: str | None = "m6") -> dict[str, Any]:
    answer: dict[str, Any] = await half.town.do("POST", "/objections", about(half, member), half.of(by))
    return answer


async def decided(half: Half, objection: dict[str, Any], decision: str, by: str | None = None, **more: object) -> dict[str, Any]:
    body = {"decision": decision, "reason": "经核实", **more}
    answer: dict[str, Any] = await half.town.do("POST", f"/objections/{objection['id']}/decision", body, by or half.town.officer)
    return answer


async def confirmed(half: Half) -> None:
    with half.notice_answers(notice(httpx.Response(200, json=CERTIFICATE))):  # type: ignore[arg-type]
        await half.to("confirmed")


async def standing(half: Half, member: str, query: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = await half.seen(f"/members/{half.id(member)}/standing{query}", half.of(member))
    return answer


# Raising


@pytest.mark.spec("3.28")
async def test_an_objection_is_answered_within_ten_working_days(half: Half) -> None:
    await half.published()
    made = await objected(half)
    assert made["answer_by"] == "2026-07-16"
    assert made["reason"] is None
    told = await half.town.do("GET", f"/objections/{made['id']}", by=half.town.secretary)
    assert (told["state"], told["text"], told["raised_by"]) == ("open", "分数与事实不符", half.id("m5"))
    assert told["reference"] == made["reference"]
    assert told["about"] == {"kind": "result", "id": half.review, "member_id": half.id("m6")}


async def test_a_term_into_a_year_without_calendar_is_not_guessed(tmp_path: Path) -> None:
    async with running_half(tmp_path, clock="2026-12-24T02:00:00Z") as half:
        await half.open()
        await half.published()
        made = await objected(half)
        assert (made["answer_by"], made["reason"]) == (None, "calendar_unknown")


@pytest.mark.spec("2.13")
async def test_before_publication_there_is_nothing_to_object_to(half: Half) -> None:
    await half.town.refused("not_published", "POST", "/objections", about(half), half.of("m5"))
    await half.town.refused(
        "unknown_review", "POST", "/objections", about(half) | {"about": {"kind": "result", "id": NOBODY}}, half.of("m5")
    )


async def test_a_year_after_confirmation_the_term_is_over(half: Half) -> None:
    await half.published()
    await confirmed(half)
    await half.town.move_clock("2027-07-02T02:00:00Z")
    await objected(half)
    await half.town.move_clock("2027-07-03T02:00:00Z")
    problem = await half.town.refused("objection_term_over", "POST", "/objections", about(half), half.of("m5"))
    assert problem["status"] == 409


@pytest.mark.spec("1.7")
async def test_members_object_to_results_of_their_own_branch_alone(half: Half) -> None:
    await half.published()
    await half.town.join("外人", "south")
    await half.town.refused("not_allowed", "POST", "/objections", about(half), half.of("外人"))
    other = half.town.roster.token("branch_secretary", "south")
    await half.town.refused("not_allowed", "POST", "/objections", about(half), other)
    await half.town.refused("no_result_of_member", "POST", "/objections", about(half, "外人"), half.of("m5"))


async def test_only_the_secretary_keys_in_what_came_on_paper(half: Half) -> None:
    await half.published()
    await half.town.refused("secretary_only", "POST", "/objections", about(half, on_paper=True), half.of("m5"))
    made = await half.town.do("POST", "/objections", about(half, on_paper=True), half.town.secretary)
    told = await half.town.do("GET", f"/objections/{made['id']}", by=half.town.officer)
    assert (told["on_paper"], told["raised_by"]) == (True, None)


async def test_what_the_public_leaves_is_read_by_who_answers_and_stands_in_no_event(half: Half) -> None:
    await half.published()
    service = half.town.roster.issuer.token(["service"])
    body = about(half, None, organization_id=half.town.places["north"], name="张三", contact="13900000000")
    made = await half.town.do("POST", "/objections", body, service)
    told = await half.town.do("GET", f"/objections/{made['id']}", by=half.town.secretary)
    assert (told["contact"], told["raised_by"]) == ("张三, 13900000000", None)
    seen = await half.town.do("GET", f"/objections/{made['id']}", by=half.town.roster.admin)
    assert seen["contact"] is None
    events = await half.town.send("GET", "/events?limit=500", by=half.town.roster.admin)
    assert "objections.objection-raised.v1" in events.text
    assert not any(private in events.text for private in ("张三", "13900000000", "分数与事实不符"))
    await half.town.refused("for_services_alone", "POST", "/objections", about(half, name="张三"), half.of("m5"))


@pytest.mark.spec("2.14")
async def test_an_objection_to_a_notice_names_its_organisation(half: Half) -> None:
    body = {"about": {"kind": "notice", "id": NOBODY}, "text": "公示有误"}
    service = half.town.roster.issuer.token(["service"])
    await half.town.refused("organization_missing", "POST", "/objections", body, service)
    made = await half.town.do("POST", "/objections", body | {"organization_id": half.town.places["north"]}, service)
    assert (await decided(half, made, "dismissed", half.town.secretary))["state"] == "dismissed"


async def test_objections_are_listed_by_organisation_and_state_and_a_member_sees_its_own(half: Half) -> None:
    await half.published()
    first, second = await objected(half), await objected(half, "m7")
    await decided(half, first, "dismissed")
    path = f"/objections?organization_id={half.town.places['town']}"
    assert [one["id"] for one in (await half.seen(path, half.town.officer))["items"]] == [first["id"], second["id"]]
    assert [one["id"] for one in (await half.seen(f"{path}&state=open", half.town.officer))["items"]] == [second["id"]]
    assert [one["id"] for one in (await half.seen("/objections", half.of("m7")))["items"]] == [second["id"]]
    await half.town.refused("not_allowed", "GET", f"/objections/{first['id']}", by=half.of("m7"))
    await half.town.refused("not_allowed", "GET", path, by=half.of("m7"))


# Answering


@pytest.mark.spec("6.48b")
async def test_while_one_is_open_nothing_is_confirmed_and_notice_is_asked_first(half: Half) -> None:
    await half.published()
    made = await objected(half)
    with half.notice_answers(notice(problem("publicity_running"))):  # type: ignore[arg-type]
        await half.refused("publicity_running", "POST", "/phase", {"to": "confirmed"})
    with half.notice_answers(notice(httpx.Response(200, json=CERTIFICATE))):  # type: ignore[arg-type]
        said = await half.refused("objection_open", "POST", "/phase", {"to": "confirmed"})
    assert (said["status"], said["open_objections"]) == (409, 1)
    await decided(half, made, "dismissed")
    await confirmed(half)


@pytest.mark.spec("6.47")
async def test_who_is_concerned_took_part_or_objected_does_not_answer(half: Half) -> None:
    await half.published()
    made = await objected(half)
    body = {"decision": "dismissed", "reason": "不成立"}
    path = f"/objections/{made['id']}/decision"
    for name in ("m6", "m1", "m5"):  # the member concerned; one who attended the scoring; the objector
        said = await half.town.refused("own_case", "POST", path, body, half.of(name, "branch_secretary"))
        assert said["status"] == 403
    await half.town.refused("not_allowed", "POST", path, body, half.of("m7"))
    await decided(half, made, "dismissed", half.of("m7", "branch_secretary"))
    await half.town.refused("already_decided", "POST", path, body, half.town.officer)


async def test_kin_of_the_member_does_not_answer(half: Half) -> None:
    await half.published()
    made = await objected(half)
    kin = {"kin": [{"member_id": half.id("m7"), "from": "2020-01-01"}]}
    await half.town.roster.do("PUT", f"/members/{half.id('m6')}/kin", kin, half.of("m6"))
    body = {"decision": "dismissed", "reason": "不成立"}
    path = f"/objections/{made['id']}/decision"
    await half.town.refused("own_case", "POST", path, body, half.of("m7", "branch_secretary"))


@pytest.mark.spec("6.44", "6.47")
async def test_the_countys_supervisor_answers_only_where_the_town_is_concerned(half: Half) -> None:
    await half.closed()
    sheet = {"attendees": [], "scores": {half.id(name): {"score": 80, "reason": "镇里评定"} for name in members(7)}}
    await half.do("PUT", "/committee-scores", sheet, half.town.officer)
    await half.to("publicity")
    made = await objected(half)
    body = {"decision": "dismissed", "reason": "不成立"}
    path = f"/objections/{made['id']}/decision"
    await half.town.refused("own_case", "POST", path, body, half.town.officer)
    await half.town.refused("own_case", "POST", path, body, half.of("m7", "branch_secretary"))
    await decided(half, made, "dismissed", half.town.roster.token("county_supervisor", "county"))


async def test_the_supervisor_does_not_answer_for_the_branch(half: Half) -> None:
    await half.published()
    made = await objected(half)
    body = {"decision": "dismissed", "reason": "不成立"}
    supervisor = half.town.roster.token("county_supervisor", "county")
    await half.town.refused("town_decides", "POST", f"/objections/{made['id']}/decision", body, supervisor)


# Upheld during publicity


@pytest.mark.spec("6.46a")
async def test_upheld_during_publicity_the_given_score_is_the_result_and_published_anew(half: Half) -> None:
    await half.published(80)
    made = await objected(half)
    path = f"/objections/{made['id']}/decision"
    body = {"decision": "upheld", "reason": "经核实"}
    assert (await half.town.refused("corrected_score_missing", "POST", path, body, half.town.officer))["status"] == 422
    await half.town.refused("corrected_score_missing", "POST", path, body | {"score": 101}, half.town.officer)
    assert (await decided(half, made, "upheld", score=92.5))["results_published_anew"]
    results = await half.results()
    assert (results[half.id("m6")]["result"], results[half.id("m6")]["stars"]) == (92.5, 3)
    assert results[half.id("m5")]["result"] == 80
    feed = await half.town.do("GET", "/events?limit=500&types=reviews.results-corrected.v1", by=half.town.roster.admin)
    (corrected,) = [item["data"] for item in feed["items"]]
    assert corrected["cause"] == {"objection_id": made["id"], "finding_id": None}
    assert (corrected["working_days"], len(corrected["results"])) == (5, 7)
    assert corrected["was"] == {"member_id": half.id("m6"), "result": 80, "stars": 2}
    await confirmed(half)
    got = await standing(half, "m6")
    assert got["periods"] == [{"period": "2026-H1", "score": 92.5, "stars": 3, "original": {"score": 80, "stars": 2}}]
    assert (got["stars"], got["flags"]) == (3, 1)


async def test_an_objection_to_the_whole_upheld_names_the_member(half: Half) -> None:
    await half.published()
    made = await objected(half, "m5", None)
    path = f"/objections/{made['id']}/decision"
    body = {"decision": "upheld", "reason": "经核实", "score": 60}
    await half.town.refused("own_case", "POST", path, body, half.of("m7", "branch_secretary"))
    await half.town.refused("corrected_score_missing", "POST", path, body, half.town.officer)
    await half.town.refused("no_result_of_member", "POST", path, body | {"member_id": NOBODY}, half.town.officer)
    await decided(half, made, "upheld", score=60, member_id=half.id("m6"))
    assert (await half.results())[half.id("m6")]["stars"] == 1
