from __future__ import annotations

from datetime import date

import pytest

from services.roster.domain.changes import (
    AlreadyFloating,
    AlreadyThere,
    BeforeComing,
    MemberDeceased,
    MemberLeft,
    NotFloating,
    StatusUnchanged,
    change_status,
    float_member,
    return_member,
    transfer_member,
)
from services.roster.domain.members import InTheFuture, Member, UnknownMember
from services.roster.events.members import MemberFloating, MemberReturned, MemberTransferred, StatusChanged
from shared.errors import Refusal
from tests.roster.builders import OFFICER, TODAY, WRITTEN, away, back, became, member, moved


def transfer(one: Member, on: str, branch: str = "south", group: str | None = None) -> MemberTransferred:
    return transfer_member(one, branch_id=branch, group_id=group, on=date.fromisoformat(on), reason=WRITTEN, today=TODAY, by=OFFICER)


def goes_away(one: Member, since: str) -> MemberFloating:
    return float_member(one, since=date.fromisoformat(since), place=WRITTEN, host_branch_id=None, today=TODAY, by=OFFICER)


def comes_back(one: Member, on: str) -> MemberReturned:
    return return_member(one, on=date.fromisoformat(on), today=TODAY, by=OFFICER)


def becomes(one: Member, status: str, on: str) -> StatusChanged:
    return change_status(one, status=status, on=date.fromisoformat(on), reason=WRITTEN, today=TODAY, by=OFFICER)


def test_a_transfer_is_a_fact_of_its_own_day() -> None:
    assert transfer(member(), "2026-03-01") == moved("2026-03-01", "south")


def test_a_move_within_the_branch_is_a_transfer_too() -> None:
    assert transfer(member(group="first"), "2026-03-01", "north", "second") == moved("2026-03-01", "north", "second")


def test_a_transfer_that_was_agreed_upon_may_be_recorded_ahead_but_not_for_ever() -> None:
    assert transfer(member(), "2027-03-01").on == date(2027, 3, 1)
    with pytest.raises(InTheFuture):
        transfer(member(), "2028-03-01")


@pytest.mark.parametrize(
    ("one", "on", "refusal"),
    [
        (Member(), "2026-03-01", UnknownMember),
        (member(since="2026-03-02"), "2026-03-01", BeforeComing),
        (member(moved("2026-02-01", "south")), "2026-03-01", AlreadyThere),
        (member(became("deceased", "2026-03-01")), "2026-03-01", MemberDeceased),
        (member(became("deceased", "2026-03-01")), "2026-04-01", MemberDeceased),
        (member(became("left", "2026-03-01")), "2026-03-01", MemberLeft),
    ],
)
def test_a_transfer_that_can_not_be_is_refused(one: Member, on: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        transfer(one, on)


def test_a_day_before_a_death_can_still_be_put_right() -> None:
    assert transfer(member(became("deceased", "2026-03-01")), "2026-02-28") == moved("2026-02-28", "south")


def test_who_is_away_comes_back_and_may_go_again() -> None:
    assert goes_away(member(), "2026-01-01") == away("2026-01-01")
    assert comes_back(member(away("2026-01-01")), "2026-03-01") == back("2026-03-01")
    assert goes_away(member(away("2026-01-01"), back("2026-03-01")), "2026-03-01") == away("2026-03-01")


@pytest.mark.parametrize("since", ["2025-12-01", "2026-01-01", "2026-02-01"])
def test_nobody_goes_away_twice(since: str) -> None:
    with pytest.raises(AlreadyFloating):
        goes_away(member(away("2026-01-01")), since)


@pytest.mark.parametrize(
    ("one", "on"),
    [
        (member(), "2026-03-01"),
        (member(away("2026-01-01")), "2025-12-31"),
        (member(away("2026-01-01"), back("2026-02-01")), "2026-03-01"),
        (member(away("2026-01-01"), back("2026-03-01")), "2026-02-01"),
    ],
)
def test_nobody_comes_back_who_is_not_away(one: Member, on: str) -> None:
    with pytest.raises(NotFloating):
        comes_back(one, on)


@pytest.mark.parametrize(("status", "refusal"), [("deceased", MemberDeceased), ("left", MemberLeft)])
def test_who_is_gone_does_not_go_away_working(status: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        goes_away(member(became(status, "2026-01-01")), "2026-02-01")


def test_a_status_changes_on_its_day() -> None:
    assert becomes(member(status="probationary"), "full", "2026-07-01") == became("full", "2026-07-01")
    assert becomes(member(became("left", "2026-01-01")), "full", "2026-07-01") == became("full", "2026-07-01")


@pytest.mark.parametrize("status", ["full", "suspended", "left", "deceased"])
def test_the_status_of_the_deceased_does_not_change(status: str) -> None:
    with pytest.raises(MemberDeceased):
        becomes(member(became("deceased", "2026-03-01")), status, "2026-03-01")


@pytest.mark.parametrize(
    ("status", "on", "refusal"),
    [
        ("full", "2026-03-01", StatusUnchanged),
        ("suspended", "2010-06-30", BeforeComing),
        ("deceased", "2026-11-26", InTheFuture),
        ("left", "2026-11-26", InTheFuture),
    ],
)
def test_a_status_that_can_not_be_is_refused(status: str, on: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        becomes(member(), status, on)
