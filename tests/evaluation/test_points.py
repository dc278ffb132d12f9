from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain import points
from services.evaluation.domain.late_entries import is_closed_for_entries, period_after_closing
from services.evaluation.domain.points import (
    AlreadyReversed,
    BeforeJoining,
    DuplicateEntry,
    EvidenceMissing,
    FutureDeed,
    LateEntry,
    Ledger,
    PointsGiven,
    PointsMissing,
    PointsOutOfRange,
    UnknownEntry,
    UnknownItem,
    record_entry,
    require_possible_day,
    reverse_entry,
)
from services.evaluation.domain.stories import AlreadyTold, NoGoodDeed, StoryEndsInThePast, tell_story
from services.evaluation.domain.totals import Points, total
from services.evaluation.events.points import EntryRecorded, Evidence, StoryTold
from services.evaluation.events.reviews import PeerReviewClosed, PeerReviewOpened
from shared.errors import Refusal
from shared.events import Event
from tests.evaluation.builders import (
    H1,
    H2,
    ITEMS,
    SECRETARY,
    TODAY,
    WRITTEN,
    deed,
    entry,
    folded,
    in_force,
    item,
    ledger,
    recorded,
    reversal,
    rules,
)

D = Decimal


def record(book: Ledger, code: str = "study", on: str = "2026-03-02", **more: Any) -> EntryRecorded:  # noqa: ANN401 - fields of a deed
    (made,) = record_entry([book], deed(code, on, 99, **more), H1, in_force(version=3), SECRETARY)
    return made


# Recording


@pytest.mark.spec("5.1", "5.14")
def test_an_entry_says_what_it_is_worth_for_good() -> None:
    made = record(Ledger())
    assert made == EntryRecorded(
        entry_id="e99",
        member_id="m1",
        branch_id="b1",
        period="2026-H1",
        item="study",
        kind="base",
        points=D(5),
        cap=D(30),
        occurred_on=date(2026, 3, 2),
        rulebook_id="town",
        version=3,
        recorded_by=SECRETARY,
    )


@pytest.mark.spec("3.10")
def test_where_the_item_has_a_range_whoever_records_chooses_within_it() -> None:
    assert [record(Ledger(), "helping", points=D(chosen)).points for chosen in ("1", "7.25", "10")] == [D(1), D("7.25"), D(10)]


