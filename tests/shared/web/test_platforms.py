"""What a platform gets: the events and routes that its grants name, of the organisations that they name; and a bell that is bounded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.roster.issuer import Issuer
from shared.store import Write
from shared.web import streams
from tests.shared.facts import BookLent, ReaderGreeted, ShelfBuilt
from tests.shared.web.library import ADA, BRANCH, OTHER, library, settings_of
from tests.shared.web.serving import client_of

Headers = dict[str, str]
Platform = Callable[..., Headers]


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return library(tmp_path)


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with client_of(app) as client:
        yield client


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    """The Authorization header of a platform with this grant."""
    issuer = Issuer(settings_of(tmp_path))

    def header(organization: str | None = BRANCH, types: object = ..., subject: str = "a-platform") -> Headers:
        grant = {"role": "platform", "organization_id": organization, "types": types}
        claims = {"sub": subject, "grants": [{name: value for name, value in grant.items() if value is not ...}]}
        return {"Authorization": f"Bearer {issuer.sign(claims, 60)}"}

    return header


def tell(app: FastAPI, *branches: str) -> None:
    log = app.state.service.log
    for branch in branches:
        log.save(Write(f"shelf/{uuid4()}", 0, [ShelfBuilt(shelf_id=str(uuid4()), branch_id=branch)]))


def topics(client: httpx.Client, headers: Headers, **params: object) -> list[str]:
    answer = client.get("/events", headers=headers, params=params)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return [event["type"] for event in answer.json()["items"]]


@pytest.mark.spec("1.13")
def test_a_platform_reads_the_types_and_organisations_that_it_was_granted(app: FastAPI, client: httpx.Client, platform: Platform) -> None:
    tell(app, BRANCH, OTHER)
    app.state.service.log.save(Write("greeting", 0, [ReaderGreeted(member_id=ADA)]), Write("b", 0, [BookLent(book="b", days=1)]))
    assert topics(client, platform()) == ["shelf.shelf-built.v1", "readers.reader-greeted.v1"]
    assert topics(client, platform(types=["readers.*"])) == ["readers.reader-greeted.v1"]
    assert topics(client, platform(types=["readers.*"]), types="shelf.*") == []
    assert topics(client, platform(OTHER, types=["*"])) == ["shelf.shelf-built.v1"]
    assert topics(client, platform(types=[])) == []


def test_a_platform_without_an_organisation_reads_nothing(client: httpx.Client, platform: Platform) -> None:
    assert client.get("/events", headers=platform(None)).status_code == 403


@pytest.mark.parametrize("types", ["*", [1], [""], ["x"] * 101, {"a": 1}])
def test_a_token_whose_types_are_no_list_of_words_is_none(client: httpx.Client, platform: Platform, types: object) -> None:
    assert client.get("/events", headers=platform(types=types)).status_code == 401


@pytest.mark.spec("1.13")
def test_a_route_that_is_granted_by_a_word(client: httpx.Client, platform: Platform) -> None:
    assert client.get(f"/prices/{BRANCH}", headers=platform(types=["prices", "shelf.*"])).status_code == 200
    assert client.get(f"/prices/{BRANCH}", headers=platform()).status_code == 200
    assert client.get(f"/prices/{BRANCH}", headers=platform(types=["shelf.*"])).status_code == 403
    assert client.get(f"/prices/{OTHER}", headers=platform(types=["prices"])).status_code == 403
    assert client.get("/scopes", headers=platform(types=["prices"])).json() == {"scopes": None}


def test_the_bell_rings_for_what_the_platform_may_see_alone(app: FastAPI, client: httpx.Client, platform: Platform) -> None:
    headers = platform(types=["shelf.*"]) | {"Accept": "text/event-stream"}
    with client.stream("GET", "/events", headers=headers) as bell:
        tell(app, OTHER, OTHER)
        tell(app, BRANCH)
        assert next(line for line in bell.iter_lines() if line.startswith("data:")) == "data: 3"


def test_one_caller_holds_so_many_bells_and_others_still_get_theirs(
    client: httpx.Client, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST_STREAMS_OF_ONE", 1)
    monkeypatch.setattr(streams, "KEEP_ALIVE_SECONDS", 0.1)
    ring = {"Accept": "text/event-stream"}
    with client.stream("GET", "/events", headers=platform() | ring) as first:
        lines = first.iter_lines()  # held: an iterator that is dropped closes its stream
        assert next(lines) == ": still here"
        refused = client.get("/events", headers=platform() | ring)
        assert (refused.status_code, refused.json()["code"]) == (503, "no_stream_left")
        assert refused.headers["Retry-After"]
        with client.stream("GET", "/events", headers=platform(subject="another") | ring) as second:
            assert second.status_code == 200
    for _ in range(100):  # until the server has seen that the first one is closed
        with client.stream("GET", "/events", headers=platform() | ring) as again:
            if again.status_code == 200:
                return
        time.sleep(0.05)
    pytest.fail("the place was not given back")


def test_a_bell_ends_after_its_time(client: httpx.Client, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LONGEST_STREAM_SECONDS", 0.2)
    assert client.get("/events", headers=platform() | {"Accept": "text/event-stream"}).status_code == 200


def test_metrics_are_documented_as_text(client: httpx.Client, app: FastAPI) -> None:
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert list(app.openapi()["paths"]["/metrics"]["get"]["responses"]["200"]["content"]) == ["text/plain"]
