"""The proof on the wall: the newest checkpoint, who agrees with it and since when, on boards and posters (design: trust.md, log.md)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notice.app import make_app
from services.notice.pages.proofs import Agreement, Proof
from shared.store.sql import SqliteFile
from shared.transparency.notes import WITNESS_KEY, Checkpoint, Signer, checkpoint_of, note_of
from shared.witnessing import Book
from tests.notice import facts
from tests.notice.house import HERE, House, house
from tests.pages import check_page, text_of
from tests.shared.web.serving import served
from xingqi.witness import app_of

NEIGHBOUR, AWAY = (Signer(name, WITNESS_KEY, name[:1].encode() * 32) for name in ("neighbour-town", "away-town"))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose notice has two witnesses: one that is really there, one that never answers."""
    folder = tmp_path_factory.mktemp("watched")
    with house(folder / "data") as made, ExitStack() as stack:
        book = Book(SqliteFile(folder / "witness.db"), NEIGHBOUR, {})
        url = stack.enter_context(served(app_of(book)))
        _name_witnesses(made, folder / "witnesses", f"{NEIGHBOUR.key.text} {url}\n{AWAY.key.text}\n")
        app = make_app(made.settings, shows_defects=True)
        book.logs[app.state.publisher.published.origin] = app.state.publisher.key
        own = made.running["notice"] = ExitStack()
        own.enter_context(served(app, made.settings.address_of("notice")[1]))
        made.found_branch()
        made.told.tell(facts.results_published(made.places[HERE], {made.join("王芳"): 3}))
        made.read(f"notices?organization_id={made.places[HERE]}")
        made.until(lambda: _is_settled(made), 20)
        yield made


def _name_witnesses(made: House, file: Path, lines: str) -> None:
    made.stop("notice")
    file.write_text(lines)
    made.settings = made.settings.model_copy(update={"witnesses_file": file})


def _checkpoint(made: House) -> dict[str, Any]:
    shown: dict[str, Any] = made.board(HERE)["checkpoint"]
    return shown


def _is_settled(made: House) -> bool:
    """Whether the newest checkpoint is cosigned, and covers all that was told."""
    figures = made.send("GET", "notice/metrics").text.splitlines()
    (head,) = (float(line.split()[-1]) for line in figures if line.startswith("xingqi_log_position"))
    shown = _checkpoint(made)
    return bool(shown and shown["size"] == head and shown["witnesses"][0]["size"] == head)


def test_the_board_names_the_signed_checkpoint_and_who_agrees_with_it_since_when(watched: House) -> None:
    shown = _checkpoint(watched)
    note = note_of(watched.send("GET", f"notice/log/checkpoint/{shown['size']}").content)
    signed = checkpoint_of(note.text)
    assert (signed.size, signed.root.hex(), signed.short) == (shown["size"], shown["root"], shown["short_hash"])
    there, away = shown["witnesses"]
    assert note.second_of(NEIGHBOUR.key) == datetime.fromisoformat(there["at"]).timestamp(), "what is said is what was cosigned"
    assert there["since"] <= there["at"]
    assert away == {"name": "away-town", "since": None, "at": None, "size": None}, "who is known and has not signed is said to have not"


def test_since_when_stays_and_up_to_where_moves_on(watched: House) -> None:
    before = _checkpoint(watched)["witnesses"][0]
    watched.told.tell(facts.results_published(watched.found_branch(), {watched.join("李秀英"): 2}))
    watched.read(f"notices?organization_id={watched.places[HERE]}")
    watched.until(lambda: _is_settled(watched), 20)
    after = _checkpoint(watched)["witnesses"][0]
    assert (after["since"], after["size"] > before["size"], after["at"] >= before["at"]) == (before["since"], True, True)


@pytest.mark.parametrize("form", ["boards/{}", "boards/{}?display=wall", "notices/{notice}"])
def test_pages_show_short_hash_witnesses_and_a_code_without_styles(watched: House, form: str) -> None:
    branch = watched.places[HERE]
    (notice,) = watched.read(f"notices?organization_id={branch}")["items"]
    page = check_page(watched.page(form.format(branch, notice=notice["id"])))
    said, shown = text_of(page), _checkpoint(watched)
    assert shown["short_hash"] in said
    assert "neighbour-town 认可自" in said
    assert "away-town 还没有签名" in said
    assert [node.tag.rpartition("}")[2] for node in page.iter() if node.get("class") == "qr"] == ["svg"]


def test_who_has_the_board_gets_304_until_the_witness_has_said_more(watched: House) -> None:
    path, accept = f"boards/{watched.places[HERE]}", "text/html"
    first = watched.get(path, Accept=accept)
    assert watched.get(path, Accept=accept, **{"If-None-Match": first.headers["etag"]}).status_code == 304
    publisher = watched.settings.data / "notice" / "log.db"
    with SqliteFile(publisher).transaction() as connection:  # as its cosignature of the same checkpoint a while later would
        connection.execute("UPDATE cosignatures SET second = second + 60 WHERE size = (SELECT max(size) FROM cosignatures)")
    watched.until(lambda: watched.get(path, Accept=accept, **{"If-None-Match": first.headers["etag"]}).status_code == 200, 5)


def test_a_poster_carries_the_checkpoint_and_its_witnesses(watched: House) -> None:
    (notice,) = watched.read(f"notices?organization_id={watched.places[HERE]}")["items"]
    first = watched.get(f"notices/{notice['id']}.pdf")
    assert first.content.startswith(b"%PDF-")
    again = watched.get(f"notices/{notice['id']}.pdf", **{"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_a_code_holds_the_whole_root_so_that_a_scan_needs_no_server() -> None:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    proof = Proof(Checkpoint("xingqi/notice/local", 7, b"r" * 32), now, "http://board/log/checkpoint/7", [Agreement("w", now, now, 7)])
    assert proof.scanned == f"http://board/log/checkpoint/7#{(b'r' * 32).hex()}"
    later = replace(proof, witnesses=[Agreement("w", now, now + timedelta(seconds=5), 7)])
    assert later.tag != proof.tag
