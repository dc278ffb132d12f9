"""Supervision by REST: from inspections to circulars, who may, the responsibility score."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.builders_review import Half
from tests.evaluation.builders_supervision import (
    EVIDENCE,
    SECRET,
    circular,
    found,
    half_in_june,
    inspected,
    north,
    responsibility,
    supervisor,
)


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with half_in_june(tmp_path) as half:
        yield half


@pytest.mark.spec("1.11", "2.15")
async def test_from_the_inspection_to_the_circular(half: Half) -> None:
    town, inspection = half.town, await inspected(half)
    first, second = await found(half, inspection), await found(half, inspection, "late_disclosure")
    assert (await responsibility(half))["score"] == 100
    answer = {"text": "支部已整改"}
    await town.do("POST", f"/inspections/{inspection}/response", answer, town.secretary)
    issued = await circular(half, inspection, first)
    assert (await responsibility(half))["score"] == 90
    told = await town.do("GET", f"/inspections/{inspection}", by=town.secretary)
    assert (told["branch_id"], told["organization_id"], told["year"]) == (north(half), town.places["county"], 2026)
    assert [(one["id"], one["state"], one["circular_id"]) for one in told["findings"]] == [
        (first, "in_circular", issued),
        (second, "found", None),
    ]
    assert told["findings"][0]["text"] == SECRET
    assert told["findings"][0]["evidence"] == EVIDENCE
    assert told["findings"][0]["rulebook_id"] == town.places["town"]
    assert [one["text"] for one in told["responses"]] == ["支部已整改"]
    assert [(one["id"], one["finding_ids"], one["text"]) for one in told["circulars"]] == [(issued, [first], "对该支部予以通报")]


@pytest.mark.spec("8.4")
async def test_the_circular_tells_notice_what_it_expects_and_no_text(half: Half) -> None:
    inspection = await inspected(half)
    issued = await circular(half, inspection, await found(half, inspection))
    events = (await half.town.do("GET", "/events?limit=500&types=supervision.*", by=half.town.roster.admin))["items"]
    last = events[-1]
    assert last["type"] == "supervision.circular-issued.v1"
    assert (last["data"]["circular_id"], last["data"]["branch_id"]) == (issued, north(half))
    assert set(last["data"]["text"]) == {"id", "hash"}
    assert SECRET not in str(events)
    assert "lead_id" in events[1]["sealed"]
    assert "lead_id" not in events[1]["data"]


async def test_a_reversed_finding_deducts_nothing_and_stays_visible(half: Half) -> None:
    town, inspection = half.town, await inspected(half)
    finding = await found(half, inspection)
    await circular(half, inspection, finding)
    await town.do("POST", f"/findings/{finding}/reversal", {"reason": "复查属实"}, supervisor(town))
    told = await responsibility(half)
    assert told["score"] == 100
    assert [(one["id"], one["state"], one["deduction"], one["counted"]) for one in told["findings"]] == [(finding, "reversed", 10, 0)]
    shown = await town.do("GET", f"/inspections/{inspection}", by=supervisor(town))
    assert shown["findings"][0]["reversal_reason"] == "复查属实"
    await town.refused("finding_reversed", "POST", f"/findings/{finding}/reversal", {"reason": "再次"}, supervisor(town))


@pytest.mark.spec("8.4", "9.14", "9.13c")
async def test_a_circular_is_corrected_when_one_of_its_findings_falls_and_withdrawn_with_the_last(half: Half) -> None:
    town, inspection, by = half.town, await inspected(half), supervisor(half.town)
    first, second = await found(half, inspection), await found(half, inspection, "late_disclosure")
    issued = await circular(half, inspection, first, second)
    place = f"/findings/{first}/reversal"
    await town.refused("circular_text_missing", "POST", place, {"reason": "复查不实"}, by)
    assert (await responsibility(half))["score"] == 85, "refused, nothing happened"
    answer = await town.do("POST", place, {"reason": "复查不实", "circular_text": "仅就公开不及时通报"}, by)
    assert answer["circular"] == {"id": issued, "state": "corrected"}
    assert (await responsibility(half))["score"] == 95
    (told,) = (await town.do("GET", f"/inspections/{inspection}", by=by))["circulars"]
    assert (told["state"], told["text"], told["finding_ids"]) == ("corrected", "对该支部予以通报", [first, second]), "as it was issued"
    assert [(one["text"], one["finding_ids"], one["because_of"]) for one in told["corrections"]] == [
        ("仅就公开不及时通报", [second], first)
    ]
    await town.refused("no_circular_to_correct", "POST", f"/findings/{second}/reversal", {"reason": "x", "circular_text": "y"}, by)
    answer = await town.do("POST", f"/findings/{second}/reversal", {"reason": "复查不实"}, by)
    assert answer["circular"] == {"id": issued, "state": "withdrawn"}
    (told,) = (await town.do("GET", f"/inspections/{inspection}", by=by))["circulars"]
    assert (told["state"], (await responsibility(half))["score"]) == ("withdrawn", 100)


async def test_a_finding_that_no_circular_names_is_reversed_alone(half: Half) -> None:
    town, inspection = half.town, await inspected(half)
    finding = await found(half, inspection)
    place = f"/findings/{finding}/reversal"
    await town.refused("no_circular_to_correct", "POST", place, {"reason": "x", "circular_text": "y"}, supervisor(town))
    assert (await town.do("POST", place, {"reason": "x"}, supervisor(town)))["circular"] is None


@pytest.mark.spec("3.30")
async def test_the_score_never_falls_below_0(half: Half) -> None:
    inspection = await inspected(half)
    ids = [await found(half, inspection, deduction=deduction) for deduction in (60, 40, 0.5)]
    await circular(half, inspection, *ids)
    assert (await responsibility(half))["score"] == 0


async def test_the_score_says_what_it_said_on_an_earlier_day(half: Half) -> None:
    inspection = await inspected(half)
    finding = await found(half, inspection)
    await half.town.move_clock("2026-06-10T02:00:00Z")
    await circular(half, inspection, finding)
    assert (await responsibility(half))["score"] == 90
    assert (await responsibility(half, query="&as_of=2026-06-09T00:00:00Z"))["score"] == 100


@pytest.mark.spec("8.3", "8.2")
@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("invalid", {"kind": "laziness"}),
        ("invalid", {"evidence": []}),
        ("invalid", {"text": " "}),
        ("deduction_out_of_range", {"deduction": 100.5}),
        ("deduction_out_of_range", {"deduction": -1}),
        ("invalid", {"deduction": 1.005}),
    ],
)
async def test_a_finding_that_can_not_be_right(half: Half, code: str, change: dict[str, Any]) -> None:
    inspection = await inspected(half)
    body = {"kind": "falsification", "text": "x", "evidence": EVIDENCE, **change}
    answer = await half.town.refused(code, "POST", f"/inspections/{inspection}/findings", body, supervisor(half.town))
    assert answer["status"] == 422


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("inspection_in_future", {"on": "2026-06-02"}),
        ("inspection_before_year", {"on": "2025-12-31"}),
        ("invalid", {"year": 12}),
        ("unknown_organization", {"branch_id": "00000000-0000-7000-8000-000000000000"}),
    ],
)
async def test_an_inspection_that_can_not_be_right(half: Half, code: str, change: dict[str, Any]) -> None:
    body = {"branch_id": north(half), "year": 2026, "on": "2026-06-01", **change}
    await half.town.refused(code, "POST", "/inspections", body, supervisor(half.town))


async def test_a_town_is_not_inspected_like_a_branch(half: Half) -> None:
    body = {"branch_id": half.town.places["town"], "year": 2026, "on": "2026-06-01"}
    await half.town.refused("not_a_branch", "POST", "/inspections", body, supervisor(half.town))


@pytest.mark.spec("1.11")
async def test_a_branch_outside_the_supervisors_county_is_not_inspected(half: Half) -> None:
    town = half.town
    await town.roster.found("county", "other county")
    stranger = town.roster.token("county_supervisor", "other county")
    body = {"branch_id": north(half), "year": 2026, "on": "2026-06-01"}
    await town.refused("not_allowed", "POST", "/inspections", body, stranger)
    inspection = await inspected(half)
    finding = await found(half, inspection)
    body = {"kind": "falsification", "text": "x", "evidence": EVIDENCE}
    await town.refused("not_allowed", "POST", f"/inspections/{inspection}/findings", body, stranger)
    await town.refused("not_allowed", "POST", f"/inspections/{inspection}/circular", {"finding_ids": [finding], "text": "x"}, stranger)
    await town.refused("not_allowed", "POST", f"/findings/{finding}/reversal", {"reason": "x"}, stranger)
    await town.refused("not_allowed", "GET", f"/branches/{north(half)}/responsibility?year=2026", by=stranger)
    await town.refused("not_allowed", "GET", f"/audits/fairness?organization_id={north(half)}&period=2026-H1", by=stranger)
    await town.refused("not_allowed", "GET", f"/audits/trail?member_id={half.id('m1')}&period=2026-H1", by=stranger)


async def test_the_town_inspects_and_does_not_touch_what_the_county_found(half: Half) -> None:
    town, of_county = half.town, await inspected(half)
    finding = await found(half, of_county)
    await town.refused("not_allowed", "POST", f"/findings/{finding}/reversal", {"reason": "x"}, town.officer)
    own = await inspected(half, town.officer)
    assert (await town.do("GET", f"/inspections/{own}", by=town.officer))["organization_id"] == town.places["town"]
    await found(half, own, by=town.officer)
    await found(half, own)
    body = {"branch_id": north(half), "year": 2026, "on": "2026-06-01"}
    await town.refused("not_allowed", "POST", "/inspections", body, town.secretary)


async def test_who_inspects_stands_above_the_branch(half: Half) -> None:
    body = {"branch_id": north(half), "year": 2026, "on": "2026-06-01"}
    token = half.town.roster.token("town_officer", "north")
    await half.town.refused("not_above", "POST", "/inspections", body, token)


async def test_only_the_branch_answers(half: Half) -> None:
    inspection = await inspected(half)
    path, body = f"/inspections/{inspection}/response", {"text": "整改"}
    await half.town.refused("nothing_found", "POST", path, body, half.town.secretary)
    await found(half, inspection)
    await half.town.refused("not_allowed", "POST", path, body, half.town.roster.token("branch_secretary", "south"))
    await half.town.refused("not_allowed", "POST", path, body, supervisor(half.town))


async def test_a_circular_takes_findings_of_its_own_inspection_once(half: Half) -> None:
    one, other = await inspected(half), await inspected(half)
    finding = await found(half, one)
    body = {"finding_ids": [finding], "text": "通报"}
    await half.town.refused("unknown_finding", "POST", f"/inspections/{other}/circular", body, supervisor(half.town))
    await half.town.do("POST", f"/inspections/{one}/circular", body, supervisor(half.town))
    await half.town.refused("finding_in_circular", "POST", f"/inspections/{one}/circular", body, supervisor(half.town))
    none = "00000000-0000-7000-8000-000000000000"
    await half.town.refused("unknown_inspection", "POST", f"/inspections/{none}/circular", body, supervisor(half.town))
    await half.town.refused("unknown_finding", "POST", f"/findings/{none}/reversal", {"reason": "x"}, supervisor(half.town))


async def test_the_same_key_records_one_finding(half: Half) -> None:
    inspection = await inspected(half)
    body, path = {"kind": "falsification", "text": "x", "evidence": EVIDENCE}, f"/inspections/{inspection}/findings"
    key = {"Idempotency-Key": "same"}
    answers = [await half.town.send("POST", path, body, supervisor(half.town), **key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[0].headers["Event-Position"]
    assert len((await half.town.do("GET", f"/inspections/{inspection}", by=supervisor(half.town)))["findings"]) == 1


async def test_which_lead_led_to_a_finding_is_for_the_supervisor_alone(half: Half) -> None:
    lead, inspection = "00000000-0000-7000-8000-000000000001", await inspected(half)
    await found(half, inspection, lead_id=lead)
    path = f"/inspections/{inspection}"
    assert (await half.town.do("GET", path, by=supervisor(half.town)))["findings"][0]["lead_id"] == lead
    assert (await half.town.do("GET", path, by=half.town.secretary))["findings"][0]["lead_id"] is None
    assert "leads" in await responsibility(half)
    for by in (half.town.secretary, half.town.officer, half.town.roster.admin):
        assert "leads" not in await responsibility(half, by)
