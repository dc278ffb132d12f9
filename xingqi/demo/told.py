"""What a hard case of the demonstration came to, in one line, and where the board shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from xingqi.demo.client import Client, Json


@dataclass(frozen=True)
class Told:
    """One hard case. `seen`: the path of the page of notice on which it is seen, `notices/<id>` or `boards/<id>`."""

    day: date
    chinese: str
    english: str
    seen: str


async def result_notice(client: Client, review_id: str) -> Json:
    """The newest notice of a review's results, once notice has taken in all that was written."""
    found = await client.read("notice/notices", kind="result", review_id=review_id, min_position=client.written)
    return found["items"][0]


async def newest_notice(client: Client, kind: str, organization_id: str) -> str:
    """The path of an organisation's newest notice of a kind."""
    found = await client.read("notice/notices", kind=kind, organization_id=organization_id, min_position=client.written)
    return f"notices/{found['items'][0]['id']}"
