"""Following evaluation and the roster: once each, in order, over every outage of either side."""

from __future__ import annotations

from typing import Any

import pytest

from tests.notice import facts
from tests.notice.house import HERE, House


def test_what_was_told_while_notice_was_stopped_is_taken_in_once(own_boards: House) -> None:
    branch, member = own_boards.places[HERE], own_boards.join("王芳")
    own_boards.told.tell(facts.results_published(branch, {member: 2}))
    assert len(own_boards.board(HERE)["notices"]) == 1
    own_boards.stop("notice")
    own_boards.told.tell(facts.pledges_announced(own_boards, branch, (member, "种树", "2026-H1")))
    own_boards.told.tell(facts.pledge_evaluated(own_boards, branch, member, "fulfilled"))
    own_boards.start("notice")
    found = {notice["kind"]: notice["version"] for notice in own_boards.board(HERE)["notices"]}
    assert found == {"result": 1, "pledges": 2}
    own_boards.stop("notice")
    own_boards.start("notice")
    assert {notice["kind"]: notice["version"] for notice in own_boards.board(HERE)["notices"]} == found


def test_while_evaluation_is_away_the_board_is_read_and_catches_up_afterwards(own_boards: House) -> None:
    branch = own_boards.places[HERE]
    own_boards.told.tell(facts.results_published(branch, {}))
    own_boards.board(HERE)
    own_boards.told.is_away = True
    own_boards.told.tell(facts.results_published(branch, {}, number=2, period="2025-H2"))
    assert len(own_boards.do("GET", f"notice/notices?organization_id={branch}")["items"]) == 1
    own_boards.told.is_away = False
    assert len(own_boards.board(HERE)["notices"]) == 2


def test_a_read_waits_for_evaluations_position_and_says_503_when_it_does_not_come(own_boards: House) -> None:
    answer = own_boards.send("GET", f"notice/notices?min_position={own_boards.told.position + 1}")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_events_of_other_kinds_move_the_position_on(own_boards: House) -> None:
    own_boards.told.tell(("ballots.ballot-cast.v1", {"rater_id": "somebody"}))
    assert own_boards.board(HERE)["notices"] == []


@pytest.mark.spec("9.8", "11.5")
def test_a_fact_stands_in_our_log_without_names_texts_or_hidden_scores(own_boards: House) -> None:
    branch, member = own_boards.places[HERE], own_boards.join("王芳")
    own_boards.told.tell(facts.results_published(branch, {member: 2}))
    own_boards.told.tell(facts.story_told(own_boards, branch, member))
    own_boards.board(HERE)
    admin = own_boards.issuer.token(["admin"])
    text = str(own_boards.do("GET", "notice/events?limit=500", token=admin)["items"])
    assert member in text
    for hidden in ("王芳", "雨夜抢险", "88.5"):
        assert hidden not in text


@pytest.mark.spec("9.8", "9.9", "9.10")
def test_what_is_not_for_the_public_never_reaches_the_boards(own_boards: House) -> None:
    branch, member = own_boards.places[HERE], own_boards.join("王芳")
    told: dict[str, Any] = {"member_id": member, "rater_id": member, "branch_id": branch, "review_id": facts.identity("review", branch)}
    for topic in (
        "points.entry-recorded.v1",
        "ballots.ballot-cast.v1",
        "reviews.self-review-written.v1",
        "committee.scores-given.v1",
        "supervision.finding-recorded.v1",
    ):
        own_boards.told.tell((topic, {**told, "kind": "deduction", "item": "breach", "points": 13.37, "recorded_by": facts.SECRETARY}))
    assert own_boards.board(HERE)["notices"] == []
    assert own_boards.read(f"register?organization_id={branch}&year=2026")["items"] == []
    log = str(own_boards.do("GET", "notice/events?limit=500", token=own_boards.issuer.token(["admin"]))["items"])
    assert [word for word in ("13.37", "breach", member) if word in log] == []
