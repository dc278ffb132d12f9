"""Leads of family A (fairness.md): facts recomputed from a review; "look here", never "guilty"."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from services.evaluation.domain.corrections import correct_by_objection
from services.evaluation.domain.leads import facts_of, graded, irregular_ballots, label_of, late_steps, wrong_stars
from services.evaluation.domain.objections import About, Answer, Part, Written, decide, raise_objection
from services.evaluation.domain.objections import evolve as evolve_objection
from services.evaluation.domain.objections import known as known_objection
from services.evaluation.domain.reviews import Phase, Review, Step, evolve, known
from services.evaluation.events.results import Result
from services.evaluation.events.reviews import CountedBallot
from shared.events import Recorded
from tests.evaluation.builders import WRITTEN, folded
from tests.evaluation.builders_review import Course


def review() -> Review:
    return Course().opened_for_peers().all_cast().closed().scored("89.5").published().review


def with_stars(given: Review, stars: int) -> Review:
    first = next(iter(given.results))
    return replace(given, results={**given.results, first: msgspec.structs.replace(given.results[first], stars=stars)})


def published_at(given: Review, day: datetime) -> Review:
    return replace(given, steps=tuple(replace(one, at=day) if one.phase is Phase.PUBLICITY else one for one in given.steps))


def test_a_review_in_time_with_right_stars_has_no_lead() -> None:
    assert facts_of(review()) == []


def test_the_day_on_which_it_was_due_is_not_late_in_shanghai() -> None:
    assert list(late_steps(published_at(review(), datetime(2026, 8, 11, 15, 59, tzinfo=UTC)))) == []
    (lead,) = late_steps(published_at(review(), datetime(2026, 8, 11, 16, 0, tzinfo=UTC)))
    assert (lead.indicator, lead.level, lead.effect, lead.rests_on["due_on"]) == ("A1", "look", Decimal(1), "2026-08-11")


def test_a_star_outside_its_band_is_named_by_a_label_and_the_stars_too_many() -> None:
    """89.5 rounds to 90 and earns three stars."""
    (lead,) = wrong_stars(with_stars(review(), 2))
    assert (lead.indicator, lead.entity, lead.effect, lead.rests_on["score"]) == ("A2", "A", Decimal(-1), "89.5")
    assert "m1" not in "".join((*lead.sentence, *(str(value) for value in lead.rests_on.values())))


def test_a_corrected_result_is_held_against_its_own_band() -> None:
    given = review()
    first = next(iter(given.results))
    corrected = msgspec.structs.replace(given.results[first], result=Decimal("69.50"), stars=2)
    assert wrong_stars(replace(given, results={**given.results, first: corrected})) == []
    (lead,) = wrong_stars(replace(given, results={**given.results, first: msgspec.structs.replace(corrected, stars=3)}))
    assert (lead.effect, lead.rests_on["score"]) == (Decimal(1), "69.5")


def corrected_to(given: Review, first: str, score: str) -> Review:
    """An objection to the result of `first` was upheld during publicity."""
    about = About("result", given.id, given.opening.branch_id, first)
    raised, _ = raise_objection(about, Written("o1", "2026-1", WRITTEN, None, None, on_paper=False), 10, "wang")
    objection = known_objection(folded(evolve_objection, None, raised))
    decided, _ = decide(objection, Answer("upheld", WRITTEN, Decimal(score)), Part(()), given, by="town", role="town_officer")
    fact = correct_by_objection(given, decided)
    assert fact is not None
    return known(evolve(given, Recorded(99, "phase/r", 99, datetime(2026, 8, 12, tzinfo=UTC), fact)))


def test_a_correction_to_what_was_shown_anyway_is_held_against_its_own_band() -> None:
    """89.495 was shown as 89.50 and earned two stars: corrected to 89.50 it earns three, and neither is a lead."""
    given = review()
    first = next(iter(given.results))
    basis = msgspec.structs.replace(given.basis[first], result="17899/200")
    given = replace(given, basis={**given.basis, first: basis})
    given = replace(given, results={**given.results, first: Result(first, Decimal("89.50"), 2)})
    assert wrong_stars(given) == []
    corrected = corrected_to(given, first, "89.50")
    assert corrected.results[first].stars == 3
    assert wrong_stars(corrected) == []
    (lead,) = wrong_stars(with_stars(corrected, 2))
    assert lead.effect == Decimal(-1)


def test_a_correction_of_a_member_that_had_no_result_is_looked_at() -> None:
    given = review()
    first = next(iter(given.basis))
    given = replace(given, basis={**given.basis, first: msgspec.structs.replace(given.basis[first], result=None)})
    corrected = corrected_to(replace(given, results={**given.results, first: Result(first, None, None)}), first, "70")
    assert wrong_stars(corrected) == []
    (lead,) = wrong_stars(with_stars(corrected, 3))
    assert (lead.effect, lead.rests_on["score"]) == (Decimal(1), "70")


def test_a_member_without_a_result_is_passed_over() -> None:
    given = review()
    first = next(iter(given.basis))
    without = replace(given, basis={**given.basis, first: msgspec.structs.replace(given.basis[first], result=None)})
    assert wrong_stars(with_stars(without, 2)) == []


@pytest.mark.spec("8.6")
def test_a_ballot_of_a_stranger_or_counted_twice_is_shown_and_accuses_nobody() -> None:
    given = review()
    assert given.peer is not None
    more = (*given.peer.counted, CountedBallot("stranger", 1), given.peer.counted[0])
    (note,) = irregular_ballots(replace(given, peer=msgspec.structs.replace(given.peer, counted=more)))
    assert (note.indicator, note.level, note.effect) == ("A3", "note", Decimal(2))
    assert graded([note]) == [note]


def test_a_second_indicator_of_the_same_branch_makes_leads_formal() -> None:
    late = published_at(review(), datetime(2026, 9, 1, tzinfo=UTC))
    assert [one.level for one in graded(facts_of(late))] == ["look"]
    assert [(one.indicator, one.level) for one in graded(facts_of(with_stars(late, 2)))] == [("A1", "formal"), ("A2", "formal")]


def test_an_annulled_review_has_no_lead() -> None:
    late = published_at(with_stars(review(), 1), datetime(2026, 9, 1, tzinfo=UTC))
    assert facts_of(replace(late, phase=Phase.ANNULLED)) == []


def test_results_that_are_put_on_the_board_again_are_late_by_their_first_day() -> None:
    given = published_at(review(), datetime(2026, 8, 1, tzinfo=UTC))
    again = replace(given, steps=(*given.steps, Step(Phase.PUBLICITY, datetime(2026, 8, 20, tzinfo=UTC), "x")))
    assert [one.effect for one in late_steps(again)] == []


def test_labels_go_on_after_z() -> None:
    assert [label_of(number) for number in (0, 25, 26, 52)] == ["A", "Z", "A2", "A3"]
