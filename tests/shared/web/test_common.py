"""What every service has: health, metrics, clock, feed, OpenAPI, request ids, log lines; and that none of them tells about people."""

from __future__ import annotations

import json
import logging
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import structlog
from fastapi import FastAPI
from jsonschema_rs import meta

from shared.web.logs import configure_logs
from shared.web.openapi import document
from tests.shared.web.library import ADA, BOOK, BRANCH, TABLE, library
from tests.shared.web.serving import client_of

Headers = dict[str, str]


def test_alive_and_ready(client: httpx.Client) -> None:
    assert client.get("/health/live").json() == {"status": "alive"}
    assert client.get("/health/ready").json() == {"status": "ready"}


def test_not_ready_before_the_views_have_caught_up(tmp_path: Path, secretary: Headers) -> None:
    with client_of(library(tmp_path)) as client:
        assert client.get("/health/ready").status_code == 200
    behind = library(tmp_path)
    behind.state.readiness._has_caught_up = False
    behind.state.readiness._start = 10
    with client_of(behind) as client:
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert "catching up" in answer.json()["detail"]


def test_the_clock_moves_forward_only_and_by_an_admin(client: httpx.Client, admin: Headers, secretary: Headers) -> None:
    assert client.get("/clock", headers=secretary).json()["clock"] == "manual"
    later = {"now": "2028-03-01T00:00:00Z"}
    assert client.put("/clock", headers=secretary, json=later).status_code == 403
    assert client.put("/clock", headers=admin, json=later).json() == {"now": "2028-03-01T00:00:00Z", "clock": "manual"}
    back = client.put("/clock", headers=admin, json={"now": "2028-02-29T23:59:59Z"})
    assert (back.status_code, back.json()["code"]) == (409, "clock_refused")
    assert client.get("/clock", headers=admin).json()["now"] == "2028-03-01T00:00:00Z"


def test_the_feed_tells_every_event_in_order(client: httpx.Client, secretary: Headers, admin: Headers) -> None:
    for _ in range(3):
        client.post("/loans", headers=secretary, json={"book": str(uuid4()), "branch_id": BRANCH, "days": 1})
    first = client.get("/events", headers=admin, params={"limit": 2}).json()
    rest = client.get("/events", headers=admin, params={"after": first["next"]}).json()
    positions = [int(event["id"]) for event in [*first["items"], *rest["items"]]]
    assert positions == list(range(1, rest["next"] + 1))
    assert first["items"][0]["source"] == "http://127.0.0.1:8001"
    assert client.get("/events", headers=admin, params={"types": "nothing.at-all.v1"}).json() == {"items": [], "next": rest["next"]}
    assert client.get("/events", headers=secretary).status_code == 403


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=1001", f"after={2**70}"])
def test_the_feed_refuses_what_is_no_position(client: httpx.Client, admin: Headers, query: str) -> None:
    assert client.get(f"/events?{query}", headers=admin).status_code == 422


def test_the_feed_rings_when_there_is_more(client: httpx.Client, secretary: Headers, admin: Headers) -> None:
    head = client.get("/events", headers=admin, params={"after": 2**40}).json()["next"]
    last = client.get("/events", headers=admin, params={"limit": 1000}).json()["next"]
    assert head == last, "who asks from beyond the end is told where it is: it knows more than this log"
    with client.stream("GET", "/events", headers=admin | {"Accept": "text/event-stream"}, params={"after": last}) as bell:
        client.post("/loans", headers=secretary, json={"book": str(uuid4()), "branch_id": BRANCH, "days": 1})
        rung = next(line for line in bell.iter_lines() if line.startswith("data:"))
    assert rung == f"data: {last + 1}"


