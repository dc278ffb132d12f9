"""Corrections by REST: after confirmation only with a cause and by two persons; the original stays visible beside each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.builders_review import Half, running_half
from tests.evaluation.test_objections_api import NOBODY, confirmed, decided, objected, standing


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        await half.open()
        yield half


async def upheld_after_confirmation(half: Half) -> dict[str, Any]:
    await half.published(80)
    await confirmed(half)
    made = await objected(half)
    path = f"/objections/{made['id']}/decision"
    body = {"decision": "upheld", "reason": "经核实", "score": 92}
    await half.town.refused("score_without_use", "POST", path, body, half.town.officer)
    assert not (await decided(half, made, "upheld"))["results_published_anew"]
    return made


def correction(half: Half, cause: dict[str, Any], member: str = "m6", score: float = 92) -> dict[str, Any]:
    return {"member_id": half.id(member), "score": score, "cause": cause, "reason": "漏记加分"}


@pytest.mark.spec("6.51", "6.52")
async def test_after_confirmation_a_second_person_confirms_a_correction_that_names_its_cause(half: Half) -> None:
    made = await upheld_after_confirmation(half)
    before = await standing(half, "m6")
    proposed = await half.do("POST", "/corrections", correction(half, {"objection_id": made["id"]}))
    assert proposed["state"] == "unconfirmed"
    assert await standing(half, "m6") == before
    path = f"/corrections/{proposed['id']}/confirmation"
    await half.town.refused("not_allowed", "POST", path, None, half.town.secretary)
    await half.town.move_clock("2026-07-30T02:00:00Z")
    assert (await half.town.do("POST", path, by=half.town.officer))["state"] == "confirmed"
    await half.town.refused("already_confirmed", "POST", path, None, half.town.officer)
    after = await standing(half, "m6")
    assert (after["stars"], after["flags"]) == (3, 1)
    assert after["periods"][0]["original"] == {"score": 80, "stars": 2}
    assert (await standing(half, "m6", "?as_of=2026-07-29T00:00:00Z"))["stars"] == before["stars"] == 2
    explained = await half.town.do("GET", f"/members/{half.id('m6')}/explanation?period=2026-H1", by=half.of("m6"))
    (told,) = explained["corrections"]
    assert (told["from_stars"], told["to_stars"], told["reason"]) == (2, 3, "漏记加分")
    assert told["objection_id"] == made["id"]
    assert (explained["result"]["shown"], explained["result"]["agrees"]) == (80, True)


@pytest.mark.spec("6.52", "8.9")
async def test_the_original_stays_visible_beside_each_correction_and_in_the_trail(half: Half) -> None:
    town, others = half.town, half.of("m7")
    await half.published(80)
    first = await objected(half)
    await decided(half, first, "upheld", score=92.5)
    await confirmed(half)
    second = await objected(half, member="m7", by="m5")
    await decided(half, second, "upheld")
    wanted = [correction(half, {"objection_id": second["id"]}, "m7", score) for score in (70, 60)]
    proposed, waiting = [await half.do("POST", "/corrections", body) for body in wanted]
    await town.do("POST", f"/corrections/{proposed['id']}/confirmation", by=town.officer)

    items = (await half.do("GET", "/corrections", by=town.officer))["items"]
    assert [(one["id"], one["member_id"], one["state"], one["was"], one["becomes"]) for one in items] == [
        (None, half.id("m6"), "confirmed", {"result": 80, "stars": 2}, {"result": 92.5, "stars": 3}),
        (proposed["id"], half.id("m7"), "confirmed", {"result": 80, "stars": 2}, {"result": 70, "stars": 2}),
        (waiting["id"], half.id("m7"), "unconfirmed", {"result": 80, "stars": 2}, {"result": 60, "stars": None}),
    ]
    assert [one["cause"]["objection_id"] for one in items] == [first["id"], second["id"], second["id"]]
    assert [one["reason"] for one in items] == ["经核实", "漏记加分", "漏记加分"]
    assert [await town.do("GET", f"/corrections/{one['id']}", by=town.secretary) for one in items[1:]] == items[1:]
    assert items[1]["proposed_by"] != items[1]["confirmed_by"]
    results = await half.results()
    assert results[half.id("m6")]["original"] == results[half.id("m7")]["original"] == {"result": 80, "stars": 2}
    assert results[half.id("m5")]["original"] is None
    for path in (f"{half.path}/corrections", f"/corrections/{proposed['id']}"):
        await town.refused("not_allowed", "GET", path, by=others)
    await town.refused("unknown_correction", "GET", f"/corrections/{NOBODY}", by=town.officer)

    trail = f"/audits/trail?member_id={half.id('m7')}&period=2026-H1"
    steps = (await half.seen(trail, town.roster.token("county_supervisor", "county")))["items"]
    assert [one["event"] for one in steps][-4:] == [
        "objections.objection-decided.v1",
        "corrections.correction-proposed.v1",
        "corrections.correction-confirmed.v1",
        "reviews.results-corrected.v1",
    ]
    assert [one["about"]["member_id"] for one in steps if one["event"] == "reviews.results-corrected.v1"] == [half.id("m7")]


@pytest.mark.spec("6.51", "7.2")
async def test_who_proposed_a_correction_does_not_confirm_it(half: Half) -> None:
    made = await upheld_after_confirmation(half)
    proposed = await half.do("POST", "/corrections", correction(half, {"objection_id": made["id"]}), half.town.officer)
    said = await half.town.refused("same_person", "POST", f"/corrections/{proposed['id']}/confirmation", None, half.town.officer)
    assert said["status"] == 403


@pytest.mark.spec("6.50", "7.2")
async def test_a_correction_without_a_cause_that_holds_is_refused(half: Half) -> None:
    made = await upheld_after_confirmation(half)
    dismissed = await objected(half, "m7")
    await decided(half, dismissed, "dismissed")
    assert (await half.refused("cause_missing", "POST", "/corrections", correction(half, {})))["status"] == 422
    for cause in ({"objection_id": dismissed["id"]}, {"objection_id": NOBODY}, {"finding_id": NOBODY}):
        await half.refused("cause_does_not_hold", "POST", "/corrections", correction(half, cause))
    await half.refused("cause_does_not_hold", "POST", "/corrections", correction(half, {"objection_id": made["id"]}, "m5"))
    await half.refused("correction_invalid", "POST", "/corrections", correction(half, {"objection_id": made["id"]}, score=101))


@pytest.mark.spec("6.50")
async def test_a_finding_on_the_branch_is_a_cause_until_it_is_reversed(half: Half) -> None:
    await half.published(80)
    await confirmed(half)
    supervisor = half.town.roster.token("county_supervisor", "county")
    body = {"branch_id": half.town.places["north"], "year": 2026, "on": "2026-07-02"}
    inspection = await half.town.do("POST", "/inspections", body, supervisor)
    found = {"kind": "falsification", "text": "虚报", "evidence": [{"kind": "text", "value": "材料"}]}
    finding = await half.town.do("POST", f"/inspections/{inspection['id']}/findings", found, supervisor)
    wanted = correction(half, {"finding_id": finding["id"]}, score=50)
    first, second = await half.do("POST", "/corrections", wanted), await half.do("POST", "/corrections", wanted)
    await half.town.do("POST", f"/corrections/{first['id']}/confirmation", by=half.town.officer)
    assert (await standing(half, "m6"))["stars"] == 0
    await half.town.refused("result_changed", "POST", f"/corrections/{second['id']}/confirmation", None, half.town.officer)
    await half.town.do("POST", f"/findings/{finding['id']}/reversal", {"reason": "查无实据"}, supervisor)
    await half.refused("cause_does_not_hold", "POST", "/corrections", wanted)


async def test_results_are_not_corrected_by_two_persons_before_they_are_confirmed(half: Half) -> None:
    await half.published()
    made = await objected(half)
    await decided(half, made, "upheld", score=92)
    await half.refused("wrong_phase", "POST", "/corrections", correction(half, {"objection_id": made["id"]}))
