from __future__ import annotations

from datetime import date

import pytest

from services.roster.domain.changes import MemberDeceased, MemberLeft
from services.roster.domain.members import DatesOutOfOrder, InTheFuture, Member
from services.roster.domain.organizations import Organization, OrganizationId
from services.roster.domain.posts import HeldPost, NotOfThisOrganization, PostElsewhere, PostHeld, assign_post, belonging_on, held_posts
from services.roster.events.members import PostAssigned
from shared.errors import Refusal
from tests.roster.builders import OFFICER, TODAY, away, became, holds, member, moved

NORTH = Organization(OrganizationId("north"), "branch", OrganizationId("town"), "01", "北村党支部")
SOUTH = Organization(OrganizationId("south"), "branch", OrganizationId("town"), "02", "南村党支部")
FIRST = Organization(OrganizationId("first"), "group", OrganizationId("north"), "0101", "第一党小组")
TOWN = Organization(OrganizationId("town"), "town", OrganizationId("county"), "0", "宣化镇")


def assign(one: Member, post: str, at: Organization = NORTH, since: str = "2026-01-01", to: str | None = None) -> PostAssigned:
    return assign_post(
        one,
        at,
        belonging_on(one, date.fromisoformat(since)) | {"town", "county"},
        post=post,
        from_on=date.fromisoformat(since),
        to_on=date.fromisoformat(to) if to else None,
        today=TODAY,
        by=OFFICER,
    )


def held(one: Member) -> list[tuple[str, date | None]]:
    return [(post.post, post.until) for post in held_posts(one)]


@pytest.mark.spec("4.2")
@pytest.mark.parametrize("post", ["secretary", "deputy", "committee", "village_committee"])
def test_a_member_holds_a_post_in_its_branch(post: str) -> None:
    assert assign(member(), post) == holds(post, "north", "2026-01-01")


def test_a_group_has_a_leader_and_a_town_a_secretary() -> None:
    assert assign(member(group="first"), "group_leader", FIRST) == holds("group_leader", "first", "2026-01-01")
    assert assign(member(), "secretary", TOWN) == holds("secretary", "town", "2026-01-01")


@pytest.mark.spec("1.6")
def test_only_a_village_committee_holds_somebody_of_another_branch() -> None:
    assert assign(member(), "village_committee", SOUTH) == holds("village_committee", "south", "2026-01-01")
    with pytest.raises(NotOfThisOrganization):
        assign(member(), "secretary", SOUTH)


@pytest.mark.parametrize(("post", "at"), [("secretary", FIRST), ("village_committee", TOWN), ("group_leader", NORTH), ("committee", FIRST)])
def test_a_post_is_held_where_there_is_one(post: str, at: Organization) -> None:
    with pytest.raises(PostElsewhere):
        assign(member(group="first"), post, at)


@pytest.mark.parametrize(
    ("one", "since", "to", "refusal"),
    [
        (member(), "2026-01-02", "2026-01-01", DatesOutOfOrder),
        (member(), "2062-01-01", None, InTheFuture),
        (member(became("deceased", "2025-06-01")), "2026-01-01", None, MemberDeceased),
        (member(became("left", "2025-06-01")), "2026-01-01", None, MemberLeft),
        (member(holds("secretary", "north", "2025-01-01")), "2026-01-01", None, PostHeld),
        (member(holds("secretary", "north", "2026-02-01")), "2026-01-01", None, PostHeld),
    ],
)
def test_a_post_that_can_not_be_is_refused(one: Member, since: str, to: str | None, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        assign(one, "secretary", since=since, to=to)


def test_a_post_ends_after_its_last_day_and_may_be_held_again() -> None:
    one = member(holds("secretary", "north", "2025-01-01", "2025-12-31"))
    assert held(one) == [("secretary", date(2026, 1, 1))]
    assert assign(one, "secretary") == holds("secretary", "north", "2026-01-01")


def test_the_same_post_again_gives_it_another_last_day() -> None:
    one = member(holds("secretary", "north", "2026-01-01"), holds("secretary", "north", "2026-01-01", "2026-06-30"))
    assert held_posts(one) == (HeldPost("secretary", "north", date(2026, 1, 1), date(2026, 7, 1)),)


def test_one_person_may_hold_several_posts() -> None:
    assert assign(member(holds("committee", "north", "2025-01-01")), "village_committee").post == "village_committee"


@pytest.mark.parametrize("status", ["deceased", "left"])
def test_a_post_ends_with_death_and_with_leaving_the_party(status: str) -> None:
    assert held(member(holds("secretary", "north", "2025-01-01"), became(status, "2026-03-01"))) == [("secretary", date(2026, 3, 1))]


def test_a_party_post_ends_with_the_move_to_another_branch_a_village_committee_does_not() -> None:
    one = member(holds("secretary", "north", "2025-01-01"), holds("village_committee", "north", "2025-01-01"), moved("2026-03-01", "south"))
    assert held(one) == [("secretary", date(2026, 3, 1)), ("village_committee", None)]


def test_a_group_s_leader_who_changes_the_group_leads_it_no_more() -> None:
    one = member(holds("group_leader", "first", "2025-01-01"), moved("2026-03-01", "north", "second"), group="first")
    assert held(one) == [("group_leader", date(2026, 3, 1))]


def test_going_away_suspension_and_posts_above_the_branch_end_nothing() -> None:
    one = member(
        holds("secretary", "town", "2025-01-01"),
        away("2026-01-01"),
        became("suspended", "2026-02-01"),
        moved("2026-03-01", "south"),
    )
    assert held(one) == [("secretary", None)]
