from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.roster.commands.erasures import finish_erasures
from services.roster.domain.erasures import Erasure, ErasureExpired, SamePersonErases, UnknownErasure, confirm_erasure, propose_erasure
from services.roster.domain.members import evolve
from services.roster.domain.profiles import ProfileIsErased
from services.roster.events.profiles import ProfileErased
from shared.store import KeyGone, Write
from tests.roster.builders import OFFICER, Roster, member, recorded, running_roster
from tests.roster.test_profiles import ONE

NOW = datetime(2026, 11, 25, tzinfo=UTC)
PROPOSED = Erasure("erasure", "member", OFFICER, NOW)
ERASED = ProfileErased(erasure_id="erasure", member_id="member", recorded_by="second")


@pytest.mark.spec("11.3")
def test_one_person_proposes_and_another_confirms() -> None:
    assert propose_erasure(member(), "erasure", OFFICER).member_id == "member"
    assert confirm_erasure(PROPOSED, member(), "second", NOW) == ERASED


def test_nobody_confirms_what_it_proposed_itself() -> None:
    with pytest.raises(SamePersonErases):
        confirm_erasure(PROPOSED, member(), OFFICER, NOW)


def test_what_was_not_proposed_or_is_done_is_not_confirmed() -> None:
    erased = evolve(member(), recorded(ERASED))
    with pytest.raises(UnknownErasure):
        confirm_erasure(Erasure(), member(), "second", NOW)
    with pytest.raises(ProfileIsErased):
        confirm_erasure(PROPOSED, erased, "second", NOW)
    with pytest.raises(ProfileIsErased):
        propose_erasure(erased, "erasure", OFFICER)


def test_a_proposal_waits_thirty_days_for_its_second_person() -> None:
    last = NOW + timedelta(days=30)
    assert confirm_erasure(PROPOSED, member(), "second", last) == ERASED
    with pytest.raises(ErasureExpired):
        confirm_erasure(PROPOSED, member(), "second", last + timedelta(microseconds=1))


async def erase(roster: Roster, one: str) -> None:
    proposed = await roster.send("DELETE", f"/members/{one}/profile", by=roster.token("town_officer", "town", await roster.join("甲")))
    assert (proposed.status_code, proposed.json()["state"]) == (202, "proposed")
    second = roster.token("town_officer", "town", await roster.join("乙"))
    confirmed = await roster.do("POST", f"/erasures/{proposed.json()['id']}/confirmation", by=second)
    assert confirmed == {"id": proposed.json()["id"], "state": "erased"}


@pytest.mark.spec("11.3", "11.4")
async def test_an_erased_profile_is_gone_for_good_and_the_log_stays_whole(roster: Roster) -> None:
    one = await roster.join("王秀兰", identity_number=ONE)
    other = await roster.join("李强")
    await roster.do("PUT", f"/members/{one}/kin", {"kin": [{"member_id": other, "from": "2026-01-01"}]}, roster.of_member(one))
    await roster.do("POST", f"/members/{one}/floating", {"since": "2026-01-01", "place": "兰州市"})
    assert (await roster.do("POST", "/profiles/names", {"ids": [one]}, roster.service)) == {one: "王秀兰"}
    voters, history = await roster.voters(), await roster.do("GET", "/events?limit=1000")

    await erase(roster, one)

    found = await roster.do("GET", f"/members/{one}")
    assert (found["name"], found["erased"], found["floating"]["place"], found.get("identity_number")) == (None, True, None, None)
    assert await roster.do("POST", "/profiles/names", {"ids": [one]}, roster.service) == {}
    assert (await roster.do("GET", f"/members/{one}/kin", by=roster.service)) == {"kin": []}
    assert set(voters) <= set(await roster.voters())
    assert (await roster.do("GET", "/events?limit=1000"))["items"][: len(history["items"])] == history["items"]
    with pytest.raises(KeyGone):
        roster.app.state.service.log.texts.seal(one, "more")


async def test_the_identity_number_of_who_was_erased_is_free_again(roster: Roster) -> None:
    await erase(roster, await roster.join(identity_number=ONE))
    await roster.join("另一人", identity_number=ONE)


async def test_facts_are_still_recorded_about_who_was_erased_but_no_text_is_kept(roster: Roster) -> None:
    one = await roster.join()
    await erase(roster, one)
    await roster.do("POST", f"/members/{one}/status", {"status": "left", "on": "2026-11-01", "reason": "本人要求"})
    held = await roster.do("GET", f"/members/{one}/held", by=roster.of_member(one))
    assert held["facts"][-1]["data"]["status"] == "left"
    assert held["facts"][-1]["data"]["reason"] is None
    await roster.refused("profile_erased", "PATCH", f"/members/{one}/profile", {"name": "王秀兰"})
    await roster.refused("profile_erased", "DELETE", f"/members/{one}/profile")


