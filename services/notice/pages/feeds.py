"""A board as JSON Feed 1.1 and as Atom (RFC 4287): for readers of feeds, and for whoever mirrors a board elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import Response

from services.notice.domain.boards import UnknownBoard
from services.notice.domain.notices import CORRECTED, CURRENT
from services.notice.pages.freshness import FreshnessKeeper
from services.notice.pages.plain import plain_text
from services.notice.pages.reading import Reader, Shown, known_board
from services.notice.projections.notices import Wanted, list_notices
from shared.web import Door, Doorway, Id, Router, problems
from shared.web.answers import json_answer
from shared.web.languages import CHINESE, TAGS, message, translated

VERSION = "https://jsonfeed.org/version/1.1"
ATOM = "http://www.w3.org/2005/Atom"
MOST_ITEMS = 100
TITLE = message("%(organization)s党务公开栏")

router = Router(tags=["Boards"])


@dataclass(frozen=True)
class Feed:
    """A board's newest notices, the corrected ones among them, newest first; `is_complete`: every name and text could be loaded."""

    organization_id: str
    title: str
    items: list[Shown]
    is_complete: bool


@router.get("/boards/{organization_id}/feed.json", response_model=None, responses=problems(UnknownBoard))
async def get_json_feed(organization_id: Id, door: Door) -> Response:
    """The board's newest notices, the corrected ones among them, newest first."""
    return await _answer(door, organization_id, "application/feed+json", _json_feed)


@router.get("/boards/{organization_id}/feed.atom", response_model=None, responses=problems(UnknownBoard))
async def get_atom_feed(organization_id: Id, door: Door) -> Response:
    """The same as an Atom feed."""
    return await _answer(door, organization_id, "application/atom+xml; charset=utf-8", atom_feed)


async def _answer(door: Doorway, organization_id: str, media_type: str, write: Callable[[Feed, str, datetime], bytes]) -> Response:
    await door.snapshot()
    form = f"{media_type} {organization_id} {door.request.query_params.get('as_of')}"
    freshness = await cast(FreshnessKeeper, door.state.freshness).of(form, organization_id)
    if unchanged := freshness.unchanged(door.request):
        return unchanged
    feed = await _feed(door, organization_id)
    headers = freshness.headers if feed.is_complete else {"Cache-Control": "no-store"}
    body = write(feed, door.settings.notice_url, freshness.changed_at)
    return Response(body, headers={**headers, "Content-Type": media_type})


async def _feed(door: Doorway, organization_id: str) -> Feed:
    reader = Reader(door, await door.snapshot(is_current=True))
    board = await known_board(door, reader.snapshot, organization_id)
    rows = await list_notices(reader.snapshot, Wanted(organization_id), reader.today, limit=MOST_ITEMS)
    reading = await reader.read([row["notice_id"] for row in rows])
    items = [shown for shown in reading.shown if shown.summary["state"] in {CURRENT, CORRECTED}]
    return Feed(organization_id, translated(CHINESE, TITLE, organization=board["name"]), items, reading.is_complete)


def _json_feed(feed: Feed, url: str, _: datetime) -> bytes:
    board = f"{url}/boards/{feed.organization_id}"
    document = {
        "version": VERSION,
        "title": feed.title,
        "home_page_url": board,
        "feed_url": f"{board}/feed.json",
        "language": TAGS[CHINESE],
        "items": [_item(shown, url) for shown in feed.items],
    }
    return bytes(json_answer(document).body)


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


def atom_feed(feed: Feed, url: str, changed_at: datetime) -> bytes:
    """The feed as an Atom document; ids are the addresses of board and notices, and never change."""
    board = f"{url}/boards/{feed.organization_id}"
    root = Element("feed", {"xmlns": ATOM, "xml:lang": TAGS[CHINESE]})
    _texts(root, id=board, title=feed.title, updated=_stamp(max([changed_at, *(shown.summary["changed_at"] for shown in feed.items)])))
    SubElement(_with(root, "author"), "name").text = feed.title
    _with(root, "link", rel="alternate", type="text/html", href=board)
    _with(root, "link", rel="self", type="application/atom+xml", href=f"{board}/feed.atom")
    for shown in feed.items:
        summary, place = shown.summary, f"{url}/notices/{shown.summary['id']}"
        entry = _with(root, "entry")
        moments = {"published": _stamp(summary["published_at"]), "updated": _stamp(summary["changed_at"])}
        _texts(entry, id=place, title=summary["title"], **moments, content=plain_text(shown, CHINESE))
        _with(entry, "link", rel="alternate", type="text/html", href=place)
        _with(entry, "category", term=summary["kind"])
        if summary["replaced_by"]:
            _with(entry, "link", rel="related", href=f"{url}/notices/{summary['replaced_by']}")
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _with(parent: Element, name: str, **attributes: str) -> Element:
    return SubElement(parent, name, attributes)


def _texts(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
