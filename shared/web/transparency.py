"""The routes of the transparency log and of the witness that every service is (design: log.md)."""

from __future__ import annotations

import asyncio

from fastapi import Request
from starlette.responses import PlainTextResponse, Response

from shared.errors import Invalid, NotAllowed, Unknown
from shared.publisher import Publisher
from shared.transparency.notes import Note, NoteWrong, note_of
from shared.transparency.tiles import tile_at
from shared.transparency.witness import Refused
from shared.web.door import Door
from shared.web.permissions import PUBLIC, PUBLIC_LIMITED, WITHIN, allow, permissions
from shared.web.problems import problems
from shared.web.routing import Router
from shared.witnessing import Book

FOR_EVER = "max-age=31536000, immutable"
BYTES = "application/octet-stream"
NEVER_OLD = {"Cache-Control": "no-cache"}
MOST_NOTE_BYTES = 100_000

router = Router(tags=["Transparency log"])
TABLE = permissions(
    {
        "GET /log/checkpoint": PUBLIC,
        "GET /log/checkpoint/witnessed": PUBLIC,
        "GET /log/checkpoint/{size}": PUBLIC,
        "GET /log/tile/entries/{path:path}": allow(
            admin=WITHIN, county_supervisor=WITHIN, town_officer=WITHIN, platform=WITHIN, service=WITHIN
        ),
        "GET /log/tile/{path:path}": PUBLIC,
        "POST /log/cosignatures": PUBLIC_LIMITED,
        "POST /witness/add-checkpoint": PUBLIC,
        "GET /witness/{origin_hash}/checkpoint": PUBLIC,
    }
)


class NotPublished(Unknown):
    """There is no such tile or checkpoint."""

    code = "not_in_the_log"
    sentence = "Nothing is published there; read /log/checkpoint and ask for what lies within its size."


class UnknownWitness(NotAllowed):
    """No configured witness made a good cosignature."""

    code = "unknown_witness"
    sentence = "No line of this note is a good cosignature of a witness that is known here."


class NotOurNote(Invalid):
    """The text is not that of the checkpoint of this size."""

    code = "not_our_checkpoint"
    sentence = "Send the note as /log/checkpoint/{size} gives it, with the cosignature's line added."


@router.get("/log/checkpoint", response_class=PlainTextResponse, responses=problems(NotPublished))
async def get_checkpoint(door: Door) -> Response:
    """The newest signed checkpoint, with the cosignatures that it has."""
    return _note(await asyncio.to_thread(_publisher(door.request).published.note))


@router.get("/log/checkpoint/witnessed", response_class=PlainTextResponse, responses=problems(NotPublished))
async def get_witnessed(door: Door) -> Response:
    """The newest checkpoint that a witness has cosigned."""
    return _note(await asyncio.to_thread(_publisher(door.request).published.witnessed))


@router.get("/log/checkpoint/{size}", response_class=PlainTextResponse, responses=problems(NotPublished))
async def get_checkpoint_of(size: str, door: Door) -> Response:
    """The checkpoint of a published size, for whoever holds a printed notice."""
    is_written_plainly = size.isascii() and size.isdigit() and str(int(size[:19])) == size
    return _note(await asyncio.to_thread(_publisher(door.request).published.note, int(size)) if is_written_plainly else None)


@router.get("/log/tile/entries/{path:path}", response_class=Response, responses=problems(NotPublished))
async def get_entries(path: str, door: Door) -> Response:
    """A bundle of the log's entries; it holds scores of people, so it is for supervisors and granted platforms."""
    await door.require()
    return await _tile(door.request, f"entries/{path}", "private")


@router.get("/log/tile/{path:path}", response_class=Response, responses=problems(NotPublished))
async def get_tile(path: str, door: Door) -> Response:
    """A tile of the tree's hashes."""
    return await _tile(door.request, path, "public")


@router.post("/log/cosignatures", response_class=PlainTextResponse, responses=problems(UnknownWitness, NotPublished, NotOurNote))
async def post_cosignature(request: Request, door: Door) -> Response:
    """Keep the cosignature of a neighbour that can't be called: the note with its line added."""
    published = _publisher(door.request).published
    try:
        note = note_of(await _text(request))
        size = int(note.text.split("\n")[1])
    except (NoteWrong, ValueError, IndexError) as error:
        raise NotOurNote from error
    ours = await asyncio.to_thread(published.note, size) if 0 <= size < 2**63 else None
    if ours is None:
        raise NotPublished
    if ours.text != note.text:
        raise NotOurNote
    known = False
    for witness in door.state.witnesses:
        if note.is_signed_by(witness.key):
            known = True
            await asyncio.to_thread(published.add_cosignature, size, note, witness.key)
    if not known:
        raise UnknownWitness
    return PlainTextResponse("kept\n")


@router.post("/witness/add-checkpoint", response_class=PlainTextResponse)
async def add_checkpoint(request: Request, door: Door) -> Response:
    """Cosign a checkpoint of a log that is watched here (C2SP tlog-witness): 200 with a signature line, else 400, 403, 404, 409 or 422."""
    return await cosigned(door.state.book, request)


@router.get("/witness/{origin_hash}/checkpoint", response_class=PlainTextResponse, responses=problems(NotPublished))
async def get_seen(origin_hash: str, door: Door) -> Response:
    """The last checkpoint that was cosigned here of the log whose origin has this SHA-256."""
    book: Book = door.state.book
    return _note(await asyncio.to_thread(book.seen, origin_hash))


async def cosigned(book: Book, request: Request) -> Response:
    """The answer of the witness protocol to a submission."""
    try:
        line = await asyncio.to_thread(book.cosign, await _text(request))
    except Refused as refused:
        is_size = refused.status == 409  # noqa: PLR2004
        return Response(refused.body, refused.status, media_type="text/x.tlog.size" if is_size else "text/plain; charset=utf-8")
    return PlainTextResponse(line)


async def _text(request: Request) -> bytes:
    body = await request.body()
    return body[: MOST_NOTE_BYTES + 1]


async def _tile(request: Request, path: str, cache: str) -> Response:
    tile = tile_at(path)
    found = await asyncio.to_thread(_publisher(request).published.tile, tile) if tile else None
    if found is None:
        raise NotPublished
    return Response(found, media_type=BYTES, headers={"Cache-Control": f"{cache}, {FOR_EVER}"})


def _note(note: Note | None) -> Response:
    if note is None:
        raise NotPublished
    return PlainTextResponse(str(note), headers=NEVER_OLD)


def _publisher(request: Request) -> Publisher:
    publisher: Publisher = request.app.state.publisher
    return publisher
