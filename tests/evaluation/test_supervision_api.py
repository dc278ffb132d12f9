"""Supervision by REST: inspections to circulars, who may, the responsibility score, obligations, the trail, leads, the burden."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.builders import Town
from tests.evaluation.builders_review import Half, members, running_half

EVIDENCE = [{"kind": "text", "value": "会议记录缺失"}]
SECRET = "走访发现未召开评议会"


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path, clock="2026-06-01T02:00:00Z") as half:
        await half.town.mirror.catch_up_with_roster()
        yield half


def supervisor(town: Town) -> str:
    return town.roster.token("county_supervisor", "county")


def north(half: Half) -> str:
    return half.town.places["north"]


async def inspected(half: Half, by: str | None = None, on: str = "2026-06-01") -> str:
    body = {"branch_id": north(half), "year": 2026, "on": on}
    made: dict[str, str] = await half.town.do("POST", "/inspections", body, by or supervisor(half.town))
    return made["id"]


async def found(half: Half, inspection: str, kind: str = "falsification", by: str | None = None, **more: Any) -> str:  # noqa: ANN401
    body = {"kind": kind, "text": SECRET, "evidence": EVIDENCE, **more}
    made: dict[str, str] = await half.town.do("POST", f"/inspections/{inspection}/findings", body, by or supervisor(half.town))
    return made["id"]


async def circular(half: Half, inspection: str, *findings: str) -> str:
    body = {"finding_ids": findings, "text": "对该支部予以通报"}
    made: dict[str, str] = await half.town.do("POST", f"/inspections/{inspection}/circular", body, supervisor(half.town))
    return made["id"]


async def responsibility(half: Half, by: str | None = None, query: str = "") -> dict[str, Any]:
    told: dict[str, Any] = await half.seen(f"/branches/{north(half)}/responsibility?year=2026{query}", by or supervisor(half.town))
    return told


async def obligations(half: Half, state: str | None = None, by: str | None = None, place: str = "north") -> list[dict[str, Any]]:
    query = f"&state={state}" if state else ""
    path = f"/obligations?organization_id={half.town.places[place]}&limit=500{query}"
    return list((await half.seen(path, by or supervisor(half.town)))["items"])


# Inspections


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


# Obligations


async def test_a_branch_that_never_opened_anything_owes_all_of_it(half: Half) -> None:
    assert await obligations(half) == []
    await half.town.move_clock("2026-07-11T02:00:00Z")
    found = {one["kind"]: one for one in await obligations(half)}
    assert {kind: one["state"] for kind, one in found.items()} == {
        "review_opened": "overdue", "peer_review_closed": "open", "committee_review_held": "open", "results_published": "open",
        "review_confirmed": "open",
    }  # fmt: skip
    opened = found["review_opened"]
    assert (opened["due_on"], opened["since"], opened["late"], opened["reason"]) == ("2026-07-10", "2026-07-11", False, None)
    assert opened["who"] == {"organization_id": north(half), "kind": "branch"}
    assert opened["about"] == {"period": "2026-H1", "branch_id": north(half), "id": None}
    assert [one["kind"] for one in await obligations(half, "overdue")] == ["review_opened"]
    south = await obligations(half, "overdue", place="town")
    assert {one["who"]["organization_id"] for one in south} == {half.town.places["north"], half.town.places["south"]}
    assert len((await responsibility(half))["overdue"]) == 1


async def test_steps_are_met_on_their_day_and_late_where_they_were(half: Half) -> None:
    await half.town.move_clock("2026-07-12T02:00:00Z")
    await half.open()
    await half.closed()
    await half.score()
    await half.to("publicity")
    found = {one["kind"]: one for one in await obligations(half)}
    states = {kind: (one["state"], one["since"], one["late"]) for kind, one in found.items()}
    assert states["review_opened"] == ("met", "2026-07-12", True)
    assert states["peer_review_closed"] == ("met", "2026-07-12", False)
    assert states["committee_review_held"] == ("met", "2026-07-12", False)
    assert states["results_published"] == ("met", "2026-07-12", False)
    assert states["review_confirmed"][0] == "open"
    assert found["results_published"]["about"]["id"] == half.review


async def test_the_committee_has_met_when_nobody_is_without_a_score(half: Half) -> None:
    await half.town.move_clock("2026-07-02T02:00:00Z")
    await half.open()
    await half.closed()
    await half.score(80, *members(half.count - 1))
    assert [one["kind"] for one in await obligations(half, "open")] == ["committee_review_held", "results_published", "review_confirmed"]
    await half.score(80, f"m{half.count}")
    assert [one["kind"] for one in await obligations(half, "open")] == ["results_published", "review_confirmed"]


async def test_an_annulled_review_is_owed_again(half: Half) -> None:
    await half.town.move_clock("2026-07-02T02:00:00Z")
    await half.open()
    await half.do("POST", "/annulment", {"reason": "名单有误"}, half.town.officer)
    assert (await obligations(half))[0]["state"] == "open"


async def test_a_pledge_that_nobody_reports_on_is_overdue_and_met_by_a_report(half: Half) -> None:
    town = half.town
    pledge = {
        "member_id": half.id("m1"),
        "period": "2026-H1",
        "theme": "helping",
        "action": "帮扶",
        "target": "两次",
        "due_on": "2026-06-10",
    }
    made = (await town.do("POST", "/pledges", pledge, half.of("m1")))["id"]
    await town.do("POST", f"/pledges/{made}/review", {"decision": "approved"}, town.secretary)
    await town.do("POST", "/announcements", {"branch_id": north(half), "on": "2026-06-01", "pledge_ids": [made]}, town.secretary)
    (one,) = await obligations(half)
    assert (one["kind"], one["state"], one["due_on"], one["about"]["id"]) == ("pledge_reported", "open", "2026-06-10", made)
    await town.move_clock("2026-06-12T02:00:00Z")
    assert [one["state"] for one in await obligations(half)] == ["overdue"]
    await town.do("POST", f"/pledges/{made}/progress", {"note": "已帮扶一次"}, town.secretary)
    assert [(one["state"], one["late"]) for one in await obligations(half)] == [("met", True)]


async def test_the_supervisor_owes_a_circular_and_is_listed_the_same_way(half: Half) -> None:
    inspection = await inspected(half)
    finding = await found(half, inspection)
    (one,) = await obligations(half, place="county")
    assert (one["kind"], one["who"]) == ("circular_issued", {"organization_id": half.town.places["county"], "kind": "county"})
    assert (one["state"], one["due_on"]) == ("open", "2026-06-15")
    await half.town.move_clock("2026-06-16T02:00:00Z")
    assert [one["state"] for one in await obligations(half, place="county")] == ["overdue"]
    assert await obligations(half) == []
    await circular(half, inspection, finding)
    assert [(one["state"], one["late"]) for one in await obligations(half, place="county")] == [("met", True)]


async def test_the_supervisors_own_overdue_answer_is_listed_with_the_inspector(half: Half) -> None:
    """Whoever found answers to the objection against the finding, within ten working days after Monday 1 June."""
    finding = await found(half, await inspected(half))
    body = {"about": {"kind": "finding", "id": finding}, "text": "与事实不符"}
    objection = (await half.town.do("POST", "/objections", body, half.town.secretary))["id"]
    assert await obligations(half) == []
    await half.town.move_clock("2026-06-16T02:00:00Z")
    overdue = {one["kind"]: one for one in await obligations(half, "overdue", place="county")}
    owed = overdue["objection_answered"]
    assert (owed["who"]["kind"], owed["due_on"], owed["since"], owed["about"]["id"]) == ("county", "2026-06-15", "2026-06-16", objection)


async def test_an_objection_to_a_result_is_owed_by_its_branch_until_it_is_decided(half: Half) -> None:
    town = half.town
    await town.move_clock("2026-07-02T02:00:00Z")
    await half.open()
    await half.published()
    body = {"about": {"kind": "result", "id": half.review, "member_id": half.id("m7")}, "text": "请复核"}
    objection = (await town.do("POST", "/objections", body, half.of("m7")))["id"]
    owed = {one["kind"]: one for one in await obligations(half)}["objection_answered"]
    assert (owed["state"], owed["who"]["organization_id"], owed["due_on"]) == ("open", north(half), "2026-07-16")
    await town.do("POST", f"/objections/{objection}/decision", {"decision": "dismissed", "reason": "属实"}, town.officer_named("m6"))
    owed = {one["kind"]: one for one in await obligations(half)}["objection_answered"]
    assert (owed["state"], owed["late"]) == ("met", False)


async def test_a_year_without_calendar_data_stops_nobody(tmp_path: Path) -> None:
    async with running_half(tmp_path, clock="2030-06-03T02:00:00Z") as half:
        await half.town.mirror.catch_up_with_roster()
        body = {"branch_id": north(half), "year": 2030, "on": "2030-06-03"}
        inspection = (await half.town.do("POST", "/inspections", body, supervisor(half.town)))["id"]
        await found(half, inspection)
        await half.town.move_clock("2030-12-01T02:00:00Z")
        by_kind = {one["kind"]: one for one in await obligations(half, place="county") if one["who"]["kind"] == "county"}
        one = by_kind["circular_issued"]
        assert (one["state"], one["due_on"], one["reason"]) == ("open", None, "calendar_unknown")
        assert (await obligations(half, "overdue"))[0]["due_on"] == "2030-07-10"


async def test_obligations_are_paged_without_loss(half: Half) -> None:
    await half.town.move_clock("2026-12-01T02:00:00Z")
    whole = await obligations(half, place="town")
    path, seen, after = f"/obligations?organization_id={half.town.places['town']}&limit=3", [], ""
    while True:
        page = await half.seen(f"{path}{after}", supervisor(half.town))
        seen += page["items"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == whole
    assert len(whole) == 10


async def test_without_an_organisation_everybody_gets_what_is_theirs(half: Half) -> None:
    await half.town.move_clock("2026-07-11T02:00:00Z")
    own = await half.seen("/obligations?state=overdue", half.town.secretary)
    assert {one["who"]["organization_id"] for one in own["items"]} == {north(half)}
    everything = await half.seen("/obligations?state=overdue", half.town.roster.admin)
    assert len(everything["items"]) == 2
    await half.town.refused("not_allowed", "GET", "/obligations", by=half.of("m1"))


# Audits


async def test_the_trail_says_who_recorded_what_under_which_rule(half: Half) -> None:
    town = half.town
    entry = await town.record("m1", "study", "2026-03-02")
    await town.do("POST", f"/entries/{entry['id']}/reversal", {"reason": "记错"}, town.secretary)
    await town.move_clock("2026-07-02T02:00:00Z")
    await half.open()
    await half.published()
    path = f"/audits/trail?member_id={half.id('m1')}&period=2026-H1"
    items = (await half.seen(path, supervisor(town)))["items"]
    assert [one["event"] for one in items] == [
        "points.entry-recorded.v1",
        "points.entry-reversed.v1",
        "reviews.review-opened.v1",
        "reviews.peer-review-opened.v1",
        "ballots.ballot-cast.v1",
        "reviews.peer-review-closed.v1",
        "committee.scores-given.v1",
        "reviews.committee-review-closed.v1",
        "reviews.results-published.v1",
    ]
    assert items[0]["rule"] == {"rulebook_id": town.places["town"], "version": 1}
    assert items[0]["about"]["entry_id"] == entry["id"]
    assert {one["rule"]["version"] for one in items[2:]} == {1}
    assert [one["position"] for one in items] == sorted(one["position"] for one in items)
    log = town.app.state.service.log
    assert [one["leaf_hash"] for one in items] == [log.row(one["position"]).leaf_hash() for one in items]
    assert "sheet" not in str(items)
    for by in (town.secretary, town.officer, half.of("m1")):
        await town.refused("not_allowed", "GET", path, by=by)


async def test_late_publication_is_a_lead_and_never_a_finding(half: Half) -> None:
    await half.town.move_clock("2026-08-20T02:00:00Z")
    path = f"/audits/fairness?organization_id={half.town.places['county']}&period=2026-H1"
    never = (await half.seen(path, supervisor(half.town)))["items"]
    assert {one["branch_id"] for one in never} == {half.town.places["north"], half.town.places["south"]}
    await half.open()
    await half.published()
    items = [one for one in (await half.seen(path, supervisor(half.town)))["items"] if one["branch_id"] == north(half)]
    assert [(one["indicator"], one["level"], one["effect"], one["rests_on"]["step"]) for one in items] == [
        ("A1", "look", 41, "opened"),
        ("A1", "look", 9, "published"),
    ]
    late = items[1]
    assert (late["q"], late["sample"], late["error_bound"]) == (0, 1, "exact")
    assert late["sentence"] == {"zh": "结果公示比期限晚了9天。", "en": "The results were published 9 days late."}
    assert late["innocent_explanations"]["zh"]
    assert late["refuted_by"]["en"]
    assert (await half.seen(path, supervisor(half.town)))["items"] == (await half.seen(path, supervisor(half.town)))["items"]
    assert (await responsibility(half))["score"] == 100
    for by in (half.town.secretary, half.town.officer, half.town.roster.admin, half.of("m1")):
        await half.town.refused("not_allowed", "GET", path, by=by)


# The burden


async def test_the_burden_of_a_branch_is_counted_from_the_forms_of_the_contract(half: Half) -> None:
    told = await half.seen(f"/burden?organization_id={north(half)}&period=2026-H1", half.town.secretary)
    (one,) = told["items"]
    assert (one["branch_id"], one["members"], one["version"]) == (north(half), 7, 1)
    by_form = {form["form"]: form for form in one["by_form"]}
    assert by_form["ballot"] == {"form": "ballot", "count": 7, "fields": 7 * 6 * 5, "minutes": 7 + 52.5}
    assert by_form["self_review"]["fields"] == 7 * (2 + 5)
    assert by_form["pledge"]["fields"] == 7 * 6
    assert one["fields"] == sum(form["fields"] for form in one["by_form"])
    assert told["minutes"] == one["minutes"]


async def test_the_burden_stands_beside_each_version_of_a_rulebook(half: Half) -> None:
    shown = await half.town.do("GET", f"/rulebooks/{half.town.places['town']}/versions/1")
    assert shown["burden"]["members"] == 49
    assert shown["burden"]["forms"] == sum(form["count"] for form in shown["burden"]["by_form"])
