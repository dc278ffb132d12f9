"""Posts in branches, groups and organisations above (spec, section 1); who is of a branch's committee."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec

from services.roster.domain.changes import check_in_order, check_in_the_party, check_known
from services.roster.domain.members import IN_THE_PARTY, Member, Post, check_not_far_ahead, placed_on, stays
from services.roster.domain.organizations import Organization
from services.roster.events.members import PostAssigned
from shared.errors import Conflict, Invalid

COMMITTEE_POSTS = frozenset({"secretary", "deputy", "committee", "village_committee"})
"""Whoever holds one of these at a branch is of its committee."""
HELD_AT: Mapping[str, frozenset[str]] = {
    "secretary": frozenset({"branch", "town", "county"}),
    "deputy": frozenset({"branch", "town", "county"}),
    "committee": frozenset({"branch", "town", "county"}),
    "group_leader": frozenset({"group"}),
    "village_committee": frozenset({"branch"}),
}
"""At which kinds of organisation each post is held."""


class PostElsewhere(Invalid):
    """This post is not held at this kind of organisation."""

    code = "post_elsewhere"
    sentence = "A group has a leader; a branch, town or county a secretary, deputies, a committee; only a branch a village committee."


class NotOfThisOrganization(Conflict):
    """A Party post is held by somebody who belongs there; only a village committee may hold others."""

    code = "not_of_this_organization"
    sentence = "On that day the member does not belong to this organisation; transfer it first."


class PostHeld(Conflict):
    """The member holds that post already for some of these days."""

    code = "post_held"
    sentence = "The member holds this post there already; to end it, send it again with the same `from` and a `to`."


class HeldPost(msgspec.Struct, frozen=True):
    """A post as it is held: from `from_on` until the day `until` (not included; None: still)."""

    post: str
    organization_id: str
    from_on: date
    until: date | None


def assign_post(
    member: Member,
    organization: Organization,
    belongs_to: frozenset[str],
    *,
    post: str,
    from_on: date,
    to_on: date | None,
    today: date,
    by: str,
) -> PostAssigned:
    """The member holds `post` at `organization` from `from_on` to `to_on`, both included (None: until further notice).

    `belongs_to` are the group, branch, town and county to which the member belongs on `from_on` (or when it came). The same post,
    organisation and `from_on` again gives another `to_on`.

    Raises:
        UnknownMember, InTheFuture, DatesOutOfOrder, MemberDeceased, MemberLeft.
        PostElsewhere: this post is not held at such an organisation.
        NotOfThisOrganization: a Party post where the member does not belong.
        PostHeld: it holds the same post there on some of these days.
    """
    check_known(member)
    check_in_order(from_on, to_on, "/to")
    check_not_far_ahead(from_on, today, "/from")
    if organization.kind not in HELD_AT[post]:
        raise PostElsewhere(errors=[("/organization_id", PostElsewhere.sentence)])
    check_in_the_party(member, from_on)
    if post != "village_committee" and organization.id not in belongs_to:
        raise NotOfThisOrganization
    until = to_on + timedelta(days=1) if to_on else None
    _check_not_held(member, HeldPost(post, organization.id, from_on, until))
    return PostAssigned(member_id=member.id, post=post, organization_id=organization.id, from_on=from_on, to_on=to_on, recorded_by=by)


def held_posts(member: Member) -> tuple[HeldPost, ...]:
    """The posts as they are really held.

    A post ends after its last day, with death or with leaving the Party, and a Party post also when its holder moves to another
    branch (a group's leader: to another group).
    """
    held = [HeldPost(post.post, post.organization_id, post.from_on, _until(member, post)) for post in member.posts]
    return tuple(post for post in held if post.until is None or post.until > post.from_on)


def belonging_on(member: Member, day: date) -> frozenset[str]:
    """The branch and group to which the member belongs at the end of `day` (of a day before it came: to which it came)."""
    place = placed_on(member, max(day, member.in_branch_since))
    return frozenset(unit for unit in (place.branch_id, place.group_id) if unit) if place else frozenset()


def _check_not_held(member: Member, wanted: HeldPost) -> None:
    for held in held_posts(member):
        is_same = (held.post, held.organization_id) == (wanted.post, wanted.organization_id) and held.from_on != wanted.from_on
        begins_before_it_ends = wanted.until is None or held.from_on < wanted.until
        ends_after_it_begins = held.until is None or held.until > wanted.from_on
        if is_same and begins_before_it_ends and ends_after_it_begins:
            raise PostHeld(held_since=held.from_on.isoformat())


def _until(member: Member, post: Post) -> date | None:
    last = post.to_on + timedelta(days=1) if post.to_on else None
    is_bound = post.post != "village_committee" and any(post.organization_id in {m.branch_id, m.group_id} for m in member.moves)
    for stay in stays(member):
        is_over = stay.until is not None and stay.until <= post.from_on
        is_gone = stay.status not in IN_THE_PARTY or (is_bound and post.organization_id not in {stay.branch_id, stay.group_id})
        if is_gone and not is_over:
            end = max(stay.from_on, post.from_on)
            return end if last is None else min(end, last)
    return last
