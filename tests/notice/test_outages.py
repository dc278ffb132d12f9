from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.notice.domain.outages import NONE, evolve, outage
from services.notice.domain.spells import Spell
from services.notice.events.outages import OutageRecorded
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