@pytest.mark.parametrize("given", ["abc-123", "0af7651916cd43dd8448eb211c80319c", "a:b.c_d"])
def test_a_sane_request_id_is_kept(client: httpx.Client, given: str) -> None:
    assert client.get("/board", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", [None, "", "x" * 129, "a b", "<script>", 'a"b', "王"])
def test_any_other_is_replaced(client: httpx.Client, given: str | None) -> None:
    headers = [] if given is None else [(b"X-Request-ID", given.encode())]
    assert UUID(client.get("/board", headers=headers).headers["X-Request-ID"]).version == 4


def test_metrics_count_by_template(client: httpx.Client, secretary: Headers) -> None:
    client.get(f"/payments/{ADA}", headers=secretary)
    client.get("/nobody/13800000000")
    figures = client.get("/metrics").text
    assert 'xingqi_http_requests_total{method="GET",route="/payments/{member_id}",status="200"}' in figures
    assert 'route="unmatched",status="404"' in figures
    assert "xingqi_log_position" in figures
    assert ADA not in figures
    assert "13800000000" not in figures


def test_no_answer_may_be_taken_for_another_type(client: httpx.Client) -> None:
    assert client.get("/board").headers["X-Content-Type-Options"] == "nosniff"


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The log lines since the test began; under uvicorn's own loggers, as in a real process."""
    loud = logging.StreamHandler()
    logging.getLogger("uvicorn").addHandler(loud)
    root, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield lambda: [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    logging.getLogger("uvicorn").handlers = []
    logging.getLogger().handlers = root
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


def test_a_log_line_tells_of_a_request_and_of_nobody(
    tmp_path: Path, lines: Callable[[], list[dict[str, Any]]], bearer: Callable[..., Headers]
) -> None:
    with client_of(library(tmp_path)) as client:
        client.get(f"/payments/{ADA}?note=王小明", headers={"X-Request-ID": "given"})
        client.post("/everything", json={"title": "王小明"}, headers={"User-Agent": "13800000000"})
        client.get("/health/live")
    said = lines()
    first = next(line for line in said if line.get("request_id") == "given" and line["event"] == "request")
    assert (
        first.items() >= {"event": "request", "method": "GET", "route": "/payments/{member_id}", "status": 401, "service": "roster"}.items()
    )
    assert first["ms"] >= 0
    text = json.dumps(said, ensure_ascii=False)
    assert "王小明" not in text
    assert "13800000000" not in text
    assert ADA not in text
    assert "/health/live" not in text


def test_a_defect_is_logged_by_type_and_place_alone(tmp_path: Path, lines: Callable[[], list[dict[str, Any]]]) -> None:
    with client_of(library(tmp_path)) as client:
        answer = client.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "RuntimeError" not in answer.text
    said = lines()
    defect = next(line for line in said if line["event"] == "defect")
    assert (defect["error"], defect["route"], defect["request_id"]) == ("RuntimeError", "/broken", answer.headers["X-Request-ID"])
    assert any("get_broken" in place for place in defect["where"])
    assert "13800000000" not in json.dumps(said, ensure_ascii=False)


def test_lines_of_libraries_have_the_same_shape(lines: Callable[[], list[dict[str, Any]]]) -> None:
    configure_logs("notice")
    try:
        int("王小明")
    except ValueError:
        logging.getLogger("some.library").exception("could not")
    (line,) = lines()
    assert (
        line.items()
        >= {"event": "could not", "level": "error", "logger": "some.library", "service": "notice", "error": "ValueError"}.items()
    )
    assert "王小明" not in json.dumps(line, ensure_ascii=False)


def test_the_openapi_document_names_tokens_and_refusals(client: httpx.Client) -> None:
    made = client.get("/openapi.json").json()
    assert made["openapi"].startswith("3.1")
    assert meta.is_valid(made["components"]["schemas"]["Loan"])
    loan = made["paths"]["/loans"]["post"]
    assert loan["security"] == [{"bearer": []}]
    assert set(loan["responses"]) == {"201", "401", "403", "404", "409", "413", "422", "503"}
    assert "`too_many_days`" in loan["responses"]["409"]["description"]
    assert "`key_in_flight`" in loan["responses"]["409"]["description"]
    assert "Idempotency-Key" in {parameter["name"] for parameter in loan["parameters"]}
    read = made["paths"]["/payments"]["get"]
    assert {"limit", "after", "min_position", "as_of"} == {parameter["name"] for parameter in read["parameters"]}
    assert "security" not in made["paths"]["/board"]["get"]
    assert "HTTPValidationError" not in json.dumps(made)


def test_the_document_covers_every_line_of_the_table(app: FastAPI) -> None:
    paths = document(app, app.state.service.table)["paths"]
    described = {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    assert described >= set(TABLE)


@pytest.mark.anyio
async def test_defects_reach_the_caller_of_the_app_where_tests_want_it(tmp_path: Path) -> None:
    app = library(tmp_path, shows_defects=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://library") as client:
        with pytest.raises(RuntimeError):
            await client.get("/broken")
    app.state.service.log.close()


def test_a_database_that_is_locked_is_a_503(client: httpx.Client) -> None:
    answer = client.get("/locked")
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "unavailable", "2")


@pytest.mark.parametrize("accept", ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html, application/json"])
@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/payments", 401), ("/locked", 503), ("/events?after=x", 401)])
def test_a_browser_gets_a_refusal_as_a_page(client: httpx.Client, accept: str, path: str, status: int) -> None:
    answer = client.get(path, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "application/json, text/html", "application/problem+json"])
def test_a_program_gets_a_refusal_as_a_problem(client: httpx.Client, accept: str) -> None:
    assert client.get("/nothing", headers={"Accept": accept}).headers["content-type"] == "application/problem+json"


def test_an_unknown_book_id_is_no_surprise(client: httpx.Client, secretary: Headers) -> None:
    answer = client.post("/loans", headers=secretary, json={"book": BOOK, "branch_id": "nobody", "days": 1})
    assert answer.json()["errors"][0]["pointer"] == "/branch_id"


RUN = """
import sys, uvicorn
from pathlib import Path
from tests.shared.web.library import library
uvicorn.run(library(Path(sys.argv[1])), port=int(sys.argv[2]), log_config=None, timeout_graceful_shutdown=30)
"""


def test_an_open_stream_does_not_keep_the_service_from_ending(folder: Path, tmp_path: Path, admin: Headers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "issuer").symlink_to(folder / "issuer")
    process = subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path), str(port)])
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, transport=httpx.HTTPTransport(retries=8)) as client:
            assert client.get("/health/ready").status_code == 200
            with client.stream("GET", "/events", headers=admin | {"Accept": "text/event-stream"}) as bell:
                assert bell.status_code == 200
                process.send_signal(signal.SIGTERM)
                assert list(bell.iter_lines()) == []
        process.wait(10)
    finally:
        process.kill()
        process.wait()


