"""Whether a service is ready: its views have caught up with the log as it stood at the start, and its own checks agree."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from shared.projections import Views
from shared.store import Log

Check = Callable[[], Awaitable[bool]]


class Readiness:
    """Made at the start, since it remembers where the log stood then. `checks` are the service's own, each under a word for it."""

    def __init__(self, log: Log, views: Views | None, checks: Mapping[str, Check]) -> None:
        self._log = log
        self._views = views
        self._checks = checks
        self._start = log.head()
        self._has_caught_up = views is None

    async def waits_for(self) -> list[str]:
        """What is not ready yet; empty when the service is."""
        if self._views is not None and not self._has_caught_up:
            self._has_caught_up = self._views.position >= self._start
        waiting = [] if self._has_caught_up else ["the views are catching up with the log"]
        return waiting + [word for word, check in self._checks.items() if not await check()]
