"""Casting and closing take turns in this process, so that a peer review can be closed while many vote.

What makes it true that every acknowledged ballot is counted are the guards of both commands, whoever runs them. But a closing that
guards fifty ballots would have to begin anew with each ballot that arrives while it counts; so those who come meanwhile wait at the
door for the milliseconds that it takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class _Box:
    """The ballot box of one review, as this process uses it."""

    def __init__(self) -> None:
        self.door = asyncio.Lock()
        self.inside = 0
        self.is_empty = asyncio.Event()
        self.is_empty.set()


_boxes: WeakValueDictionary[str, _Box] = WeakValueDictionary()


def _box(review_id: str) -> _Box:
    box = _boxes.get(review_id)
    if box is None:
        box = _boxes[review_id] = _Box()
    return box


@asynccontextmanager
async def casting(review_id: str) -> AsyncIterator[None]:
    """Cast within this; it waits while somebody closes."""
    box = _box(review_id)
    async with box.door:
        box.inside += 1
        box.is_empty.clear()
    try:
        yield
    finally:
        box.inside -= 1
        if box.inside == 0:
            box.is_empty.set()


@asynccontextmanager
async def closing(review_id: str) -> AsyncIterator[None]:
    """Close within this; it begins when nobody is casting, and lets nobody in until it ends."""
    box = _box(review_id)
    async with box.door:
        await box.is_empty.wait()
        yield
