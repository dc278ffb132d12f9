"""A new log where the old one can't be signed on: after events were lost, or the signing key was (design: log.md)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shared.origins import NothingIsWrong, begin_origin
from shared.published import OriginBegun
from shared.publisher import LogForked, Publisher
from shared.store import Files, Log
from shared.store.log import recorded_of
from shared.transparency.notes import checkpoint_of, note_of
from tests.shared.facts import MASTER
from tests.shared.transparency.test_publisher import ORIGIN, lend


class Place:
    """A log with its publisher in a folder; opened anew after whatever was done to the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open()

    def open(self) -> None:
        self.log = Log(Files(self.folder / "service"), MASTER)
        self.publisher = Publisher(self.log, ORIGIN, self.folder)

    def close(self) -> None:
        self.publisher.close()
        self.log.close()


@pytest.fixture
def lost(tmp_path: Path) -> Place:
    """A log whose database was restored to its first 20 events, after 50 had been signed."""
    place = Place(tmp_path)
    lend(place.log, 20)
    place.publisher.publish()
    place.close()
    shutil.copytree(tmp_path / "service", tmp_path / "backup")
    place.open()
    lend(place.log, 30)
    place.publisher.publish()
    place.close()
    shutil.rmtree(tmp_path / "service")
    (tmp_path / "backup").rename(tmp_path / "service")
    place.open()
    return place


def test_after_a_loss_the_new_log_names_the_old_checkpoint_in_its_first_event_and_signs(lost: Place) -> None:
    with pytest.raises(LogForked, match="position 21 is missing"):
        lost.publisher.check()
    old_key, old = lost.publisher.key, checkpoint_of(note_of((lost.folder / "checkpoint").read_text()).text)
    begun, wrong = begin_origin(lost.log, lost.publisher, "events_lost")
    assert "position 21" in wrong
    assert begun == OriginBegun(origin=f"{ORIGIN}-2", cause="events_lost", old_origin=ORIGIN, old_size=50, old_root=old.root.hex())
    lost.close()
    lost.open()
    lost.publisher.check()
    assert lost.publisher.publish()
    note = lost.publisher.published.note()
    assert note is not None
    assert (checkpoint_of(note.text).origin, checkpoint_of(note.text).size) == (f"{ORIGIN}-2", 21)
    assert recorded_of(lost.log.page(20, 1)[0]).event == begun
    assert note.is_signed_by(lost.publisher.key)
    assert lost.publisher.key.public != old_key.public, "a key is used for one log and for nothing else"
    assert note_of((lost.folder / "checkpoint-1").read_text()).is_signed_by(old_key), "what the old log signed last is kept"
    lost.close()


def test_a_log_that_can_be_signed_on_is_not_begun_anew(tmp_path: Path) -> None:
    place = Place(tmp_path)
    lend(place.log, 5)
    with pytest.raises(NothingIsWrong):
        begin_origin(place.log, place.publisher, "events_lost")
    assert place.log.head() == 5
    place.close()


def test_with_another_key_in_the_key_store_nothing_is_signed_under_the_old_name(tmp_path: Path) -> None:
    place = Place(tmp_path)
    lend(place.log, 5)
    place.publisher.publish()
    place.close()
    for file in (tmp_path / "service").glob("keys.db*"):
        file.unlink()
    place.open()
    lend(place.log, 1)
    place.publisher.start()
    place.publisher.close()
    assert "not signed by the key" in (place.publisher.fault or "")
    begun, _ = begin_origin(place.log, place.publisher, "key_lost")
    assert (begun.cause, begun.old_size) == ("key_lost", 5)
    place.close()
    place.open()
    place.publisher.check()
    assert place.publisher.publish()
    place.close()


def test_where_it_broke_off_it_is_begun_again_with_one_event(lost: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(lost.publisher, "put_away", lambda _: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            begin_origin(lost.log, lost.publisher, "events_lost")
    begin_origin(lost.log, lost.publisher, "events_lost")
    assert lost.log.head() == 21
    lost.close()


def test_which_log_it_is_can_be_made_again_from_the_rows(lost: Place) -> None:
    begin_origin(lost.log, lost.publisher, "events_lost")
    lost.close()
    lost.open()
    lost.publisher.publish()
    lost.close()
    for file in (lost.folder / "service").glob("log.db*"):
        file.unlink()
    lost.open()
    lost.publisher.check()
    lost.publisher.publish()
    assert lost.publisher.published.origin == f"{ORIGIN}-2"
    lost.close()
