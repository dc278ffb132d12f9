"""The table that says which role may call which route, and within which scope. What isn't in it is denied; public is a line too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal, get_args

from shared.errors import Unknown
from shared.web.caller import Caller, Grant
from shared.web.places import Places

Role = Literal["admin", "county_supervisor", "town_officer", "branch_secretary", "committee_member", "member", "platform", "service"]
ROLES: tuple[str, ...] = get_args(Role)
OF_THE_WHOLE_CELL = frozenset({"admin", "service"})
"""Roles whose grant without an organisation holds for every organisation of the cell."""


class Scope(Enum):
    """How far a role reaches on a route."""

    WITHIN = "within"
    """The grant's organisation is the one in question, or lies above it."""
    SELF = "self"
    """The member in question is the caller."""
    OWN_BRANCH = "own_branch"
    """The organisation in question is the caller's own branch, or lies in it."""
    EVERYWHERE = "everywhere"
    """Whoever holds the role, wherever."""


@dataclass(frozen=True)
class Granted:
    """As WITHIN, where the grant covers `word` too: what a platform reads is granted by types (`Grant.types`)."""

    word: str

    @property
    def value(self) -> str:
        """As the documentation says it."""
        return f"within, granted `{self.word}`"


Reach = Scope | Granted
WITHIN, SELF, OWN_BRANCH, EVERYWHERE = Scope.WITHIN, Scope.SELF, Scope.OWN_BRANCH, Scope.EVERYWHERE


@dataclass(frozen=True)
class Rule:
    """One line: the roles that may, each with its scopes. `is_public`: without a token too; `is_limited`: so often from one address."""

    scopes: Mapping[str, tuple[Reach, ...]]
    is_public: bool = False
    is_limited: bool = False

    async def allows(self, caller: Caller, places: Places, organization: str | None, member: str | None) -> bool:
        """Whether one of the caller's grants reaches this organisation or member. Raises Unknown for an unknown organisation."""
        for grant in caller.grants:
            for scope in self.scopes.get(grant.role, ()):
                if await _reaches(scope, grant, caller, places, (organization, member)):
                    return True
        return False

    async def organizations(self, caller: Caller, places: Places) -> frozenset[str] | None:
        """The organisations whose subtrees the caller may see in a list; None for the whole cell."""
        found: set[str] = set()
        for grant in caller.grants:
            for scope in self.scopes.get(grant.role, ()):
                match scope:
                    case Granted(word) if grant.covers(word) and grant.organization_id is not None:
                        found.add(grant.organization_id)
                    case Scope.EVERYWHERE:
                        return None
                    case Scope.WITHIN if grant.organization_id is not None:
                        found.add(grant.organization_id)
                    case Scope.WITHIN if grant.role in OF_THE_WHOLE_CELL:
                        return None
                    case Scope.OWN_BRANCH:
                        branch = await own_branch(caller, places)
                        found |= {branch} if branch else set()
        return frozenset(found)


async def _reaches(scope: Reach, grant: Grant, caller: Caller, places: Places, asked: tuple[str | None, str | None]) -> bool:
    organization, member = asked
    match scope:
        case Granted(word):
            return grant.covers(word) and await _reaches(WITHIN, grant, caller, places, asked)
        case Scope.EVERYWHERE:
            return True
        case Scope.SELF:
            return member is not None and caller.member_id == member
        case Scope.WITHIN if grant.organization_id is None:
            return grant.role in OF_THE_WHOLE_CELL
        case Scope.WITHIN:
            return organization is not None and grant.organization_id in await places.ancestry(organization)
        case Scope.OWN_BRANCH:
            return organization is not None and await own_branch(caller, places) in await places.ancestry(organization)


PUBLIC = Rule({}, is_public=True)
PUBLIC_LIMITED = Rule({}, is_public=True, is_limited=True)
"""For what everybody may send in: so many calls a minute from one address (setting `open_calls_a_minute`), then 429 with Retry-After."""
Table = Mapping[str, Rule]


class TableAndRoutesDiffer(RuntimeError):
    """A route has no line in the permission table, or a line has no route: the service does not start."""


def allow(**roles: Reach | tuple[Reach, ...]) -> Rule:
    """A line of the table: `allow(admin=WITHIN, member=(SELF, OWN_BRANCH))`. Raises ValueError for a word that is no role."""
    if wrong := sorted(set(roles) - set(ROLES)):
        raise ValueError(f"no such role: {', '.join(wrong)}; the roles are {', '.join(ROLES)}")
    return Rule({role: scope if isinstance(scope, tuple) else (scope,) for role, scope in roles.items()})


def permissions(table: Mapping[str, Rule]) -> Table:
    """The table of a service: `METHOD /path/{parameter}` -> line. Raises ValueError for a key that is written otherwise."""
    for key in table:
        method, _, path = key.partition(" ")
        if method not in {"GET", "POST", "PUT", "PATCH", "DELETE"} or not path.startswith("/") or path != path.strip():
            raise ValueError(f"{key!r} is no route: write it like 'POST /entries'")
    return dict(table)


def check_table(table: Table, routes: Iterable[str]) -> None:
    """Hold the table against the routes; raises TableAndRoutesDiffer, naming each that lacks its other half."""
    there = set(routes)
    without_line, without_route = sorted(there - set(table)), sorted(set(table) - there)
    complaints = [f"{route} has no line in permissions.py" for route in without_line]
    complaints += [f"{line} has a line in permissions.py and no route" for line in without_route]
    if complaints:
        raise TableAndRoutesDiffer("; ".join(complaints))


async def own_branch(caller: Caller, places: Places) -> str | None:
    """The caller's own present branch; None where it is no member, or none that is known."""
    if caller.member_id is None:
        return None
    try:
        return await places.branch_of(caller.member_id)
    except Unknown:
        return None
