"""What happened to profiles: that they changed, never what stands in them. The profiles lie sealed beside the log."""

from __future__ import annotations

from shared.events import Event, event


@event("members.profile-corrected.v1")
class ProfileCorrected(Event, frozen=True):
    """These fields of the profile have another content now. Stream `member/<member_id>`."""

    member_id: str
    fields: tuple[str, ...]
    recorded_by: str


@event("members.kin-declared.v1")
class KinDeclared(Event, frozen=True):
    """The member named its spouse and kin anew; who they are lies sealed beside the log. Stream `member/<member_id>`."""

    member_id: str
    recorded_by: str


@event("members.identity-claimed.v1")
class IdentityClaimed(Event, frozen=True):
    """An identity number belongs to this member. Stream `identity/<keyed fingerprint>`: it keeps identity numbers unique."""

    member_id: str
    recorded_by: str


@event("members.identity-released.v1")
class IdentityReleased(Event, frozen=True):
    """The identity number was corrected or erased and is free again. Stream `identity/<keyed fingerprint>`."""

    member_id: str
    recorded_by: str


@event("members.erasure-proposed.v1")
class ErasureProposed(Event, frozen=True):
    """One person asked that the member's profile be erased; a second confirms. Stream `erasure/<erasure_id>`."""

    erasure_id: str
    member_id: str
    recorded_by: str


@event("members.profile-erased.v1")
class ProfileErased(Event, frozen=True):
    """The member's key is destroyed: profile, kin and every text about it are gone for good. Stream `member/<member_id>`."""

    erasure_id: str
    member_id: str
    recorded_by: str
