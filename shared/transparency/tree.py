"""The Merkle tree of RFC 6962: hashing, roots, proofs of inclusion and of consistency.

A tree of n leaves splits at the largest power of two below n; no node is ever doubled. `Node` reads the hash of a complete subtree:
`node(height, index)` covers the leaves from `index * 2**height` on, `2**height` of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

Node = Callable[[int, int], bytes]
EMPTY_ROOT = sha256(b"").digest()
HASH_BYTES = 32


class ProofWrong(ValueError):
    """The proof does not lead from what it starts with to the root."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 over 00 and the leaf."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 over 01 and both children."""
    return sha256(b"\x01" + left + right).digest()


def root(size: int, node: Node) -> bytes:
    """The root of the first `size` leaves."""
    return _subtree(0, size, node) if size else EMPTY_ROOT


def complete(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[k], level[k + 1]) for k in range(0, len(level), 2)]
    return level[0]


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves (RFC 6962, 2.1.1), from the leaf upwards."""
    return _path(index, 0, size, node)


def consistency(old: int, new: int, node: Node) -> list[bytes]:
    """The proof that the tree of `new` leaves extends that of `old` (RFC 6962, 2.1.2); empty for an old size of 0 or `new`."""
    return _subproof(old, 0, new, node, is_whole=True) if 0 < old < new else []


def check_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], whole: bytes) -> None:
    """Return if the leaf hash `leaf` stands at `index` in the tree of `size` leaves with root `whole`. Raises ProofWrong."""
    if not 0 <= index < size:
        raise ProofWrong("the leaf lies outside the tree")
    rest, found = list(proof), leaf
    while size > 1:
        if not rest:
            raise ProofWrong("the proof is too short")
        found = _up(index, size, found, rest)
        index, size = (index // 2, (size + 1) // 2)
    if rest or found != whole:
        raise ProofWrong("the proof does not lead to the root")


def _up(index: int, size: int, found: bytes, rest: list[bytes]) -> bytes:
    """One level upwards: with the sibling from the proof; the last node of an odd level goes up as it is."""
    if index % 2:
        return node_hash(rest.pop(0), found)
    return found if index == size - 1 else node_hash(found, rest.pop(0))


def check_consistency(old: int, new: int, roots: tuple[bytes, bytes], proof: Sequence[bytes]) -> None:
    """Return if the tree of `new` leaves with root `roots[1]` extends that of `old` with `roots[0]`. Raises ProofWrong."""
    if old > new:
        raise ProofWrong("the old tree is larger than the new one")
    if old in {0, new}:
        _check_without_proof(old, new, roots, proof)
        return
    rest = list(proof)
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = _next(rest) if at else roots[0]
    while last:
        if at & 1:
            sibling = _next(rest)
            first, second = node_hash(sibling, first), node_hash(sibling, second)
        elif at < last:
            second = node_hash(second, _next(rest))
        at, last = at >> 1, last >> 1
    if rest or (first, second) != roots:
        raise ProofWrong("the proof does not lead to both roots")


def _check_without_proof(old: int, new: int, roots: tuple[bytes, bytes], proof: Sequence[bytes]) -> None:
    if proof:
        raise ProofWrong("there is nothing to prove here")
    if old == new and roots[0] != roots[1]:
        raise ProofWrong("two roots for one size")
    if old == 0 and roots[0] != EMPTY_ROOT:
        raise ProofWrong("this is not the root of an empty tree")


def _next(rest: list[bytes]) -> bytes:
    if not rest:
        raise ProofWrong("the proof is too short")
    return rest.pop(0)


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _subtree(start: int, end: int, node: Node) -> bytes:
    size = end - start
    if size & (size - 1) == 0:
        height = size.bit_length() - 1
        return node(height, start >> height)
    middle = start + _split(size)
    return node_hash(_subtree(start, middle, node), _subtree(middle, end, node))


def _path(index: int, start: int, end: int, node: Node) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle:
        return [*_path(index, start, middle, node), _subtree(middle, end, node)]
    return [*_path(index, middle, end, node), _subtree(start, middle, node)]


def _subproof(old: int, start: int, end: int, node: Node, *, is_whole: bool) -> list[bytes]:
    if old == end:
        return [] if is_whole else [_subtree(start, end, node)]
    middle = start + _split(end - start)
    if old <= middle:
        return [*_subproof(old, start, middle, node, is_whole=is_whole), _subtree(middle, end, node)]
    return [*_subproof(old, middle, end, node, is_whole=False), _subtree(start, middle, node)]
