from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from services.evaluation.domain import pledges
from services.evaluation.domain.pledges import (
    AnnouncedInFuture,
    DueBeforePeriod,
    NotToBeAnnounced,
    Pledge,
    Promise,
    ReturnReasonMissing,
    UnknownPledge,
    WrongPledgeState,
    announce_pledges,
    change_pledge,
    draft_pledge,
    evaluate_pledge,
    report_progress,
    review_pledge,
    submit_pledge,
)
from services.evaluation.events.pledges import PledgesAnnounced
from shared.events import Event
from tests.evaluation.builders import H1, SECRETARY, TODAY, WRITTEN, Town, entry, recorded

PROMISE = Promise(H1, "helping", WRITTEN, WRITTEN, date(2026, 6, 30))
Step = Callable[[Pledge], list[Event]]


def announced(*several: Pledge, on: date = TODAY, branch: str = "b1") -> tuple[PledgesAnnounced, dict[str, Any]]:
    meeting, single = announce_pledges(list(several), announcement_id="n1", branch_id=branch, on=on, today=TODAY, by=SECRETARY)
    return meeting, dict(single)


STEPS: dict[str, Step] = {
    "draft": lambda _: draft_pledge(pledge_id="p1", member_id="m1", branch_id="b1", promise=PROMISE, by="m1"),
    "change": lambda pledge: change_pledge(pledge, PROMISE._replace(theme="industry"), "m1"),
    "submit": lambda pledge: submit_pledge(pledge, "m1"),
    "return": lambda pledge: review_pledge(pledge, "returned", WRITTEN, SECRETARY),
    "approve": lambda pledge: review_pledge(pledge, "approved", None, SECRETARY),
    "announce": lambda pledge: list(announced(pledge)[1].values()),
    "report": lambda pledge: report_progress(pledge, WRITTEN, (), "m1"),
    "evaluate": lambda pledge: evaluate_pledge(pledge, "partly", WRITTEN, SECRETARY),
}
WAYS = {
    "drafted": ["draft"],
    "submitted": ["draft", "submit"],
    "returned": ["draft", "submit", "return"],
    "approved": ["draft", "submit", "approve"],
    "announced": ["draft", "submit", "approve", "announce"],
    "evaluated": ["draft", "submit", "approve", "announce", "evaluate"],
}
ALLOWED = {
    "change": {"drafted", "returned"},
    "submit": {"drafted", "returned"},
    "return": {"submitted"},
    "approve": {"submitted"},
    "announce": {"approved"},
    "report": {"announced"},
    "evaluate": {"announced"},
}


def pledge(*steps: str) -> Pledge:
    state, version = Pledge(), 0
    for step in steps:
        for event in STEPS[step](state):
            version += 1
            state = pledges.evolve(state, recorded(event, version))
    return state


@pytest.mark.spec("4.3a", "4.3c", "4.3d")
@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("step", ALLOWED)
def test_each_step_follows_on_its_states_alone_and_none_can_be_skipped(state: str, step: str) -> None:
    one = pledge(*WAYS[state])
    assert one.state == state
    if state in ALLOWED[step]:
        assert STEPS[step](one)
    else:
        with pytest.raises((WrongPledgeState, NotToBeAnnounced)):
            STEPS[step](one)


@pytest.mark.parametrize("step", ALLOWED)
def test_a_pledge_that_was_never_written_is_unknown(step: str) -> None:
    with pytest.raises(UnknownPledge):
        STEPS[step](Pledge())


def test_after_a_return_it_is_written_anew_and_handed_in_again() -> None:
    one = pledge("draft", "submit", "return", "change", "submit", "approve", "announce", "report", "report", "evaluate")
    assert (one.state, one.outcome, one.written().theme) == ("evaluated", "partly", "industry")


def test_a_draft_that_is_written_anew_stays_a_draft_and_what_was_returned_stays_returned() -> None:
    assert pledge("draft", "change").state == "drafted"
    assert pledge("draft", "submit", "return", "change").state == "returned"


@pytest.mark.spec("4.3b")
def test_a_return_says_why_an_approval_may() -> None:
    with pytest.raises(ReturnReasonMissing):
        review_pledge(pledge("draft", "submit"), "returned", None, SECRETARY)


def test_a_pledge_is_due_in_its_half_year_not_before() -> None:
    for due in (date(2026, 1, 1), date(2026, 6, 30)):
        PROMISE._replace(due_on=due).require_due()
    with pytest.raises(DueBeforePeriod):
        PROMISE._replace(due_on=date(2025, 12, 31)).require_due()


