"""Two who want the same thing at the same moment: one of them gets it, the other is told; nothing acknowledged is lost."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.journeys.processes import CellSettings
from tests.journeys.stories import FULL, Town, names, story_town

THREADS = 8
RACES = int(os.environ.get("RACES", "3"))
"""How often the phase is closed against ballots; `make faults` says 1,000."""

pytestmark = pytest.mark.timeout(180)


CELLS = ("sqlite-2", "postgresql-2")
"""By several workers on each database: then two calls seldom meet in the same process."""


@pytest.fixture(scope="module")
def town(cell_settings: CellSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with story_town(tmp_path_factory.mktemp("at-once"), **cell_settings()) as made:
        yield made


def at_once(calls: list[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """All calls side by side, by as many threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def test_of_two_officers_who_take_the_same_step_one_is_told(town: Town) -> None:
    branch = town.branch(names(6))
    town.open(branch)
    place = f"evaluation/reviews/{branch.review}/phase"

    answers = at_once([lambda: town.call("POST", place, branch.secretary, {"to": "peer_review"})] * THREADS)

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[409] == THREADS - 1, statuses
    assert sum(count for status, count in statuses.items() if status < 300) == 1


def test_a_review_is_opened_once(town: Town) -> None:
    branch = town.branch(names(6))
    body = {"branch_id": branch.id, "period": "2026-H1", "excused": []}

    answers = at_once([lambda: town.call("POST", "evaluation/reviews", branch.secretary, body)] * THREADS)

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (THREADS - 1)
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"review_exists"}


def test_an_entry_is_reversed_once(town: Town) -> None:
    branch = town.branch(names(4))
    entry = town.entry(branch, next(iter(branch.members)))
    place = f"evaluation/entries/{entry}/reversal"

    answers = at_once([lambda: town.call("POST", place, branch.secretary, {"reason": "记错"})] * THREADS)

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (THREADS - 1)


def test_the_same_deed_by_many_hands_is_recorded_once(town: Town) -> None:
    branch = town.branch(names(4))
    evidence = [{"kind": "text", "value": "同一张照片"}]
    body = {"member_id": branch.team[0], "item": "study", "occurred_on": "2026-06-03", "evidence": evidence}

    answers = at_once([lambda: town.call("POST", "evaluation/entries", branch.secretary, body)] * THREADS)

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (THREADS - 1)


def test_one_key_sent_by_many_hands_is_done_once(town: Town) -> None:
    branch = town.branch(names(4))
    body = {"member_id": branch.team[1], "item": "study", "occurred_on": "2026-06-04", "evidence": []}
    key = {"Idempotency-Key": "one-key-many-hands"}

    answers = at_once([lambda: town.send("POST", "evaluation/entries", branch.secretary, body, headers=key)] * THREADS)

    done = [answer for answer in answers if answer.status_code == 201]
    assert {answer.json()["code"] for answer in answers if answer.status_code != 201} <= {"key_in_flight"}
    assert len({answer.json()["id"] for answer in done}) == 1


@pytest.mark.spec("6.33a")
def test_ballots_against_the_closing_of_the_phase(town: Town) -> None:
    """An acknowledged ballot is counted, a late one refused: the counts after closing are those of the acknowledged ones."""
    branch = town.branch(names(16))
    town.open(branch)
    town.to(branch, "peer_review")
    voters = list(branch.members)
    for name in voters[:8]:
        town.ballot(branch, name)
    place = f"evaluation/reviews/{branch.review}"

    def vote(name: str) -> httpx.Response:
        return town.call("PUT", f"{place}/ballots/{branch.member(name)}", branch.tokens[name], {"scores": branch.sheet(name, FULL)})

    def close() -> httpx.Response:
        return town.call("POST", f"{place}/phase", branch.secretary, {"to": "committee_review"})

    racing = voters[8:]
    answers = at_once(
        [*(lambda name=name: vote(name) for name in racing[:4]), close, *(lambda name=name: vote(name) for name in racing[4:])]
    )
    closing = answers.pop(4)
    assert closing.is_success, closing.text
    counted = {name for name, answer in zip(racing, answers, strict=True) if answer.status_code == 200} | set(voters[:8])
    assert {answer.json()["code"] for answer in answers if answer.status_code != 200} <= {"wrong_phase"}
    sheet = town.read(f"{place}/committee-sheet", branch.committee)["items"]
    for row in sheet:
        name = next(name for name, member in branch.members.items() if member == row["member_id"])
        assert row["peer_scores"] == len(counted - {name}), name


@pytest.mark.spec("6.33a")
@pytest.mark.timeout(60 + RACES * 5)
def test_the_phase_is_closed_against_ballots_again_and_again(town: Town) -> None:
    """Whichever worker takes what: after each closing the counts are those of the ballots that were acknowledged."""
    branch = town.branch(names(6))
    voters = list(branch.members)
    for race in range(RACES):
        town.open(branch)
        town.to(branch, "peer_review")
        place = f"evaluation/reviews/{branch.review}"
        for name in voters[:3]:
            town.ballot(branch, name)

        def vote(name: str, place: str = place) -> httpx.Response:
            return town.call("PUT", f"{place}/ballots/{branch.member(name)}", branch.tokens[name], {"scores": branch.sheet(name, FULL)})

        def close(place: str = place) -> httpx.Response:
            return town.call("POST", f"{place}/phase", branch.secretary, {"to": "committee_review"})

        votes = [lambda name=name: vote(name) for name in voters[3:]]
        answers = at_once([*votes[: race % 4], close, *votes[race % 4 :]])
        closing = answers.pop(race % 4)
        while closing.status_code == 409 and closing.json()["code"] == "conflict":
            closing = close()
        assert closing.is_success, closing.text
        assert {answer.json()["code"] for answer in answers if not answer.is_success} <= {"wrong_phase", "conflict"}
        counted = {name for name, answer in zip(voters[3:], answers, strict=True) if answer.is_success} | set(voters[:3])
        sheet = {row["member_id"]: row["peer_scores"] for row in town.read(f"{place}/committee-sheet", branch.committee)["items"]}
        assert sheet == {branch.member(name): len(counted - {name}) for name in voters}, f"race {race}"
        town.do("POST", f"{place}/annulment", town.officer, {"reason": "再试一次"})
