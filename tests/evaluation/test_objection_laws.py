"""Laws of objections (spec, section 6), whatever people do: their terms, who answers them, and that none is open at confirmation."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.commands import objections
from services.evaluation.commands.committee import ProposedScore, give_scores, load_scores
from services.evaluation.commands.objections import ToDecide, ToRaise
from services.evaluation.domain.committee import Meeting
from services.evaluation.domain.objections import About, Objection, Part, who_took_part
from services.evaluation.events.corrections import ResultsCorrected
from services.evaluation.events.objections import ObjectionDelisted, ObjectionListed, ObjectionRaised
from services.evaluation.events.results import ReviewConfirmed
from shared.calendar import Calendar, at, day_of
from shared.store import Stored
from tests.evaluation.builders_review import REASON
from tests.evaluation.lawful import OFFICER, SIZE, LawfulLog

ROLES = st.sampled_from(["town_officer", "branch_secretary", "county_supervisor"])
DECISIONS = st.sampled_from(["upheld", "dismissed"])
LOTS = st.integers(0, 10)
STEPS = st.sampled_from(["raise", "raise", "decide", "decide", "confirm", "at once"])
TERM = 10
NOBODYS = Part(frozenset())


@pytest.fixture(scope="module")
def log() -> Iterator[LawfulLog]:
    log = LawfulLog()
    yield log
    log.close()


# The term


def objection(raised_at: datetime, working_days: int) -> Objection:
    fact = ObjectionRaised(
        objection_id="o1", reference="2026-1", kind="result", about_id="r1", member_id=None, organization_id="b1",
        working_days=working_days, text=REASON, contact=None, raised_by="m1", on_paper=False, recorded_by="m1",
    )  # fmt: skip
    return Objection(fact, raised_at)


MOMENTS = st.builds(at, st.dates(date(2026, 1, 1), date(2026, 10, 1)), st.integers(0, 23))
SET_BY_HAND = st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.booleans(), max_size=30)


@pytest.mark.spec("3.28")
@given(MOMENTS, st.integers(1, 20), SET_BY_HAND)
def test_a_term_has_just_so_many_working_days_and_ends_on_one(raised_at: datetime, working_days: int, by_hand: dict[date, bool]) -> None:
    calendar = Calendar(days=by_hand)
    end = objection(raised_at, working_days).answer_by(calendar)
    assert end is not None
    first = day_of(raised_at)
    days = [first + timedelta(days=number) for number in range(1, (end - first).days + 1)]
    assert [calendar.is_working(day) for day in days].count(True) == working_days
    assert calendar.is_working(end)


@given(st.dates(date(2026, 1, 1), date(2026, 10, 1)), st.integers(0, 23), st.integers(1, 20))
def test_the_hour_of_the_day_moves_no_term(day: date, hour: int, working_days: int) -> None:
    ends = {objection(at(day, each), working_days).answer_by(Calendar()) for each in (0, hour)}
    assert ends == {Calendar().after_working_days(day, working_days)}


@given(MOMENTS, st.integers(1, 20), SET_BY_HAND, st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_a_holiday_added_later_never_shortens_a_term_and_a_make_up_day_never_lengthens_it(
    raised_at: datetime, working_days: int, by_hand: dict[date, bool], day: date
) -> None:
    ends = [objection(raised_at, working_days).answer_by(Calendar(days={**by_hand, **more})) for more in ({day: True}, {}, {day: False})]
    assert None not in ends
    assert ends == sorted(ends, key=lambda end: end or date.max)


@given(st.dates(date(2026, 12, 18), date(2026, 12, 31)), SET_BY_HAND)
def test_a_term_that_reaches_into_an_unknown_year_has_no_end_yet(day: date, by_hand: dict[date, bool]) -> None:
    calendar = Calendar(days=dict.fromkeys(by_hand, False))
    assert not calendar.knows(2027)
    assert objection(at(day, 12), TERM).answer_by(calendar) is None


# Who answers


def raised(log: LawfulLog, review_id: str, member: str | None, by: str = "objector") -> str:
    """An objection to the result of a member, or to all results."""
    about = About("result", review_id, log.review(review_id).opening.branch_id, member)
    stored = log.run(objections.raise_objection(log.log, about, ToRaise("不实", raised_by=by), working_days=TERM, by=by))
    (event, *_) = [one.event for one in stored.recorded]
    assert isinstance(event, ObjectionRaised)
    return event.objection_id


@settings(max_examples=40, deadline=None)
@given(
    persons=st.frozensets(st.sampled_from(["a", "b", "c", "objector"])),
    by=st.sampled_from(["a", "b", "c", "objector", "other"]),
    role=ROLES,
    is_towns=st.booleans(),
    is_branchs=st.booleans(),
    decision=DECISIONS,
)
def test_whoever_answers_is_not_concerned_and_a_refusal_leaves_all_as_it_was(
    log: LawfulLog, persons: frozenset[str], by: str, role: str, *, is_towns: bool, is_branchs: bool, decision: str
) -> None:
    review_id = log.published()
    member = log.members(review_id)[0]
    objection_id, before = raised(log, review_id, member), log.review(review_id).results
    wanted = ToDecide(decision, "经核实", Decimal(91) if decision == "upheld" else None)
    part = Part(persons, is_towns, is_branchs)
    told = log.code(objections.decide_objection(log.log, objection_id, wanted, part, by=by, role=role))
    found = log.run(objections.load_objection(log.log, objection_id)).state
    if told is None:
        assert by not in {*persons, "objector"}
        assert (found.state, found.decided and found.decided.recorded_by) == (decision, by)
    else:
        assert told in {"own_case", "town_decides"}
        assert (found.state, log.review(review_id).results) == ("open", before)
        end = objections.decide_objection(log.log, objection_id, ToDecide("dismissed", "经核实"), part, by="other", role="town_officer")
        assert log.code(end) is None, "somebody of the town who is not concerned can always answer"


@settings(max_examples=25, deadline=None)
@given(meetings=st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(0, 5), min_size=1, max_size=6)), min_size=1, max_size=5))
def test_who_attended_or_put_the_score_that_stands_took_part_and_nobody_else(log: LawfulLog, meetings: list[tuple[int, list[int]]]) -> None:
    """Each meeting (one of them away; 0: the town's officer alone) scores some members, in place of earlier scores."""
    review_id = log.sitting()
    people = log.members(review_id)
    last: dict[str, set[str]] = {}
    for number, (away, scored) in zip(count(), meetings, strict=False):
        team = tuple(one for one in people[:4] if one != people[away]) if away else ()
        meeting = Meeting(attendees=team, other_attendees=0, kin={}, is_town=not away)
        for lot in scored:
            given_score = ProposedScore(people[lot], Decimal(70 + number), reason="集体研究")
            by = f"{OFFICER}{number}" if not away else "secretary"
            if log.code(give_scores(log.log, review_id, meeting, [given_score], by=by)) is None:
                last[people[lot]] = set(team) or {by}
    scores = log.run(load_scores(log.log, review_id)).state
    for member in people:
        took_part, is_towns = who_took_part(log.review(review_id), scores, member)
        assert took_part == last.get(member, set())
        assert is_towns == any(person.startswith(OFFICER) for person in took_part)
    assert who_took_part(log.review(review_id), scores, None)[0] == set().union(*last.values())


# Confirmation


@pytest.mark.spec("6.48b")
@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.tuples(STEPS, LOTS, DECISIONS), max_size=12))
def test_nothing_is_confirmed_while_an_objection_is_open(log: LawfulLog, steps: list[tuple[str, int, str]]) -> None:
    review_id, since = log.published(), log.log.head()
    waiting: list[str] = []
    for step, lot, decision in steps:
        is_confirmed = log.review(review_id).phase == "confirmed"
        match step:
            case "raise":
                waiting.append(raised(log, review_id, log.members(review_id)[lot % SIZE]))
            case "decide" if waiting:
                score = Decimal(60 + lot) if decision == "upheld" and not is_confirmed else None
                answer = ToDecide(decision, "经核实", score, log.members(review_id)[lot % SIZE])
                assert log.code(decided(log, waiting.pop(lot % len(waiting)), answer)) is None
            case "confirm":
                expected = "wrong_phase" if is_confirmed else "objection_open" if waiting else None
                assert log.code(log.confirm(review_id)) == expected
            case "at once":
                about = About("result", review_id, "branch")
                raising = objections.raise_objection(log.log, about, ToRaise("不实"), working_days=TERM, by="objector")
                log.together(raising, log.confirm(review_id))
                waiting = still_open(log, review_id, since)
    assert set(still_open(log, review_id, since)) == set(waiting)


