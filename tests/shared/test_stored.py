"""What every service's log may hold, whatever it is about: its stored bytes still decode."""

from __future__ import annotations

from pathlib import Path

import pytest

import shared.published  # noqa: F401 - its topics are known then
from shared.events import TOPICS
from tests.stored import check_decodes, examples_beside

EXAMPLES = examples_beside(__file__)


def test_every_shared_topic_has_an_example() -> None:
    ours = {topic for topic, shape in TOPICS.items() if shape.__module__.startswith("shared.")}
    assert {path.stem for path in EXAMPLES} == ours


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_stored_bytes_still_decode(path: Path) -> None:
    check_decodes(path)
