from __future__ import annotations

import pytest

from tests.roster.builders import Roster

PEOPLE = ["周涛", "安宁", "曾强", "𠮷永", "张伟", "单田芳", "Zhang 3", "阿里木"]
BY_PINYIN = ["阿里木", "安宁", "单田芳", "曾强", "Zhang 3", "张伟", "周涛", "𠮷永"]


async def listed(roster: Roster, query: str = "", by: str | None = None) -> list[str]:
    answer = await roster.do("GET", f"/members?branch_id={roster.places['north']}{query}", by=by)
    return [one["name"] for one in answer["items"]]


async def fresh(roster: Roster) -> str:
    return f"&min_position={roster.app.state.service.log.head()}"


async def test_a_branch_s_members_stand_in_the_order_of_their_pinyin(roster: Roster) -> None:
    for name in PEOPLE:
        await roster.join(name)
    names = await listed(roster, await fresh(roster))
    assert sorted(names) == sorted(BY_PINYIN)
    assert [name for name in names if name not in {"单田芳", "曾强", "Zhang 3"}] == ["阿里木", "安宁", "张伟", "周涛", "𠮷永"]


async def test_pages_follow_each_other_without_gap_or_repetition_and_no_name_is_in_the_cursor(roster: Roster) -> None:
    for name in PEOPLE:
        await roster.join(name)
    whole = await listed(roster, await fresh(roster))
    found: list[str] = []
    path = f"/members?branch_id={roster.places['north']}&limit=3"
    page = await roster.do("GET", path)
    found += [one["name"] for one in page["items"]]
    while page["next"]:
        page = await roster.do("GET", f"{path}&after={page['next']}")
        found += [one["name"] for one in page["items"]]
    assert found == whole
    await roster.refused("bad_cursor", "GET", f"{path}&after=AAAA")


async def test_a_list_is_as_of_a_day_and_leaves_out_who_is_gone(roster: Roster) -> None:
    people = {name: await roster.join(name) for name in ("甲", "乙", "丙")}
    await roster.do("POST", f"/members/{people['乙']}/status", {"status": "left", "on": "2026-06-01", "reason": "退党"})
    body = {"branch_id": roster.places["south"], "on": "2026-07-01", "reason": "迁居"}
    await roster.do("POST", f"/members/{people['丙']}/transfer", body)
    now = await fresh(roster)
    assert set(await listed(roster, now)) == {"甲"}
    assert set(await listed(roster, f"{now}&on=2026-06-30")) == {"甲", "丙"}
    assert set(await listed(roster, f"{now}&on=2026-05-31")) == {"甲", "乙", "丙"}
    await roster.refused("in_the_future", "GET", f"/members?branch_id={roster.places['north']}&on=2026-11-26")
    await roster.refused("not_a_branch", "GET", f"/members?branch_id={roster.places['town']}")


@pytest.mark.parametrize(
    ("asked", "found"), [("张", ["张三丰", "张伟"]), ("zsf", ["张三丰"]), ("zhangw", ["张伟"]), ("王", []), ("三 丰", ["张三丰"])]
)
async def test_members_are_searched_by_name_or_pinyin(roster: Roster, asked: str, found: list[str]) -> None:
    await roster.join("张三丰")
    await roster.join("张伟", "south")
    answer = await roster.do("POST", f"/members/search?{await fresh(roster)}", {"q": asked})
    assert [one["name"] for one in answer["items"]] == found


async def test_a_search_finds_only_where_the_caller_may_look(roster: Roster) -> None:
    await roster.found("town", "other", "county")
    await roster.found("branch", "elsewhere", "other")
    for branch in ("north", "south", "elsewhere"):
        await roster.join(f"张{branch}", branch)
    where = {"county_supervisor": "county", "town_officer": "town", "branch_secretary": "south"}
    found = {}
    for role, place in where.items():
        answer = await roster.do("POST", f"/members/search?{await fresh(roster)}", {"q": "张"}, roster.token(role, place))
        found[role] = {one["name"] for one in answer["items"]}
    assert found == {
        "county_supervisor": {"张north", "张south", "张elsewhere"},
        "town_officer": {"张north", "张south"},
        "branch_secretary": {"张south"},
    }
    secretary = roster.token("branch_secretary", "south")
    body = {"q": "张", "branch_id": roster.places["north"]}
    await roster.refused("not_allowed", "POST", "/members/search", body, secretary)
    await roster.refused("not_allowed", "POST", "/members/search", {"q": "张"}, roster.of_member(await roster.join()))


@pytest.mark.spec("11.7")
async def test_every_read_by_an_officer_is_shown_to_the_member(roster: Roster) -> None:
    one, officer = await roster.join("王秀兰"), await roster.join("甲", "south")
    as_officer, as_member = roster.token("town_officer", "town", officer), roster.of_member(one)
    await roster.do("GET", f"/members/{one}", by=as_officer)
    await listed(roster, await fresh(roster), as_officer)
    await roster.do("POST", "/members/search", {"q": "wxl"}, as_officer)
    await roster.do("GET", f"/members/{one}/held", by=as_officer)
    await roster.do("GET", f"/members/{one}", by=as_member)
    await roster.do("GET", f"/members/{one}", by=roster.service)
    reads = await roster.do("GET", f"/members/{one}/reads", by=as_member)
    assert [(read["read_by"], read["what"]) for read in reads["items"]] == [
        (officer, what) for what in ("held", "search", "list", "member")
    ]
    first = await roster.do("GET", f"/members/{one}/reads?limit=3", by=as_member)
    rest = await roster.do("GET", f"/members/{one}/reads?limit=3&after={first['next']}", by=as_member)
    assert first["items"] + rest["items"] == reads["items"]
    await roster.refused("not_allowed", "GET", f"/members/{one}/reads", by=as_officer)


async def test_a_read_writes_nothing_into_the_log(roster: Roster) -> None:
    one = await roster.join()
    head = roster.app.state.service.log.head()
    await roster.do("GET", f"/members/{one}", by=roster.token("town_officer", "town"))
    assert roster.app.state.service.log.head() == head


@pytest.mark.spec("11.7")
async def test_a_member_sees_all_that_is_held_about_it(roster: Roster) -> None:
    one, other = await roster.join("王秀兰", phone="13912345678"), await roster.join("李强")
    await roster.do("POST", f"/members/{one}/floating", {"since": "2026-01-01", "place": "兰州市"})
    await roster.do("PUT", f"/members/{one}/kin", {"kin": [{"member_id": other, "from": "2026-01-01"}]}, roster.of_member(one))
    held = await roster.do("GET", f"/members/{one}/held", by=roster.of_member(one))
    assert (held["member"]["name"], held["member"]["phone"]) == ("王秀兰", "13912345678")
    assert held["kin"] == [{"member_id": other, "from": "2026-01-01", "to": None}]
    assert [fact["type"] for fact in held["facts"]] == [
        "members.member-joined.v1",
        "members.member-floating.v1",
        "members.kin-declared.v1",
    ]
    assert held["facts"][1]["data"]["place"] == "兰州市"
    as_officer = await roster.do("GET", f"/members/{one}/held", by=roster.token("town_officer", "town"))
    assert as_officer["kin"] == []
    await roster.refused("not_allowed", "GET", f"/members/{one}/held", by=roster.of_member(other))
