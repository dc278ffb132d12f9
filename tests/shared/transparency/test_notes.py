"""Signed notes, checkpoints, cosignatures, and what a witness decides (C2SP; the design's log.md)."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest

from shared.store.sql import SqliteFile
from shared.transparency.notes import (
    LOG_KEY,
    WITNESS_KEY,
    Checkpoint,
    Note,
    NoteWrong,
    Signer,
    checkpoint_of,
    note_of,
    public_key,
    signatures_in,
)
from shared.transparency.tree import EMPTY_ROOT, complete, consistency, leaf_hash, root
from shared.transparency.witness import Refused
from shared.witnessing import Book

ORIGIN = "xingqi/evaluation/local"
LOG = Signer(ORIGIN, LOG_KEY, b"l" * 32)
WITNESS = Signer("county-witness", WITNESS_KEY, b"w" * 32)
LEAVES = [leaf_hash(bytes([k])) for k in range(40)]
FORK = [leaf_hash(b"fork"), *LEAVES[1:]]


def checkpoint(size: int, leaves: list[bytes] = LEAVES) -> Checkpoint:
    return Checkpoint(ORIGIN, size, root(size, lambda h, i: complete(leaves[i << h : (i + 1) << h])))


def note(size: int, leaves: list[bytes] = LEAVES, signer: Signer = LOG) -> str:
    text = checkpoint(size, leaves).text
    return f"{text}\n{signer.line(text)}"


def submission(old: int, size: int, leaves: list[bytes] = LEAVES, signer: Signer = LOG) -> bytes:
    proof = consistency(old, size, lambda h, i: complete(leaves[i << h : (i + 1) << h]))
    lines = "".join(f"{b64encode(part).decode()}\n" for part in proof)
    return f"old {old}\n{lines}\n{note(size, leaves, signer)}".encode()


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(SqliteFile(tmp_path / "witness.db"), WITNESS, {ORIGIN: LOG.key})


def seen(book: Book) -> int:
    note = book.seen(sha256(ORIGIN.encode()).hexdigest())
    return checkpoint_of(note.text).size if note else 0


def status_of(book: Book, body: bytes) -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        book.cosign(body)
    return refused.value.status, refused.value.body


def test_a_checkpoint_has_the_bytes_of_the_design() -> None:
    assert str(note_of(note(0))).startswith(f"{ORIGIN}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— {ORIGIN} ")
    assert note_of(note(0)).is_signed_by(LOG.key)
    assert checkpoint_of(note_of(note(0)).text) == Checkpoint(ORIGIN, 0, EMPTY_ROOT)


def test_a_verifier_key_is_read_as_it_is_written_even_with_plus_signs_in_its_base64() -> None:
    keys = [Signer(ORIGIN, LOG_KEY, bytes([k]) * 32).key for k in range(60)]
    assert any(key.text.count("+") > 2 for key in keys)
    assert [public_key(key.text) for key in keys] == keys


@pytest.mark.parametrize("text", [LOG.key.text[:-4], LOG.key.text.replace("local", "locol"), "", LOG.key.text + "A", "a b+00000000+AA=="])
def test_a_key_that_was_not_copied_whole_is_refused(text: str) -> None:
    with pytest.raises(NoteWrong):
        public_key(text)


@pytest.mark.parametrize("place", [0, 24, 26, 40])
def test_a_checkpoint_that_was_altered_is_signed_by_nobody(place: int) -> None:
    data = bytearray(note(7).encode())
    data[place] ^= 1
    with suppress(NoteWrong):
        assert not note_of(bytes(data)).is_signed_by(LOG.key)


def test_unknown_lines_of_a_note_are_passed_over() -> None:
    stranger = Signer("somebody", LOG_KEY, b"s" * 32)
    text = checkpoint(3).text
    assert note_of(f"{text}\n{stranger.line(text)}{LOG.line(text)}").is_signed_by(LOG.key)


def test_a_witness_cosigns_what_extends_the_last_it_saw(book: Book) -> None:
    for old, size in ((0, 5), (5, 5), (5, 8), (8, 40)):
        line = book.cosign(submission(old, size))
        assert Note(checkpoint(size).text, signatures_in(line)).second_of(WITNESS.key)
        assert seen(book) == size


def test_a_witness_says_404_for_a_log_that_it_does_not_watch(book: Book) -> None:
    other = Signer("another/log", LOG_KEY, b"o" * 32)
    text = Checkpoint("another/log", 0, EMPTY_ROOT).text
    assert status_of(book, f"old 0\n\n{text}\n{other.line(text)}".encode())[0] == 404


def test_a_witness_says_403_without_a_good_signature_of_the_log(book: Book) -> None:
    assert status_of(book, submission(0, 5, signer=Signer(ORIGIN, LOG_KEY, b"x" * 32)))[0] == 403


def test_a_witness_says_400_where_the_old_size_is_above_the_new(book: Book) -> None:
    book.cosign(submission(0, 8))
    assert status_of(book, f"old 8\n\n{note(5)}".encode())[0] == 400


def test_a_witness_says_409_and_what_it_saw_where_the_old_size_is_not_that(book: Book) -> None:
    book.cosign(submission(0, 8))
    assert status_of(book, submission(5, 9)) == (409, "8\n")


@pytest.mark.parametrize(("old", "size"), [(8, 8), (8, 9), (8, 40)])
def test_a_witness_says_422_for_a_fork(book: Book, old: int, size: int) -> None:
    book.cosign(submission(0, 8))
    assert status_of(book, submission(old, size, FORK))[0] == 422
    assert seen(book) == 8


def test_a_witness_says_422_for_a_proof_where_none_belongs(book: Book) -> None:
    line = b64encode(LEAVES[0]).decode()
    assert status_of(book, f"old 0\n{line}\n\n{note(5)}".encode())[0] == 422


@pytest.mark.parametrize("body", [b"", b"old 0", b"old -1\n\n", b"old 00\n\nx", b"\xff\n\n\xff", b"old 0\nnotbase64\n\nx\n"])
def test_a_witness_says_400_for_what_is_no_submission(book: Book, body: bytes) -> None:
    assert status_of(book, body)[0] == 400


def test_more_proof_lines_than_any_tree_has_are_refused(book: Book) -> None:
    lines = f"{b64encode(LEAVES[0]).decode()}\n" * 64
    assert status_of(book, f"old 0\n{lines}\n{note(5)}".encode())[0] == 400
