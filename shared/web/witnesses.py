"""The neighbours that cosign our log, and asking them: the log is the client of its witnesses (C2SP tlog-witness)."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from shared.publisher import Publisher
from shared.settings import BadSettings, Settings
from shared.transparency.notes import LOG_KEY, WITNESS_KEY, Note, NoteWrong, PublicKey, public_key, signatures_in
from shared.transparency.tree import consistency
from shared.web.fetching import trusted
from shared.witnessing import Book

logger = logging.getLogger(__name__)
ASK_EVERY_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 300.0
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A witness: its key, and where it is asked; None for one that pulls and sends its cosignature by itself."""

    key: PublicKey
    url: str | None


def neighbours_of(path: Path | None) -> tuple[Neighbour, ...]:
    """The witnesses named in a file. Raises BadSettings naming the line that is none."""
    return tuple(_read(path, WITNESS_KEY)) if path else ()


def book_of(publisher: Publisher, path: Path | None) -> Book:
    """The book of this service as a witness, for the logs named in a file. Raises BadSettings."""
    return Book(publisher.published.database, publisher.witness, logs_in(path) if path else {})


def logs_in(path: Path) -> dict[str, PublicKey]:
    """The verifier keys named in a file, by origin. Raises BadSettings naming the line that is none."""
    return {each.key.name: each.key for each in _read(path, LOG_KEY)}


def _read(path: Path, kind: int) -> Iterator[Neighbour]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadSettings(f"{path} can't be read: {error.strerror}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        text, _, url = line.strip().partition(" ")
        try:
            key = public_key(text)
        except NoteWrong as error:
            raise BadSettings(f"{path}, line {number}: {error}") from error
        if key.kind != kind:
            raise BadSettings(f"{path}, line {number}: this is a key of type {key.kind}; here belong keys of type {kind}")
        yield Neighbour(key, url.strip().rstrip("/") or None)


@asynccontextmanager
async def publishing(publisher: Publisher, settings: Settings) -> AsyncIterator[None]:
    """Publish the log, and ask each witness that can be asked, for as long as the service runs."""
    publisher.start()
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False, verify=trusted()) as client:
        tasks = [
            asyncio.create_task(_ask_for_ever(client, publisher, each, each.url))
            for each in neighbours_of(settings.witnesses_file)
            if each.url
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(publisher.close)


async def _ask_for_ever(client: httpx.AsyncClient, publisher: Publisher, witness: Neighbour, url: str) -> None:
    seen, pause = 0, ASK_EVERY_SECONDS
    while True:
        try:
            seen = await ask(client, publisher, witness, url, seen)
            pause = ASK_EVERY_SECONDS
        except (httpx.HTTPError, NoteWrong, ValueError) as error:
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            logger.info("the witness %s did not cosign: %s", witness.key.name, type(error).__name__)
        await asyncio.sleep(pause)


async def ask(client: httpx.AsyncClient, publisher: Publisher, witness: Neighbour, url: str, seen: int) -> int:
    """Have the newest checkpoint cosigned by one that saw `seen` leaves; returns what it has seen then.

    Raises:
        httpx.HTTPError, ValueError: it did not answer, or did not cosign.
    """
    published = publisher.published
    note = await asyncio.to_thread(published.note)
    if note is None:
        return seen
    size = int(note.text.split("\n")[1])
    if note.is_signed_by(witness.key):
        return size
    for _ in range(2):
        answer = await client.post(f"{url}/add-checkpoint", content=await asyncio.to_thread(_submission, publisher, note, seen, size))
        if answer.status_code == httpx.codes.CONFLICT and answer.text.strip().isdigit():
            seen = int(answer.text)
            continue
        answer.raise_for_status()
        cosigned = Note(note.text, signatures_in(answer.text))
        if not cosigned.is_signed_by(witness.key):
            raise ValueError("this is not the witness's cosignature")
        await asyncio.to_thread(published.add_cosignature, size, cosigned, witness.key)
        return size
    return seen


def _submission(publisher: Publisher, note: Note, seen: int, size: int) -> bytes:
    proof: list[bytes] = []
    with suppress(IndexError):
        proof = consistency(seen, size, publisher.published.node)
    lines = "".join(f"{b64encode(each).decode()}\n" for each in proof)
    return f"old {seen}\n{lines}\n{note}".encode()
