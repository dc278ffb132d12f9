"""The self review (spec, section 6): by a rated member on itself, from the opening until the peers begin."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from services.evaluation.domain.reviews import WrongPhase
from services.evaluation.domain.self_reviews import NotOwnPledge, NotUnderReview, OwnSelfReviewExists, Written, evolve, write_self_review
from services.evaluation.domain.sheets import ScoreInvalid, SheetNotWhole
from services.evaluation.events.reviews import PledgeNote, SelfReviewWritten
from shared.errors import Invalid
from tests.evaluation.builders_review import REASON, Course, recorded

SCORES = {code: Decimal(17) for code in ("conviction", "discipline", "contribution", "morality", "conduct")}


def written(scores: Mapping[str, Decimal] = SCORES, *pledges: str, on_paper: bool = False) -> Written:
    notes = [PledgeNote(pledge, "fulfilled") for pledge in pledges]
    return Written(achievements=REASON, shortcomings=REASON, pledges=notes, scores=scores, on_paper=on_paper)


def write(course: Course, what: Written, earlier: SelfReviewWritten | None = None, member: str = "m1") -> SelfReviewWritten:
    return write_self_review(course.review, member, earlier, what, own_pledges=["p1", "p2"], by=member)


@pytest.mark.spec("2.6")
def test_a_rated_member_writes_on_itself() -> None:
    event = write(Course(3), written(SCORES, "p1"))
    assert event.scores == SCORES
    assert event.pledges == (PledgeNote("p1", "fulfilled"),)
    assert evolve(None, recorded(event)) == event


def test_it_ends_when_the_peer_review_opens() -> None:
    with pytest.raises(WrongPhase):
        write(Course(3).opened_for_peers(), written())


@pytest.mark.parametrize("member", ["stranger", "m3"])
def test_strangers_and_excused_members_write_none(member: str) -> None:
    with pytest.raises(NotUnderReview):
        write(Course(3, excused=["m3"]), written(), member=member)


def test_a_sheet_on_paper_never_replaces_the_members_own() -> None:
    own, paper = write(Course(3), written()), write(Course(3), written(on_paper=True))
    with pytest.raises(OwnSelfReviewExists):
        write(Course(3), written(on_paper=True), earlier=own)
    assert write(Course(3), written(), earlier=paper).on_paper is False


@pytest.mark.spec("6.15b")
@pytest.mark.parametrize(("pledges", "place"), [(("p1", "p9"), "/pledges/1/pledge_id"), (("p1", "p1"), "/pledges/1/pledge_id")])
def test_it_speaks_of_the_members_own_pledges_each_once(pledges: tuple[str, ...], place: str) -> None:
    with pytest.raises(NotOwnPledge) as refused:
        write(Course(3), written(SCORES, *pledges))
    assert [found for found, _ in refused.value.errors] == [place]


@pytest.mark.spec("6.15c")
@pytest.mark.parametrize(
    ("changed", "refusal", "place"),
    [
        ({"conduct": Decimal("20.01")}, ScoreInvalid, "/scores/conduct"),
        ({"conduct": Decimal(-1)}, ScoreInvalid, "/scores/conduct"),
        ({"zeal": Decimal(1)}, SheetNotWhole, "/scores/zeal"),
    ],
)
def test_it_scores_every_dimension_within_its_maximum(changed: dict[str, Decimal], refusal: type[Invalid], place: str) -> None:
    with pytest.raises(refusal) as refused:
        write(Course(3), written({**SCORES, **changed}))
    assert [found for found, _ in refused.value.errors] == [place]


def test_no_dimension_is_left_out() -> None:
    with pytest.raises(SheetNotWhole):
        write(Course(3), written({code: points for code, points in SCORES.items() if code != "conduct"}))
