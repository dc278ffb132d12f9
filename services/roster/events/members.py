"""What happened to members: facts that hold from their own day, whenever they are recorded. Stream `member/<member_id>`.

Names, phones and identity numbers are in the profile, beside the log. Reasons and places are texts about the member, likewise.
"""

from __future__ import annotations

from datetime import date

from shared.events import Event, TextRef, event


@event("members.member-joined.v1")
class MemberJoined(Event, frozen=True):
    """The roster knows a member: in the Party since `joined_on`, in this branch (and group) since `in_branch_since`.

    `status` (full, probationary) holds from `in_branch_since` on.
    """

    member_id: str
    branch_id: str
    group_id: str | None
    joined_on: date
    in_branch_since: date
    status: str
    recorded_by: str


@event("members.member-transferred.v1")
class MemberTransferred(Event, frozen=True):
    """From the day `on` the member belongs to this branch and group; also a move between groups of one branch."""

    member_id: str
    branch_id: str
    group_id: str | None
    on: date
    reason: TextRef
    recorded_by: str


@event("members.member-floating.v1")
class MemberFloating(Event, frozen=True):
    """From the day `since` the member is away working; `host_branch_id` is the branch that looks after it there, where known."""

    member_id: str
    since: date
    place: TextRef
    host_branch_id: str | None
    recorded_by: str


@event("members.member-returned.v1")
class MemberReturned(Event, frozen=True):
    """From the day `on` the member is no longer away."""

    member_id: str
    on: date
    recorded_by: str


@event("members.status-changed.v1")
class StatusChanged(Event, frozen=True):
    """From the day `on` the member is full, probationary, suspended, left or deceased."""

    member_id: str
    status: str
    on: date
    reason: TextRef
    recorded_by: str


@event("members.post-assigned.v1")
class PostAssigned(Event, frozen=True):
    """The member holds `post` there from `from_on` to `to_on`, both days included; None: until further notice.

    The same post, organisation and `from_on` again replaces `to_on`.
    """

    member_id: str
    post: str
    organization_id: str
    from_on: date
    to_on: date | None
    recorded_by: str
