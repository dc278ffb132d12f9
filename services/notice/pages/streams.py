"""A bell for a board: server-sent events that ring when something on it changed, for pages and programs that show it."""

from __future__ import annotations

import asyncio
from typing import cast

from fastapi import Response

from services.notice.commands.notices import load_notice
from services.notice.domain.boards import UnknownBoard
from services.notice.pages.reading import known_board
from shared.store import Log
from shared.web import Door, Id, Router, problems
from shared.web.streams import NoStreamLeft, Stream, Streams

PAGE = 1000
NOTICE = "notice/"

router = Router(tags=["Boards"])


@router.get(
    "/boards/{organization_id}/stream",
    response_model=None,
    responses={200: {"content": {"text/event-stream": {}}}, **problems(UnknownBoard, NoStreamLeft)},
)
async def get_stream(organization_id: Id, door: Door) -> Response:
    """One message whenever a notice of the board was published or changed: read the board again then. It ends after ten minutes.

    `id` and `data` are the position in the log of this service; `Last-Event-ID` goes on behind it.
    """
    await known_board(door, await door.snapshot(), organization_id)
    log, request = door.log, door.request
    heard = request.headers.get("last-event-id", "")
    after = int(heard) if heard.isascii() and heard.isdigit() and len(heard) < len(str(PAGE)) * 4 else log.head()

    async def is_news(before: int, head: int) -> bool:
        return await changes(log, organization_id, before, head)

    streams = cast(Streams, door.state.streams)
    address = request.client.host if request.client else ""
    return Stream(streams, f"address {address}", streams.rings(after, is_news))


async def changes(log: Log, organization_id: str, before: int, head: int) -> bool:
    """Whether an event after position `before`, up to `head`, is about a notice of the organisation."""
    seen: set[str] = set()
    while before < head:
        rows = await asyncio.to_thread(log.page, before, PAGE)
        if not rows:
            return False
        before = rows[-1].position
        for stream in {row.stream for row in rows if row.stream.startswith(NOTICE)} - seen:
            seen.add(stream)
            notice = (await load_notice(log, stream.removeprefix(NOTICE))).state
            if notice is not None and notice.published.organization_id == organization_id:
                return True
    return False
