"""A neighbour that is stopped, killed, slow, or talks nonsense: own work goes on, what needs it is a 503, nothing is missed or twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import pytest

from tests.faults.broken_neighbour import NONSENSE, broken_neighbour
from tests.journeys.stories import Branch, Town, names, story_town

SOON = 20.0
"""Seconds within which a service says that a neighbour is away, and within which it catches up."""

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with story_town(tmp_path_factory.mktemp("follower")) as made:
        yield made


@pytest.fixture(scope="module")
def branch(town: Town) -> Branch:
    return town.branch(names(6))


def tell_stories(town: Town, branch: Branch, first: int, count: int) -> set[str]:
    """Good deeds told on the board, one notice each; their titles."""
    titles = {f"好事{number}" for number in range(first, first + count)}
    for number, title in enumerate(sorted(titles), start=first):
        evidence = [{"kind": "text", "value": title}]
        entry = town.entry(branch, list(branch.members)[number % 6], "help", points=2, evidence=evidence)
        town.do("POST", f"evaluation/entries/{entry}/story", branch.secretary, {"title": title, "text": "助人为乐。"})
    return titles


def stories_on_the_board(town: Town, branch: Branch) -> Counter[str]:
    """The titles of the branch's good deeds as notice shows them, once it has seen all that evaluation stored."""
    position, until = town.position("evaluation"), time.monotonic() + SOON
    while True:
        answer = town.call("GET", "notice/notices", organization_id=branch.id, kind="story", limit=500, min_position=position)
        if answer.status_code == 200:
            notices = [town.read(f"notice/notices/{item['id']}") for item in answer.json()["items"]]
            return Counter(notice["content"]["title"] for notice in notices)
        assert answer.status_code == 503, answer.text
        assert time.monotonic() < until, answer.text


def numbers_in_the_register(town: Town, branch: Branch) -> list[int]:
    rows = town.read("notice/register", organization_id=branch.id, year=2026, limit=500)["items"]
    return sorted(int(str(row["number"]).rpartition("-")[2]) for row in rows)


def assert_all_there_once(town: Town, branch: Branch, titles: set[str]) -> None:
    shown = stories_on_the_board(town, branch)
    assert all(count == 1 for count in shown.values()), shown
    assert {title for title in titles if not any(title in one for one in shown)} == set()
    assert len(shown) >= len(titles)
    numbers = numbers_in_the_register(town, branch)
    assert numbers == list(range(1, len(numbers) + 1))


def test_notice_catches_up_after_being_stopped(town: Town, branch: Branch) -> None:
    before = tell_stories(town, branch, 0, 4)
    town.cell.stop("notice")
    meanwhile = tell_stories(town, branch, 100, 8)
    town.cell.start("notice")

    assert_all_there_once(town, branch, before | meanwhile)


def test_notice_killed_again_and_again_shows_everything_once(town: Town) -> None:
    branch = town.branch(names(6))
    titles: set[str] = set()
    for number in range(2):
        titles |= tell_stories(town, branch, number * 10, 3)
        town.cell.stop("notice", kill=True)
        titles |= tell_stories(town, branch, number * 10 + 5, 2)
        town.cell.start("notice")

    assert_all_there_once(town, branch, titles)


def test_evaluation_away_is_followed_again_when_it_returns(town: Town) -> None:
    branch = town.branch(names(6))
    before = tell_stories(town, branch, 0, 2)
    assert_all_there_once(town, branch, before)
    town.cell.stop("evaluation")
    assert town.send("GET", f"notice/boards/{branch.id}", headers={"Accept": "application/json"}).status_code == 200
    assert town.call("GET", f"roster/organizations/{branch.id}", town.admin).status_code == 200
    town.cell.start("evaluation")

    assert_all_there_once(town, branch, before | tell_stories(town, branch, 50, 3))


def test_evaluation_learns_of_members_who_joined_while_it_was_away(town: Town) -> None:
    town.cell.stop("evaluation")
    branch = town.branch(names(6))
    town.cell.start("evaluation")

    for name in branch.members:
        town.entry(branch, name)


def joined_unseen(town: Town, branch: Branch) -> str:
    """A member that evaluation can't have heard of yet."""
    joined = {"name": "新来的", "branch_id": branch.id, "joined_on": "2015-07-01", "status": "full"}
    return str(town.do("POST", "roster/members", town.admin, joined)["id"])


