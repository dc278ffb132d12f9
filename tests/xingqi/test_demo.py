"""The demonstration's town, and the days of its hard cases; what it lives through is shown by running it (`make demo`)."""

from __future__ import annotations

from datetime import date, timedelta

import httpx
import pytest

from shared.calendar import Calendar
from xingqi.demo.client import Client
from xingqi.demo.founding import YEAR_2027
from xingqi.demo.halves import HALVES
from xingqi.demo.objecting import CONFIRMED_LATE, DECIDED
from xingqi.demo.outage import LOST, STARTED, STOPPED, TOO_EARLY
from xingqi.demo.paper import who_votes_on_paper
from xingqi.demo.review import BranchReview
from xingqi.demo.town import make_town

TERM = 5
"""Working days of publicity by the default rulebook."""


def dates(name: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(day) for day in YEAR_2027[name])


CALENDAR = Calendar(years={2027: (dates("holidays"), dates("workdays"))})


def ends(published: date, without: frozenset[date] = frozenset()) -> date:
    """The last day of a term: working days after the day of publication, without those that did not count."""
    day, counted = published, 0
    while counted < TERM:
        day += timedelta(days=1)
        counted += bool(CALENDAR.is_working(day)) and day not in without
    return day


@pytest.mark.spec("1.1")
@pytest.mark.parametrize("seed", [1, 341])
def test_the_town_is_that_of_the_case_report_and_the_same_for_the_same_seed(seed: int) -> None:
    town = make_town(seed)
    assert (len(town.branches), sum(branch.groups for branch in town.branches), len(town.people)) == (18, 57, 884)
    assert [person.name for person in town.people] == [person.name for person in make_town(seed).people]


def test_who_votes_on_paper_is_at_home_and_of_no_committee_in_every_branch() -> None:
    for branch in make_town(341).branches:
        elders = who_votes_on_paper(branch)
        assert len(set(elders)) == 3
        assert not any(person.works_away_in or person in branch.team for person in elders)


@pytest.mark.parametrize("seed", range(20))
def test_a_weak_turnout_is_never_a_quorum_whatever_chance_says(seed: int) -> None:
    branch = make_town(seed).branches[-1]
    for turnout in (0.28, 0.5):
        review = BranchReview(Client(httpx.AsyncClient(), {}, seed), HALVES[0], branch, "", turnout)
        votes = list(review.vote())
        for vote in votes:
            vote.close()
        assert 0 < 2 * len(votes) < len(branch.people)


def test_the_corrected_result_is_confirmed_on_the_first_day_after_its_new_term_and_the_others_after_the_first() -> None:
    first, _ = HALVES
    assert ends(first.published) < first.confirmed <= ends(DECIDED) < CONFIRMED_LATE
    assert ends(DECIDED) + timedelta(days=1) == CONFIRMED_LATE


def test_the_outage_takes_two_working_days_out_of_every_term_of_the_second_half_year() -> None:
    _, second = HALVES
    away = [STOPPED + timedelta(days=number) for number in range((STARTED - STOPPED).days)]
    lost = frozenset(day for day in away if CALENDAR.is_working(day))
    assert sorted(map(date.isoformat, lost)) == LOST
    assert ends(second.published) < TOO_EARLY <= ends(second.published, lost) < second.confirmed