@pytest.mark.spec("3.10", "4.6")
@pytest.mark.parametrize(
    ("code", "more", "refusal"),
    [
        ("stdy", {}, UnknownItem),
        ("study", {"points": D(5)}, PointsGiven),
        ("helping", {}, PointsMissing),
        ("helping", {"points": D("0.99")}, PointsOutOfRange),
        ("helping", {"points": D("10.01")}, PointsOutOfRange),
        ("breach", {"points": D(3)}, EvidenceMissing),
    ],
)
def test_an_entry_that_its_item_does_not_allow_is_refused(code: str, more: dict[str, Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        record(Ledger(), code, **more)


@pytest.mark.spec("5.12")
@pytest.mark.parametrize(
    ("on", "refusal"), [("2026-05-21", FutureDeed), ("2026-05-20", None), ("2010-07-01", None), ("2010-06-30", BeforeJoining)]
)
def test_a_deed_lies_not_in_the_future_and_not_before_the_member_joined(on: str, refusal: type[Refusal] | None) -> None:
    if refusal is None:
        require_possible_day(date.fromisoformat(on), date(2010, 7, 1), TODAY)
    else:
        with pytest.raises(refusal):
            require_possible_day(date.fromisoformat(on), date(2010, 7, 1), TODAY)


# The same deed twice


@pytest.mark.spec("5.4")
def test_the_same_deed_is_not_recorded_twice_and_the_first_is_named() -> None:
    with pytest.raises(DuplicateEntry) as refused:
        record(ledger(entry()))
    assert refused.value.extra == {"entry_id": "e1"}


@pytest.mark.spec("5.4")
@pytest.mark.parametrize(
    ("code", "on", "more"), [("meeting", "2026-03-02", {}), ("study", "2026-03-03", {}), ("study", "2026-03-02", {"fingerprint": "other"})]
)
def test_another_item_date_or_evidence_makes_another_deed(code: str, on: str, more: dict[str, Any]) -> None:
    assert record(ledger(entry()), code, on, **more).entry_id == "e99"


@pytest.mark.spec("5.4")
def test_the_same_deed_is_forced_with_a_reason_which_stays_with_it() -> None:
    assert record(ledger(entry()), force_reason=WRITTEN).force_reason == WRITTEN


def test_a_reason_to_force_overrides_nothing_else() -> None:
    for code, worth in (("stdy", None), ("breach", D(3)), ("helping", D(11))):
        with pytest.raises((UnknownItem, EvidenceMissing, PointsOutOfRange)):
            record(Ledger(), code, force_reason=WRITTEN, points=worth)


def test_what_was_reversed_may_be_recorded_again() -> None:
    assert record(ledger(entry(), reversal(1))).entry_id == "e99"


def test_of_two_the_one_that_still_stands_is_named() -> None:
    twice = ledger(entry(), entry(number=2, force_reason=WRITTEN), reversal(1))
    with pytest.raises(DuplicateEntry) as refused:
        record(twice)
    assert refused.value.extra == {"entry_id": "e2"}


# Reversal and stories


def reverse(book: Ledger, entry_id: str = "e1") -> object:
    (made,) = reverse_entry(book, entry_id, reversal_id="r1", branch_id="b1", reason=WRITTEN, by=SECRETARY)
    return made


@pytest.mark.spec("5.3")
def test_a_mistake_is_reversed_by_a_second_entry_that_names_the_first_and_says_why() -> None:
    assert reverse(ledger(entry())) == reversal(1)


def test_an_entry_is_reversed_once_and_only_where_it_stands() -> None:
    with pytest.raises(AlreadyReversed):
        reverse(ledger(entry(), reversal(1)))
    with pytest.raises(UnknownEntry):
        reverse(ledger(entry()), "e2")


def tell(book: Ledger, until: date | None = None) -> StoryTold:
    (made,) = tell_story(book, "e1", branch_id="b1", title=WRITTEN, text=WRITTEN, until=until, today=TODAY, by=SECRETARY)
    return made


@pytest.mark.spec("4.7")
def test_a_good_deed_is_told_on_the_board() -> None:
    good = entry("helping", points=D(5))
    assert (tell(ledger(good)).entry_id, tell(ledger(good), TODAY).until) == ("e1", TODAY)


@pytest.mark.spec("4.7")
@pytest.mark.parametrize(
    ("events", "until", "refusal"),
    [
        ([entry()], None, NoGoodDeed),
        ([entry("breach", points=D(2))], None, NoGoodDeed),
        ([entry("rescue"), reversal(1)], None, AlreadyReversed),
        ([entry("rescue")], date(2026, 5, 19), StoryEndsInThePast),
        ([], None, UnknownEntry),
    ],
)
def test_only_a_good_deed_that_stands_is_told(events: list[Event], until: date | None, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        tell(ledger(*events), until)


def test_a_good_deed_is_told_once() -> None:
    good = entry("rescue")
    with pytest.raises(AlreadyTold):
        tell(ledger(good, tell(ledger(good))))


# What it adds up to


def totals(*events: Event, **caps: str) -> Points:
    return total(ledger(*events), rules(**caps))


@pytest.mark.spec("5.8")
def test_no_entries_are_no_points_and_not_absent() -> None:
    assert totals() == Points(D(0), D(0), D(0), D(0), {})
    assert Points.none() == totals()


WORKED: list[tuple[list[tuple[str, str]], str, str, str, str]] = [
    ([("study", "5")] * 3, "15", "0", "0", "15"),
    ([("study", "5")] * 7, "30", "0", "0", "30"),  # the item's cap
    ([("study", "5")] * 6 + [("meeting", "5")] * 8, "60", "0", "0", "60"),  # the cap of base
    ([("helping", "10")] * 3, "0", "20", "0", "20"),  # the item's cap
    ([("helping", "9.5"), ("helping", "8.25"), ("helping", "7")], "0", "20", "0", "20"),
    ([("helping", "10")] * 2 + [("rescue", "10")] * 3, "0", "40", "0", "40"),  # the cap of bonus
    ([("study", "5")] * 6 + [("meeting", "5")] * 8 + [("helping", "10")] * 2 + [("rescue", "10")] * 3, "60", "40", "0", "100"),
    ([("study", "5"), ("breach", "7.5")], "5", "0", "7.5", "0"),  # held at 0
    ([("study", "5")] * 4 + [("breach", "10")] * 3, "20", "0", "15", "5"),  # a deduction's item has a cap too
    ([("rescue", "10"), ("breach", "0.01")], "0", "10", "0.01", "9.99"),
]


@pytest.mark.spec("2.5", "5.6")
@pytest.mark.parametrize(("entries", "base", "bonus", "deductions", "whole"), WORKED)
def test_each_item_s_cap_applies_first_then_base_and_bonus_then_deductions(
    entries: list[tuple[str, str]], base: str, bonus: str, deductions: str, whole: str
) -> None:
    found = totals(*made(entries))
    expected = (D(base), D(bonus), D(deductions), D(whole))
    assert (found.base, found.bonus, found.deductions, found.total) == expected


def made(entries: list[tuple[str, str]], on: str = "2026-03-02") -> list[EntryRecorded]:
    """Entries of these items, each worth so much; whatever would be the same deed is forced."""
    loose = in_force(*(item(one.code, one.kind, ("0.01", "10"), str(one.cap)) for one in ITEMS))
    return [entry(code, on, number, loose, points=D(worth), force_reason=WRITTEN) for number, (code, worth) in enumerate(entries, start=1)]


def test_what_each_entry_counted_adds_up_exactly_and_the_first_done_counts_first() -> None:
    entries = [*made([("study", "5")] * 5), entry(number=6, on="2026-01-05"), entry(number=7, on="2026-02-05")]
    found = total(ledger(*entries), rules(item("study", cap="12")))
    assert found.counted == {"e6": D(5), "e7": D(5), "e1": D(2), "e2": D(0), "e3": D(0), "e4": D(0), "e5": D(0)}
    assert sum(found.counted.values()) == found.base


@pytest.mark.spec("5.14")
def test_an_entry_of_an_item_that_the_rules_do_not_know_any_more_keeps_its_own_cap() -> None:
    old = [entry(number=number, rule=in_force(item("study", cap="12")), force_reason=WRITTEN) for number in range(1, 4)]
    assert total(ledger(*old), rules(item("meeting"))).base == D(12)


KINDS = {one.code: one.kind for one in ITEMS}
entry_lists = st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.integers(1, 1000).map(lambda cents: str(D(cents) / 100))), max_size=40)
caps = st.integers(0, 100).map(str)


@pytest.mark.spec("5.5")
@given(entry_lists, caps, caps)
def test_points_are_never_above_the_caps_and_within_0_and_100(entries: list[tuple[str, str]], base: str, bonus: str) -> None:
    found = totals(*made(entries), base=base, bonus=bonus)
    assert D(0) <= found.base <= D(base)
    assert D(0) <= found.bonus <= D(bonus)
    assert D(0) <= found.total <= D(100)


@pytest.mark.spec("3.11", "5.5")
@given(entry_lists, caps, caps)
def test_points_are_what_the_spec_s_formula_says(entries: list[tuple[str, str]], base: str, bonus: str) -> None:
    def kind(name: str) -> Decimal:
        of_items = [min(sum((D(worth) for code, worth in entries if code == one.code), D(0)), one.cap) for one in ITEMS if one.kind == name]
        return sum(of_items, D(0))

    expected = min(kind("base"), D(base)) + min(kind("bonus"), D(bonus)) - kind("deduction")
    assert totals(*made(entries), base=base, bonus=bonus).total == min(max(expected, D(0)), D(100))


@pytest.mark.spec("5.7")
@given(entry_lists, st.tuples(st.sampled_from(sorted(KINDS)), st.just("3.5")))
def test_a_reversal_restores_the_points_exactly(entries: list[tuple[str, str]], mistake: tuple[str, str]) -> None:
    all_of_them = made([*entries, mistake])
    before, after = totals(*all_of_them[:-1]), totals(*all_of_them, reversal(len(all_of_them)))
    wrong = all_of_them[-1].entry_id
    assert after.counted[wrong] == 0
    assert (before.base, before.bonus, before.deductions, before.total) == (after.base, after.bonus, after.deductions, after.total)
    assert before.counted == {name: counted for name, counted in after.counted.items() if name != wrong}


@given(entry_lists.flatmap(lambda entries: st.tuples(st.just(entries), st.permutations(entries))))
def test_the_order_in_which_a_day_s_entries_are_recorded_changes_no_sum(
    orders: tuple[list[tuple[str, str]], list[tuple[str, str]]],
) -> None:
    one, other = (totals(*made(order)) for order in orders)
    assert (one.base, one.bonus, one.deductions, one.total) == (other.base, other.bonus, other.deductions, other.total)


@given(entry_lists, caps, caps)
def test_what_entries_counted_always_adds_up_to_the_sum_of_their_kind(entries: list[tuple[str, str]], base: str, bonus: str) -> None:
    found = totals(*made(entries), base=base, bonus=bonus)
    sums = {"base": D(0), "bonus": D(0), "deduction": D(0)}
    for number, (code, worth) in enumerate(entries, start=1):
        assert D(0) <= found.counted[f"e{number}"] <= D(worth)
        sums[KINDS[code]] += found.counted[f"e{number}"]
    assert sums == {"base": found.base, "bonus": found.bonus, "deduction": found.deductions}


# Late entries


def test_a_half_year_is_closed_for_entries_once_its_peer_review_has_closed() -> None:
    ids: dict[str, Any] = {"review_id": "r1", "branch_id": "b1", "period": "2026-H1", "recorded_by": SECRETARY}
    opened = PeerReviewOpened(**ids)
    closed = PeerReviewClosed(**ids, may_vote=5, counted=(), scores=(), without_quorum=None)
    assert [folded(is_closed_for_entries, False, *events) for events in ([], [opened], [opened, closed], [closed, opened])] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.spec("3.27")
def test_what_comes_late_counts_in_the_next_half_year_or_is_refused_as_the_rules_say() -> None:
    assert period_after_closing(H1, rules()) == H2
    with pytest.raises(LateEntry):
        period_after_closing(H1, rules(late="refused"))


def test_a_foreign_event_in_a_ledger_stops() -> None:
    opened = PeerReviewOpened(review_id="r1", branch_id="b1", period="2026-H1", recorded_by=SECRETARY)
    with pytest.raises(TypeError):
        points.evolve(Ledger(), recorded(opened))


@pytest.mark.spec("5.1")
def test_evidence_is_kept_as_references() -> None:
    proof = (Evidence("file", WRITTEN),)
    assert record(Ledger(), "breach", points=D(2), evidence=proof, fingerprint="f").evidence == proof
