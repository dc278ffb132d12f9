"""The bytes of every topic that this service ever released still decode."""

from __future__ import annotations

from pathlib import Path

import pytest

import services.evaluation.events  # noqa: F401 - registers the topics
from tests.stored import check_complete, check_decodes, examples_beside

EXAMPLES = examples_beside(__file__)


def test_there_is_a_stored_example_of_every_topic() -> None:
    check_complete(EXAMPLES, "evaluation")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_stored_event_still_decodes_to_the_same(path: Path) -> None:
    check_decodes(path)
