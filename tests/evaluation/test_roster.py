from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.evaluation.follower import RosterFollower
from services.evaluation.projections.roster import Mirror
from shared.store import Log
from tests.evaluation.builders import Town, running_town

MARCH = "2026-03-02"


def mirror(town: Town) -> Mirror:
    return town.mirror.mirror


def counted(town: Town) -> int:
    log: Log = town.app.state.service.log
    tables = ("roster_organizations", "roster_members", "roster_places", "roster_hosts", "roster_days", "roster_years")
    return sum(log.connection().execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)


async def test_members_places_and_days_are_mirrored(town: Town) -> None:
    await town.roster.do("PUT", "/calendar/years/2027", {"holidays": ["2027-01-01"], "workdays": ["2027-01-02"], "source": "通知"})
    await town.roster.do("PUT", "/calendar/2026-06-01", {"kind": "holiday", "source": "通知"})
    transfer = {"branch_id": town.places["south"], "on": "2026-04-01", "reason": "迁居"}
    await town.roster.do("POST", f"/members/{town.members['wang']}/transfer", transfer)
    await town.mirror.catch_up_with_roster()
    known, wang = mirror(town), town.members["wang"]
    assert known.joined_on(wang) == date(2010, 7, 1)
    assert [known.branch_on(wang, day) for day in (date(2026, 3, 31), date(2026, 4, 1))] == [town.places["north"], town.places["south"]]
    assert known.branch_on(wang, date(2000, 1, 1)) == town.places["north"]
    assert known.organization(town.places["north"]).kind == "branch"  # type: ignore[union-attr]
    assert {one.name for one in known.organizations_under(town.places["town"])} == {"town", "north", "south", "first", "second", "far"}
    calendar = known.calendar()
    days = (date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 4), date(2026, 6, 1), date(2026, 6, 2))
    assert [calendar.is_working(day) for day in days] == [False, True, True, False, True]


@pytest.mark.spec("1.2")
async def test_who_works_away_is_hosted_until_it_returns(town: Town) -> None:
    sun = town.members["sun"]
    away = {"since": "2026-02-01", "place": "兰州市", "host_branch_id": town.places["north"]}
    await town.roster.do("POST", f"/members/{sun}/floating", away)
    await town.roster.do("POST", f"/members/{sun}/return", {"on": "2026-04-01"})
    await town.mirror.catch_up_with_roster()
    days = (date(2026, 1, 31), date(2026, 2, 1), date(2026, 3, 31), date(2026, 4, 1))
    assert [mirror(town).host_on(sun, day) for day in days] == [None, town.places["north"], town.places["north"], None]


async def test_an_event_that_is_told_twice_changes_nothing(town: Town) -> None:
    await town.mirror.catch_up_with_roster()
    log: Log = town.app.state.service.log
    before, position = counted(town), log.followed("roster")
    page = await town.mirror.roster.feed(0, ())
    follower = RosterFollower(log, town.mirror.roster)
    await follower.take(page.items, page.next)
    await follower.take(page.items[:3], page.items[2].position)
    assert (counted(town), log.followed("roster")) == (before, position)


async def test_what_was_followed_is_still_known_after_a_restart_without_the_roster(tmp_path: Path, town: Town) -> None:
    await town.mirror.catch_up_with_roster()
    with town.roster_answers(lambda _: httpx.Response(500)):
        assert (await town.record("wang"))["points"] == 5
    async with running_town(tmp_path) as again:
        with again.roster_answers(lambda _: httpx.Response(500)):
            assert await again.mirror.branch_of(town.members["wang"]) == town.places["north"]


async def test_the_service_follows_by_itself(town: Town) -> None:
    for _ in range(100):
        if mirror(town).joined_on(town.members["sun"]) is not None:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the follower has not come to the last member")


class SilentStream(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in (b'{"id": ', None):
            if piece is None:
                raise httpx.ReadError("the connection broke")
            yield piece


def refuse(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody listens")


@pytest.mark.parametrize(
    "answer",
    [
        refuse,
        lambda _: httpx.Response(500),
        lambda _: httpx.Response(200, html="<h1>Welcome</h1>"),
        lambda _: httpx.Response(200, content=b""),
        lambda _: httpx.Response(200, json={"id": 7}),
        lambda _: httpx.Response(200, json=[]),
        lambda _: httpx.Response(404, html="<h1>Not found</h1>"),
        lambda _: httpx.Response(200, stream=SilentStream()),
    ],
)
async def test_who_is_not_known_here_waits_for_a_roster_that_answers_and_everybody_else_goes_on(
    town: Town, answer: Callable[[httpx.Request], httpx.Response]
) -> None:
    await town.mirror.catch_up_with_roster()
    await town.join("qian")
    body = {"member_id": town.members["qian"], "item": "study", "occurred_on": MARCH}
    with town.roster_answers(answer):
        refused = await town.send("POST", "/entries", body, town.secretary)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert int(refused.headers["retry-after"]) > 0
        assert (await town.record("wang"))["points"] == 5
    assert (await town.do("POST", "/entries", body, town.secretary))["points"] == 5


async def test_texts_are_read_by_services_alone_and_unknown_ones_are_absent(town: Town) -> None:
    made = await town.do(
        "POST",
        "/pledges",
        {
            "member_id": town.members["wang"],
            "period": "2026-H1",
            "theme": "customs",
            "action": "带头移风易俗",
            "target": "婚事从简",
            "due_on": "2026-06-30",
        },
        town.of("wang"),
    )
    log: Log = town.app.state.service.log
    drafted: Any = (await log.history(f"pledge/{made['id']}"))[0].event
    ids = [drafted.action.id, "00000000-0000-7000-8000-000000000000"]
    assert await town.do("POST", "/texts/read", {"ids": ids}, town.roster.service) == {drafted.action.id: "带头移风易俗"}
    for by in (town.secretary, town.of("wang"), town.roster.admin):
        await town.refused("not_allowed", "POST", "/texts/read", {"ids": ids}, by)


@pytest.mark.spec("11.2")
async def test_no_text_and_no_name_stands_in_the_log(town: Town) -> None:
    await town.record("wang", evidence=[{"kind": "text", "value": "王秀兰帮邻居收麦"}], force_reason="另一次")
    log: Log = town.app.state.service.log
    states = "".join(row.state for row in log.page(0, 1000))
    assert not [word for word in ("王秀兰", "收麦", "另一次") if word in states]
