from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.notice.domain.outages import NONE, evolve, outage, shortened, was_set_back
from services.notice.domain.spells import Spell
from services.notice.events.outages import OutageRecorded, OutageShortened
from tests.notice.builders import clock, folded, october

NOON = clock(october(8), 12)


@pytest.mark.parametrize("last_alive", [None, NOON, NOON - timedelta(seconds=60), NOON + timedelta(seconds=5)])
def test_a_new_store_or_a_gap_up_to_a_minute_is_no_outage(last_alive: datetime | None) -> None:
    assert outage(last_alive, NOON) is None


def test_a_longer_gap_is_an_outage_from_the_last_sign_of_life_to_now() -> None:
    last_alive = NOON - timedelta(seconds=61)
    assert outage(last_alive, NOON) == OutageRecorded(start=last_alive, end=NOON)


def test_in_an_outage_nothing_could_be_read() -> None:
    recorded = OutageRecorded(start=NOON, end=NOON + timedelta(hours=2))
    assert folded(evolve, NONE, (NOON, recorded)) == (Spell(NOON, NOON + timedelta(hours=2), "service_away"),)


DAY_AHEAD = OutageRecorded(start=NOON, end=NOON + timedelta(days=1))
LATER = NOON + timedelta(minutes=5)


@pytest.mark.parametrize(("ahead", "is_set_back"), [(-10, False), (60, False), (61, True), (86400, True)])
def test_a_clock_that_says_a_minute_less_than_before_was_set_back(ahead: int, is_set_back: bool) -> None:
    assert was_set_back(NOON + timedelta(seconds=ahead), NOON) is is_set_back
    assert not was_set_back(None, NOON)


def test_an_outage_that_a_clock_ahead_made_up_ends_when_it_is_set_back() -> None:
    made_up = folded(evolve, NONE, (NOON, DAY_AHEAD))
    found = shortened(made_up, LATER)
    assert found == OutageShortened(end=LATER)
    assert folded(evolve, NONE, (NOON, DAY_AHEAD), (NOON, found)) == (Spell(NOON, LATER, "service_away"),)
    assert shortened(folded(evolve, NONE, (NOON, DAY_AHEAD), (NOON, found)), LATER) is None


@pytest.mark.parametrize("moment", [NOON - timedelta(hours=2), NOON + timedelta(days=2)])
def test_an_outage_before_or_after_the_moment_stays_as_it_was(moment: datetime) -> None:
    assert shortened(folded(evolve, NONE, (NOON, DAY_AHEAD)), moment) is None
