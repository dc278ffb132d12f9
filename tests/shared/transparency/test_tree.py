"""The Merkle tree, its proofs, its tiles: properties over all small trees, and the worked figures of the design (log.md)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.transparency.edge import Edge
from shared.transparency.tiles import ENTRIES, WIDTH, Tile, bundle, node_from, tile_at, tiles_of
from shared.transparency.tree import (
    EMPTY_ROOT,
    HASH_BYTES,
    Node,
    ProofWrong,
    check_consistency,
    complete,
    consistency,
    inclusion,
    leaf_hash,
    root,
)
from tests.shared.transparency.reading import check_inclusion, leaves_in

LEAVES = [leaf_hash(str(k).encode()) for k in range(700)]
sizes = st.integers(0, len(LEAVES))


def plain(height: int, index: int) -> bytes:
    return complete(LEAVES[index << height : (index + 1) << height])


def grown(size: int) -> tuple[Edge, dict[tuple[int, int], bytes]]:
    tiles: dict[tuple[int, int], bytes] = {}
    edge = Edge(0, lambda level, number: tiles[level, number])
    for leaf in LEAVES[:size]:
        for level, number, hashes in edge.append(leaf):
            tiles[level, number] = hashes
    for level, number, hashes in edge.unfilled():
        tiles[level, number] = hashes
    return edge, tiles


def test_the_empty_tree_has_the_root_of_rfc_6962() -> None:
    assert root(0, plain) == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_roots_of_the_reference_tree() -> None:
    """The eight inputs by which implementations of RFC 6962 are compared."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    hashes = [leaf_hash(bytes.fromhex(text)) for text in inputs]

    def node(height: int, index: int) -> bytes:
        return complete(hashes[index << height : (index + 1) << height])

    assert root(1, node).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert root(7, node).hex() == "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"
    assert root(8, node).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@given(sizes.filter(bool), st.data())
def test_a_leaf_is_proved_to_stand_in_the_tree_and_another_is_not(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion(index, size, plain)
    check_inclusion(index, size, LEAVES[index], proof, root(size, plain))
    others = [
        (index, size, LEAVES[index - 1], proof),
        (index, size, LEAVES[index], [*proof, LEAVES[0]]),
        (size, size, LEAVES[index], proof),
    ]
    for at, of, leaf, path in others:
        if size > 1 or leaf != LEAVES[index] or path != proof:
            with pytest.raises(ProofWrong):
                check_inclusion(at, of, leaf, path, root(size, plain))


@given(sizes, sizes)
def test_a_grown_tree_is_proved_to_extend_the_old_one_and_a_changed_one_is_not(one: int, other: int) -> None:
    old, new = sorted((one, other))
    proof = consistency(old, new, plain)
    check_consistency(old, new, (root(old, plain), root(new, plain)), proof)
    changed = [*LEAVES]
    if old:
        changed[0] = leaf_hash(b"changed")
        with pytest.raises(ProofWrong):
            check_consistency(old, new, (root(old, _node(changed)), root(new, plain)), proof)
        with pytest.raises(ProofWrong):
            check_consistency(old, new, (root(old, plain), root(new, plain)), [*proof, LEAVES[0]])
    with pytest.raises(ProofWrong):
        check_consistency(new + 1, new, (root(new, plain), root(new, plain)), [])


def _node(leaves: list[bytes]) -> Node:
    return lambda height, index: complete(leaves[index << height : (index + 1) << height])


@given(sizes)
def test_the_edge_the_tiles_and_the_plain_tree_have_one_root(size: int) -> None:
    edge, tiles = grown(size)
    assert edge.root() == root(size, plain)
    assert root(size, node_from(lambda level, number: tiles[level, number])) == root(size, plain)
    assert Edge(size, lambda level, number: tiles[level, number]).root() == root(size, plain)
    for tile in tiles_of(size):
        assert len(tiles[tile.level, tile.number]) == tile.width * HASH_BYTES


@given(sizes, sizes)
def test_a_partial_tile_stays_what_it_was_when_the_tree_grows(one: int, other: int) -> None:
    old, new = sorted((one, other))
    _, before = grown(old)
    _, after = grown(new)
    for tile in tiles_of(old):
        assert tile.is_of(new)
        assert after[tile.level, tile.number][: tile.width * HASH_BYTES] == before[tile.level, tile.number]


def test_the_tiles_of_the_sizes_worked_in_the_design() -> None:
    assert [tile.path for tile in tiles_of(256)] == ["0/000", "1/000.p/1"]
    paths = [tile.path for tile in tiles_of(70_000)]
    assert paths[272:] == ["0/272", "0/273.p/112", "1/000", "1/001.p/17", "2/000.p/1"]
    assert not Tile(0, 273).is_of(70_000)
    assert not Tile(0, 273, 113).is_of(70_000)


@given(st.builds(Tile, st.integers(ENTRIES, 63), st.integers(0, 10**9), st.integers(1, WIDTH)))
def test_every_tile_is_found_by_its_path(tile: Tile) -> None:
    assert tile_at(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    ["0", "0/0", "0/x000/000", "00/000", "0/000.p/0", "0/000.p/256", "0/000.p/01", "64/000", "0/000.p/", "0/000/", "0/1000", "/000",
     "-1/000", "data/000", "entries", "0/x001/234/067", "\u0660/000", "0/\u0660\u0660\u0660", "0/000.p/\u0663",
     "0/000.p/1/", "0/000.P/1", "0/x1/000", "8/0/000"],
)  # fmt: skip
def test_a_tile_has_one_spelling(path: str) -> None:
    assert tile_at(path) is None


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_back_its_leaves(leaves: list[bytes]) -> None:
    assert leaves_in(bundle(leaves)) == leaves


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5), st.integers(1, 300))
def test_a_bundle_that_is_cut_off_is_refused(leaves: list[bytes], cut: int) -> None:
    whole = bundle(leaves)
    if whole[:-cut] not in {bundle(leaves[:k]) for k in range(len(leaves) + 1)}:
        with pytest.raises(ValueError, match="cut off"):
            leaves_in(whole[:-cut])