@pytest.mark.spec("4.3c")
def test_one_meeting_announces_several_with_all_that_the_board_needs() -> None:
    one = pledge(*WAYS["approved"])
    meeting, single = announced(one)
    assert [(told.pledge_id, told.member_id, told.period, told.theme, told.due_on) for told in meeting.pledges] == [
        ("p1", "m1", "2026-H1", "helping", date(2026, 6, 30))
    ]
    assert single["p1"].announcement_id == "n1"


def test_only_approved_pledges_of_the_branch_are_announced_all_or_none() -> None:
    good, early = pledge(*WAYS["approved"]), pledge(*WAYS["submitted"])
    with pytest.raises(NotToBeAnnounced) as refused:
        announced(good, early)
    assert refused.value.extra["pledges"] == [{"pledge_id": "p1", "state": "submitted"}]
    with pytest.raises(NotToBeAnnounced):
        announced(good, branch="b2")
    with pytest.raises(UnknownPledge):
        announced(good, Pledge())


def test_a_meeting_is_announced_when_it_has_been_held() -> None:
    with pytest.raises(AnnouncedInFuture):
        announced(pledge(*WAYS["approved"]), on=date(2026, 5, 21))


def test_a_foreign_event_in_the_stream_stops() -> None:
    with pytest.raises(TypeError):
        pledges.evolve(Pledge(), recorded(entry()))


# By REST


def promise(town: Town, name: str = "wang", **more: object) -> dict[str, Any]:
    return {
        "member_id": town.members[name], "period": "2026-H1", "theme": "helping", "action": "结对帮扶两户困难群众",
        "target": "每月走访一次，年内增收两千元", "due_on": "2026-06-30", **more,
    }  # fmt: skip


async def pledged(town: Town, name: str = "wang", **more: object) -> str:
    made: dict[str, Any] = await town.do("POST", "/pledges", promise(town, name, **more), town.of(name))
    identity: str = made["id"]
    return identity


@pytest.mark.spec("1.7", "2.2", "4.3a", "4.3b", "4.3d")
async def test_a_pledge_from_draft_to_evaluation_with_its_history(town: Town) -> None:
    one = await pledged(town, draft=True)
    path, wang = f"/pledges/{one}", town.of("wang")
    assert (await town.do("PUT", path, promise(town, theme="industry"), wang))["state"] == "drafted"
    assert (await town.do("POST", f"{path}/submission", {}, wang))["state"] == "submitted"
    await town.do("POST", f"{path}/review", {"decision": "returned", "reason": "目标不具体"}, town.secretary)
    assert (await town.do("PUT", path, promise(town), wang))["state"] == "returned"
    await town.do("POST", f"{path}/submission", None, wang)
    await town.do("POST", f"{path}/review", {"decision": "approved"}, town.secretary)
    body = {"branch_id": town.places["north"], "on": "2026-05-20", "pledge_ids": [one]}
    assert (await town.do("POST", "/announcements", body, town.secretary))["pledge_ids"] == [one]
    progress = {"note": "已走访三次", "evidence": [{"kind": "link", "value": "https://example.org/1.jpg"}]}
    await town.do("POST", f"{path}/progress", progress, wang)
    await town.do("POST", f"{path}/evaluation", {"outcome": "fulfilled", "reason": "按期完成"}, town.secretary)
    shown = await town.do("GET", path, by=wang)
    assert (shown["state"], shown["outcome"], shown["theme"], shown["action"]) == (
        "evaluated", "fulfilled", "helping", "结对帮扶两户困难群众",
    )  # fmt: skip
    assert [(step["event"], step["text"]) for step in shown["history"]] == [
        ("drafted", None),
        ("changed", None),
        ("submitted", None),
        ("returned", "目标不具体"),
        ("changed", None),
        ("submitted", None),
        ("approved", None),
        ("announced", None),
        ("progress", "已走访三次"),
        ("evaluated", "按期完成"),
    ]
    assert shown["history"][8]["evidence"] == progress["evidence"]


async def test_a_pledge_is_submitted_unless_it_is_a_draft(town: Town) -> None:
    made = await town.do("POST", "/pledges", promise(town), town.of("wang"))
    assert made["state"] == "submitted"
    await town.refused("wrong_state", "POST", f"/pledges/{made['id']}/submission", {}, town.of("wang"))
    draft = await pledged(town, draft=True)
    assert (await town.do("PUT", f"/pledges/{draft}", promise(town, draft=False), town.of("wang")))["state"] == "submitted"


