"""Every value of the specification's tables, as a field of the rulebook that a town can change (spec, section 3)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from services.evaluation.api.rules_json import all_problems
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.events.rulebooks import Rules
from tests.evaluation.builders import rules_json


def at(rules: Rules, path: str) -> Any:  # noqa: ANN401 - any field
    """What stands at `peer/quorum`."""
    found: Any = rules
    for step in path.split("/"):
        found = getattr(found, step)
    return found


def changed(path: str, value: object) -> dict[str, Any]:
    """The default rules as the contract writes them, with another value at this place."""
    raw = rules_json()
    *steps, last = path.split("/")
    part = raw
    for step in steps:
        part = part[step]
    part[last] = value
    return raw


OF_THE_SPEC: list[tuple[str, Any, Any]] = [
    ("caps/base", 60, 50),
    ("caps/bonus", 40, 30),
    ("late_entries", "next_half_year", "refused"),
    ("flags/stars_per_flag", 2, 3),
    ("flags/accrual", "year", "lifetime"),
    ("peer/scope", "branch", "group"),
    ("peer/aggregate", "trimmed_mean", "median"),
    ("peer/trim_from", 5, 7),
    ("peer/quorum", "1/2", "2/3"),
    ("peer/minimum_shown", 5, 3),
    ("peer/smallest_group", 6, 4),
    ("committee/mode", "agreed", "mean"),
    ("committee/deviation_limit", 10, 5),
    ("committee/minimum_members", 3, 5),
    ("result/formula", "committee", "weighted"),
    ("publicity/working_days", 5, 7),
    ("publicity/readable_share_of_day", "1/2", "3/4"),
    ("publicity/restart_on_correction", True, False),
    ("objections/answer_within_working_days", 10, 15),
    ("schedule/opened_by", 10, 12),
    ("schedule/peer_closed_by", 25, 26),
    ("schedule/committee_by", 35, 36),
    ("schedule/published_by", 42, 43),
    ("schedule/confirmed_by", 70, 71),
    ("schedule/annual_by", 90, 91),
    ("annual/excellent_share", "1/3", "1/4"),
    ("annual/attendance", "1/2", "2/3"),
    ("annual/majority", "1/2", "2/3"),
    ("board/raw_scores", False, True),
    ("responsibility/start", 100, 120),
    ("responsibility/deductions/falsification", 10, 20),
]
"""Place, the specification's value, another one."""


@pytest.mark.spec("0.2", "3.11", "3.14", "3.18", "3.23", "3.24", "3.28", "9.12")
@pytest.mark.parametrize(("path", "default", "other"), OF_THE_SPEC, ids=[path for path, _, _ in OF_THE_SPEC])
def test_every_default_is_a_field_that_a_town_can_change(path: str, default: object, other: object) -> None:
    assert at(DEFAULT_RULES, path) == default
    raw = changed(path, other)
    assert all_problems(raw) == []
    assert at(msgspec.convert(raw, Rules), path) == other


def test_rules_that_say_nothing_of_the_smallest_group_are_the_same_bytes_as_before() -> None:
    assert "smallest_group" not in rules_json()["peer"]
    assert rules_json(msgspec.convert(changed("peer/smallest_group", 4), Rules))["peer"]["smallest_group"] == 4


@pytest.mark.spec("2.17", "3.9")
def test_people_are_scored_by_five_dimensions_of_20_points() -> None:
    assert [(one.title, int(one.max)) for one in DEFAULT_RULES.dimensions] == [
        ("理想信念", 20), ("纪律规矩", 20), ("奉献作为", 20), ("道德品行", 20), ("日常表现", 20),
    ]  # fmt: skip


@pytest.mark.spec("3.12", "3.13")
def test_stars_are_given_from_90_from_70_and_from_60_points_rounded_half_up() -> None:
    assert [(int(band.least), band.stars) for band in DEFAULT_RULES.bands] == [(90, 3), (70, 2), (60, 1), (0, 0)]
    assert DEFAULT_RULES.rounding == "half_up"


@pytest.mark.spec("3.22")
def test_the_reference_is_half_points_and_half_peers() -> None:
    weights = DEFAULT_RULES.result.weights
    assert [str(weight) for weight in (weights.points, weights.peer, weights.committee)] == ["0.5", "0.5", "0"]


@pytest.mark.spec("3.30")
def test_each_kind_of_finding_has_its_own_deduction() -> None:
    assert msgspec.structs.asdict(DEFAULT_RULES.responsibility.deductions).keys() == {
        "poor_implementation", "falsification", "unfair_selection", "late_disclosure",
    }  # fmt: skip


@pytest.mark.spec("4.6")
def test_a_good_deed_counts_with_evidence_alone() -> None:
    assert {one.evidence for one in DEFAULT_RULES.items if one.kind in {"bonus", "deduction"}} == {True}
