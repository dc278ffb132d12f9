"""The design of a crossed model, cut into its connected parts and stacked by size, so that linear algebra runs over whole stacks.

Source: none needed; sums and counts. A part is a connected component of the graph whose nodes are raters and ratees and whose edges are
scores: in a county, a branch. Parts of like size are padded to one size and stacked; a large sparse part stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
STACKED = 256  # parts whose smaller side is at most this are stacked
LARGEST = 16_000  # a dense block of this side is 2 GB
Places = tuple[NDArray[Any], NDArray[Any]]
Sparse = Any  # scipy's sparse types are not generic


@dataclass(slots=True)
class Part:
    """A stack of k connected parts: `large` levels are eliminated, `small` ones (and the block's column, the last) stay.

    `counts` (k x large): scores per large level. `gram` (k x s x s): cross products of the small columns. `*_sums` (... x 2): Z'[1, y].
    Padding has count 0 and code -1.
    """

    large: Integers
    small: Integers
    block: Integers | None
    counts: Floats
    gram: Floats
    large_sums: Floats
    small_sums: Floats
    dense: Floats | None = None
    thin: Sparse = field(default=None)

    def scales(self, theta: Floats) -> Floats:
        """Theta of each small column: theta_2, and theta_3 for the block's; (k x s)."""
        scale = np.full(self.gram.shape[:2], theta[1])
        if self.block is not None:
            scale[:, -1] = theta[2]
        return scale

    def reduced(self, weight: Floats) -> Floats:
        """Z2'Z1 W Z1'Z2 of each part."""
        if self.dense is not None:
            return np.asarray(np.matmul(np.swapaxes(self.dense * weight[:, :, None], 1, 2), self.dense))
        return np.asarray((self.thin.T @ (self.thin.multiply(weight[0][:, None]).tocsr())).toarray())[None]

    def small_of_large(self, values: Floats) -> Floats:
        """Z2'Z1 v for v of (k x large x columns)."""
        return np.asarray(np.matmul(np.swapaxes(self.dense, 1, 2), values) if self.dense is not None else (self.thin.T @ values[0])[None])

    def large_of_small(self, values: Floats) -> Floats:
        """Z1'Z2 v for v of (k x s x columns)."""
        return np.asarray(np.matmul(self.dense, values) if self.dense is not None else (self.thin @ values[0])[None])

    def carried(self, root: Floats) -> Floats:
        """The diagonal of Z1'Z2 M M' Z2'Z1 for M' = root (k x s x s); (k x large)."""
        return np.asarray((self.large_of_small(np.swapaxes(root, 1, 2)) ** 2).sum(axis=2))

    def levels(self, side: int) -> Iterator[tuple[int, Integers, Places]]:
        """Yield (factor, its codes, their places) of the eliminated side (0) or of the small side (1, with the block's column)."""
        codes = self.large if side == 0 else self.small
        rows, columns = np.nonzero(codes >= 0)
        yield side, codes[rows, columns], (rows, columns)
        if side == 1 and self.block is not None:
            k = np.arange(len(self.block))
            yield 2, self.block, (k, np.full(len(k), self.gram.shape[1] - 1))


@dataclass(frozen=True, slots=True)
class Design:
    """All parts, with the sums over all scores. Scores are centred by `centre`; `names[f]` and `levels[f]` describe factor f."""

    parts: tuple[Part, ...]
    names: tuple[str, ...]
    levels: tuple[int, ...]
    n: int
    centre: float
    sum: float
    squares: float

    @property
    def factors(self) -> int:
        """2, or 3 with a block."""
        return len(self.names)


def _checked(rater: Integers, ratee: Integers, score: Floats, block: Integers | None) -> None:
    if len(score) < 3 or not len(rater) == len(ratee) == len(score) or (block is not None and len(block) != len(score)):  # noqa: PLR2004
        raise ValueError("the model needs at least 3 scores, each with its rater and its ratee")
    if not np.isfinite(score).all() or np.ptp(score) == 0:
        raise ValueError("the scores must be finite numbers that vary")


def build(rater: Integers, ratee: Integers, score: Floats, block: Integers | None = None) -> Design:
    """Cut the design into parts; the factor with more levels is eliminated. Raises ValueError as `reml.fit` says."""
    _checked(rater, ratee, score, block)
    sides = {"rater": np.asarray(rater, dtype=np.int64), "ratee": np.asarray(ratee, dtype=np.int64)}
    names = sorted(sides, key=lambda s: -int(sides[s].max()))
    large, small = sides[names[0]], sides[names[1]]
    n_large, n_small = int(large.max()) + 1, int(small.max()) + 1
    centre = float(np.mean(score))
    y = np.asarray(score, dtype=float) - centre
    counts = sparse.csr_matrix((np.ones(len(y)), (large, small)), shape=(n_large, n_small))
    graph = sparse.bmat([[None, counts], [counts.T, None]]).tocsr()
    _, label = connected_components(graph, directed=False)
    parts = tuple(
        _parts(
            counts, (label[:n_large], label[n_large:]), (_sums(large, y, n_large), _sums(small, y, n_small)), _of_part(block, label, large)
        )
    )
    levels = [n_large, n_small]
    if block is not None:
        names, levels = [*names, "block"], [*levels, int(np.max(block)) + 1]
    return Design(parts, tuple(names), tuple(levels), len(y), centre, float(y.sum()), float(y @ y))


def _sums(codes: Integers, y: Floats, levels: int) -> Floats:
    return np.stack([np.bincount(codes, minlength=levels), np.bincount(codes, weights=y, minlength=levels)], axis=1).astype(float)


def _of_part(block: Integers | None, label: Integers, large: Integers) -> Integers | None:
    """The block of each part; a block must not be split over its parts' insides."""
    if block is None:
        return None
    own = np.zeros(int(label.max()) + 1, dtype=np.int64)
    own[label[large]] = block
    if (own[label[large]] != block).any():
        raise ValueError("a block must be constant within each connected part of the design")
    if len(np.unique(own)) != len(own):
        raise ValueError("a block must be one connected part of the design")
    return own


def _parts(counts: Sparse, label: tuple[Integers, Integers], sums: tuple[Floats, Floats], block: Integers | None) -> Iterator[Part]:
    """Group the parts by padded size; each group becomes one stack."""
    of_large, of_small = label
    k = int(of_small.max()) + 1
    sizes = np.stack([np.bincount(of_large, minlength=k), np.bincount(of_small, minlength=k)])
    if sizes[1].max() > LARGEST:
        raise ValueError(f"a connected part with more than {LARGEST} levels on its smaller side is beyond this method")
    shape = np.where(sizes <= 8, 8, -(-sizes // 8) * 8)  # noqa: PLR2004
    alone = sizes[1] > STACKED
    shape[:, alone] = sizes[:, alone]
    key = np.where(alone, -1 - np.arange(k), shape[0] * (LARGEST + 1) + shape[1])
    orders = np.argsort(of_large, kind="stable"), np.argsort(of_small, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes[0])]), np.concatenate([[0], np.cumsum(sizes[1])])
    for value in np.unique(key):
        members = np.flatnonzero(key == value)
        tables = [np.full((len(members), shape[side, members[0]]), -1) for side in (0, 1)]
        for side in (0, 1):
            for row, part in enumerate(members):
                tables[side][row, : sizes[side, part]] = orders[side][starts[side][part] : starts[side][part + 1]]
        yield _stack(counts, tables[0], tables[1], sums, None if block is None else block[members])


def _stack(counts: Sparse, large: Integers, small: Integers, sums: tuple[Floats, Floats], block: Integers | None) -> Part:
    k, width = small.shape
    here, there = large >= 0, small >= 0
    large_sums, small_sums = sums[0][large] * here[:, :, None], sums[1][small] * there[:, :, None]
    n_large, n_small = large_sums[:, :, 0], small_sums[:, :, 0]
    extra = int(block is not None)
    gram = np.zeros((k, width + extra, width + extra))
    gram[:, np.arange(width), np.arange(width)] = n_small
    if block is not None:
        gram[:, -1, :-1] = gram[:, :-1, -1] = n_small
        gram[:, -1, -1] = n_small.sum(axis=1)
        small_sums = np.concatenate([small_sums, small_sums.sum(axis=1, keepdims=True)], axis=1)
    part = Part(large, small, block, n_large, gram, large_sums, small_sums)
    if k == 1 and width > STACKED:
        part.thin = counts[large[0]][:, small[0]]
        if block is not None:
            part.thin = sparse.hstack([part.thin, sparse.csr_matrix(n_large.T)]).tocsr()
        return part
    part.dense = np.zeros((k, large.shape[1], width + extra))
    where = np.zeros((2, max(counts.shape)), dtype=np.int64)
    where[0, large[here]], where[1, small[there]] = np.nonzero(here)[1], np.nonzero(there)[1]
    chosen = counts[large[here]].tocoo()
    rows = np.nonzero(here)
    part.dense[rows[0][chosen.row], rows[1][chosen.row], where[1, chosen.col]] = chosen.data
    if block is not None:
        part.dense[:, :, -1] = n_large
    return part
