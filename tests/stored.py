"""What each service's `test_stored.py` holds: the bytes of every topic ever released still decode.

A changed event is a new topic, with an upcast from the old shape. The proof of the way through an upcast, from the stored bytes to the
view and the feed, is `tests/shared` (`shelf.book-lent.v1`).
"""

from __future__ import annotations

import json
from pathlib import Path

from shared.events import RETIRED, TOPICS
from shared.store.mapper import decode, encode


def examples_beside(test: str) -> list[Path]:
    """The stored examples in `stored/` beside the test's file."""
    return sorted((Path(test).parent / "stored").glob("*.json"))


def check_complete(examples: list[Path], service: str) -> None:
    """There is an example of every topic of the service, whatever its word: a new one can't be forgotten, an old one not removed."""
    shapes = TOPICS | {topic: retired.shape for topic, retired in RETIRED.items()}
    ours = {topic for topic, shape in shapes.items() if shape.__module__.startswith(f"services.{service}.events.")}
    stored = {path.stem for path in examples}
    assert stored >= ours, f"write what the log holds of {sorted(ours - stored)} into tests/{service}/stored/<topic>.json"
    assert stored <= ours, f"{sorted(stored - ours)}: released topics are retired with an upcast, never removed"


def check_decodes(path: Path) -> None:
    """The example decodes, and is written again as the same."""
    state = path.read_bytes().strip()
    event = decode(path.stem, state)
    if path.stem in TOPICS:
        assert type(event) is TOPICS[path.stem]
        assert json.loads(encode(event)) == json.loads(state)
