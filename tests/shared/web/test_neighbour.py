"""What a neighbour's answer becomes, good or bad; over real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from shared.errors import Conflict, Invalid, Refusal, Unavailable, Unknown
from shared.settings import Settings
from shared.web import Neighbour, PassedOn, ServiceTokens, fetching
from shared.web.problems import code_of, problem_of
from tests.shared.web.library import BOOK, BRANCH, library
from tests.shared.web.serving import served

PROBLEM = b"Content-Type: application/problem+json\r\n"
JSON = b"Content-Type: application/json\r\n"


def answer(status: str, headers: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status.encode(), headers, len(body), body)


class Says:
    """A server that gives these bytes to each connection, and closes."""

    def __init__(self, *said: bytes) -> None:
        self._said = list(said)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.heard: list[bytes] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        for said in self._said:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(65536))
                connection.sendall(said)

    def close(self) -> None:
        self._socket.close()


@asynccontextmanager
async def asking(url: str, folder: Path) -> AsyncIterator[Neighbour]:
    neighbour = Neighbour(url, ServiceTokens(Settings(_env_file=None, data=folder), "evaluation"))
    yield neighbour
    await neighbour.close()


async def said(folder: Path, *answers: bytes) -> object:
    server = Says(*answers)
    try:
        async with asking(server.url, folder) as neighbour:
            return await neighbour.get("/members")
    finally:
        server.close()


@pytest.mark.anyio
@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"hello?\r\n\r\n",
        answer("500 Oops", JSON, b"{}"),
        answer("502 Bad Gateway", b"Content-Type: text/html\r\n", b"<html>nginx</html>"),
        answer("200 OK", b"Content-Type: text/html\r\n", b"<html>hello</html>"),
        answer("200 OK", JSON, b""),
        answer("200 OK", JSON, b"{"),
        answer("200 OK", JSON, b"[" * 100_000),
        answer("200 OK", JSON, b'"\xff"'),
        answer("200 OK", b"", b"{}"),
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
        answer("301 Moved", b"Location: http://elsewhere.example/\r\n", b""),
        answer("401 Unauthorized", PROBLEM, b'{"code":"unauthenticated","detail":"no"}'),
        answer("403 Forbidden", PROBLEM, b'{"code":"not_allowed","detail":"no"}'),
        answer("429 Too Many", PROBLEM, b'{"code":"too_many","detail":"no"}'),
        answer("503 Away", PROBLEM, b'{"code":"unavailable","detail":"no"}'),
        answer("404 Not Found", b"Content-Type: text/html\r\n", b"<html>no such page</html>"),
        answer("409 Conflict", JSON, b"{}"),
        answer("409 Conflict", JSON, b'{"code":5,"detail":"no"}'),
        answer("299 Strange", JSON, b"nonsense"),
    ],
)
async def test_what_is_no_good_answer_is_unavailable(tmp_path: Path, nonsense: bytes) -> None:
    with pytest.raises(Unavailable):
        await said(tmp_path, nonsense, nonsense)


@pytest.mark.anyio
@pytest.mark.parametrize(("status", "kind"), [("404 Not Found", Unknown), ("409 Conflict", PassedOn), ("422 Unprocessable", Invalid)])
async def test_a_refusal_is_handed_on_as_its_kind(tmp_path: Path, status: str, kind: type[Refusal]) -> None:
    with pytest.raises(kind):
        await said(tmp_path, answer(status, PROBLEM, b'{"code":"publicity_running","detail":"Not before 12 October."}'))


@pytest.mark.anyio
async def test_a_conflict_keeps_the_neighbours_code_and_words(tmp_path: Path) -> None:
    body = b'{"title":"Conflict","status":409,"code":"publicity_running","detail":"Not before 12 October.","ends_on":"2026-10-12"}'
    with pytest.raises(Conflict) as caught:
        await said(tmp_path, answer("409 Conflict", PROBLEM, body))
    assert code_of(caught.value) == "publicity_running"
    shown = httpx.Response(409, content=bytes(problem_of(caught.value).body)).json()
    assert (shown["code"], shown["detail"], shown["ends_on"]) == ("publicity_running", "Not before 12 October.", "2026-10-12")


@pytest.mark.anyio
async def test_numbers_come_exact(tmp_path: Path) -> None:
    assert await said(tmp_path, answer("200 OK", JSON, b'{"score": 16.35, "count": 3}')) == {"score": Decimal("16.35"), "count": 3}


@pytest.mark.anyio
async def test_a_read_is_tried_again_once_and_a_command_is_not(tmp_path: Path) -> None:
    good = answer("200 OK", JSON, b"{}")
    assert await said(tmp_path, b"", good) == {}
    server = Says(b"", good)
    async with asking(server.url, tmp_path) as neighbour:
        with pytest.raises(Unavailable):
            await neighbour.post("/objections", {"text": "..."})
    server.close()
    assert len(server.heard) == 1


@pytest.mark.anyio
async def test_nobody_there_is_unavailable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with asking(url, tmp_path) as neighbour:
        with pytest.raises(Unavailable):
            await neighbour.get("/members")


@pytest.mark.anyio
async def test_who_drips_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "WHOLE_CALL_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with asking(f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path) as neighbour:
            with pytest.raises(Unavailable):
                await neighbour.get("/members")


@pytest.mark.anyio
async def test_who_says_too_much_is_not_listened_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", 1000)
    with pytest.raises(Unavailable):
        await said(tmp_path, answer("200 OK", JSON, b'"' + b"x" * 2000 + b'"'))


@pytest.mark.anyio
async def test_services_speak_to_each_other_by_a_service_token(tmp_path: Path, bearer: Callable[..., dict[str, str]]) -> None:
    with served(library(tmp_path)) as url:
        async with asking(url, tmp_path) as neighbour:
            assert (await neighbour.feed(0)).items == ()
            with pytest.raises(Unavailable):
                await neighbour.post("/loans", {"book": BOOK, "branch_id": BRANCH, "days": 1})
            with pytest.raises(Unknown):
                await neighbour.get(f"/payments/{BOOK}")
