"""Schemathesis against the three OpenAPI documents, with tokens: no 5xx, and no answer that the document does not name.

`EXAMPLES=50` tries more for each operation.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.journeys.stories import Town, names, story_town

EXAMPLES = int(os.environ.get("EXAMPLES", "4"))
SECONDS = 60.0 * max(1, EXAMPLES // 4)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LEFT_OUT = {"/clock", "/witness/add-checkpoint"}
"""Moving the clock would end the test's own terms; a neighbour's log is read by the tests of the log."""

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]

pytestmark = pytest.mark.timeout(60 + 4 * SECONDS)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with story_town(tmp_path_factory.mktemp("schemathesis")) as made:
        made.published(made.branch(names(6)))
        yield made


@pytest.fixture(scope="module")
def everybody(town: Town) -> str:
    """The token of one caller who holds every role that a person can hold: refusals come from the input, not from the caller."""
    roles = ["admin", "county_supervisor", "town_officer", "branch_secretary", "committee_member", "member", "platform", "service"]
    return town.cell.token(*roles)


@pytest.mark.parametrize("service", ["roster", "evaluation", "notice"])
def test_answers_are_those_of_the_document(town: Town, everybody: str, service: str) -> None:
    schema = schemathesis.openapi.from_url(f"{town.cell.urls[service]}/openapi.json")
    headers = {"Authorization": f"Bearer {everybody}"}
    until, tried, left = time.monotonic() + SECONDS, 0, []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if operation.path in LEFT_OUT or "text/event-stream" in str(operation.definition.raw):
            continue
        if time.monotonic() > until:
            left.append(operation.label)
            continue
        tried += examples_of(operation, headers)
    sys.stdout.write(f"{service}: {tried} calls; no time for {left}\n")
    assert tried


def examples_of(operation: Operation, headers: dict[str, str]) -> int:
    """Call one operation with made-up input, each answer checked against the document; how many calls were made."""
    tried = 0

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def try_one(case: schemathesis.Case[Any]) -> None:
        nonlocal tried
        tried += 1
        if isinstance((case.query or {}).get("min_position"), int):
            case.query["min_position"] = min(case.query["min_position"], 1)  # a later one is waited for, five seconds each
        answer = case.call(headers=headers, timeout=15)
        is_unavailable = answer.status_code == 503 and "retry-after" in answer.headers
        case.validate_response(answer, checks=CHECKS[1:] if is_unavailable else CHECKS)

    try_one()
    return tried
