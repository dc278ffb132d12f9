"""Every sentence of the specification is shown by a test (docs/spec-table.md); the table itself is held by test_docs."""

from __future__ import annotations

from collections import Counter

from tests.house.spec import sentences, shown


def test_every_sentence_is_shown_by_a_test() -> None:
    marked = {one.number for one in shown()}
    empty = [f"{one.number} {one.text}" for one in sentences() if one.no_rule is None and one.number not in marked]
    assert not empty, "write the test that would fail if it were broken, and mark it: @pytest.mark.spec(number)"


def test_every_marker_names_a_sentence_that_states_a_rule() -> None:
    rules = {one.number for one in sentences() if one.no_rule is None}
    unknown = [f"{one.place} names {one.number}" for one in shown() if one.number not in rules]
    assert not unknown, "the numbers stand in tests/house/sentences.txt"


def test_no_test_names_a_sentence_twice() -> None:
    assert not [one.place for one, times in Counter(shown()).items() if times > 1]


def test_few_sentences_state_no_rule_and_each_says_why() -> None:
    reasons = [one.no_rule for one in sentences() if one.no_rule is not None]
    assert len(reasons) <= 5
    assert all(len(reason) > 20 for reason in reasons)
