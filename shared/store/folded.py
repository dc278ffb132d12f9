"""States of streams as they were folded last: a frozen state that stands for a history goes on from there with what came since."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from shared.events import Event, Recorded
from shared.store.requests import Guard, Write

S = TypeVar("S")
MOST_STATES = 20_000


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """What a stream came to: the state after `version` events."""

    state: S
    stream: str
    version: int

    def then(self, *events: Event) -> Write:
        """Append these after what was read."""
        return Write(self.stream, self.version, events)

    @property
    def guard(self) -> Guard:
        """Holds if nobody wrote to the stream since it was read."""
        return Guard(self.stream, self.version)


class _Fold(NamedTuple):
    history: tuple[Recorded, ...]
    empty: object
    loaded: Loaded[Any]


class Folded:
    """The states that were asked for last, by stream and by the function that folds it; at most `most` of them.

    A function that is made anew for each call would never be met again: such a one is not kept.
    """

    def __init__(self, most: int = MOST_STATES) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, Callable[..., Any]], _Fold] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, stream: str, history: tuple[Recorded, ...], empty: S, evolve: Callable[[S, Recorded], S]) -> Loaded[S]:
        """What `history` of `stream` comes to, folded by `evolve` from `empty`."""
        key = (stream, evolve)
        known = self._kept.get(key)
        if known is None or not _goes_on(known, history, empty):
            state, start = empty, 0
        elif len(known.history) == len(history):
            return known.loaded
        else:
            state, start = known.loaded.state, len(known.history)
        for recorded in history[start:]:
            state = evolve(state, recorded)
        loaded = Loaded(state, stream, history[-1].version if history else 0)
        if history and _is_named(evolve):
            self._keep(key, _Fold(history, empty, loaded))
        return loaded

    def _keep(self, key: tuple[str, Callable[..., Any]], fold: _Fold) -> None:
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = fold
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)


def _goes_on(known: _Fold, history: tuple[Recorded, ...], empty: object) -> bool:
    """Whether `history` begins with what was folded: an event is the very one that was folded, not just an equal one."""
    count = len(known.history)
    return count <= len(history) and history[count - 1] is known.history[-1] and known.empty == empty


def _is_named(function: Callable[..., Any]) -> bool:
    return "<" not in getattr(function, "__qualname__", "<")