def entry_of(member: str) -> dict[str, object]:
    return {"member_id": member, "item": "study", "occurred_on": "2026-06-01", "evidence": []}


def assert_goes_on_without_the_roster(town: Town, branch: Branch) -> None:
    """Known members get their entries and the views answer; who is unknown can't be asked for: 503 with Retry-After."""
    name = next(iter(branch.members))
    town.entry(branch, name, "help", points=1, evidence=[{"kind": "text", "value": str(uuid4())}])
    town.read(f"evaluation/members/{branch.member(name)}/points", branch.tokens[name], period="2026-H1")
    unknown = [("entries", entry_of(str(uuid4()))), ("reviews", {"branch_id": branch.id, "period": "2026-H1", "excused": []})]
    started = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda call: town.call("POST", f"evaluation/{call[0]}", branch.secretary, call[1]), unknown))
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
        assert int(answer.headers["Retry-After"]) > 0
    assert time.monotonic() - started < SOON, "nobody waits for a neighbour without end"


def test_a_roster_that_is_stopped(town: Town, branch: Branch) -> None:
    assert_knows(town, branch)
    town.cell.stop("roster")
    try:
        assert_goes_on_without_the_roster(town, branch)
    finally:
        town.cell.start("roster")
    town.entry(branch, next(iter(branch.members)), "help", points=1, evidence=[{"kind": "text", "value": str(uuid4())}])


def test_a_roster_that_never_answers(town: Town, branch: Branch) -> None:
    assert_knows(town, branch)
    with town.cell.frozen("roster"):
        assert_goes_on_without_the_roster(town, branch)
    member = joined_unseen(town, branch)
    town.do("POST", "evaluation/entries", branch.secretary, entry_of(member))


def test_a_roster_that_talks_nonsense(town: Town, branch: Branch) -> None:
    assert_knows(town, branch)
    town.cell.stop("roster")
    try:
        for nonsense in NONSENSE:
            with broken_neighbour(town.cell.urls["roster"], nonsense), saying(nonsense):
                assert_goes_on_without_the_roster(town, branch)
    finally:
        town.cell.start("roster")
    member = joined_unseen(town, branch)
    town.do("POST", "evaluation/entries", branch.secretary, entry_of(member))


def test_an_evaluation_that_talks_nonsense(town: Town) -> None:
    branch = town.branch(names(6))
    before = tell_stories(town, branch, 0, 2)
    assert_all_there_once(town, branch, before)
    town.cell.stop("evaluation")
    try:
        for nonsense in NONSENSE:
            with broken_neighbour(town.cell.urls["evaluation"], nonsense), saying(nonsense):
                answer = town.send("GET", f"notice/boards/{branch.id}", headers={"Accept": "application/json"})
                assert answer.status_code == 200, answer.text
                time.sleep(1)  # it is followed all the time: what it says is taken in, if anything is
    finally:
        town.cell.start("evaluation")
    assert_all_there_once(town, branch, before | tell_stories(town, branch, 30, 2))


def test_nothing_is_confirmed_without_notice(town: Town) -> None:
    branch = town.published(town.branch(names(6)))
    place = f"evaluation/reviews/{branch.review}"
    town.cell.stop("notice")
    try:
        for nonsense in ("500", "html", "nothing"):
            with broken_neighbour(town.cell.urls["notice"], nonsense), saying(nonsense):
                answer = town.call("POST", f"{place}/phase", branch.secretary, {"to": "confirmed"})
                assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
                assert int(answer.headers["Retry-After"]) > 0
                assert town.read(place, branch.secretary)["phase"] == "publicity"
    finally:
        town.cell.start("notice")


@contextmanager
def saying(nonsense: str) -> Iterator[None]:
    """A failure inside names what the neighbour said."""
    try:
        yield
    except AssertionError as error:
        error.add_note(f"the neighbour said: {nonsense}")
        raise


def assert_knows(town: Town, branch: Branch) -> None:
    """Evaluation has heard of the branch's members."""
    for name in branch.members:
        town.entry(branch, name, "help", points=1, evidence=[{"kind": "text", "value": str(uuid4())}])
