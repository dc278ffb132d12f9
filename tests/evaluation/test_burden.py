"""The burden meter (spec, section 10): a change that adds to what is asked of a branch is seen."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.api.burdens import FIELDS
from services.evaluation.domain.burden import MINUTES_A_FIELD, MINUTES_A_FORM, Form, burden
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.events.rulebooks import Dimension, Rules
from tests.evaluation.builders import item
from tests.evaluation.builders_review import rules


def forms(rule: Rules, members: int) -> dict[str, Form]:
    return {one.form: one for one in burden(rule, members, FIELDS).forms}


def test_everybody_scores_everybody_else_in_each_dimension() -> None:
    assert forms(DEFAULT_RULES, 7)["ballot"] == Form("ballot", 7, 7 * 6 * 5)
    assert forms(DEFAULT_RULES, 1)["ballot"] == Form("ballot", 0, 0)


def test_the_committee_writes_one_score_a_member_or_one_by_each_of_its_own() -> None:
    assert forms(DEFAULT_RULES, 7)["committee_scores"].fields == 3 + 7
    assert forms(rules(committee={"mode": "mean"}), 7)["committee_scores"].fields == 3 + 21


def test_the_fields_are_those_that_the_contract_requires() -> None:
    assert FIELDS["pledge"] == len({"member_id", "period", "theme", "action", "target", "due_on"})
    assert FIELDS["self_review"] == len({"achievements", "shortcomings"})
    assert FIELDS["review"] == len({"branch_id", "period"})
    assert FIELDS["phase"] == 1


def test_a_form_takes_a_minute_and_each_field_a_quarter() -> None:
    assert Form("pledge", 2, 12).minutes == 2 * MINUTES_A_FORM + 12 * MINUTES_A_FIELD == 5


@pytest.mark.spec("10.4")
@given(st.integers(1, 120))
def test_another_dimension_item_or_member_never_makes_it_lighter(members: int) -> None:
    plain = burden(DEFAULT_RULES, members, FIELDS)
    dimension = Dimension("new", "新", DEFAULT_RULES.dimensions[0].max)
    heavier = msgspec.structs.replace(DEFAULT_RULES, dimensions=(*DEFAULT_RULES.dimensions, dimension))
    busier = msgspec.structs.replace(DEFAULT_RULES, items=(*DEFAULT_RULES.items, item("new")))
    assert burden(heavier, members, FIELDS).minutes > plain.minutes
    assert burden(busier, members, FIELDS).form_count == plain.form_count + 1
    assert burden(DEFAULT_RULES, members + 1, FIELDS).minutes > plain.minutes
