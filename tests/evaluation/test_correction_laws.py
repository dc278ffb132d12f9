"""Laws of corrections (spec, section 6): whatever is upheld, found and corrected, the original stays and each change names its cause."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.commands import corrections, objections, supervision
from services.evaluation.commands.corrections import ToCorrect
from services.evaluation.commands.objections import ToDecide, ToRaise
from services.evaluation.domain.objections import About, Part
from services.evaluation.domain.reviews import Review
from services.evaluation.events.corrections import Cause, ResultsCorrected
from services.evaluation.events.objections import ObjectionRaised
from services.evaluation.events.supervision import FindingRecorded, InspectionOpened
from tests.evaluation.lawful import OFFICER, SIZE, TOWN, LawfulLog

LOTS = st.integers(0, SIZE - 1)
SCORES = st.decimals(0, 100, places=2)
CAUSES = st.sampled_from(["upheld", "upheld", "finding", "dismissed", "reversed", "of another", "open", "unknown"])
SOUND = {"upheld", "finding"}


@pytest.fixture(scope="module")
def log() -> Iterator[LawfulLog]:
    log = LawfulLog()
    yield log
    log.close()


def stars(score: Decimal) -> int:
    """Rounded half up once, then by the bands 90, 70, 60."""
    whole = int(score + Decimal("0.5"))
    return sum(whole >= least for least in (90, 70, 60))


def objected(log: LawfulLog, review_id: str, member: str, decision: str | None, score: Decimal | None = None) -> str:
    """An objection to a member's result, answered so by the town (None: not yet)."""
    about = About("result", review_id, log.review(review_id).opening.branch_id, member)
    stored = log.run(objections.raise_objection(log.log, about, ToRaise("不实"), working_days=10, by=member))
    event = stored.recorded[0].event
    assert isinstance(event, ObjectionRaised)
    if decision is not None:
        answer = ToDecide(decision, "经核实", score)
        log.run(objections.decide_objection(log.log, event.objection_id, answer, Part(frozenset()), by=OFFICER, role="town_officer"))
    return event.objection_id


def found(log: LawfulLog, branch: str, *, is_reversed: bool = False) -> tuple[str, str]:
    """The ids of an inspection of a branch and of its finding."""
    ancestry = (branch, TOWN)
    opening = supervision.open_inspection(log.log, ancestry, organization_id=TOWN, year=2026, on=log.log.today(), by=OFFICER)
    opened = log.run(opening).recorded[0].event
    assert isinstance(opened, InspectionOpened)
    finding = supervision.FindingToRecord("falsification", "材料不实", [])
    recorded = log.run(supervision.record_finding(log.log, opened.inspection_id, ancestry, finding, by=OFFICER)).recorded[0].event
    assert isinstance(recorded, FindingRecorded)
    if is_reversed:
        log.run(supervision.reverse_finding(log.log, opened.inspection_id, recorded.finding_id, reason="复查不实", by=OFFICER))
    return opened.inspection_id, recorded.finding_id


def a_cause(log: LawfulLog, review: Review, member: str, kind: str) -> tuple[Cause, str | None]:
    """A cause of this kind for correcting the member's result, and the inspection of a finding."""
    match kind:
        case "upheld" | "dismissed":
            return Cause(objection_id=objected(log, review.id, member, kind)), None
        case "open":
            return Cause(objection_id=objected(log, review.id, member, None)), None
        case "of another":
            other = next(one for one in review.rated if one != member)
            return Cause(objection_id=objected(log, review.id, other, "upheld")), None
        case "unknown":
            return Cause(objection_id="nobody-raised-it"), None
        case _:
            inspection, finding = found(log, review.opening.branch_id, is_reversed=kind == "reversed")
            return Cause(finding_id=finding), inspection


class Wish(NamedTuple):
    """Somebody wants a result to be another: whose, what, for which kind of cause; `same`: it would confirm that itself."""

    lot: int
    score: Decimal
    kind: str
    same: bool


def proposed(log: LawfulLog, review: Review, wish: Wish) -> tuple[str | None, str | None]:
    """The correction that was proposed, None where it was refused; and the inspection that its finding needs."""
    member = review.rated[wish.lot]
    cause, inspection = a_cause(log, review, member, wish.kind)
    command = corrections.propose_correction(
        log.log, review.id, ToCorrect(member, wish.score, cause, "更正"), inspection_id=inspection, by="first"
    )
    if wish.kind not in SOUND:
        assert log.code(command) == "cause_does_not_hold"
        return None, None
    return str(getattr(log.run(command).recorded[0].event, "correction_id", "")), inspection


def confirm(log: LawfulLog, correction: str, inspection: str | None, by: str = "second") -> str | None:
    """The code of the refusal of a confirmation."""
    return log.code(corrections.confirm_correction(log.log, correction, inspection_id=inspection, by=by))


