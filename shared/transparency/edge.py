"""The growing edge of a tree: what is enough to take in more leaves and to write the tiles they fill."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shared.transparency.tiles import HEIGHT, WIDTH, hashes_in, node_from
from shared.transparency.tree import HASH_BYTES, complete, root

Filled = tuple[int, int, bytes]
"""Level, number and bytes of a tile."""
Read = Callable[[int, int], bytes]
"""Reads all of a tile that there is, by level and number."""


class Edge:
    """A tree of `size` leaves; `read` gives the tiles that are stored."""

    def __init__(self, size: int, read: Read) -> None:
        self.size = size
        self._read = read
        self._open: list[bytearray] = []
        level = 0
        while (hashes := size >> HEIGHT * level) or not level:
            width = hashes % WIDTH
            stored = read(level, hashes // WIDTH) if width else b""
            self._open.append(bytearray(b"".join(hashes_in(stored, 0, width)) if width else b""))
            level += 1

    def append(self, leaf: bytes) -> list[Filled]:
        """Take in one leaf hash; returns the tiles that it has filled."""
        filled: list[Filled] = []
        level, found = 0, leaf
        while True:
            if level == len(self._open):
                self._open.append(bytearray())
            tile = self._open[level]
            tile += found
            if len(tile) < WIDTH * HASH_BYTES:
                break
            whole = bytes(tile)
            filled.append((level, self.size >> HEIGHT * (level + 1), whole))
            tile.clear()
            level, found = level + 1, complete(hashes_in(whole, 0, WIDTH))
        self.size += 1
        return filled

    def unfilled(self) -> Iterator[Filled]:
        """The tiles at the edge that have some hashes and room for more."""
        for level, tile in enumerate(self._open):
            if tile:
                yield level, self.size >> HEIGHT * (level + 1), bytes(tile)

    def root(self, size: int | None = None) -> bytes:
        """The root of the tree, or of its first `size` leaves."""
        return root(self.size if size is None else size, node_from(self._tile))

    def _tile(self, level: int, number: int) -> bytes:
        if level < len(self._open) and number == self.size >> HEIGHT * (level + 1):
            return bytes(self._open[level])
        return self._read(level, number)
