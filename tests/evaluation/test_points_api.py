from __future__ import annotations

from typing import Any

import pytest

from services.evaluation.commands.points import load_ledger
from tests.evaluation.builders import H1, Town

TEXT = [{"kind": "text", "value": "账目照片"}]


@pytest.mark.spec("2.4", "5.13")
async def test_an_entry_counts_at_once_and_says_what_it_is_worth(town: Town) -> None:
    made = await town.record("wang")
    assert {name: made[name] for name in ("kind", "points", "period", "version")} == {
        "kind": "base", "points": 5, "period": "2026-H1", "version": 1,
    }  # fmt: skip
    points = await town.points("wang")
    assert (points["base"], points["bonus"], points["deductions"], points["total"]) == (5, 0, 0, 5)
    assert [(one["id"], one["points"], one["counted"], one["reversed_by"]) for one in points["entries"]] == [(made["id"], 5, 5, None)]


async def test_a_member_without_entries_has_0_points_and_not_none(town: Town) -> None:
    points = await town.points("li", "2027-H1")
    assert (points["base"], points["bonus"], points["deductions"], points["total"], points["entries"]) == (0, 0, 0, 0, [])


async def test_scores_are_exact_numbers(town: Town) -> None:
    made = await town.send(
        "POST",
        "/entries",
        {"member_id": town.members["wang"], "item": "helping", "occurred_on": "2026-03-02", "points": 7.25},
        town.secretary,
    )
    assert '"points":7.25' in made.text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"item": "stdy"}, "unknown_item"),
        ({"occurred_on": "2026-05-21"}, "future_deed"),
        ({"occurred_on": "2010-06-30"}, "before_joining"),
        ({"item": "breach", "points": 3}, "evidence_missing"),
        ({"item": "helping"}, "points_missing"),
        ({"item": "helping", "points": 11}, "points_out_of_range"),
        ({"points": 5}, "points_fixed"),
        ({"item": "helping", "points": "5"}, "invalid"),
        ({"item": "helping", "points": 5.005}, "invalid"),
        ({"item": "helping", "points": True}, "invalid"),
        ({"occurred_on": "2026-02-30"}, "invalid"),
        ({"occurred_on": "30 February"}, "invalid"),
        ({"surprise": 1}, "invalid"),
        ({"evidence": [{"kind": "link", "value": "javascript:alert(1)"}]}, "invalid"),
        ({"evidence": [{"kind": "rumour", "value": "说"}]}, "invalid"),
        ({"evidence": [{"kind": "text", "value": "  "}]}, "invalid"),
        ({"evidence": [{"kind": "text", "value": "字"}] * 21}, "invalid"),
        ({"member_id": "wang"}, "invalid"),
    ],
)
async def test_bad_input_is_refused_with_its_place(town: Town, change: dict[str, Any], code: str) -> None:
    body = {"member_id": town.members["wang"], "item": "study", "occurred_on": "2026-03-02", **change}
    answer = await town.send("POST", "/entries", body, town.secretary)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert answer.json()["errors"]
    assert (await town.points("wang"))["entries"] == []


@pytest.mark.parametrize("points", ["NaN", "1e400", "-1", "Infinity", "0.1e-400"])
async def test_numbers_that_are_none_are_refused(town: Town, points: str) -> None:
    member = town.members["wang"]
    text = f'{{"member_id": "{member}", "item": "helping", "occurred_on": "2026-03-02", "points": {points}}}'
    headers = {"Authorization": f"Bearer {town.secretary}", "Content-Type": "application/json"}
    answer = await town.client.post("/entries", content=text, headers=headers)
    assert answer.status_code == 422, answer.text


async def test_nesting_of_10_megabytes_is_refused(town: Town) -> None:
    headers = {"Authorization": f"Bearer {town.secretary}", "Content-Type": "application/json"}
    for text in ("[" * 10_000_000, "[" * 100_000 + "]" * 100_000):
        answer = await town.client.post("/entries", content=text, headers=headers)
        assert answer.status_code in {413, 422}, answer.text[:200]


async def test_the_same_deed_is_refused_unless_forced_with_a_reason(town: Town) -> None:
    first = await town.record("wang", evidence=TEXT)
    body = {"member_id": town.members["wang"], "item": "study", "occurred_on": "2026-03-02", "evidence": TEXT}
    answer = await town.send("POST", "/entries", body, town.secretary)
    assert (answer.status_code, answer.json()["code"], answer.json()["entry_id"]) == (409, "duplicate_entry", first["id"])
    second = await town.record("wang", evidence=TEXT, force_reason="上下午各一次")
    assert (await town.do("GET", f"/entries/{second['id']}", by=town.secretary))["history"][0]["reason"] == "上下午各一次"
    assert (await town.points("wang"))["base"] == 10