def decided(log: LawfulLog, objection_id: str, answer: ToDecide) -> Awaitable[Stored]:
    """The command by which the town, which is not concerned, answers."""
    return objections.decide_objection(log.log, objection_id, answer, NOBODYS, by=OFFICER, role="town_officer")


def still_open(log: LawfulLog, review_id: str, since: int) -> list[str]:
    """What is open at the end; and at no confirmation on the way was anything open."""
    found: list[str] = []
    for event in log.happened(since):
        match event:
            case ObjectionListed() if event.about_id == review_id:
                found.append(event.objection_id)
            case ObjectionDelisted() if event.about_id == review_id:
                found.remove(event.objection_id)
            case ReviewConfirmed() if event.review_id == review_id:
                assert not found
    return found


@pytest.mark.spec("6.46a")
@settings(max_examples=20, deadline=None)
@given(score=st.integers(0, 100), lot=LOTS)
def test_upheld_during_publicity_the_results_stand_anew_and_what_was_said_of_the_earlier_ones_confirms_nothing(
    log: LawfulLog, score: int, lot: int
) -> None:
    review_id = log.published()
    before = log.review(review_id)
    member = before.rated[lot % len(before.rated)]
    objection_id = raised(log, review_id, member)
    stored = log.run(decided(log, objection_id, ToDecide("upheld", "经核实", Decimal(score))))
    (corrected,) = [one.event for one in stored.recorded if isinstance(one.event, ResultsCorrected)]
    after = log.review(review_id)
    assert (corrected.cause.objection_id, corrected.working_days) == (objection_id, after.rules.publicity.working_days)
    assert after.results[member].result == score
    assert after.results_position > before.results_position
    assert log.code(log.confirm(review_id, of_position=before.results_position)) == "results_changed"
    assert log.code(log.confirm(review_id)) is None
