"""Audits by REST (spec, section 8): the trail of a star, and the leads of a half-year."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.evaluation.builders_review import Half
from tests.evaluation.builders_supervision import half_in_june, north, responsibility, supervisor


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with half_in_june(tmp_path) as half:
        yield half


@pytest.mark.spec("1.11", "8.9")
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


@pytest.mark.spec("8.6")
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
