"""Laws of ballots on paper (spec, section 6): two persons key the same sheet, or nothing of it counts; no own ballot is ever replaced."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.evaluation.commands import ballots, paper_ballots
from services.evaluation.domain.ballots import Ballot
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.paper_ballots import SheetsDiffer
from services.evaluation.events.ballots import BallotCast
from services.evaluation.events.paper_ballots import PaperBallotConfirmed, PaperBallotEntered
from shared.errors import NotAllowed
from tests.evaluation.lawful import SIZE, LawfulLog

CODES = [dimension.code for dimension in DEFAULT_RULES.dimensions]
LOTS = st.integers(0, SIZE - 1)
CELLS = st.lists(st.decimals(0, 20, places=1), min_size=(SIZE - 1) * len(CODES), max_size=(SIZE - 1) * len(CODES))
CHANGED = st.dictionaries(st.integers(0, (SIZE - 1) * len(CODES) - 1), st.decimals(0, 20, places=1), max_size=5)
PERSONS = st.sampled_from(["secretary", "deputy", "officer"])
Sheet = Mapping[str, Mapping[str, Decimal]]


@pytest.fixture(scope="module")
def log() -> Iterator[LawfulLog]:
    log = LawfulLog()
    yield log
    log.close()


def sheet(log: LawfulLog, review_id: str, rater: str, cells: list[Decimal]) -> Sheet:
    """A whole sheet of these cells."""
    left = iter(cells)
    return {ratee: {code: next(left) for code in CODES} for ratee in log.review(review_id).ratees_of(rater)}


def cells_of(whole: Sheet) -> Mapping[str, Decimal]:
    """Each cell of a sheet by its place."""
    return {f"/scores/{ratee}/{code}": points for ratee, row in whole.items() for code, points in row.items()}


def entered(log: LawfulLog, review_id: str, rater: str, first: ballots.Scores, by: str) -> str:
    """The id of a sheet that was keyed in."""
    event = log.run(paper_ballots.enter_paper_ballot(log.log, review_id, rater, first, sheet="第1张", by=by)).recorded[0].event
    assert isinstance(event, PaperBallotEntered)
    return event.paper_id


def box(log: LawfulLog, review_id: str, rater: str) -> Ballot:
    """What the box holds of a rater."""
    return log.run(ballots.load_ballot(log.log, review_id, rater)).state


@pytest.mark.spec("6.23a")
@settings(max_examples=30, deadline=None)
@given(lot=LOTS, cells=CELLS, changed=CHANGED, persons=st.tuples(PERSONS, PERSONS))
def test_two_keyings_count_when_two_persons_typed_the_same_and_else_nothing_does(
    log: LawfulLog, lot: int, cells: list[Decimal], changed: dict[int, Decimal], persons: tuple[str, str]
) -> None:
    first_by, second_by = persons
    review_id = log.opened()
    rater = log.members(review_id)[lot]
    first = sheet(log, review_id, rater, cells)
    second = sheet(log, review_id, rater, [changed.get(number, cell) for number, cell in enumerate(cells)])
    differing = {cell for cell, given_points in cells_of(first).items() if cells_of(second)[cell] != given_points}
    paper_id = entered(log, review_id, rater, first, first_by)
    assert box(log, review_id, rater).number == 0, "the first keying counts nothing"

    refusal = log.refusal(paper_ballots.confirm_paper_ballot(log.log, paper_id, second, by=second_by))
    if first_by == second_by:
        assert isinstance(refusal, NotAllowed)
        assert refusal.code == "same_person"
    elif differing:
        assert isinstance(refusal, SheetsDiffer)
        assert refusal.extra["cells"] == sorted(differing, key=list(cells_of(first)).index)
    else:
        assert refusal is None
        assert log.run(ballots.own_ballot(log.log, log.review(review_id), rater))[1] == first
    is_counted = refusal is None
    held = box(log, review_id, rater)
    assert (held.number, held.on_paper) == ((1, True) if is_counted else (0, False))
    closing = ballots.close_peer_review(log.log, review_id, without_quorum="人太少", by="officer")
    assert log.code(closing) == (None if is_counted else "paper_ballots_unconfirmed")
    if is_counted:
        late = paper_ballots.confirm_paper_ballot(log.log, paper_id, second, by="somebody else")
        assert log.code(late) == "paper_done"


STEPS = st.lists(st.tuples(st.sampled_from(["enter", "enter", "again", "again", "own"]), LOTS, st.integers(0, 3), PERSONS), max_size=14)


@settings(max_examples=20, deadline=None)
@given(steps=STEPS)
def test_each_ballot_on_paper_was_keyed_by_two_persons_and_none_follows_an_own_one(
    log: LawfulLog, steps: list[tuple[str, int, int, str]]
) -> None:
    review_id, since = log.opened(), log.log.head()
    people, papers = log.members(review_id)[:2], list[tuple[str, str]]()
    for step, lot, points, by in steps:
        rater = people[lot % 2]
        wanted = log.sheet(review_id, rater, 10 + points % 2)
        if step == "own":
            log.run(ballots.cast_ballot(log.log, review_id, rater, wanted, by=rater))
        elif step == "again" and papers:
            paper_id, of = papers[lot % len(papers)]
            again = log.sheet(review_id, of, 10 + points % 2)
            log.code(paper_ballots.confirm_paper_ballot(log.log, paper_id, again, by=by))
        elif box(log, review_id, rater).number and not box(log, review_id, rater).on_paper:
            keyed = paper_ballots.enter_paper_ballot(log.log, review_id, rater, wanted, sheet="第1张", by=by)
            assert log.code(keyed) == "own_ballot_exists"
        else:
            papers.append((entered(log, review_id, rater, wanted, by), rater))
    assert_two_persons(log, since)


def assert_two_persons(log: LawfulLog, since: int) -> None:
    """As the log tells it: whoever confirmed a sheet had not entered it, once, and its rater had cast nothing itself."""
    entered_by: dict[str, str] = {}
    own: set[str] = set()
    on_paper = confirmed = 0
    for event in log.happened(since):
        match event:
            case PaperBallotEntered():
                entered_by[event.paper_id] = event.recorded_by
            case PaperBallotConfirmed():
                assert entered_by.pop(event.paper_id) != event.recorded_by
                assert event.rater_id not in own
                confirmed += 1
            case BallotCast():
                on_paper += event.on_paper
                own |= set() if event.on_paper else {event.rater_id}
    assert on_paper == confirmed


@settings(max_examples=15, deadline=None)
@given(lot=LOTS, cells=CELLS, changed=CHANGED)
def test_a_difference_tells_neither_version(log: LawfulLog, lot: int, cells: list[Decimal], changed: dict[int, Decimal]) -> None:
    review_id = log.opened()
    rater = log.members(review_id)[lot]
    second = [changed.get(number, cell) for number, cell in enumerate(cells)]
    assume(second != cells)
    paper_id = entered(log, review_id, rater, sheet(log, review_id, rater, cells), "secretary")
    typed = sheet(log, review_id, rater, second)
    refusal = log.refusal(paper_ballots.confirm_paper_ballot(log.log, paper_id, typed, by="deputy"))
    assert refusal is not None
    told = json.dumps([str(refusal), refusal.extra])
    ids = {*log.members(review_id), *CODES}
    for known in sorted(ids, key=len, reverse=True):
        told = told.replace(known, "")
    assert not any(character.isdigit() for character in told)