async def test_who_proposed_can_not_confirm_not_even_by_another_role(roster: Roster) -> None:
    one, officer = await roster.join(), await roster.join("甲")
    proposed = await roster.do("DELETE", f"/members/{one}/profile", by=roster.issuer.token(["admin"], None, officer))
    confirmation = f"/erasures/{proposed['id']}/confirmation"
    assert (await roster.refused("same_person", "POST", confirmation, by=roster.token("town_officer", "town", officer)))["status"] == 403
    await roster.refused("not_allowed", "POST", confirmation, by=roster.admin)
    assert (await roster.do("GET", f"/members/{one}"))["name"] == "王秀兰"


async def test_a_member_may_propose_the_erasure_of_its_own_profile(roster: Roster) -> None:
    one = await roster.join()
    assert (await roster.send("DELETE", f"/members/{one}/profile", by=roster.of_member(one))).status_code == 202


async def test_of_two_who_confirm_at_once_one_erases(roster: Roster) -> None:
    one = await roster.join()
    proposed = await roster.do("DELETE", f"/members/{one}/profile", by=roster.of_member(one))
    officers = [roster.token("town_officer", "town", await roster.join(name)) for name in ("甲", "乙")]
    answers = await asyncio.gather(*(roster.send("POST", f"/erasures/{proposed['id']}/confirmation", by=token) for token in officers))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_key_that_a_stop_left_behind_is_destroyed_at_the_next_start(tmp_path: Path) -> None:
    async with running_roster(tmp_path) as roster:
        await roster.found("county", "county")
        await roster.found("town", "town", "county")
        await roster.found("branch", "north", "town")
        one = await roster.join()
        log = roster.app.state.service.log
        await log.append([Write(f"member/{one}", 1, [ProfileErased(erasure_id=one, member_id=one, recorded_by=OFFICER)])])
        log.texts.seal(one, "the key is still there")
    async with running_roster(tmp_path) as roster:
        with pytest.raises(KeyGone):
            roster.app.state.service.log.texts.seal(one, "more")
        finish_erasures(roster.app.state.service.log)


async def listed(roster: Roster, state: str = "proposed", place: str = "town") -> list[str]:
    answer = await roster.do("GET", f"/erasures?state={state}&min_position={await head(roster)}", by=roster.token("town_officer", place))
    return [one["member_id"] for one in answer["items"]]


async def head(roster: Roster) -> int:
    position: int = roster.app.state.service.log.head()
    return position


async def test_what_waits_for_a_second_person_is_listed_for_the_keepers_of_that_roster_alone(roster: Roster) -> None:
    one, other = await roster.join("王秀兰"), await roster.join("李强")
    proposed = [await roster.do("DELETE", f"/members/{who}/profile", by=roster.of_member(who)) for who in (one, other)]
    await roster.found("town", "far town", "county")
    assert await listed(roster) == [one, other]
    assert await listed(roster, place="far town") == []
    first = (await roster.do("GET", "/erasures?limit=1"))["items"][0]
    assert {name: first[name] for name in ("id", "branch_id", "state", "proposed_by")} == {
        "id": proposed[0]["id"],
        "branch_id": roster.places["north"],
        "state": "proposed",
        "proposed_by": one,
    }
    assert datetime.fromisoformat(first["expires_at"]) - datetime.fromisoformat(first["proposed_at"]) == timedelta(days=30)
    await roster.refused("not_allowed", "GET", "/erasures", by=roster.token("branch_secretary", "north"))


async def test_pages_of_the_list_hold_each_erasure_once(roster: Roster) -> None:
    members = [await roster.join(name) for name in ("甲", "乙", "丙")]
    for one in members:
        await roster.do("DELETE", f"/members/{one}/profile", by=roster.of_member(one))
    first = await roster.do("GET", f"/erasures?limit=2&min_position={await head(roster)}")
    rest = await roster.do("GET", f"/erasures?limit=2&after={first['next']}")
    assert [one["member_id"] for one in (*first["items"], *rest["items"])] == members
    assert rest["next"] is None


async def test_with_the_first_that_is_confirmed_all_proposals_for_the_member_are_done(roster: Roster) -> None:
    one = await roster.join("王秀兰")
    await roster.do("DELETE", f"/members/{one}/profile", by=roster.of_member(one))
    await erase(roster, one)
    assert await listed(roster) == []
    assert await listed(roster, "erased") == [one, one]


async def test_after_thirty_days_a_proposal_can_only_be_made_anew(roster: Roster) -> None:
    one = await roster.join("王秀兰")
    proposed = await roster.do("DELETE", f"/members/{one}/profile", by=roster.of_member(one))
    await roster.do("PUT", "/clock", {"now": "2026-12-26T02:00:00Z"})
    late = f"/erasures/{proposed['id']}/confirmation"
    assert (await roster.refused("erasure_expired", "POST", late, by=roster.token("town_officer", "town")))["status"] == 409
    assert (await listed(roster), await listed(roster, "expired")) == ([], [one])
    assert (await roster.do("GET", f"/members/{one}"))["name"] == "王秀兰"
    await erase(roster, one)
