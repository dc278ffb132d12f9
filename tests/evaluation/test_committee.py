"""The committee review (spec, section 6): recusal, escalation, modes, and the reason in writing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest

from services.evaluation.domain.committee import (
    Escalated,
    Meeting,
    NotAttending,
    NotOfCommittee,
    NotRated,
    OwnCase,
    Proposed,
    ReasonMissing,
    RecusedScores,
    WrongMode,
    evolve,
    give_scores,
)
from services.evaluation.domain.reviews import WrongPhase
from services.evaluation.domain.sheets import ScoreInvalid
from services.evaluation.events.committee import CommitteeScored
from shared.errors import Invalid
from tests.evaluation.builders_review import REASON, Course, recorded, rules

TEAM = ("m1", "m2", "m3", "m4")
EIGHTY = Fraction(80)


def in_committee(mode: str = "agreed", minimum: int = 3, count: int = 8) -> Course:
    return Course(count, rules(committee={"mode": mode, "minimum_members": minimum})).opened_for_peers().all_cast().closed()


def meeting(*attendees: str, others: int = 0, kin: Mapping[str, tuple[str, ...]] | None = None, town: bool = False) -> Meeting:
    return Meeting(attendees=attendees, other_attendees=others, kin=kin or {}, is_town=town)


def agreed(member: str, score: str = "80", reason: bool = False, recused: tuple[str, ...] = ()) -> Proposed:
    return Proposed(member_id=member, score=Decimal(score), recused=recused, reason=REASON if reason else None)


def by_each(member: str, **by: str) -> Proposed:
    return Proposed(member_id=member, by={scorer: Decimal(score) for scorer, score in by.items()})


def give(course: Course, held: Meeting, *proposed: Proposed, reference: Fraction | None = EIGHTY, by: str = "m1") -> CommitteeScored:
    references = {one.member_id: reference for one in proposed}
    return give_scores(course.review, held, proposed, references, by)


def places(refused: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [place for place, _ in refused.value.errors]


@pytest.mark.spec("2.8", "3.20", "6.42")
def test_the_team_puts_an_agreed_score() -> None:
    scored = give(in_committee(), meeting(*TEAM, others=1), agreed("m8", "84.5"))
    assert scored.attendees == TEAM
    assert scored.other_attendees == 1
    assert not scored.by_town
    assert [(one.member_id, one.score, one.recused) for one in scored.scores] == [("m8", Decimal("84.5"), ())]


def test_the_newest_score_of_a_member_holds_and_the_others_stay() -> None:
    course = in_committee()
    scores = evolve({}, recorded(give(course, meeting(*TEAM), agreed("m7", "75"), agreed("m8", "84"))))
    scores = evolve(scores, recorded(give(course, meeting("m1", "m2", "m3"), agreed("m8", "79"))))
    assert {member: given.score for member, given in scores.items()} == {"m7": 75, "m8": 79}
    assert scores["m8"].attendees == ("m1", "m2", "m3")


@pytest.mark.spec("3.20")
def test_under_mean_the_score_is_the_exact_mean_of_the_teams_scores() -> None:
    course = in_committee("mean")
    scored = give(course, meeting("m1", "m2", "m3"), by_each("m8", m1="89.49", m2="89.50", m3="88"))
    assert evolve({}, recorded(scored))["m8"].score == Fraction("266.99") / 3


@pytest.mark.spec("1.9")
def test_nobody_is_scored_outside_the_committee_review() -> None:
    with pytest.raises(WrongPhase):
        give(Course(8).opened_for_peers(), meeting(*TEAM), agreed("m8"))


@pytest.mark.spec("6.36a")
def test_an_attendee_who_is_scored_is_recused_and_recorded() -> None:
    scored = give(in_committee(), meeting(*TEAM), agreed("m1"), agreed("m8"))
    assert [(one.member_id, one.recused) for one in scored.scores] == [("m1", ("m1",)), ("m8", ())]


@pytest.mark.spec("6.36b")
def test_spouse_and_kin_whom_an_attendee_has_named_recuse_it() -> None:
    scored = give(in_committee(), meeting(*TEAM, kin={"m2": ("m8",)}), agreed("m8"), agreed("m7"))
    assert [(one.member_id, one.recused) for one in scored.scores] == [("m8", ("m2",)), ("m7", ())]


def test_further_recusals_are_named() -> None:
    scored = give(in_committee(), meeting(*TEAM, kin={"m2": ("m8",)}), agreed("m8", recused=("m2",)))
    assert scored.scores[0].recused == ("m2",)


@pytest.mark.spec("6.37a")
@pytest.mark.parametrize(
    ("held", "member"),
    [
        (meeting("m1", "m2"), "m8"),
        (meeting("m1", "m2", "m3"), "m3"),
        (meeting("m1", "m2", "m3", kin={"m1": ("m8",)}), "m8"),
        (meeting(), "m8"),
    ],
    ids=["two attend", "one of three is scored", "one of three is kin", "nobody attends"],
)
def test_with_fewer_than_three_left_the_case_goes_up_to_the_town(held: Meeting, member: str) -> None:
    with pytest.raises(Escalated) as refused:
        give(in_committee(), held, agreed("m7") if member != "m7" else agreed("m6"), agreed(member, reason=True))
    assert member in refused.value.extra["escalated"]  # type: ignore[operator]


@pytest.mark.spec("6.38", "10.2")
def test_those_who_are_no_members_are_counted() -> None:
    assert give(in_committee(), meeting("m1", others=2), agreed("m8")).other_attendees == 2


def test_under_mean_somebody_must_be_left_to_score() -> None:
    with pytest.raises(Escalated):
        give(in_committee("mean"), meeting("m1", others=5), by_each("m1"))


@pytest.mark.spec("6.37b")
def test_the_town_puts_what_went_up_to_it_with_a_reason() -> None:
    scored = give(in_committee("mean"), meeting(town=True), agreed("m1", reason=True), by="officer")
    assert scored.by_town
    assert scored.scores[0].score == 80


@pytest.mark.spec("6.44")
def test_the_town_always_gives_a_reason() -> None:
    with pytest.raises(ReasonMissing) as refused:
        give(in_committee(), meeting(town=True), agreed("m1"), by="officer")
    assert places(refused) == ["/scores/m1/reason"]


def test_an_officer_of_the_town_does_not_score_itself() -> None:
    with pytest.raises(OwnCase):
        give(in_committee(), meeting(town=True), agreed("m5", reason=True), by="m5")


@pytest.mark.spec("3.23", "6.43")
@pytest.mark.parametrize(
    ("score", "reference", "is_needed"),
    [("90", EIGHTY, False), ("90.01", EIGHTY, True), ("70", EIGHTY, False), ("69.99", EIGHTY, True), ("80", None, True)],
)
def test_a_reason_is_required_beyond_the_limit_and_without_a_reference(score: str, reference: Fraction | None, is_needed: bool) -> None:
    course = in_committee()
    if is_needed:
        with pytest.raises(ReasonMissing) as refused:
            give(course, meeting(*TEAM), agreed("m8", score), agreed("m7"), reference=reference)
        assert "/scores/m8/reason" in places(refused)
    assert give(course, meeting(*TEAM), agreed("m8", score, reason=is_needed), reference=reference).scores[0].score == Decimal(score)


@pytest.mark.parametrize(
    ("mode", "proposed", "place"),
    [
        ("agreed", by_each("m8", m1="80", m2="80", m3="80"), "/scores/m8/by"),
        ("agreed", Proposed(member_id="m8"), "/scores/m8/score"),
        ("mean", agreed("m8"), "/scores/m8/score"),
        ("mean", Proposed(member_id="m8", score=Decimal(80), by={"m1": Decimal(80)}), "/scores/m8/score"),
    ],
)
def test_the_rulebook_says_who_gives_a_score(mode: str, proposed: Proposed, place: str) -> None:
    with pytest.raises(WrongMode) as refused:
        give(in_committee(mode), meeting(*TEAM), proposed)
    assert places(refused) == [place]


@pytest.mark.spec("6.41")
@pytest.mark.parametrize("score", ["-0.01", "100.01", "80.005"])
def test_scores_lie_from_0_to_100_with_two_decimals(score: str) -> None:
    with pytest.raises(ScoreInvalid):
        give(in_committee(), meeting(*TEAM), agreed("m8", score))
    with pytest.raises(ScoreInvalid) as refused:
        give(in_committee("mean"), meeting("m1", "m2", "m3"), by_each("m8", m1="80", m2=score, m3="80"))
    assert places(refused) == ["/scores/m8/by/m2"]


def test_who_is_recused_gives_no_score() -> None:
    course = in_committee("mean")
    with pytest.raises(RecusedScores) as refused:
        give(course, meeting(*TEAM, kin={"m2": ("m8",)}), by_each("m8", m1="80", m2="95", m3="80", m4="80"))
    assert places(refused) == ["/scores/m8/by/m2"]


@pytest.mark.parametrize(
    ("proposed", "place"),
    [
        (by_each("m8", m1="80", m2="80", m3="80", m4="80"), "/scores/m8/by/m4"),
        (by_each("m8", m1="80", m2="80"), "/scores/m8/by/m3"),
        (Proposed(member_id="m8", by={one: Decimal(80) for one in ("m1", "m2", "m3")}, recused=("m4",)), "/scores/m8/recused/0"),
    ],
    ids=["scores without attending", "attends without scoring", "recused without attending"],
)
def test_under_mean_each_attendee_scores_or_is_recused_and_nobody_else(proposed: Proposed, place: str) -> None:
    with pytest.raises(NotAttending) as refused:
        give(in_committee("mean"), meeting("m1", "m2", "m3"), proposed)
    assert places(refused) == [place]


@pytest.mark.spec("6.42")
def test_attendees_are_of_the_electorates_committee() -> None:
    with pytest.raises(NotOfCommittee) as refused:
        give(in_committee(), meeting("m1", "m2", "m3", "m5"), agreed("m8"))
    assert places(refused) == ["/attendees/3"]


@pytest.mark.spec("6.41")
def test_only_rated_members_are_scored() -> None:
    course = Course(8, excused=["m7"]).opened_for_peers().all_cast().closed()
    with pytest.raises(NotRated) as refused:
        give(course, meeting(*TEAM), agreed("m7"), agreed("stranger"), agreed("m8"))
    assert places(refused) == ["/scores/m7", "/scores/stranger"]
