from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from services.notice.domain import objections, terms
from services.notice.domain.certificates import NoPublicityPeriod, ObjectionOpen, PublicityRunning, certificate, run_of
from services.notice.domain.notices import Notice, NoticeDown
from services.notice.domain.publicity import Publicity, publicity
from services.notice.domain.spells import Spell
from services.notice.domain.workdays import WHAT_THE_LIBRARY_KNOWS
from services.notice.events.certificates import NotCounted
from services.notice.events.contents import content_hash
from services.notice.events.notices import NoticeBecameFinal, NoticeWithdrawn
from services.notice.events.objections import ObjectionAnswered, ObjectionHeard
from services.notice.events.terms import ReviewLearned
from tests.notice.builders import FIVE_DAYS_LATER, MONDAY, REVIEW, clock, folded, notice, october, published, results, september, text

END = clock(FIVE_DAYS_LATER, 24)
withdrawn = NoticeWithdrawn(notice_id=published().notice_id, reason=text(), recorded_by="secretary")


def clock_of(found: Notice, *others: Spell, after: timedelta = timedelta()) -> Publicity:
    return publicity(run_of(found, others), WHAT_THE_LIBRARY_KNOWS, END + after)


@pytest.mark.spec("6.59a")
def test_at_its_end_the_certificate_names_the_days_and_the_content() -> None:
    issued = certificate(notice(), clock_of(notice()), frozenset())[0]
    assert (issued.number, issued.first_day, issued.last_day) == ("XH01-2026-1", MONDAY, FIVE_DAYS_LATER)
    assert issued.counted == (september(29), september(30), october(8), october(9), october(10))
    assert issued.content_hash == content_hash(results(3, 2))


def test_a_day_on_which_the_service_was_away_stands_on_it() -> None:
    outage = Spell(clock(october(8)), clock(october(9)), "service_away")
    issued = certificate(notice(), clock_of(notice(), outage, after=timedelta(days=2)), frozenset())[0]
    assert issued.not_counted == (NotCounted(october(8), "service_away"),)
    assert issued.last_day == october(12)


@pytest.mark.spec("6.48a", "6.59b")
def test_before_its_end_there_is_none() -> None:
    with pytest.raises(PublicityRunning):
        certificate(notice(), clock_of(notice(), after=-timedelta(seconds=1)), frozenset())


@pytest.mark.spec("6.48b")
def test_while_an_objection_is_open_there_is_none() -> None:
    with pytest.raises(ObjectionOpen):
        certificate(notice(), clock_of(notice()), frozenset({"objection"}))


@pytest.mark.spec("6.59b")
def test_the_first_reason_said_is_the_withdrawal_then_the_period_then_the_objection() -> None:
    down = notice((clock(september(29)), withdrawn))
    with pytest.raises(NoticeDown):
        certificate(down, clock_of(down), frozenset({"objection"}))
    with pytest.raises(PublicityRunning):
        certificate(notice(), clock_of(notice(), after=-timedelta(days=1)), frozenset({"objection"}))


def test_it_is_issued_once() -> None:
    issued = certificate(notice(), clock_of(notice()), frozenset())[0]
    assert certificate(notice((END, issued)), clock_of(notice()), frozenset()) == []


def test_an_objection_that_comes_before_confirmation_holds_back_an_issued_one() -> None:
    issued = certificate(notice(), clock_of(notice()), frozenset())[0]
    with pytest.raises(ObjectionOpen):
        certificate(notice((END, issued)), clock_of(notice()), frozenset({"objection"}))


def test_that_of_confirmed_results_stands_whatever_comes_later() -> None:
    issued = certificate(notice(), clock_of(notice()), frozenset())[0]
    final = NoticeBecameFinal(notice_id=published().notice_id, until=None, caused_by=9)
    found = notice((END, issued), (END, final), (END, withdrawn))
    assert certificate(found, clock_of(found), frozenset({"objection"})) == []


def test_what_has_no_publicity_period_has_no_certificate() -> None:
    with pytest.raises(NoPublicityPeriod):
        run_of(notice(first=published(term=None)), ())


def test_the_readable_share_is_that_of_the_notice() -> None:
    assert run_of(notice(), ()).share == Fraction(1, 2)


def test_an_objection_is_open_until_it_is_answered() -> None:
    heard = ObjectionHeard(objection_id="1", about_id=REVIEW)
    answered = ObjectionAnswered(objection_id="1", about_id=REVIEW)
    assert folded(objections.evolve, objections.NONE_OPEN, (END, heard)) == {"1"}
    assert folded(objections.evolve, objections.NONE_OPEN, (END, heard), (END, answered)) == frozenset()


def test_the_rules_of_a_review_are_those_of_its_opening() -> None:
    learned = ReviewLearned(review_id=REVIEW, readable_share="3/4", restarts=False)
    assert folded(terms.evolve, terms.DEFAULT, (END, learned)) == ("3/4", False)
    assert terms.DEFAULT == ("1/2", True)
