"""The base of events: frozen facts under short versioned topics, and the upcasts of retired shapes.

An event class is a frozen `msgspec.Struct` registered under a topic such as `points.entry-recorded.v1`. The topic is stored,
never a class path, so that moving a class breaks nothing. A changed shape gets a new topic; the old struct moves to the
service's `events/retired.py` with an upcast, and nobody but the mapper ever sees it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import msgspec

E = TypeVar("E", bound="Event")
_TOPIC = re.compile(r"[a-z][a-z-]*\.[a-z][a-z-]*\.v[1-9][0-9]*")


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A fact that happened. Fields hold ids and facts, never names, phones, identity numbers or texts about people."""

    topic: ClassVar[str] = ""
    sealed: ClassVar[frozenset[str]] = frozenset()
    """Fields that leave the service only sealed: the feed leaves them out and marks it."""


class TextRef(msgspec.Struct, frozen=True, gc=False):
    """Stands in an event for a text that people wrote about a member; the text lies beside the log (`store/texts.py`).

    `id` finds it, `hash` is the hex SHA-256 of its salt and bytes: the log proves the text while its key lives.
    """

    id: str
    hash: str


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """An event as the log holds it: the fact, where it stands, and when it was recorded (UTC, set by the writer alone).

    `position` counts 1, 2, 3, ... over the whole log without a hole; `version` counts likewise within its `stream`.
    """

    position: int
    stream: str
    version: int
    recorded_at: datetime
    event: Event
    leaf_hash: str = ""

    @property
    def originator_id(self) -> str:
        """The stream, by the event store library's word for it."""
        return self.stream

    @property
    def originator_version(self) -> int:
        """The version, by the event store library's word for it."""
        return self.version


class Retired(msgspec.Struct, frozen=True):
    """An earlier shape of an event and how it becomes the present one."""

    shape: type[Event]
    upcast: Callable[[Event], Event]


TOPICS: dict[str, type[Event]] = {}
RETIRED: dict[str, Retired] = {}


def event(topic: str, *, sealed: tuple[str, ...] = ()) -> Callable[[type[E]], type[E]]:
    """Register a class of events under its `topic` (`<word>.<past-tense>.v<n>`); `sealed` names fields kept from feeds."""

    def register(cls: type[E]) -> type[E]:
        _claim(topic)
        cls.topic = topic
        cls.sealed = frozenset(sealed)
        TOPICS[topic] = cls
        return cls

    return register


def retired(topic: str, upcast: Callable[[Any], Event]) -> Callable[[type[E]], type[E]]:
    """Register an earlier shape: stored events of `topic` are decoded as it, then handed to `upcast`."""

    def register(cls: type[E]) -> type[E]:
        _claim(topic)
        cls.topic = topic
        RETIRED[topic] = Retired(cls, upcast)
        return cls

    return register


def _claim(topic: str) -> None:
    if not _TOPIC.fullmatch(topic):
        raise ValueError(f"{topic!r} is no topic: write it as word.past-tense.v1")
    if topic in TOPICS or topic in RETIRED:
        raise ValueError(f"the topic {topic} is taken: a changed event needs a new version")
