"""Tiles and entry bundles (C2SP tlog-tiles): which there are at a size, how their paths are spelled, what bytes they have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from shared.transparency.tree import HASH_BYTES, Node, complete

WIDTH = 256
HEIGHT = 8
HIGHEST_LEVEL = 63
LENGTH_BYTES = 2
ENTRIES = -1
"""The level of entry bundles, which hold what level 0 holds the hashes of."""
_NUMBER = re.compile(r"(?:x\d{3}/)*\d{3}", re.ASCII)
_LEVEL = re.compile(r"\d{1,2}", re.ASCII)
_WIDTH = re.compile(r"[1-9]\d{0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tile:
    """Tile `number` of `level`: `width` hashes (of entries: leaves), 256 of them when it is full."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Its path below `tile/`."""
        groups = [f"{self.number % 1000:03}"]
        rest = self.number // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03}")
            rest //= 1000
        level = "entries" if self.level == ENTRIES else str(self.level)
        return f"{level}/{'/'.join(groups)}" + (f".p/{self.width}" if self.width < WIDTH else "")

    def is_of(self, size: int) -> bool:
        """Whether a tree of `size` leaves has it, or has grown beyond it: a partial tile stays what it was."""
        return self.number * WIDTH + self.width <= size >> HEIGHT * max(self.level, 0)


def tile_at(path: str) -> Tile | None:
    """The tile that `path` (below `tile/`) names; None for any spelling but the one of `Tile.path`."""
    level, _, rest = path.partition("/")
    number, _, width = rest.partition(".p/")
    is_well_formed = _NUMBER.fullmatch(number) and (not width or _WIDTH.fullmatch(width)) and len(path) < WIDTH
    if not is_well_formed or (level != "entries" and not _LEVEL.fullmatch(level)):
        return None
    tile = Tile(
        ENTRIES if level == "entries" else int(level), int(number.replace("x", "").replace("/", "")), int(width) if width else WIDTH
    )
    is_possible = tile.level <= HIGHEST_LEVEL and (not width or tile.width < WIDTH)
    return tile if is_possible and tile.path == path else None


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of hashes that a tree of `size` leaves has, the partial ones of its right edge included."""
    for level in range(HIGHEST_LEVEL + 1):
        hashes = size >> HEIGHT * level
        if not hashes:
            return
        yield from (Tile(level, number) for number in range(hashes // WIDTH))
        if hashes % WIDTH:
            yield Tile(level, hashes // WIDTH, hashes % WIDTH)


def node_from(read: Callable[[int, int], bytes]) -> Node:
    """Nodes of the tree from the bytes of tiles; `read(level, number)` gives all of a tile that there is."""

    def node(height: int, index: int) -> bytes:
        level, above = divmod(height, HEIGHT)
        first = index << above
        return complete(hashes_in(read(level, first // WIDTH), first % WIDTH, 1 << above))

    return node


def hashes_in(tile: bytes, first: int, count: int) -> list[bytes]:
    """`count` hashes of a tile's bytes. Raises IndexError where it has fewer."""
    found = [tile[k * HASH_BYTES : (k + 1) * HASH_BYTES] for k in range(first, first + count)]
    if len(found[-1]) != HASH_BYTES:
        raise IndexError("the tile has fewer hashes")
    return found


def bundle(leaves: Sequence[bytes]) -> bytes:
    """The bytes of an entry bundle: each leaf after its length as a big-endian uint16."""
    return b"".join(len(leaf).to_bytes(LENGTH_BYTES, "big") + leaf for leaf in leaves)
