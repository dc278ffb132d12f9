from __future__ import annotations

from datetime import UTC, date, datetime, time
from fractions import Fraction

import pytest

from services.evaluation.domain import rulebooks
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.proposals import ProposalExpired
from services.evaluation.domain.rulebooks import (
    NoRulesInForce,
    Rulebook,
    UnknownRulebook,
    UnknownVersion,
    share,
    version_for,
    version_on,
)
from services.evaluation.domain.versions import (
    AdoptionTooLate,
    AlreadyAdopted,
    HalfYearBegun,
    RulebookExists,
    SamePersonAdopts,
    adopt_version,
    beginning_of_first,
    propose_version,
    publish_first,
)
from services.evaluation.events.rulebooks import VersionProposed, VersionPublished
from shared.calendar import HalfYear
from tests.evaluation.builders import H1, H2, entry, folded, recorded, rules

NEXT = HalfYear(2027, 1)


def first(begins: HalfYear | None = None, by: str = "wang") -> VersionPublished:
    (event,) = publish_first(Rulebook(), organization_id="town", code="XH", title="办法", rules=rules(), from_period=begins, by=by)
    return event


def rulebook(*events: VersionPublished | VersionProposed) -> Rulebook:
    return folded(rulebooks.evolve, Rulebook(), *events)


def proposed(book: Rulebook, begins: HalfYear | None = H2, base: str = "50") -> VersionProposed:
    changed = rules(base=base)
    (event,) = propose_version(book, code="XH", title="办法", rules=changed, from_period=begins, this_period=H1, by="wang")
    return event


def adopted(book: Rulebook, number: int = 2, on: date = date(2026, 5, 21), by: str = "li") -> VersionPublished:
    (event,) = adopt_version(book, number, datetime.combine(on, time(2), UTC), by)
    return event


@pytest.mark.spec("3.4", "3.8")
def test_the_first_version_holds_at_once_and_from_ever() -> None:
    event = first()
    assert (event.rulebook_id, event.version, event.from_period) == ("town", 1, None)
    assert version_for(rulebook(event), HalfYear(1999, 1)) == (1, rules())


@pytest.mark.spec("3.1")
def test_a_town_has_one_rulebook() -> None:
    with pytest.raises(RulebookExists):
        publish_first(rulebook(first()), organization_id="town", code="XH", title="办法", rules=rules(), from_period=None, by="li")


@pytest.mark.spec("3.4")
def test_a_first_version_that_begins_later_holds_for_nothing_earlier() -> None:
    book = rulebook(first(H2))
    assert version_for(book, H2)[0] == 1
    with pytest.raises(NoRulesInForce):
        version_for(book, H1)


@pytest.mark.spec("3.2")
def test_a_proposal_holds_nothing_until_a_second_person_adopts_it() -> None:
    book = rulebook(first())
    proposal = proposed(book)
    book = rulebook(first(), proposal)
    assert version_for(book, H2)[0] == 1
    event = adopted(book)
    assert (event.version, event.from_period, event.recorded_by, event.rules) == (2, "2026-H2", "li", rules(base="50"))
    book = rulebook(first(), proposal, event)
    assert [version_for(book, period)[0] for period in (H1, H2, NEXT)] == [1, 2, 2]


@pytest.mark.spec("3.3")
def test_a_proposal_begins_with_the_next_half_year_unless_it_names_a_later_one() -> None:
    assert proposed(rulebook(first()), None).from_period == "2026-H2"
    assert proposed(rulebook(first()), HalfYear(2028, 1)).from_period == "2028-H1"


@pytest.mark.spec("3.3")
@pytest.mark.parametrize("begins", [H1, HalfYear(2025, 2)])
def test_no_version_reaches_back(begins: HalfYear) -> None:
    with pytest.raises(HalfYearBegun) as refused:
        proposed(rulebook(first()), begins)
    assert refused.value.errors[0][0] == "/from_period"


def test_who_proposed_does_not_adopt() -> None:
    book = rulebook(first(), proposed(rulebook(first())))
    with pytest.raises(SamePersonAdopts):
        adopted(book, by="wang")


@pytest.mark.spec("3.2")
def test_a_version_is_adopted_once() -> None:
    book = rulebook(first(), proposed(rulebook(first())))
    book = rulebooks.evolve(book, recorded(adopted(book)))
    with pytest.raises(AlreadyAdopted):
        adopted(book, by="zhao")


@pytest.mark.spec("3.3")
def test_a_proposal_whose_half_year_has_begun_can_not_be_adopted_any_more() -> None:
    book = rulebook(first(), proposed(rulebook(first())))
    with pytest.raises(AdoptionTooLate):
        adopted(book, on=date(2026, 7, 1))


def test_a_proposed_version_waits_thirty_days_for_its_second_person() -> None:
    book = rulebook(first())
    book = rulebooks.evolve(book, recorded(proposed(book, NEXT)))
    adopted(book, on=date(2026, 6, 18))
    with pytest.raises(ProposalExpired):
        adopted(book, on=date(2026, 6, 19))


def test_the_first_version_needs_no_adoption_and_unknown_ones_have_none() -> None:
    with pytest.raises(AlreadyAdopted):
        adopted(rulebook(first()), number=1)
    for number in (0, 2, -1):
        with pytest.raises(UnknownVersion):
            adopted(rulebook(first()), number=number)
    with pytest.raises(UnknownRulebook):
        proposed(Rulebook())


@pytest.mark.spec("3.5")
def test_of_two_versions_for_one_half_year_the_newer_holds_and_of_two_half_years_the_one_begun_last() -> None:
    later, sooner, again = (HalfYear(2027, 1), H2, H2)
    book = rulebook(first())
    for begins in (later, sooner, again):
        book = rulebooks.evolve(book, recorded(proposed(book, begins)))
        book = rulebooks.evolve(book, recorded(adopted(book, len(book.versions))))
    assert [version_for(book, period)[0] for period in (H1, H2, NEXT)] == [1, 4, 2]


def test_a_rulebook_is_read_for_the_half_year_asked_for_or_the_present_or_the_first_to_come() -> None:
    book = rulebook(first(H2))
    assert version_on(book, H2, H1).number == 1
    assert version_on(book, None, H1).number == 1
    with pytest.raises(UnknownVersion):
        version_on(book, H1, H1)


def test_an_organisation_leaves_the_rulebook_above_it_with_a_half_year_that_has_not_begun() -> None:
    assert beginning_of_first(None, H1, has_rules_above=False) is None
    assert beginning_of_first(HalfYear(2020, 1), H1, has_rules_above=False) == HalfYear(2020, 1)
    assert beginning_of_first(None, H1, has_rules_above=True) == H2
    with pytest.raises(HalfYearBegun):
        beginning_of_first(H1, H1, has_rules_above=True)


@pytest.mark.spec("3.32")
def test_a_share_is_an_exact_fraction() -> None:
    assert share("1/3") == Fraction(1, 3)
    assert share(DEFAULT_RULES.peer.quorum) == Fraction(1, 2)


def test_a_foreign_event_in_the_stream_stops() -> None:
    with pytest.raises(TypeError):
        rulebooks.evolve(Rulebook(), recorded(entry()))