async def test_other_evidence_or_another_member_is_another_deed_the_order_of_evidence_is_not(town: Town) -> None:
    both = [*TEXT, {"kind": "link", "value": "https://example.org/1"}]
    await town.record("wang", evidence=both)
    await town.record("wang", evidence=TEXT)
    await town.record("wang")
    await town.record("li", evidence=both)
    body = {"member_id": town.members["wang"], "item": "study", "occurred_on": "2026-03-02", "evidence": both[::-1]}
    await town.refused("duplicate_entry", "POST", "/entries", body, town.secretary)


@pytest.mark.spec("5.1")
async def test_an_entry_keeps_its_evidence_and_who_recorded_it(town: Town) -> None:
    evidence = [*TEXT, {"kind": "link", "value": "https://example.org/1"}, {"kind": "file", "value": "a" * 64}]
    by = town.roster.token("branch_secretary", "north", town.members["li"])
    made = await town.record("wang", "helping", on="2026-03-05", by=by, points=8, evidence=evidence)
    shown = await town.do("GET", f"/entries/{made['id']}", by=town.of("wang"))
    assert shown["evidence"] == evidence
    assert (shown["item"], shown["points"], shown["occurred_on"], shown["recorded_by"]) == ("helping", 8, "2026-03-05", town.members["li"])


