from __future__ import annotations

from datetime import timedelta

import pytest

from services.notice.domain import screens as rules
from services.notice.domain.screens import ALIVE_FOR, Screens, UnknownScreen, hear, times_without_a_screen
from services.notice.domain.spells import Spell
from services.notice.events.screens import ScreenCameAlive, ScreenRegistered, ScreenRemoved
from shared.events import Event
from tests.notice.builders import BRANCH, clock, folded, october, text

EIGHT, NINE, TEN, NOON = (clock(october(8), hour) for hour in (8, 9, 10, 12))
LONG_AGO = clock(october(1))
HALL, GATE = "hall", "gate"


def registered(screen_id: str = HALL) -> Event:
    return ScreenRegistered(screen_id=screen_id, organization_id=BRANCH, place=text(), recorded_by="secretary")


def alive_again(screen_id: str, silent_since: object) -> Event:
    return ScreenCameAlive(screen_id=screen_id, organization_id=BRANCH, silent_since=silent_since)  # type: ignore[arg-type]


def removed(screen_id: str = HALL) -> Event:
    return ScreenRemoved(screen_id=screen_id, organization_id=BRANCH, recorded_by="secretary")


def screens(*history: tuple[object, Event]) -> Screens:
    return folded(rules.evolve, Screens(), *history)  # type: ignore[arg-type]


def silent(start: object, end: object) -> Spell:
    return Spell(start, end, "no_screen_alive")  # type: ignore[arg-type]


def test_without_registered_screens_nothing_waits_for_one() -> None:
    assert times_without_a_screen(Screens(), {}, LONG_AGO) == ()


def test_a_screen_is_silent_from_its_registration_to_its_first_heartbeat() -> None:
    state = screens((EIGHT, registered()), (NINE, alive_again(HALL, EIGHT)))
    assert times_without_a_screen(state, {HALL: TEN}, LONG_AGO) == (silent(EIGHT, NINE), silent(TEN + ALIVE_FOR, None))


def test_the_first_heartbeat_ends_the_silence() -> None:
    assert hear(screens((EIGHT, registered())), HALL, BRANCH, None, NINE) == [alive_again(HALL, EIGHT)]


@pytest.mark.parametrize(("minutes", "ends_a_silence"), [(5, False), (14, False), (15, True), (60, True)])
def test_without_a_heartbeat_for_15_minutes_it_was_not_alive(minutes: int, ends_a_silence: bool) -> None:
    state = screens((EIGHT, registered()), (NINE, alive_again(HALL, EIGHT)))
    heard = hear(state, HALL, BRANCH, TEN, TEN + timedelta(minutes=minutes))
    assert heard == ([alive_again(HALL, TEN + ALIVE_FOR)] if ends_a_silence else [])


def test_a_lost_heartbeat_table_falls_back_to_the_log() -> None:
    state = screens((EIGHT, registered()), (NINE, alive_again(HALL, EIGHT)))
    assert times_without_a_screen(state, {}, LONG_AGO)[-1] == silent(NINE + ALIVE_FOR, None)


@pytest.mark.spec("6.58c")
def test_one_screen_that_is_alive_is_enough() -> None:
    state = screens(
        (EIGHT, registered(HALL)), (EIGHT, registered(GATE)), (EIGHT, alive_again(HALL, EIGHT)), (NINE, alive_again(GATE, EIGHT))
    )
    found = times_without_a_screen(state, {HALL: NINE, GATE: TEN}, LONG_AGO)
    assert found == (silent(TEN + ALIVE_FOR, None),)


def test_a_removed_screen_is_waited_for_no_more() -> None:
    state = screens((EIGHT, registered()), (NINE, alive_again(HALL, EIGHT)), (NOON, removed()))
    assert times_without_a_screen(state, {HALL: TEN}, LONG_AGO)[-1] == silent(TEN + ALIVE_FOR, NOON)


def test_silences_that_were_over_before_the_time_asked_for_are_left_out() -> None:
    state = screens((EIGHT, registered()), (NINE, alive_again(HALL, EIGHT)))
    assert times_without_a_screen(state, {HALL: NOON}, TEN) == (silent(NOON + ALIVE_FOR, None),)


@pytest.mark.parametrize("history", [(), ((EIGHT, registered()), (NINE, removed()))])
def test_a_heartbeat_of_an_unknown_or_removed_screen_is_refused(history: tuple[tuple[object, Event], ...]) -> None:
    with pytest.raises(UnknownScreen):
        hear(screens(*history), HALL, BRANCH, None, TEN)
