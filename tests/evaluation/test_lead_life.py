"""Leads as the domain sees them: what a later examination changes, labels that are good for one lead alone, words without blame."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from services.evaluation.domain import examinations, lead_life
from services.evaluation.domain.examinations import HalfYearsReversed, earliest_by_default, half_years, packed, unpacked
from services.evaluation.domain.lead_details import Row, from_sealed_form, labelled, sealed_form
from services.evaluation.domain.lead_life import LeadFile, find_again, gone
from services.evaluation.domain.lead_words import INNOCENT, REFUTED_BY, Figures, certainty, words_of
from services.evaluation.events.leads import LeadFound, LeadGone
from tests.evaluation.builders import recorded

SCOPE: dict[str, Any] = {"examination_id": "e2", "organization_id": "county", "from_period": "2026-H1", "period": "2026-H1"}


def lead_found(lead_id: str = "l1", **more: Any) -> LeadFound:  # noqa: ANN401
    made = LeadFound(
        lead_id=lead_id, examination_id="e1", organization_id="county", of_branch="b1", review_id="r1", from_period="2026-H1",
        period="2026-H1", indicator="B3", level="look", effect=Decimal("-19.5"), q=Decimal("0.001"), sample=20, details=b"x",
        fingerprint="f",
    )  # fmt: skip
    return msgspec.structs.replace(made, **more)


def file(*events: Any) -> LeadFile:  # noqa: ANN401
    state = LeadFile()
    for position, event in enumerate(events, start=1):
        state = lead_life.evolve(state, recorded(event, position))
    return state


def test_the_same_found_again_needs_no_event_and_other_figures_do() -> None:
    known = {"l1": file(lead_found())}
    assert find_again(known, [lead_found(examination_id="e2", details=b"sealed anew")]) == []
    other = lead_found(effect=Decimal(-21))
    assert find_again(known, [other]) == [other]
    assert find_again(known, [lead_found("l2")]) == [lead_found("l2")]


def test_a_lead_that_is_gone_and_found_again_is_back_with_its_life() -> None:
    looked = replace(file(lead_found()), state="explained")
    missing = gone({"l1": looked}, set(), **SCOPE)
    assert missing == [LeadGone(lead_id="l1", examination_id="e2", organization_id="county")]
    away = lead_life.evolve(looked, recorded(missing[0], 2))
    assert (away.is_gone, away.state) == (True, "explained")
    assert gone({"l1": away}, set(), **SCOPE) == [], "once"
    again = find_again({"l1": away}, [lead_found()])
    back = lead_life.evolve(away, recorded(again[0], 3))
    assert (back.is_gone, back.state) == (False, "explained")


@pytest.mark.parametrize(
    "change",
    [
        {"organization_id": "town"},
        {"from_period": "2026-H2", "period": "2026-H2"},
        {"from_period": "2025-H1"},
    ],
)
def test_only_an_examination_that_asked_the_same_says_that_a_lead_is_gone(change: dict[str, Any]) -> None:
    assert gone({"l1": file(lead_found(**change))}, set(), **SCOPE) == []


def test_a_relation_is_compared_over_the_same_half_years() -> None:
    pair = file(lead_found(indicator="C2", from_period="2025-H1", period="2026-H1"))
    assert gone({"l1": pair}, set(), **SCOPE) == []
    assert gone({"l1": pair}, set(), **SCOPE | {"from_period": "2025-H1"}) != []


def test_labels_are_made_for_one_lead_and_tell_nothing_by_their_order() -> None:
    rows = [Row("rater", f"m{k}", "2026-H1", Decimal(60 + k), Decimal(80)) for k in range(6)]

    def people(secret: str) -> dict[str, str]:
        order = lambda member: str(hash((secret, member)))  # noqa: E731
        return labelled(rows, entity="rater", second=None, concerned=["rater"], count=0, order=order).people

    one, other = people("one"), people("other")
    assert one["A"] == other["A"] == "rater"
    assert set(one) == set(other) == set("ABCDEFG")
    assert one != other
    assert sorted(one.values()) == sorted(other.values())


def test_what_is_sealed_comes_back_and_the_same_gives_the_same_bytes() -> None:
    rows = [Row("a", "b", "2026-H1", Decimal("85.50"), None)]
    details = labelled(rows, entity="a", second=None, concerned=["a"], count=0, order=str)
    assert from_sealed_form(sealed_form(details)) == details
    assert sealed_form(from_sealed_form(sealed_form(details))) == sealed_form(details)
    assert (details.rows[0].by, details.rows[0].of) == ("A", "B")
    assert (details.label_of("a"), details.label_of("b")) == ("A", None), "only who is concerned is told its label"


@pytest.mark.spec("8.6")
@pytest.mark.parametrize("indicator", sorted(INNOCENT))
@pytest.mark.parametrize("effect", ["-12.34", "12.34"])
def test_every_lead_says_what_was_seen_what_may_explain_it_and_what_would_refute_it(indicator: str, effect: str) -> None:
    said = ("晚了", "late") if indicator.startswith("A") else None
    words = words_of(Figures(indicator, Decimal(effect), Decimal("0.01"), 20, "A", "B", 5), said)
    for text in (*words.sentence, *words.certainty, *words.innocent, *words.refuted_by):
        assert text
        assert not any(blame in text.lower() for blame in ("guilty", "cheat", "fraud", "作弊", "舞弊", "违规"))
    assert indicator in REFUTED_BY


def test_certainty_is_said_in_words() -> None:
    assert "1,000" in certainty("B3", Decimal("0.0004"))[1]
    assert "20" in certainty("B3", Decimal("0.05"))[1]
    assert "note" in certainty("C2", Decimal("0.2"))[1]
    assert "fact" in certainty("B1", Decimal(0))[1]


def test_half_years_of_an_examination() -> None:
    assert half_years("2025-H2", "2026-H2") == ["2025-H2", "2026-H1", "2026-H2"]
    assert (earliest_by_default("2026-H1"), earliest_by_default("2026-H2")) == ("2024-H2", "2025-H1")
    for first in ("2027-H1", "2022-H2"):
        with pytest.raises(HalfYearsReversed):
            half_years(first, "2026-H2")
    ids = ["0197d5a0-0000-7000-8000-000000000002", "0197d5a0-0000-7000-8000-000000000001"]
    assert unpacked(packed(ids)) == sorted(ids)
    assert len(packed(ids)) == len(ids) * examinations.ID_BYTES
