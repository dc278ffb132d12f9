"""What the boards and posters say of notice's log: its newest checkpoint, who agrees with it and since when (design: trust.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from time import monotonic
from typing import Any

import segno
from markupsafe import Markup

from shared.publisher import Publisher
from shared.settings import Settings
from shared.transparency.notes import Checkpoint
from shared.web import Doorway

LOOK_EVERY_SECONDS = 1.0
"""A checkpoint is signed at most once a second."""


@dataclass(frozen=True)
class Agreement:
    """A witness that is known here; `since`, `at` and `size` are None while it has cosigned nothing yet."""

    name: str
    since: datetime | None = None
    at: datetime | None = None
    size: int | None = None


@dataclass(frozen=True)
class Proof:
    """A checkpoint, by the machine's clock, with what its witnesses have said of this log; `url`: where its note is read."""

    checkpoint: Checkpoint
    signed_at: datetime
    url: str
    witnesses: Sequence[Agreement]

    @property
    def tag(self) -> str:
        """Changes whenever anything of it does."""
        return f"{self.checkpoint.size} {[(each.name, each.at) for each in self.witnesses]}"

    @property
    def scanned(self) -> str:
        """What its QR code says: the note's address, and the whole root, which a scan keeps without asking the server."""
        return f"{self.url}#{self.checkpoint.root.hex()}"

    @property
    def picture(self) -> Markup:
        """The QR code for a page: an SVG without styles."""
        return _drawn(self.scanned)

    def document(self) -> dict[str, Any]:
        """The proof as JSON."""
        return {
            "origin": self.checkpoint.origin,
            "size": self.checkpoint.size,
            "root": self.checkpoint.root.hex(),
            "short_hash": self.checkpoint.short,
            "signed_at": self.signed_at,
            "url": self.url,
            "witnesses": [{"name": each.name, "since": each.since, "at": each.at, "size": each.size} for each in self.witnesses],
        }


@lru_cache(maxsize=4)  # drawing takes longer than the rest of the page
def _drawn(text: str) -> Markup:
    drawn = segno.make(text, error="m", micro=False)
    return Markup(drawn.svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704 - made by segno from our own text


class ProofKeeper:
    """Asks what was published at most once a second, however many readers come."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.browser_url_of("notice")
        self._found: Proof | None = None
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def newest(self, door: Doorway) -> Proof | None:
        """The proof as of a second ago at most; None until the first checkpoint is signed."""
        if self._is_due:
            async with self._looking:
                if self._is_due:  # who waited finds what the first one found
                    names = [witness.key.name for witness in door.state.witnesses]
                    self._found = await asyncio.to_thread(self._look, door.state.publisher, names)
                    self._looked_at = monotonic()
        return self._found

    @property
    def _is_due(self) -> bool:
        return monotonic() - self._looked_at >= LOOK_EVERY_SECONDS

    def _look(self, publisher: Publisher, names: Sequence[str]) -> Proof | None:
        published = publisher.published
        signed = published.latest_signed()
        if signed is None:
            return None
        checkpoint, second = signed
        url = f"{self._url}/log/checkpoint/{checkpoint.size}"
        return Proof(checkpoint, _instant(second), url, [_agreement(name, published.said_by(name)) for name in names])


def _agreement(name: str, said: tuple[int, int, int] | None) -> Agreement:
    if said is None:
        return Agreement(name)
    since, at, size = said
    return Agreement(name, _instant(since), _instant(at), size)


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
