"""The bytes of every topic ever released still decode: a changed event is a new topic, with an upcast from the old shape."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import services.roster.events  # noqa: F401 - registers the topics
from shared.events import RETIRED, TOPICS
from shared.store.mapper import decode, encode

STORED = Path(__file__).parent / "stored"
WORDS = ("organizations.", "members.", "calendar.", "clients.", "imports.")


def ours() -> set[str]:
    return {topic for topic in (*TOPICS, *RETIRED) if topic.startswith(WORDS)}


def test_there_is_a_stored_example_of_every_topic() -> None:
    assert {path.stem for path in STORED.glob("*.json")} == ours()


@pytest.mark.parametrize("path", sorted(STORED.glob("*.json")), ids=lambda path: path.stem)
def test_a_stored_event_still_decodes_to_the_same(path: Path) -> None:
    state = path.read_bytes().strip()
    event = decode(path.stem, state)
    if path.stem in TOPICS:
        assert type(event) is TOPICS[path.stem]
        assert json.loads(encode(event)) == json.loads(state)
