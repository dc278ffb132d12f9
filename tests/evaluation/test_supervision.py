"""Supervision (spec, section 8): findings with evidence, circulars, and the responsibility score against an independent reckoning."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain import supervision
from services.evaluation.domain.circulars import CircularTextMissing, NoCircularToCorrect, issue_circular, reverse_finding
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.rulebooks import RulesInForce
from services.evaluation.domain.supervision import (
    KINDS,
    DeductionOutOfRange,
    FindingInCircular,
    FindingIsReversed,
    Found,
    InspectedBeforeYear,
    InspectedInFuture,
    Inspection,
    NotAbove,
    NothingToAnswer,
    UnknownFinding,
    UnknownInspection,
    give_response,
    open_inspection,
    period_of_year,
    record_finding,
    responsibility_score,
)
from services.evaluation.events.points import Evidence
from services.evaluation.events.supervision import CircularCorrected, CircularWithdrawn, FindingRecorded, InspectionOpened
from shared.calendar import HalfYear
from shared.events import Event
from tests.evaluation.builders import WRITTEN, folded
from tests.evaluation.supervision_reckoning import Ledger, whose_rules

ANCESTRY = ("b1", "town", "county")
TODAY = date(2026, 11, 25)
IN_FORCE = RulesInForce("town", 1, DEFAULT_RULES)
EVIDENCE = (Evidence("text", WRITTEN),)


def opening(organization: str = "county", on: str = "2026-11-20", year: int = 2026) -> InspectionOpened:
    return InspectionOpened(
        inspection_id="i1", branch_id="b1", organization_id=organization, year=year, on=date.fromisoformat(on), recorded_by="sun"
    )


def inspection(*events: Event) -> Inspection:
    return folded(supervision.evolve, Inspection(), opening(), *events)


def finding(number: int = 1, kind: str = "falsification", deduction: str | None = None) -> FindingRecorded:
    own = None if deduction is None else Decimal(deduction)
    (made,) = record_finding(inspection(), Found(f"f{number}", kind, WRITTEN, EVIDENCE, None, own), IN_FORCE, "sun")
    return made


@pytest.mark.spec("8.1")
@pytest.mark.parametrize("organization", ["town", "county"])
def test_a_branch_is_inspected_by_an_organisation_above_it(organization: str) -> None:
    assert open_inspection(opening(organization), ANCESTRY, TODAY) == [opening(organization)]


@pytest.mark.spec("8.1")
@pytest.mark.parametrize("organization", ["b1", "other county"])
def test_neither_by_itself_nor_from_outside(organization: str) -> None:
    with pytest.raises(NotAbove):
        open_inspection(opening(organization), ANCESTRY, TODAY)


def test_an_inspection_lies_not_in_the_future_and_not_before_its_year() -> None:
    with pytest.raises(InspectedInFuture):
        open_inspection(opening(on="2026-11-26"), ANCESTRY, TODAY)
    with pytest.raises(InspectedBeforeYear):
        open_inspection(opening(on="2025-12-31"), ANCESTRY, TODAY)
    assert open_inspection(opening(on="2026-01-10", year=2025), ANCESTRY, TODAY)


@pytest.mark.spec("3.30")
@pytest.mark.parametrize(
    ("kind", "amount"),
    [("poor_implementation", 5), ("falsification", 10), ("unfair_selection", 10), ("late_disclosure", 5)],
)
def test_each_kind_deducts_its_own_amount(kind: str, amount: int) -> None:
    assert finding(kind=kind).deduction == amount
    assert (finding().rulebook_id, finding().version) == ("town", 1)


@pytest.mark.spec("8.2")
def test_there_are_four_kinds() -> None:
    assert set(KINDS) == {"poor_implementation", "falsification", "unfair_selection", "late_disclosure"}


@pytest.mark.spec("8.5")
def test_a_finding_may_deduct_nothing_or_an_amount_of_its_own_and_never_adds() -> None:
    assert finding(deduction="0").deduction == 0
    assert finding(deduction="2.5").deduction == Decimal("2.5")
    for wrong in ("-0.01", "100.01"):
        with pytest.raises(DeductionOutOfRange):
            finding(deduction=wrong)


def test_a_later_inspection_of_a_year_follows_the_rules_of_its_last_half() -> None:
    assert period_of_year(2026, date(2026, 5, 1)) == HalfYear(2026, 1)
    assert period_of_year(2026, date(2026, 9, 1)) == HalfYear(2026, 2)
    assert period_of_year(2026, date(2027, 3, 1)) == HalfYear(2026, 2)


@given(st.sampled_from([2025, 2026]), st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_a_finding_takes_the_amounts_of_the_half_year_of_its_inspection(year: int, on: date) -> None:
    assert str(period_of_year(year, on)) == whose_rules(year, on)


def test_the_last_day_of_june_still_follows_the_rules_of_the_first_half() -> None:
    days = [date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [whose_rules(2026, on) for on in days] == ["2026-H1", "2026-H2", "2026-H2", "2026-H2"]


def test_a_circular_names_findings_of_its_inspection_once() -> None:
    (circular,) = issue_circular(inspection(finding(1), finding(2)), "c1", ["f1", "f1"], WRITTEN, "sun")
    assert [(one.finding_id, one.deduction) for one in circular.findings] == [("f1", Decimal(10))]
    with pytest.raises(FindingInCircular):
        issue_circular(inspection(finding(1), finding(2), circular), "c2", ["f2", "f1"], WRITTEN, "sun")
    with pytest.raises(UnknownFinding):
        issue_circular(inspection(finding(1)), "c2", ["f9"], WRITTEN, "sun")


def test_a_reversed_finding_goes_into_no_circular_and_is_reversed_once() -> None:
    (gone,) = reverse_finding(inspection(finding()), "f1", WRITTEN, "sun")
    with pytest.raises(FindingIsReversed):
        issue_circular(inspection(finding(), gone), "c1", ["f1"], WRITTEN, "sun")
    with pytest.raises(FindingIsReversed):
        reverse_finding(inspection(finding(), gone), "f1", WRITTEN, "sun")
    assert inspection(finding(), gone).finding("f1").state == "reversed"


@pytest.mark.spec("8.4")
def test_a_circular_of_which_findings_are_left_needs_its_text_anew() -> None:
    standing = inspection(finding(1), finding(2))
    state = folded(supervision.evolve, standing, *issue_circular(standing, "c1", ["f1", "f2"], WRITTEN, "sun"))
    with pytest.raises(CircularTextMissing):
        reverse_finding(state, "f1", WRITTEN, "sun")
    _, corrected = events = reverse_finding(state, "f1", WRITTEN, "sun", WRITTEN)
    assert isinstance(corrected, CircularCorrected)
    assert (corrected.circular_id, [one.finding_id for one in corrected.findings]) == ("c1", ["f2"])
    state = folded(supervision.evolve, state, *events)
    with pytest.raises(NoCircularToCorrect):
        reverse_finding(state, "f2", WRITTEN, "sun", WRITTEN)
    assert isinstance(reverse_finding(state, "f2", WRITTEN, "sun")[1], CircularWithdrawn)


def test_the_branch_answers_only_to_what_was_found() -> None:
    (gone,) = reverse_finding(inspection(finding()), "f1", WRITTEN, "sun")
    for standing in (inspection(), inspection(finding(), gone)):
        with pytest.raises(NothingToAnswer):
            give_response(standing, "r1", WRITTEN, "wang")
    assert give_response(inspection(finding()), "r1", WRITTEN, "wang")[0].recorded_by == "wang"


def test_nothing_is_recorded_on_an_inspection_that_never_was() -> None:
    with pytest.raises(UnknownInspection):
        record_finding(Inspection(), Found("f1", "falsification", WRITTEN, EVIDENCE), IN_FORCE, "sun")


@pytest.mark.spec("2.16", "8.5")
@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.one_of(st.none(), st.decimals(0, 100, places=2)), st.booleans(), st.booleans()), max_size=12
    )
)
def test_the_score_is_the_reckoned_one_whatever_supervisors_do(findings: list[tuple[str, Decimal | None, bool, bool]]) -> None:
    """Each finding: its kind, an amount of its own, whether a circular names it, whether it is reversed afterwards."""
    state, reckoned = inspection(), Ledger()
    for number, (kind, own, in_circular, is_reversed) in enumerate(findings):
        name = f"f{number}"
        made = record_finding(state, Found(name, kind, WRITTEN, EVIDENCE, None, own), IN_FORCE, "sun")
        reckoned.found(name, "b1", 2026, kind, None if own is None else str(own))
        state = folded(supervision.evolve, state, *made)
        if in_circular:
            state = folded(supervision.evolve, state, *issue_circular(state, f"c{number}", [name], WRITTEN, "sun"))
            reckoned.circular(name)
        if is_reversed:
            state = folded(supervision.evolve, state, *reverse_finding(state, name, WRITTEN, "sun"))
            reckoned.reversed(name)
    counted = [one.fact.deduction for one in state.findings if one.state == "in_circular"]
    score = responsibility_score(DEFAULT_RULES.responsibility, counted)
    assert Fraction(score) == reckoned.score("b1", 2026)
    assert 0 <= score <= 100
