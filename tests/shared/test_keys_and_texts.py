from __future__ import annotations

import stat
from hashlib import sha256
from pathlib import Path

import pytest

from shared.store import Files, KeyGone, Keys, Log, Storage, Write, master_key
from shared.store.keys import WrongMasterKey
from tests.shared.facts import MASTER, BookLent


async def stored_text(log: Log, owner: str, text: str) -> str:
    sealed = log.texts.seal(owner, text)
    await log.append([Write(f"shelf/{sealed.ref.id}", 0, [BookLent(book=sealed.ref.id, days=1)])], texts=[sealed])
    return sealed.ref.id


async def test_a_text_is_read_back_until_its_owner_is_erased(log: Log) -> None:
    mine, other = await stored_text(log, "m1", "帮扶困难户"), await stored_text(log, "m2", "调解纠纷")
    assert await log.texts.read([mine, other, "made-up"]) == {mine: "帮扶困难户", other: "调解纠纷"}
    log.texts.erase("m1")
    assert await log.texts.read([mine, other]) == {other: "调解纠纷"}
    with pytest.raises(KeyGone):
        log.texts.seal("m1", "again")


async def test_no_file_of_the_store_holds_the_text(tmp_path: Path) -> None:
    log = Log(Files(tmp_path), MASTER)
    await stored_text(log, "m1", "a very particular sentence")
    log.close()
    for file in tmp_path.iterdir():
        assert b"particular sentence" not in file.read_bytes(), file.name


def test_the_hash_in_the_event_is_salted(log: Log) -> None:
    first, second = log.texts.seal("m1", "yes"), log.texts.seal("m1", "yes")
    assert first.ref.hash != second.ref.hash
    assert sha256(b"yes").hexdigest() not in {first.ref.hash, second.ref.hash}


def test_equal_texts_of_one_owner_have_equal_fingerprints_and_those_of_two_do_not(log: Log) -> None:
    assert log.texts.fingerprint("m1", "a") == log.texts.fingerprint("m1", "a")
    assert log.texts.fingerprint("m1", "a") != log.texts.fingerprint("m1", "b")
    assert log.texts.fingerprint("m1", "a") != log.texts.fingerprint("m2", "a")


def test_what_is_sealed_opens_only_where_it_was_bound_to(log: Log) -> None:
    sealed = log.keys.seal("review/r", b"scores", b"r/rater/1")
    assert log.keys.open("review/r", sealed, b"r/rater/1") == b"scores"
    for bind in (b"r/rater/2", b"r/other/1", b""):
        with pytest.raises(KeyGone):
            log.keys.open("review/r", sealed, bind)


def test_keys_are_nothing_without_the_master_key(storage: Storage) -> None:
    keys = Keys(storage.database("keys"), MASTER)
    keys.seal("review/r", b"scores", b"")
    keys.close()
    with pytest.raises(WrongMasterKey, match="MASTER_KEY_FILE"):
        Keys(storage.database("keys"), b"o" * 32)


def test_the_master_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "master.key"
    assert master_key(path) == master_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_master_key_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(b"short")
    with pytest.raises(ValueError, match="32 bytes"):
        master_key(tmp_path / "k")
