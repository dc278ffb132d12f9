"""The tree of organisations: county > town > branch > Party group (spec, section 1). A place in it never changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType

from services.roster.domain.names import LONGEST_ORGANIZATION_NAME, proper_name
from services.roster.events.organizations import CodeGiven, OrganizationFounded
from shared.errors import Conflict, Invalid, Unknown
from shared.events import Recorded

OrganizationId = NewType("OrganizationId", str)
STANDS_UNDER: Mapping[str, str | None] = {"county": None, "town": "county", "branch": "town", "group": "branch"}
"""Which kind each kind stands under; a county under none."""


class UnknownOrganization(Unknown):
    """No organisation under this id."""

    code = "unknown_organization"
    sentence = "There is no organisation under this id."


class WrongParent(Invalid):
    """The tree is county > town > branch > group."""

    code = "wrong_parent"
    sentence = "A town stands under a county, a branch under a town, a group under a branch, a county under nothing."


class CodeTaken(Conflict):
    """A code is unique among the organisations under one parent."""

    code = "code_taken"
    sentence = "Another organisation under the same parent has this code; choose another, or leave it out for the next free one."


class NotABranch(Invalid):
    """Members belong to branches."""

    code = "not_a_branch"
    sentence = "This organisation is no branch; members belong to a branch, and inside it to at most one group."


class GroupElsewhere(Invalid):
    """The group is no Party group of this branch."""

    code = "group_elsewhere"
    sentence = "This is no Party group of that branch."


@dataclass(frozen=True)
class Organization:
    """One organisation; `id` is empty where none was founded under the id that was asked for."""

    id: OrganizationId = OrganizationId("")
    kind: str = ""
    parent_id: OrganizationId | None = None
    code: str = ""
    name: str = ""


@dataclass(frozen=True)
class Codes:
    """The codes that are taken under one parent (None: those of counties), without regard to capitals."""

    taken: frozenset[str] = field(default_factory=frozenset)

    def holds(self, code: str) -> bool:
        """Whether `code` is taken."""
        return code.casefold() in self.taken

    def next_free(self, parent_code: str) -> str:
        """The parent's code with the next free number of two digits or more behind it: under 0101 the first is 010101."""
        number = len(self.taken) + 1
        while self.holds(f"{parent_code}{number:02}"):
            number += 1
        return f"{parent_code}{number:02}"


def evolve(organization: Organization, recorded: Recorded) -> Organization:
    """The organisation after one more event of its stream."""
    match recorded.event:
        case OrganizationFounded() as e:
            parent_id = OrganizationId(e.parent_id) if e.parent_id else None
            return Organization(OrganizationId(e.organization_id), e.kind, parent_id, e.code, e.name)
        case _:
            return organization


def evolve_codes(codes: Codes, recorded: Recorded) -> Codes:
    """The codes after one more was given."""
    match recorded.event:
        case CodeGiven() as e:
            return Codes(codes.taken | {e.code.casefold()})
        case _:
            return codes


def found_organization(
    parent: Organization, codes: Codes, *, organization_id: str, kind: str, name: str, code: str | None, by: str
) -> tuple[OrganizationFounded, CodeGiven]:
    """Found an organisation of `kind` under `parent` (empty for a county), whose children have taken `codes`.

    Raises:
        WrongParent: this kind does not stand under that one.
        CodeTaken: `code` is another's.
        BadName: the name is none.
    """
    if STANDS_UNDER[kind] != (parent.kind or None):
        raise WrongParent(errors=[("/parent_id", WrongParent.sentence)])
    if code is not None and codes.holds(code):
        raise CodeTaken
    name, code = proper_name(name, LONGEST_ORGANIZATION_NAME), code or codes.next_free(parent.code)
    parent_id = parent.id or None
    founded = OrganizationFounded(organization_id=organization_id, kind=kind, parent_id=parent_id, code=code, name=name, recorded_by=by)
    return founded, CodeGiven(parent_id=parent_id, code=code, organization_id=organization_id, recorded_by=by)


def check_place(branch: Organization, group: Organization | None) -> None:
    """Whether a member can belong to this branch and group; raises NotABranch or GroupElsewhere."""
    if branch.kind != "branch":
        raise NotABranch(errors=[("/branch_id", NotABranch.sentence)])
    if group is not None and (group.kind != "group" or group.parent_id != branch.id):
        raise GroupElsewhere(errors=[("/group_id", GroupElsewhere.sentence)])