async def test_the_same_request_under_one_key_is_done_once(town: Town) -> None:
    body = {"member_id": town.members["wang"], "item": "study", "occurred_on": "2026-03-02"}
    key = {"Idempotency-Key": "k1"}
    first, again = [await town.send("POST", "/entries", body, town.secretary, **key) for _ in range(2)]
    assert (first.status_code, first.content, first.headers["event-position"]) == (
        again.status_code,
        again.content,
        again.headers["event-position"],
    )
    other = await town.send("POST", "/entries", {**body, "item": "meeting"}, town.secretary, **key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert len((await town.points("wang"))["entries"]) == 1


@pytest.mark.spec("5.3", "5.7")
async def test_a_mistake_is_reversed_once_counts_nothing_and_stays_visible(town: Town) -> None:
    made = await town.record("wang")
    path = f"/entries/{made['id']}/reversal"
    reversal = await town.do("POST", path, {"reason": "记错了人"}, town.secretary)
    assert reversal["reverses"] == made["id"]
    points = await town.points("wang")
    assert (points["total"], [(one["counted"], one["reversed_by"]) for one in points["entries"]]) == (0, [(0, reversal["id"])])
    await town.refused("already_reversed", "POST", path, {"reason": "再次冲销"}, town.secretary)
    shown = await town.do("GET", f"/entries/{made['id']}", by=town.of("wang"))
    assert [(step["event"], step["reason"]) for step in shown["history"]] == [("recorded", None), ("reversed", "记错了人")]
    assert (await town.do("GET", f"/entries/{reversal['id']}", by=town.of("wang")))["id"] == made["id"]


@pytest.mark.spec("2.4")
async def test_a_good_deed_is_told_a_duty_is_not(town: Town) -> None:
    good = await town.record("wang", "helping", points=5)
    story = {"title": "雪夜送医", "text": "深夜将邻居送到县医院。", "on_board_until": "2026-12-31"}
    await town.do("POST", f"/entries/{good['id']}/story", story, town.secretary)
    shown = await town.do("GET", f"/entries/{good['id']}", by=town.secretary)
    assert shown["story"] == story
    duty = await town.record("wang")
    await town.refused("no_good_deed", "POST", f"/entries/{duty['id']}/story", story, town.secretary)
    await town.refused("already_told", "POST", f"/entries/{good['id']}/story", story, town.secretary)


@pytest.mark.spec("10.2")
async def test_an_unknown_entry_or_member_is_not_found(town: Town) -> None:
    nobody = "00000000-0000-7000-8000-000000000000"
    await town.refused("unknown_entry", "GET", f"/entries/{nobody}", by=town.secretary)
    await town.refused("unknown_entry", "POST", f"/entries/{nobody}/reversal", {"reason": "无"}, town.secretary)
    body = {"member_id": nobody, "item": "study", "occurred_on": "2026-03-02"}
    await town.refused("unknown_member", "POST", "/entries", body, town.secretary)
    await town.refused("unknown_member", "GET", f"/members/{nobody}/points?period=2026-H1", by=town.officer)


@pytest.mark.spec("1.8")
async def test_who_may_record_and_who_may_read(town: Town) -> None:
    made = await town.record("wang")
    body = {"member_id": town.members["wang"], "item": "meeting", "occurred_on": "2026-03-02"}
    elsewhere = town.roster.token("branch_secretary", "south")
    for by in (town.of("wang"), elsewhere, town.officer, town.roster.admin):
        await town.refused("not_allowed", "POST", "/entries", body, by)
        await town.refused("not_allowed", "POST", f"/entries/{made['id']}/reversal", {"reason": "无"}, by)
    for by in (town.of("li"), elsewhere, town.roster.service):
        await town.refused("not_allowed", "GET", f"/entries/{made['id']}", by=by)
        await town.refused("not_allowed", "GET", f"/members/{town.members['wang']}/points?period=2026-H1", by=by)
    for by in (town.of("wang"), town.secretary, town.officer, town.roster.admin, town.roster.token("county_supervisor", "county")):
        await town.do("GET", f"/entries/{made['id']}", by=by)
    await town.refused("unauthenticated", "GET", f"/entries/{made['id']}")


async def test_points_as_of_an_instant_are_what_they_were(town: Town) -> None:
    first = await town.record("wang")
    await town.move_clock("2026-05-21T02:00:00Z")
    await town.record("wang", "meeting")
    await town.do("POST", f"/entries/{first['id']}/reversal", {"reason": "记错"}, town.secretary)
    assert (await town.points("wang"))["total"] == 5
    assert (await town.points("wang", query="&as_of=2026-05-20T12:00:00Z"))["entries"][0]["counted"] == 5
    assert (await town.points("wang", query="&as_of=2026-05-19T12:00:00Z"))["entries"] == []


async def test_a_list_shows_what_its_caller_may_see_page_by_page(town: Town) -> None:
    made = [await town.record(name, code) for name in ("wang", "li") for code in ("study", "meeting")]
    south = town.roster.token("branch_secretary", "south")
    await town.record("sun", by=south)
    position = town.app.state.service.log.head()
    path = f"/entries?limit=3&min_position={position}"
    first = await town.do("GET", path, by=town.secretary)
    second = await town.do("GET", f"{path}&after={first['next']}", by=town.secretary)
    assert [one["id"] for one in first["items"] + second["items"]] == [one["id"] for one in made]
    assert second["next"] is None
    assert len((await town.do("GET", path.replace("limit=3&", ""), by=town.officer))["items"]) == 5
    mine = await town.do("GET", f"{path}&member_id={town.members['li']}", by=town.of("li"))
    assert [one["id"] for one in mine["items"]] == [one["id"] for one in made[2:]]
    await town.refused("not_allowed", "GET", path, by=town.of("li"))
    await town.refused("not_allowed", "GET", f"{path}&branch_id={town.places['south']}", by=town.secretary)
    await town.refused("bad_cursor", "GET", f"{path}&after=AAAAAAAAAAAAAAAAAAAAAAAA", by=town.secretary)


async def test_texts_about_an_erased_member_are_gone_and_the_points_stay(town: Town) -> None:
    made = await town.record("wang", evidence=TEXT)
    erasure = await town.roster.do("DELETE", f"/members/{town.members['wang']}/profile")
    await town.roster.do("POST", f"/erasures/{erasure['id']}/confirmation", {}, town.officer)
    await town.mirror.catch_up_with_roster()
    shown = await town.do("GET", f"/entries/{made['id']}", by=town.secretary)
    assert shown["evidence"] == [{"kind": "text", "value": None}]
    assert (await town.points("wang"))["total"] == 5
    await town.do("POST", f"/entries/{made['id']}/reversal", {"reason": "此人已注销"}, town.secretary)


async def test_a_ledger_is_kept_by_the_half_year_in_which_it_counts(town: Town) -> None:
    await town.record("wang")
    log = town.app.state.service.log
    assert len((await load_ledger(log, town.members["wang"], H1)).state.entries) == 1


@pytest.mark.spec("5.9")
async def test_points_go_with_the_member_to_another_branch(town: Town) -> None:
    south = town.roster.token("branch_secretary", "south")
    await town.record("wang", "helping", points=8)
    before = await town.points("wang")
    place = {"branch_id": town.places["south"], "on": "2026-05-20", "reason": "调动"}
    await town.roster.do("POST", f"/members/{town.members['wang']}/transfer", place)
    path = f"/members/{town.members['wang']}/points?period=2026-H1"
    assert await town.do("GET", path, by=south) == before
    await town.refused("not_allowed", "GET", path, by=town.secretary)
    await town.record("wang", on="2026-05-20", by=south)
    assert ((await town.points("wang"))["bonus"], (await town.points("wang"))["total"]) == (8, 13)
