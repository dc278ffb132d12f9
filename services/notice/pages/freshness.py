"""Cheap answers to who has read a page already: `304` before anything is loaded or drawn, by ETag or by Last-Modified.

What is shown depends on the log (each change is an event), on the business day, and where an organisation has screens on their last
heartbeats, looked at every five minutes.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from services.notice.commands.beside import organizations_with_screens
from shared.calendar import at, day_of
from shared.store import Log

SCREENS_LOOKED_AT_EVERY = timedelta(minutes=5)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Freshness:
    """What a page or document rests on: its entity tag and when that changed last."""

    etag: str
    changed_at: datetime

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a whole answer and of a 304."""
        return {
            "ETag": self.etag,
            "Last-Modified": self.last_modified,
            "Cache-Control": "no-cache",
            "Vary": "Accept, Accept-Language, Cookie",
        }

    @property
    def last_modified(self) -> str:
        """As HTTP wants it, never later than the machine's clock."""
        return format_datetime(min(self.changed_at, datetime.now(UTC)).astimezone(UTC), usegmt=True)

    def is_known_to(self, request: Request, language: str = "") -> bool:
        """Whether the request's conditions say that its sender has this already; an ETag wins over a date."""
        tags = request.headers.get("if-none-match")
        if tags is not None:
            return self.etag in tags or f'{self.etag[:-1]}-{language}"' in tags
        since = _instant(request.headers.get("if-modified-since"))
        return since is not None and self.changed_at.replace(microsecond=0) <= since <= datetime.now(UTC)

    def unchanged(self, request: Request) -> Response | None:
        """A 304 for a document in one language, where its sender has it."""
        return Response(status_code=304, headers=self.headers) if self.is_known_to(request) else None


class FreshnessKeeper:
    """Says how fresh what is shown is. Who has screens is read anew when the log has grown: a first heartbeat is an event."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._with_screens: tuple[int, frozenset[str]] = (-1, frozenset())

    async def of(self, form: str, organization_id: str | None = None) -> Freshness:
        """What is shown now in this `form`; take it before anything is loaded."""
        end = await self._log.end()
        position, recorded_at = (end.position, end.recorded_at) if end else (0, EPOCH)
        now = self._log.now()
        moments = [at(day_of(now)), recorded_at]
        if organization_id and organization_id in await self._screens_as_of(position):
            moments.append(now - (now - EPOCH) % SCREENS_LOOKED_AT_EVERY)
        changed_at = max(moments)
        digest = sha256(f"{form} {position} {changed_at.isoformat()}".encode()).hexdigest()[:24]
        return Freshness(f'"{digest}"', changed_at)

    async def _screens_as_of(self, position: int) -> frozenset[str]:
        if self._with_screens[0] != position:
            self._with_screens = position, await asyncio.to_thread(organizations_with_screens, self._log)
        return self._with_screens[1]


def _instant(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
