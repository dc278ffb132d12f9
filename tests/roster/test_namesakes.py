"""Names in a list that somebody wrote: whom of a branch they mean, and that services alone may ask."""

from __future__ import annotations

from typing import Any

import pytest

from services.roster.domain.namesakes import Candidate, meant_by
from tests.roster.builders import Roster
from tests.roster.test_profiles import ONE

FIRST = Candidate("m1", "王芳", "01", "第一党小组", "11010519491231002X")
SECOND = Candidate("m2", "王芳", "02", "第二党小组", "110105199001010011")
LI = Candidate("m3", "李建国")
ALL = (FIRST, SECOND, LI)


@pytest.mark.parametrize("written", ["李建国", " 李建国 ", "李 建国", "李\u3000建 国"])
def test_a_name_means_the_one_who_has_it_however_it_is_spaced(written: str) -> None:
    assert meant_by(ALL, written, None).member_ids == ("m3",)


@pytest.mark.parametrize("beside", ["01", "第一党小组", "01 第一党小组", "002X", "002x", "００２Ｘ"])  # noqa: RUF001 - as it is typed
def test_two_of_one_name_are_told_apart_by_group_or_last_four(beside: str) -> None:
    assert meant_by(ALL, "王芳", None).member_ids == ("m1", "m2")
    assert meant_by(ALL, "王芳", beside).member_ids == ("m1",)


def test_what_stands_beside_the_only_one_of_a_name_must_fit_too() -> None:
    found = meant_by(ALL, "李建国", "01")
    assert (found.namesakes, found.member_ids) == (1, ())


def test_a_part_of_a_name_means_nobody() -> None:
    assert meant_by(ALL, "建国", None).namesakes == meant_by(ALL, "", None).namesakes == 0


# By REST


async def asked(roster: Roster, *people: dict[str, str], branch: str = "north") -> list[dict[str, Any]]:
    path = f"/branches/{roster.places[branch]}/members/resolve"
    answer: dict[str, list[dict[str, Any]]] = await roster.do("POST", path, {"people": people}, roster.service)
    return answer["people"]


async def test_names_are_those_of_todays_members_of_that_branch(roster: Roster) -> None:
    one = await roster.join("王芳", group="first", identity_number=ONE)
    other = await roster.join("王芳", group="second")
    far = await roster.join("赵敏", branch="south")
    assert await asked(roster, {"name": "王芳"}, {"name": "赵敏"}) == [
        {"namesakes": 2, "member_ids": sorted([one, other])},
        {"namesakes": 0, "member_ids": []},
    ]
    beside = [{"name": "王芳", "beside": mark} for mark in (ONE[-4:], "second", "third")]
    assert [found["member_ids"] for found in await asked(roster, *beside)] == [[one], [other], []]
    assert (await asked(roster, {"name": "赵敏"}, branch="south"))[0]["member_ids"] == [far]


async def test_only_services_may_ask_and_nothing_of_a_number_is_told(roster: Roster) -> None:
    await roster.join("王芳", identity_number=ONE)
    path = f"/branches/{roster.places['north']}/members/resolve"
    for nobody in (roster.admin, roster.token("branch_secretary", "north")):
        await roster.refused("not_allowed", "POST", path, {"people": [{"name": "王芳"}]}, nobody)
    answer = await roster.send("POST", path, {"people": [{"name": "王芳"}]}, roster.service)
    assert ONE[-4:] not in answer.text
    assert "王芳" not in answer.text
    await roster.refused("not_a_branch", "POST", f"/branches/{roster.places['town']}/members/resolve", {"people": []}, roster.service)