def test_data_says_to_a_browser_that_nothing_of_it_runs_or_is_framed(client: httpx.Client) -> None:
    for path in ("/board", "/nothing", "/openapi.json", "/metrics"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")
        assert "strict-transport-security" not in headers


def test_who_is_reached_by_https_is_to_stay_with_it(tmp_path: Path) -> None:
    with client_of(library(tmp_path, roster_browser_url="https://town.example")) as client:
        assert client.get("/board").headers["strict-transport-security"] == "max-age=31536000"


def test_who_is_turned_away_is_counted_and_noted_without_what_was_sent(
    folder: Path, tmp_path: Path, secretary: Headers, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    (tmp_path / "issuer").symlink_to(folder / "issuer")
    with client_of(library(tmp_path)) as client:
        client.put("/clock", json={"now": "2027-01-01T00:00:00Z"}, headers=secretary)
        client.get("/me", headers={"Authorization": "Bearer 13800000000"})
        counted = _refused(client)
    assert counted["/clock", "not_allowed"] == 1
    assert counted["/me", "unauthenticated"] == 1
    said = [line for line in lines() if line["event"] == "refused"]
    assert [(line["route"], line["code"], bool(line["person"])) for line in said] == [
        ("/clock", "not_allowed", True),
        ("/me", "unauthenticated", False),
    ]
    assert "13800000000" not in str(said)


def _refused(client: httpx.Client) -> dict[tuple[str, str], float]:
    pattern = r'xingqi_refused_total\{code="([^"]+)",route="([^"]+)"\} ([0-9.]+)'
    return {(route, code): float(count) for code, route, count in re.findall(pattern, client.get("/metrics").text)}
