from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.notice.domain import notices as rules
from services.notice.domain.notices import NoticeDown, NoticeOnTheBoard, UnknownNotice
from services.notice.events.contents import Pledges, canonical, content_hash
from services.notice.events.notices import (
    Away,
    NoticeBecameFinal,
    NoticeCorrected,
    NoticeReturned,
    NoticeRevoked,
    NoticeWithdrawn,
    OutcomeShown,
    PledgesAdded,
    Term,
)
from shared.events import Event
from tests.notice.builders import BOB, BRANCH, MONDAY, clock, notice, october, pledge, published, results, september, text

TUESDAY, WEDNESDAY = clock(september(29), 9), clock(september(30), 9)
ID = published().notice_id
withdrawn = NoticeWithdrawn(notice_id=ID, reason=text(), recorded_by="secretary")
returned = NoticeReturned(notice_id=ID, reason=None, recorded_by="secretary")
corrected = NoticeCorrected(notice_id=ID, replaced_by="other", caused_by=9)
revoked = NoticeRevoked(notice_id=ID, cause="review_annulled", caused_by=9)


@pytest.mark.spec("9.13c")
@pytest.mark.parametrize(
    ("history", "state"),
    [
        ((), "current"),
        ((withdrawn,), "withdrawn"),
        ((withdrawn, returned), "current"),
        ((corrected,), "corrected"),
        ((withdrawn, corrected), "corrected"),
        ((revoked,), "withdrawn"),
    ],
)
def test_a_notice_is_current_corrected_or_withdrawn(history: tuple[Event, ...], state: str) -> None:
    found = notice(*((TUESDAY, event) for event in history))
    assert found.state(MONDAY) == state


@pytest.mark.spec("9.13a", "9.13c")
def test_a_notice_has_expired_on_the_day_after_its_last() -> None:
    found = notice(first=published(until=october(9)))
    assert [found.state(october(9)), found.state(october(10))] == ["current", "expired"]


def test_results_are_shown_without_an_end_until_they_are_final() -> None:
    final = NoticeBecameFinal(notice_id=ID, until=date(2026, 12, 31), caused_by=9)
    found = notice((TUESDAY, final))
    assert (notice().until, found.until, found.is_final) == (None, date(2026, 12, 31), True)


@pytest.mark.spec("9.13a")
@pytest.mark.parametrize(
    ("today", "until"), [(date(2026, 1, 1), date(2026, 12, 31)), (date(2026, 8, 3), date(2027, 6, 30)), (MONDAY, date(2027, 6, 30))]
)
def test_a_notice_is_shown_to_the_end_of_the_next_half_year(today: date, until: date) -> None:
    assert rules.shown_until(today) == until


@pytest.mark.spec("9.13b")
def test_pledges_are_one_notice_in_versions() -> None:
    first = published(Pledges("2026-H1", (pledge(1),)), kind="pledges", term=None)
    more = PledgesAdded(notice_id=ID, pledges=(pledge(2, BOB),), until=october(20), caused_by=9)
    outcome = OutcomeShown(notice_id=ID, pledge_id=pledge(1).pledge_id, outcome="partly", until=october(21), caused_by=10)
    found = notice((TUESDAY, more), (WEDNESDAY, outcome), first=first)
    assert found.content == Pledges("2026-H1", (pledge(1, outcome="partly"), pledge(2, BOB)))
    assert (found.version, found.until, found.published_at, found.changed_at) == (3, october(21), clock(MONDAY, 10), WEDNESDAY)


def test_a_pledge_announced_again_takes_the_place_of_its_earlier_words() -> None:
    again = pledge(1, BOB)
    assert rules.add_pledges(Pledges("2026-H1", (pledge(1), pledge(2))), (again,)).pledges == (pledge(2), again)


def test_withdrawing_and_returning() -> None:
    assert rules.withdraw(notice(), text(), "secretary") == withdrawn
    assert rules.give_back(notice((TUESDAY, withdrawn)), None, "secretary") == returned


@pytest.mark.parametrize("history", [(withdrawn,), (corrected,), (revoked,)])
def test_what_is_down_can_not_be_withdrawn(history: tuple[Event, ...]) -> None:
    with pytest.raises(NoticeDown):
        rules.withdraw(notice(*((TUESDAY, event) for event in history)), text(), "secretary")


@pytest.mark.parametrize(("event", "refusal"), [(None, NoticeOnTheBoard), (corrected, NoticeDown), (revoked, NoticeDown)])
def test_only_a_withdrawn_notice_can_be_returned(event: Event | None, refusal: type[Exception]) -> None:
    found = notice() if event is None else notice((TUESDAY, event))
    with pytest.raises(refusal):
        rules.give_back(found, text(), "secretary")


def test_the_times_in_which_it_was_withdrawn_are_kept() -> None:
    found = notice((TUESDAY, withdrawn), (WEDNESDAY, returned))
    assert [(spell.start, spell.end, spell.reason) for spell in found.withdrawn_spells()] == [(TUESDAY, WEDNESDAY, "withdrawn")]


def test_what_replaces_a_notice_ends_its_withdrawal() -> None:
    found = notice((TUESDAY, withdrawn), (WEDNESDAY, corrected))
    assert found.aways == (Away(TUESDAY, WEDNESDAY, "withdrawn"),)
    assert found.closed_at == WEDNESDAY


def test_a_correction_runs_a_full_period_anew() -> None:
    assert rules.corrected_term(notice((TUESDAY, withdrawn)), 5, "1/2", restarts=True) == Term(5, "1/2")


def test_a_correction_that_does_not_restart_goes_on_with_the_earlier_period() -> None:
    earlier = notice((TUESDAY, withdrawn), (WEDNESDAY, returned))
    term = rules.corrected_term(earlier, 5, "1/2", restarts=False)
    assert term == Term(5, "1/2", clock(MONDAY, 10), (Away(TUESDAY, WEDNESDAY, "withdrawn"),))
    follower = notice(first=published(term=term, version=2, replaces=ID), at=clock(october(8), 9))
    assert follower.counts_from == clock(MONDAY, 10)
    assert follower.withdrawn_spells()[0].start == TUESDAY


def test_without_a_publicity_period_there_is_no_term() -> None:
    assert rules.corrected_term(notice(), 0, "1/2", restarts=True) is None


def test_ids_are_the_same_for_the_same_subject_and_differ_for_each_version_and_kind() -> None:
    made = {rules.notice_id(kind, BRANCH, version) for kind in rules.KINDS for version in (1, 2)}
    assert len(made) == 2 * len(rules.KINDS)
    assert rules.notice_id("result", BRANCH) == rules.notice_id("result", BRANCH)


def test_an_unknown_notice_is_refused() -> None:
    with pytest.raises(UnknownNotice):
        rules.existing(None)


def test_the_hash_is_over_sorted_keys_without_spaces_and_scores_as_numbers() -> None:
    content = results(3, raw=True)
    assert canonical(content) == (
        b'{"kind":"result","period":"2026-H1","raw_scores":true,"results":[{"member_id":"0198b000-0000-7000-8000-000000000001",'
        b'"result":88.5,"stars":3}],"review_id":"0198b000-0000-7000-8000-00000000e001","without_peer_quorum":false}'
    )
    assert content_hash(content) != content_hash(results(3))
    assert content.results[0].result == Decimal("88.5")


def test_a_later_event_moves_the_day_of_the_last_update() -> None:
    assert notice((WEDNESDAY, withdrawn)).changed_at - notice().changed_at == timedelta(hours=47)
