"""What a handler is handed at the door: who calls, what it may touch, and the question whether it may.

`await door.require(...)` asks the line of this very route in the service's permission table. A handler of a route that is not public must
have asked before its answer leaves (`require`, `scopes`, or `open` with the reason why there is nothing to ask): see `routing.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from pydantic_core import PydanticCustomError
from starlette.datastructures import State

from shared.errors import Invalid, NotAllowed, Unavailable
from shared.feed import EVERY_TYPE, Right
from shared.projections import Snapshot, Views
from shared.seeing import Seeing
from shared.settings import ServiceName, Settings
from shared.store import Log, Reply, Stored
from shared.web.caller import Caller
from shared.web.fields import parse_instant
from shared.web.idempotency import Idempotency, KeyOfRequest
from shared.web.limits import Limits
from shared.web.permissions import OF_THE_WHOLE_CELL, Rule, Table
from shared.web.places import Places
from shared.web.problems import Unauthenticated
from shared.web.sessions import IN_SCOPE, Session, Sessions
from shared.web.tokens import Tokens

LAST_POSITION = 2**62
LONGEST_POSITION = len(str(LAST_POSITION))


@dataclass
class Service:
    """What the doors of one service hold: put together by `create_app`, found at `app.state.service`."""

    name: ServiceName
    settings: Settings
    log: Log
    places: Places
    table: Table
    tokens: Tokens
    idempotency: Idempotency
    cursor_key: bytes
    state: State
    limits: Limits
    seeing: Seeing
    sessions: Sessions
    views: Views | None = None
    own_position: Callable[[int], Awaitable[int]] | None = None


class Doorway:
    """One request's door."""

    __slots__ = ("_caller", "_service", "is_asked", "key", "request", "rule")

    def __init__(self, service: Service, rule: Rule, request: Request, caller: Caller | None) -> None:
        self._service = service
        self._caller = caller
        self.rule = rule
        self.request = request
        self.key: KeyOfRequest | None = None
        self.is_asked = rule.is_public

    @property
    def caller(self) -> Caller:
        """Who calls. Raises Unauthenticated on a public route that was called without a good token."""
        if self._caller is None:
            raise Unauthenticated
        return self._caller

    @property
    def visitor(self) -> Caller | None:
        """Who calls; None for somebody unknown, which only a public route lets in."""
        return self._caller

    @property
    def session(self) -> Session | None:
        """The session of a page's caller; None where nobody is signed in, or it came with a bearer token."""
        session: Session | None = self.request.scope.get(IN_SCOPE)
        return session

    @property
    def sessions(self) -> Sessions:
        """The sessions of this service's pages."""
        return self._service.sessions

    @property
    def tokens(self) -> Tokens:
        """What checks the issuer's tokens."""
        return self._service.tokens

    @property
    def log(self) -> Log:
        """The service's log."""
        return self._service.log

    @property
    def places(self) -> Places:
        """Where members and organisations stand."""
        return self._service.places

    @property
    def seeing(self) -> Seeing:
        """The filter of the service's events."""
        return self._service.seeing

    @property
    def service_name(self) -> ServiceName:
        """Which service this is."""
        return self._service.name

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return self._service.settings

    @property
    def state(self) -> State:
        """What `create_app(state=...)` was given: the service's clients of its neighbours, for example."""
        return self._service.state

    async def require(self, *, organization: str | None = None, member: str | None = None) -> None:
        """Return if the table lets the caller do this here.

        Without `organization` only grants for the whole cell reach (beside SELF and EVERYWHERE).

        Raises:
            NotAllowed: it does not.
            Unknown: there is no such organisation.
            Unavailable: the owner of the organisation can't be asked.
        """
        self.is_asked = True
        if not await self.may_see(organization=organization, member=member):
            raise NotAllowed

    async def may_see(self, *, organization: str | None = None, member: str | None = None) -> bool:
        """Whether `require` would return. It does not count as having asked: somebody must act on the answer."""
        if self._caller is None:
            return False
        return await self.rule.allows(self._caller, self._service.places, organization, member)

    async def scopes(self) -> frozenset[str] | None:
        """For lists: the organisations whose subtrees the caller may see on this route; None for the whole cell.

        Raises:
            NotAllowed: there are none.
        """
        self.is_asked = True
        organizations = await self.rule.organizations(self.caller, self._service.places)
        if organizations is not None and not organizations:
            raise NotAllowed
        return organizations

    def rights(self) -> tuple[Right, ...]:
        """Which events the caller may see: those of its grants that this route's line names. Raises NotAllowed where there are none."""
        self.is_asked = True
        grants = [grant for grant in self.caller.grants if grant.role in self.rule.scopes]
        here = [grant for grant in grants if grant.organization_id is not None or grant.role in OF_THE_WHOLE_CELL]
        if not here:
            raise NotAllowed
        return tuple(Right(grant.organization_id, (EVERY_TYPE,) if grant.types is None else grant.types) for grant in here)

    def open(self, reason: str) -> None:
        """Declare that there is nothing to ask here, and why: whoever is signed in may."""
        if not reason:
            raise ValueError("say why this route asks nobody")
        self.is_asked = True

    def has(self, role: str) -> bool:
        """Whether the caller holds `role` anywhere."""
        return self._caller is not None and self._caller.has(role)

    async def holds(self, role: str, organization: str) -> bool:
        """Whether the caller holds `role` for `organization` or one above it."""
        if self._caller is None:
            return False
        granted = {grant.organization_id for grant in self._caller.grants if grant.role == role}
        return bool(granted) and not granted.isdisjoint(await self._service.places.ancestry(organization))

    def reply(self, status: int, make: Callable[[Stored], object]) -> Reply:
        """How the command answers; kept under the request's Idempotency-Key, if it came with one."""
        if self.key is None:
            return Reply(status, make)
        return Reply(status, make, self.key.key_id, self.key.body_mac)

    async def snapshot(self, *, is_current: bool = False) -> Snapshot:
        """The views as `?min_position=` and `?as_of=` of the request want them; `is_current`: and not behind the log as it stands now.

        Raises:
            Invalid: one of the two is not written as it should be.
            Unavailable: the view has not come to that position within some seconds.
        """
        if self._service.views is None:
            raise Unavailable("This service keeps no views.")
        query = self.request.query_params
        position = _position(query.get("min_position"))
        if position and self._service.own_position is not None:
            position = await self._service.own_position(position)
        if is_current:
            position = max(position, self.log.head())
        return await self._service.views.snapshot(min_position=position, as_of=_instant(query.get("as_of")))


async def doorway(request: Request) -> Doorway:
    """The door of the request, made by its route before anything else."""
    door: Doorway = request.scope["xingqi.door"]
    return door


Door = Annotated[Doorway, Depends(doorway)]


def _position(text: str | None) -> int:
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_POSITION and int(text) <= LAST_POSITION):
        raise Invalid(errors=[("/query/min_position", "A position is a whole number, as Event-Position gives it.")])
    return int(text)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_instant(text)
    except PydanticCustomError as error:
        raise Invalid(errors=[("/query/as_of", error.message())]) from error
