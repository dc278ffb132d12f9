from __future__ import annotations

import asyncio

import pytest

from services.roster.domain.organizations import (
    Codes,
    CodeTaken,
    GroupElsewhere,
    NotABranch,
    Organization,
    OrganizationId,
    WrongParent,
    check_place,
    found_organization,
)
from services.roster.events.organizations import OrganizationFounded
from tests.roster.builders import OFFICER, Roster

COUNTY = Organization(OrganizationId("county"), "county", None, "GT", "高台县")
TOWN = Organization(OrganizationId("town"), "town", COUNTY.id, "XH", "宣化镇")
BRANCH = Organization(OrganizationId("north"), "branch", TOWN.id, "XH01", "北村党支部")
GROUP = Organization(OrganizationId("first"), "group", BRANCH.id, "XH0101", "第一党小组")
ALL = {"none": Organization(), "county": COUNTY, "town": TOWN, "branch": BRANCH, "group": GROUP}


def found(parent: Organization, kind: str, code: str | None = None, codes: Codes | None = None) -> OrganizationFounded:
    founded, given = found_organization(parent, codes or Codes(), organization_id="new", kind=kind, name="新组织", code=code, by=OFFICER)
    assert given.code == founded.code
    assert given.organization_id == "new"
    return founded


@pytest.mark.spec("1.3")
@pytest.mark.parametrize(("parent", "kind"), [("none", "county"), ("county", "town"), ("town", "branch"), ("branch", "group")])
def test_the_tree_is_county_town_branch_group(parent: str, kind: str) -> None:
    assert found(ALL[parent], kind).parent_id == (ALL[parent].id or None)


@pytest.mark.spec("1.3")
@pytest.mark.parametrize(
    ("parent", "kind"),
    [
        (parent, kind)
        for parent, right in zip(ALL, ["county", "town", "branch", "group", ""], strict=True)
        for kind in list(ALL)[1:]
        if kind != right
    ],
)
def test_nothing_stands_elsewhere(parent: str, kind: str) -> None:
    with pytest.raises(WrongParent):
        found(ALL[parent], kind)


def test_a_code_is_the_next_free_one_under_the_parent_s() -> None:
    assert found(Organization(), "county").code == "01"
    assert found(TOWN, "branch").code == "XH01"
    assert found(TOWN, "branch", codes=Codes(frozenset({"xh01", "xh03"}))).code == "XH04"
    assert found(TOWN, "branch", codes=Codes(frozenset({"east", "west"}))).code == "XH03"


def test_a_code_is_unique_under_its_parent_without_regard_to_capitals() -> None:
    with pytest.raises(CodeTaken):
        found(TOWN, "branch", code="East", codes=Codes(frozenset({"east"})))


@pytest.mark.spec("1.5")
def test_members_belong_to_branches_and_to_groups_of_the_same_branch() -> None:
    check_place(BRANCH, None)
    check_place(BRANCH, GROUP)
    with pytest.raises(NotABranch):
        check_place(TOWN, None)
    with pytest.raises(GroupElsewhere):
        check_place(Organization(OrganizationId("south"), "branch", TOWN.id, "XH02", "南村党支部"), GROUP)


async def test_an_organization_is_read_as_it_was_founded(roster: Roster) -> None:
    places = roster.places
    assert await roster.do("GET", f"/organizations/{places['north']}") == {
        "id": places["north"],
        "kind": "branch",
        "parent_id": places["town"],
        "code": "010101",
        "name": "north",
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "branch", "name": "西村", "parent_id": "01890000-0000-7000-8000-000000000000"}, "unknown_organization"),
        ({"kind": "branch", "name": "西村"}, "wrong_parent"),
        ({"kind": "branch", "name": " \u3000", "parent_id": "town"}, "bad_name"),
        ({"kind": "branch", "name": "西" * 101, "parent_id": "town"}, "bad_name"),
        ({"kind": "branch", "name": "西村", "parent_id": "town", "code": "010101"}, "code_taken"),
        ({"kind": "branch", "name": "西村", "parent_id": "town", "code": "-x"}, "invalid"),
        ({"kind": "province", "name": "甘肃"}, "invalid"),
        ({"kind": "branch", "name": "西村", "parent_id": "town", "motto": "?"}, "invalid"),
    ],
)
async def test_a_faulty_organization_is_refused(roster: Roster, body: dict[str, str], code: str) -> None:
    if body.get("parent_id") in roster.places:
        body = body | {"parent_id": roster.places[body["parent_id"]]}
    await roster.refused(code, "POST", "/organizations", body)


async def test_many_found_branches_at_once_and_each_gets_a_code_of_its_own(roster: Roster) -> None:
    body = {"kind": "branch", "parent_id": roster.places["town"]}
    answers = await asyncio.gather(*(roster.send("POST", "/organizations", {**body, "name": f"村{n}"}) for n in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    tree = await roster.do("GET", f"/organizations/{roster.places['town']}/tree")
    codes = [branch["code"] for branch in tree["children"]]
    assert codes == [f"0101{n:02}" for n in range(1, 23)]


async def test_the_tree_counts_each_member_once(roster: Roster) -> None:
    await roster.join("甲", group="first")
    away = await roster.join("乙", group="second")
    await roster.join("丙")
    gone = await roster.join("丁", "south")
    await roster.do("POST", f"/members/{away}/floating", {"since": "2026-01-01", "place": "兰州"})
    await roster.do("POST", f"/members/{gone}/status", {"status": "left", "on": "2026-01-01", "reason": "退党"})
    tree = await roster.do("GET", f"/organizations/{roster.places['county']}/tree")
    assert tree["counts"] == {"branches": 2, "groups": 3, "members": 3, "floating": 1}
    north = tree["children"][0]["children"][0]
    assert north["counts"] == {"branches": 1, "groups": 2, "members": 3, "floating": 1}
    assert [(group["name"], group["counts"]["members"]) for group in north["children"]] == [("first", 1), ("second", 1)]


async def test_the_administrator_of_a_town_founds_no_county_and_officers_only_below_their_own_town(roster: Roster) -> None:
    officer = roster.token("town_officer", "town")
    other = await roster.found("town", "other", "county")
    await roster.refused("not_allowed", "POST", "/organizations", {"kind": "county", "name": "县"}, roster.token("admin", "town"))
    await roster.refused("not_allowed", "POST", "/organizations", {"kind": "branch", "name": "村", "parent_id": other}, officer)
    await roster.do("POST", "/organizations", {"kind": "branch", "name": "村", "parent_id": roster.places["town"]}, officer)
