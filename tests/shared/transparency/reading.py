"""What a reader of the log does with what it is served: the product proves and bundles, it never has to do this itself."""

from __future__ import annotations

from collections.abc import Sequence

from shared.transparency.tiles import LENGTH_BYTES
from shared.transparency.tree import ProofWrong, node_hash


def check_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected: bytes) -> None:
    """Return if `proof` leads from the leaf hash `leaf` at `index` to the root `expected` of `size` leaves. Raises ProofWrong."""
    if not 0 <= index < size:
        raise ProofWrong("the leaf lies beyond the tree")
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if not last:
            raise ProofWrong("the proof is too long")
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    if last or found != expected:
        raise ProofWrong("the proof does not lead to the root")


def leaves_in(data: bytes) -> list[bytes]:
    """The leaves of an entry bundle. Raises ValueError where its lengths don't add up."""
    leaves, at = [], 0
    while at < len(data):
        end = at + LENGTH_BYTES + int.from_bytes(data[at : at + LENGTH_BYTES], "big")
        if end > len(data) or at + LENGTH_BYTES > len(data):
            raise ValueError("the bundle is cut off")
        leaves.append(data[at + LENGTH_BYTES : end])
        at = end
    return leaves
