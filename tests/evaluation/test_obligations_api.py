"""Obligations by REST (spec, sections 3 and 8): what never happened is seen too, the supervisor's own answers like any other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.evaluation.builders_review import Half, members, running_half
from tests.evaluation.builders_supervision import circular, found, half_in_june, inspected, north, obligations, responsibility, supervisor


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with half_in_june(tmp_path) as half:
        yield half


@pytest.mark.spec("3.26", "8.7")
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


@pytest.mark.spec("4.4")
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


@pytest.mark.spec("8.8")
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


@pytest.mark.spec("8.8")
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


@pytest.mark.spec("6.60b")
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


@pytest.mark.spec("1.10")
async def test_without_an_organisation_everybody_gets_what_is_theirs(half: Half) -> None:
    await half.town.move_clock("2026-07-11T02:00:00Z")
    own = await half.seen("/obligations?state=overdue", half.town.secretary)
    assert {one["who"]["organization_id"] for one in own["items"]} == {north(half)}
    everything = await half.seen("/obligations?state=overdue", half.town.roster.admin)
    assert len(everything["items"]) == 2
    await half.town.refused("not_allowed", "GET", "/obligations", by=half.of("m1"))
