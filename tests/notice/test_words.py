"""Names and texts on the boards: loaded when a page is made, kept sealed, forgotten when the roster says so."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.notice import facts
from tests.notice.house import HERE, House
from tests.pages import check_page, text_of


def names_on_the_board(boards: House) -> list[str | None]:
    (notice,) = boards.board(HERE)["notices"]
    return [row["name"] for row in notice["content"].get("results", notice["content"].get("pledges"))]


@pytest.fixture
def member(own_boards: House) -> str:
    return own_boards.join("王秀兰")


def shown(boards: House, member: str) -> None:
    boards.told.tell(facts.results_published(boards.places[HERE], {member: 2}))
    assert names_on_the_board(boards) == ["王秀兰"]


def test_a_corrected_name_is_shown_corrected(own_boards: House, member: str) -> None:
    shown(own_boards, member)
    own_boards.do("PATCH", f"roster/members/{member}/profile", {"name": "王秀蘭"}, own_boards.issuer.token(["admin"]))
    own_boards.until(lambda: names_on_the_board(own_boards) == ["王秀蘭"])


def test_an_erased_member_is_shown_as_erased_and_the_notice_stays_as_it_was(own_boards: House, member: str) -> None:
    pledged = facts.pledges_announced(own_boards, own_boards.places[HERE], (member, "调解邻里矛盾", "2026-H1"))
    own_boards.told.tell(pledged)
    (before,) = own_boards.board(HERE)["notices"]
    assert before["content"]["pledges"][0]["action"] == "调解邻里矛盾"
    own_boards.erase(member)
    own_boards.until(lambda: names_on_the_board(own_boards) == ["已注销"])
    (after,) = own_boards.board(HERE)["notices"]
    assert after["content"]["pledges"][0]["action"] == "已注销"
    assert after["content_hash"] == before["content_hash"]
    assert "erased" in text_of(check_page(own_boards.page(f"boards/{own_boards.places[HERE]}", "en")))


def test_what_was_shown_once_is_shown_while_the_neighbours_are_away(own_boards: House, member: str) -> None:
    shown(own_boards, member)
    own_boards.stop("notice")
    own_boards.stop("roster")
    own_boards.start("notice")
    assert names_on_the_board(own_boards) == ["王秀兰"]


def test_what_can_not_be_loaded_is_said_and_comes_back_by_itself(own_boards: House, member: str) -> None:
    branch = own_boards.places[HERE]
    own_boards.told.tell(facts.pledges_announced(own_boards, branch, (member, "调解邻里矛盾", "2026-H1")))
    own_boards.read(f"notices?organization_id={branch}")
    own_boards.stop("roster")
    own_boards.told.is_away = True
    board = own_boards.board(HERE)
    (notice,) = board["notices"]
    assert (board["is_complete"], notice["content"]["pledges"][0]["name"], notice["content"]["pledges"][0]["action"]) == (
        False, None, None,
    )  # fmt: skip
    page = own_boards.page(f"boards/{branch}")
    assert "部分姓名或内容暂时无法载入" in text_of(check_page(page))
    own_boards.start("roster")
    own_boards.told.is_away = False
    again = own_boards.get(f"boards/{branch}", Accept="text/html", **{"If-None-Match": page.headers["etag"]})
    assert "王秀兰" in text_of(check_page(again))


def test_each_text_is_asked_for_once(own_boards: House, member: str) -> None:
    own_boards.told.tell(facts.story_told(own_boards, own_boards.places[HERE], member))
    for _ in range(3):
        own_boards.board(HERE)
    assert len(own_boards.told.asked_texts) == len(set(own_boards.told.asked_texts)) == 2


def test_names_and_texts_lie_in_no_file_in_the_clear(own_boards: House, member: str) -> None:
    own_boards.told.tell(facts.story_told(own_boards, own_boards.places[HERE], member))
    own_boards.board(HERE)
    own_boards.stop_all()
    folder: Path = own_boards.settings.data / "notice"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 3
    for path in files:
        content = path.read_bytes()
        assert "王秀兰".encode() not in content, path
        assert "疏通水渠".encode() not in content, path


def test_the_kept_words_of_an_erased_member_can_not_be_opened(own_boards: House, member: str) -> None:
    shown(own_boards, member)
    own_boards.erase(member)
    own_boards.until(lambda: names_on_the_board(own_boards) == ["已注销"])
    own_boards.stop_all()
    keys = sqlite3.connect(own_boards.settings.data / "notice" / "keys.db")
    assert keys.execute("SELECT wrapped FROM keys WHERE name=?", (f"board/{member}",)).fetchone() == (None,)
    keys.close()
