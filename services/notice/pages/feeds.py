"""A board as JSON Feed 1.1: for readers of feeds, and for whoever mirrors a board elsewhere."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from services.notice.domain.boards import UnknownBoard
from services.notice.domain.notices import CORRECTED, CURRENT
from services.notice.pages.freshness import freshness_of
from services.notice.pages.plain import plain_text
from services.notice.pages.reading import Reader, Shown, known_board
from services.notice.projections.notices import Wanted, list_notices
from shared.web import Door, Id, Router, problems
from shared.web.answers import json_answer
from shared.web.languages import CHINESE, TAGS, message, translated

VERSION = "https://jsonfeed.org/version/1.1"
MOST_ITEMS = 100
TITLE = message("%(organization)s党务公开栏")

router = Router(tags=["Boards"])


@router.get("/boards/{organization_id}/feed.json", response_model=None, responses=problems(UnknownBoard))
async def get_json_feed(organization_id: Id, door: Door) -> Response:
    """The board's newest notices, the corrected ones among them, newest first."""
    await door.snapshot()
    freshness = freshness_of(door.log, f"feed {organization_id} {door.request.query_params.get('as_of')}", organization_id)
    if unchanged := freshness.unchanged(door.request):
        return unchanged
    reader = Reader(door, await door.snapshot(is_current=True))
    board = await known_board(door, reader.snapshot, organization_id)
    rows = await list_notices(reader.snapshot, Wanted(organization_id), reader.today, limit=MOST_ITEMS)
    reading = await reader.read([row["notice_id"] for row in rows])
    items = [shown for shown in reading.shown if shown.summary["state"] in {CURRENT, CORRECTED}]
    url = door.settings.notice_url
    feed = {
        "version": VERSION,
        "title": translated(CHINESE, TITLE, organization=board["name"]),
        "home_page_url": f"{url}/boards/{organization_id}",
        "feed_url": f"{url}/boards/{organization_id}/feed.json",
        "language": TAGS[CHINESE],
        "items": [_item(shown, url) for shown in items],
    }
    headers = freshness.headers if reading.is_complete else {"Cache-Control": "no-store"}
    answer = json_answer(feed, headers=headers)
    answer.headers["Content-Type"] = "application/feed+json"
    return answer


def _item(shown: Shown, url: str) -> dict[str, Any]:
    summary = shown.summary
    place = f"{url}/notices/{summary['id']}"
    facts = {name: summary[name] for name in ("number", "kind", "state", "version", "replaces", "replaced_by", "content_hash")}
    return {
        "id": place,
        "url": place,
        "title": summary["title"],
        "content_text": plain_text(shown, CHINESE),
        "date_published": summary["published_at"],
        "date_modified": summary["changed_at"],
        "tags": [summary["kind"]],
        "_xingqi": facts,
    }
