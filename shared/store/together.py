"""Questions to a database that is far away, asked together: a round trip costs more than the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

V = TypeVar("V")


class Together(Generic[V]):
    """Looks up by name. Who asks while a look is on its way is in the next one, so every answer is newer than its question.

    `look` gets the names that were asked for, each once, and gives what it found; what it leaves out is `otherwise`. One event loop's own.
    """

    def __init__(self, look: Callable[[Sequence[str]], Awaitable[Mapping[str, V]]], otherwise: V) -> None:
        self._look = look
        self._otherwise = otherwise
        self._waiting: dict[str, asyncio.Future[V]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def find(self, name: str) -> V:
        """What there is under the name after this call; raises what the look raised."""
        future = self._waiting.get(name)
        if future is None:
            future = self._waiting[name] = asyncio.get_running_loop().create_future()
            if self._looking is None:
                self._looking = asyncio.create_task(self._look_for_all())
        return await asyncio.shield(future)  # somebody else may be waiting for the same

    async def _look_for_all(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, {}
                try:
                    found = await self._look(list(asked))
                except BaseException as error:
                    for future in asked.values():
                        future.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
                        future.exception()  # whoever asked may have gone away
                    if not isinstance(error, Exception):
                        raise
                else:
                    for name, future in asked.items():
                        future.set_result(found.get(name, self._otherwise))
        finally:
            self._looking = None