WISHES = st.lists(st.builds(Wish, LOTS, SCORES, CAUSES, st.booleans()), max_size=6)
UPHELD = st.lists(st.tuples(LOTS, SCORES), max_size=4)


@pytest.mark.spec("6.50", "6.52")
@settings(max_examples=25, deadline=None)
@given(during=UPHELD, after=WISHES)
def test_the_original_stays_and_from_it_each_change_with_its_cause_leads_to_what_stands(
    log: LawfulLog, during: list[tuple[int, Decimal]], after: list[Wish]
) -> None:
    review_id, since = log.published(), log.log.head()
    original = log.review(review_id)
    wanted: dict[str, Decimal] = {}
    for lot, score in during:
        objected(log, review_id, original.rated[lot], "upheld", score)
        wanted[original.rated[lot]] = score
    log.run(log.confirm(review_id))
    for wish in after:
        before = log.review(review_id)
        correction, inspection = proposed(log, before, wish)
        assert log.review(review_id).results == before.results, "a proposal changes nothing"
        if correction is None:
            continue
        if wish.same:
            assert confirm(log, correction, inspection, "first") == "same_person"
            assert confirm(log, correction, inspection, before.rated[wish.lot]) == "own_case"
            assert log.review(review_id).results == before.results
        assert confirm(log, correction, inspection) is None
        assert confirm(log, correction, inspection) == "already_confirmed"
        wanted[before.rated[wish.lot]] = wish.score
    stands = log.review(review_id)
    assert stands.published == original.results
    assert {member: one.result for member, one in stands.results.items()} == {
        member: wanted.get(member, one.result) for member, one in original.results.items()
    }
    assert all(one.result is not None and one.stars == stars(one.result) for one in stands.results.values())
    assert_chain(log, original, stands, since)


def assert_chain(log: LawfulLog, original: Review, stands: Review, since: int) -> None:
    """The corrections in the log, followed from the original, lead to what stands; each says what was, and why, and by whom."""
    results = dict(original.results)
    told = [event for event in log.happened(since) if isinstance(event, ResultsCorrected) and event.review_id == original.id]
    for event in told:
        after = {one.member_id: one for one in event.results}
        assert event.was == results[event.member_id]
        assert {member for member in after if after[member] != results[member]} <= {event.member_id}
        assert (event.cause.objection_id is None) != (event.cause.finding_id is None)
        assert event.proposed_by != event.recorded_by
        assert event.member_id not in {event.proposed_by, event.recorded_by}
        results = after
    assert results == stands.results
    assert [one.fact for one in stands.corrections] == told


@settings(max_examples=15, deadline=None)
@given(first=st.tuples(LOTS, SCORES), second=st.tuples(LOTS, SCORES), is_of_other=st.booleans())
def test_of_two_proposals_for_one_result_only_the_one_that_knew_it_is_confirmed(
    log: LawfulLog, first: tuple[int, Decimal], second: tuple[int, Decimal], *, is_of_other: bool
) -> None:
    review_id = log.published("80")
    log.run(log.confirm(review_id))
    lot = (first[0] + 1) % SIZE if is_of_other else first[0]
    ways = [proposed(log, log.review(review_id), Wish(lot, score, "finding", same=False)) for lot, score in (first, (lot, second[1]))]
    (one, of_one), (other, of_other) = ways
    assert one is not None
    assert other is not None
    assert confirm(log, one, of_one) is None
    is_same_result = not is_of_other and first[1] != 80
    assert confirm(log, other, of_other) == ("result_changed" if is_same_result else None)


@settings(max_examples=15, deadline=None)
@given(lot=LOTS, score=SCORES, days=st.integers(0, 60), is_reversed=st.booleans())
def test_a_cause_must_still_hold_and_a_proposal_be_young_when_the_second_person_confirms(
    log: LawfulLog, lot: int, score: Decimal, days: int, *, is_reversed: bool
) -> None:
    review_id = log.published()
    log.run(log.confirm(review_id))
    before = log.review(review_id)
    correction, inspection = proposed(log, before, Wish(lot, score, "finding", same=False))
    assert correction is not None
    assert inspection is not None
    if is_reversed:
        finding = log.run(supervision.load_inspection(log.log, inspection)).state.findings[0].fact.finding_id
        log.run(supervision.reverse_finding(log.log, inspection, finding, reason="复查不实", by=OFFICER))
    log.move_clock(log.log.now() + timedelta(days=days))
    told = confirm(log, correction, inspection)
    assert told == ("proposal_expired" if days > 30 else "cause_does_not_hold" if is_reversed else None)
    if told is not None:
        assert log.review(review_id).results == before.results