@pytest.mark.spec("2.1", "2.18")
@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"due_on": "2025-12-31"}, "due_before_period"),
        ({"theme": "slogans"}, "invalid"),
        ({"period": "2026-H3"}, "invalid"),
        ({"due_on": "2026-02-30"}, "invalid"),
        ({"action": ""}, "invalid"),
        ({"target": "\u0007"}, "invalid"),
        ({"action": "长" * 4001}, "invalid"),
    ],
)
async def test_a_pledge_that_can_not_be_is_refused(town: Town, more: dict[str, Any], code: str) -> None:
    answer = await town.send("POST", "/pledges", promise(town, **more), town.of("wang"))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"]


async def test_an_announcement_is_all_or_none(town: Town) -> None:
    ready, early = await pledged(town), await pledged(town, "li")
    await town.do("POST", f"/pledges/{ready}/review", {"decision": "approved"}, town.secretary)
    body = {"branch_id": town.places["north"], "on": "2026-05-20", "pledge_ids": [ready, early]}
    refused = await town.refused("not_to_be_announced", "POST", "/announcements", body, town.secretary)
    assert refused["pledges"] == [{"pledge_id": early, "state": "submitted"}]
    assert (await town.do("GET", f"/pledges/{ready}", by=town.secretary))["state"] == "approved"
    await town.refused("meeting_in_future", "POST", "/announcements", {**body, "on": "2026-05-21"}, town.secretary)
    nobody = {**body, "pledge_ids": ["00000000-0000-7000-8000-000000000000"]}
    await town.refused("unknown_pledge", "POST", "/announcements", nobody, town.secretary)


async def test_a_list_by_branch_member_period_and_state(town: Town) -> None:
    ids = {name: await pledged(town, name) for name in ("wang", "li")}
    await town.do("POST", f"/pledges/{ids['li']}/review", {"decision": "approved"}, town.secretary)
    seen = f"min_position={town.app.state.service.log.head()}"

    async def listed(query: str, by: str) -> list[str]:
        return [one["id"] for one in (await town.do("GET", f"/pledges?{seen}&{query}", by=by))["items"]]

    assert await listed(f"branch_id={town.places['north']}", town.secretary) == [ids["wang"], ids["li"]]
    assert await listed("state=approved", town.secretary) == [ids["li"]]
    assert await listed("period=2026-H2", town.officer) == []
    assert await listed(f"member_id={town.members['wang']}", town.of("wang")) == [ids["wang"]]
    await town.refused("not_allowed", "GET", f"/pledges?member_id={town.members['wang']}", by=town.of("li"))
    (line,) = (await town.do("GET", f"/pledges?{seen}&state=approved", by=town.secretary))["items"]
    assert (line["action"], line["due_on"], line["reports"], line["outcome"]) == ("结对帮扶两户困难群众", "2026-06-30", 0, None)


@pytest.mark.spec("1.8")
async def test_who_may_write_review_and_evaluate(town: Town) -> None:
    one = await pledged(town)
    path = f"/pledges/{one}"
    for by in (town.secretary, town.of("li"), town.officer):
        await town.refused("not_allowed", "POST", "/pledges", promise(town), by)
        await town.refused("not_allowed", "PUT", path, promise(town), by)
    for by in (town.of("wang"), town.officer, town.roster.token("branch_secretary", "south")):
        await town.refused("not_allowed", "POST", f"{path}/review", {"decision": "approved"}, by)
        await town.refused("not_allowed", "POST", f"{path}/evaluation", {"outcome": "partly", "reason": "无"}, by)
    await town.refused("not_allowed", "GET", path, by=town.of("li"))
    draft = await pledged(town, draft=True)
    await town.refused("other_member", "PUT", f"/pledges/{draft}", promise(town, "li"), town.of("wang"))


async def test_two_secretaries_who_review_at_once_decide_once(town: Town) -> None:
    one = await pledged(town)
    path = f"/pledges/{one}/review"
    decisions: list[dict[str, Any]] = [{"decision": "approved"}, {"decision": "returned", "reason": "目标不具体"}]
    answers = await asyncio.gather(*(town.send("POST", path, decision, town.secretary) for decision in decisions))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
