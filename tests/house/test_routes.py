"""Every route of every service: described, with its line in the table of permissions and its refusals in the document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from shared.settings import SERVICES, read_settings
from shared.web.problems import PROBLEM_JSON
from xingqi.stores import app_of


class Operation(NamedTuple):
    """One route as its service documents it."""

    name: str
    method: str
    said: dict[str, Any]

    @property
    def refusals(self) -> set[str]:
        return {status for status, answer in self.said["responses"].items() if PROBLEM_JSON in answer.get("content", {})}


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> list[Operation]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XINGQI_DATA", str(tmp_path_factory.mktemp("data")))
        return [operation for service in SERVICES for operation in documented(service)]


def documented(service: str) -> Iterator[Operation]:
    assert isinstance(read_settings(env_file=None).data, Path)
    app = app_of(service)  # type: ignore[arg-type]
    for path, methods in app.openapi()["paths"].items():
        for method, said in methods.items():
            yield Operation(f"{service}: {method.upper()} {path}", method, said)
    app.state.service.log.close()


def test_every_route_says_what_it_does(operations: list[Operation]) -> None:
    assert len(operations) > 60
    assert not [each.name for each in operations if len(each.said.get("description", "")) < 10], (
        "the handler's docstring is what callers read"
    )


def test_every_closed_route_says_that_it_may_refuse_the_caller(operations: list[Operation]) -> None:
    closed = [each for each in operations if "security" in each.said]
    assert not [each.name for each in closed if not {"401", "403", "404"} <= each.refusals]


def test_every_route_with_a_body_says_that_it_may_refuse_it(operations: list[Operation]) -> None:
    with_body = [each for each in operations if "requestBody" in each.said]
    assert not [each.name for each in with_body if not {"413", "422"} <= each.refusals]


def test_every_route_with_an_id_says_that_there_may_be_no_such_thing(operations: list[Operation]) -> None:
    assert not [each.name for each in operations if "{" in each.name and "404" not in each.refusals]


def test_no_refusal_has_another_shape_than_a_problem(operations: list[Operation]) -> None:
    wrong = [
        f"{each.name} {status}"
        for each in operations
        for status, answer in each.said["responses"].items()
        if status.startswith(("4", "5")) and set(answer.get("content", {})) != {PROBLEM_JSON}
    ]
    assert not wrong


def test_no_command_can_be_carried_out_by_following_a_link(operations: list[Operation]) -> None:
    """A GET stores nothing, so it has no body and no idempotency key."""
    readers = [each for each in operations if each.method == "get"]
    assert not [each.name for each in readers if "requestBody" in each.said or "Idempotency-Key" in str(each.said.get("parameters", ""))]
