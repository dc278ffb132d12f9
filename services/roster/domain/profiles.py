"""Profiles: what is known of a person beside the facts of membership. Sealed, never in an event; here only its rules.

Every field but the name may be absent. An identity number belongs to one member: it is told from others by a keyed fingerprint.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from services.roster.domain.changes import check_in_order, check_known
from services.roster.domain.members import DatesOutOfOrder, InTheFuture, Member, UnknownMember
from services.roster.domain.names import LONGEST_PERSON_NAME, proper_name
from services.roster.events.profiles import IdentityClaimed, IdentityReleased, KinDeclared, ProfileCorrected
from shared.errors import Conflict, Invalid
from shared.events import Recorded

IDENTITY_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)
IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
IDENTITY_CHECKS = "10X98765432"


class ProfileIsErased(Conflict):
    """The profile was erased for good."""

    code = "profile_erased"
    sentence = "This member's profile was erased for good; nothing can be entered into it."


class BadIdentityNumber(Invalid):
    """The identity number has a wrong form or check digit (GB 11643)."""

    code = "bad_identity_number"
    sentence = "An identity number has 17 digits and a check digit (or X) that fits them; look for a slip of the pen."


class IdentityTaken(Conflict):
    """Another member has this identity number."""

    code = "identity_taken"
    sentence = "Another member of this roster has this identity number; a member who moves is transferred, not entered again."


class NotItsOwnKin(Invalid):
    """Nobody is its own kin."""

    code = "own_kin"
    sentence = "Name other members as kin, not the member itself."


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person's profile; it is stored sealed and opened for whoever may see it. `gender` is `male` or `female`."""

    name: str
    phone: str | None = None
    identity_number: str | None = None
    gender: str | None = None
    birth_date: date | None = None
    ethnicity: str | None = None
    education: str | None = None
    occupation: str | None = None
    address: str | None = None


class Kinship(msgspec.Struct, frozen=True, rename={"from_on": "from", "to_on": "to"}):
    """Spouse or kin of a member, from `from_on` to `to_on` (both included; None: until further notice)."""

    member_id: str
    from_on: date
    to_on: date | None = None


@dataclass(frozen=True)
class Identity:
    """Whose an identity number is; nobody's where `member_id` is None."""

    member_id: str | None = None


def evolve_identity(identity: Identity, recorded: Recorded) -> Identity:
    """Whose the identity number is after one more event of its stream."""
    match recorded.event:
        case IdentityClaimed() as e:
            return Identity(e.member_id)
        case IdentityReleased():
            return Identity()
        case _:
            return identity


def proper_profile(fields: Mapping[str, object], joined_on: date, today: date) -> Profile:
    """The profile that these fields make, each in its proper form.

    Raises:
        BadName, BadIdentityNumber.
        InTheFuture, DatesOutOfOrder: the birth date can't be.
    """
    profile = msgspec.convert(dict(fields), Profile)
    number = proper_identity_number(profile.identity_number) if profile.identity_number else None
    if profile.birth_date and profile.birth_date > today:
        raise InTheFuture(errors=[("/birth_date", InTheFuture.sentence)])
    if profile.birth_date and profile.birth_date >= joined_on:
        raise DatesOutOfOrder(errors=[("/birth_date", "Nobody enters the Party before being born.")])
    return msgspec.structs.replace(profile, name=proper_name(profile.name, LONGEST_PERSON_NAME), identity_number=number)


def proper_identity_number(text: str) -> str:
    """The identity number in plain digits with a capital X; raises BadIdentityNumber."""
    number = unicodedata.normalize("NFKC", text).strip().upper()
    if not IDENTITY_NUMBER.fullmatch(number):
        raise BadIdentityNumber(errors=[("/identity_number", BadIdentityNumber.sentence)])
    total = sum(int(digit) * weight for digit, weight in zip(number, IDENTITY_WEIGHTS, strict=False))
    if IDENTITY_CHECKS[total % 11] != number[-1]:
        raise BadIdentityNumber(errors=[("/identity_number", BadIdentityNumber.sentence)])
    return number


def correct_profile(member: Member, before: Profile, after: Profile, by: str) -> list[ProfileCorrected]:
    """The profile is `after` from now on; nothing happens where it is the same.

    Raises:
        UnknownMember, ProfileIsErased.
    """
    check_has_profile(member)
    fields = tuple(field for field in Profile.__struct_fields__ if getattr(before, field) != getattr(after, field))
    return [ProfileCorrected(member_id=member.id, fields=fields, recorded_by=by)] if fields else []


def declare_kin(member: Member, kin: Sequence[Kinship], known: Mapping[str, Member], by: str) -> KinDeclared:
    """The member names its spouse and kin: the whole list, which replaces the last. `known` are the members that it names.

    Raises:
        UnknownMember: the member or one that it names.
        ProfileIsErased, NotItsOwnKin, DatesOutOfOrder.
    """
    check_has_profile(member)
    for number, one in enumerate(kin):
        if one.member_id == member.id:
            raise NotItsOwnKin(errors=[(f"/kin/{number}/member_id", NotItsOwnKin.sentence)])
        if not known[one.member_id].id:
            raise UnknownMember
        check_in_order(one.from_on, one.to_on, f"/kin/{number}/to")
    return KinDeclared(member_id=member.id, recorded_by=by)


def claim_identity(identity: Identity, member_id: str, by: str) -> list[IdentityClaimed]:
    """The identity number is this member's; nothing happens where it is already. Raises IdentityTaken."""
    if identity.member_id == member_id:
        return []
    if identity.member_id is not None:
        raise IdentityTaken
    return [IdentityClaimed(member_id=member_id, recorded_by=by)]


def release_identity(identity: Identity, member_id: str, by: str) -> list[IdentityReleased]:
    """The identity number is nobody's any more; nothing happens where it is another's."""
    return [IdentityReleased(member_id=member_id, recorded_by=by)] if identity.member_id == member_id else []


def check_has_profile(member: Member) -> None:
    """Raises UnknownMember or ProfileIsErased."""
    check_known(member)
    if member.is_erased:
        raise ProfileIsErased
