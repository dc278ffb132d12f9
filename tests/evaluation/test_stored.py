"""The bytes of every topic ever released still decode: a changed event is a new topic, with an upcast from the old shape.

The proof of the way through an upcast, from the stored bytes to the view and the feed, is `tests/shared` (`shelf.book-lent.v1`): this
service has retired no shape yet.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import services.evaluation.events  # noqa: F401 - registers the topics
from shared.events import RETIRED, TOPICS
from shared.store.mapper import decode, encode

STORED = Path(__file__).parent / "stored"
HOUSE = "services.evaluation.events."


def ours() -> set[str]:
    """Every topic of this service, whatever its word: a new one can't be forgotten here."""
    shapes = TOPICS | {topic: retired.shape for topic, retired in RETIRED.items()}
    return {topic for topic, shape in shapes.items() if shape.__module__.startswith(HOUSE)}


def test_there_is_a_stored_example_of_every_topic() -> None:
    stored = {path.stem for path in STORED.glob("*.json")}
    assert stored >= ours(), f"write what the log holds of {sorted(ours() - stored)} into {STORED.name}/<topic>.json"
    assert stored <= ours(), f"{sorted(stored - ours())}: released topics are retired with an upcast, never removed"


@pytest.mark.parametrize("path", sorted(STORED.glob("*.json")), ids=lambda path: path.stem)
def test_a_stored_event_still_decodes_to_the_same(path: Path) -> None:
    state = path.read_bytes().strip()
    event = decode(path.stem, state)
    if path.stem in TOPICS:
        assert type(event) is TOPICS[path.stem]
        assert json.loads(encode(event)) == json.loads(state)
