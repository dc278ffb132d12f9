"""Leads of family A (spec, section 8; fairness.md): facts recomputed from the log. "Look here", never "guilty".

A1 late, A2 a star outside its band, A3 ballots that should not have been counted. A fact needs no test and no least number, so its q is 0
and its sample 1. A1 and A2 are leads (`look`); A3 is shown and accuses nobody (`note`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from services.evaluation.domain.results import exact_or_none
from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.domain.scoring import band_of, shown
from services.evaluation.events.committee import ResultBasis
from services.evaluation.events.results import Result
from shared.calendar import day_of

NO_ERROR = Decimal(0)
"""The q of a fact."""
STEPS = ("opened", "published", "confirmed")
LATE_WORDS = {
    "opened": ("评议启动", "The review was opened"),
    "published": ("结果公示", "The results were published"),
    "confirmed": ("结果确认", "The review was confirmed"),
}
PHASES = {"opened": Phase.SELF_REVIEW, "published": Phase.PUBLICITY, "confirmed": Phase.CONFIRMED}
LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Lead:
    """One fact to look at. `effect` in days (A1), stars (A2) or ballots (A3); `entity` a branch's id, or a label made for this lead.

    `innocent`: what may explain it without any fault; `refuted_by`: what would show that nothing is in it. In Chinese and English.
    """

    indicator: str
    level: str
    period: str
    branch_id: str
    review_id: str | None
    entity: str
    effect: Decimal
    sentence: tuple[str, str]
    innocent: tuple[str, str]
    refuted_by: tuple[str, str]
    rests_on: Mapping[str, str | None]
    member_id: str | None = None
    """Whom an A2 is about; it stands behind the label, and is never shown."""

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it the same lead whenever it is found again: what it is about, not its label."""
        return (self.indicator, self.period, self.branch_id, self.member_id or self.rests_on.get("step") or "")


def late_steps(review: Review) -> Iterator[Lead]:
    """A1: a step of the review came after the day that the schedule names; effect: days late. One lead for each step."""
    deadlines = review.deadlines()
    for step in STEPS:
        happened = next((one.at for one in review.steps if one.phase is PHASES[step]), None)
        if happened is not None and (days := (day_of(happened) - deadlines[step]).days) > 0:
            yield _late(
                review.opening.branch_id, str(review.period), review.id, step, due_on=deadlines[step], on=day_of(happened), days=days
            )


def never_published(branch_id: str, period: str, review_id: str | None, due_on: date, today: date) -> Lead:
    """A1 for results that have not been published although they were due; effect: days late by `today`."""
    days = (today - due_on).days
    lead = _late(branch_id, period, review_id, "published", due_on=due_on, on=None, days=days)
    sentence = (f"结果至今未公示，已超过期限{days}天。", f"The results have not been published; they were due {days} days ago.")
    return replace(lead, sentence=sentence)


def _late(branch_id: str, period: str, review_id: str | None, step: str, *, due_on: date, on: date | None, days: int) -> Lead:
    chinese, english = LATE_WORDS[step]
    return Lead(
        indicator="A1",
        level="look",
        period=period,
        branch_id=branch_id,
        review_id=review_id,
        entity=branch_id,
        effect=Decimal(days),
        sentence=(f"{chinese}比期限晚了{days}天。", f"{english} {days} days late."),
        innocent=("停电断网、灾情或节假日都可能造成延误。", "An outage, a disaster or holidays may have caused the delay."),
        refuted_by=("镇里书面同意的延期。", "A postponement that the town agreed to in writing."),
        rests_on={"step": step, "due_on": due_on.isoformat(), "on": on.isoformat() if on else None},
    )


def wrong_stars(review: Review) -> list[Lead]:
    """A2: the stars published for a member are not those of the band in which its result lies; effect: stars given less stars due.

    The result is the exact one that it was frozen with, or the one that a correction has put in its place.
    """
    found, corrected = [], {one.fact.member_id for one in review.corrections}
    for member_id, basis in review.basis.items():
        result = review.results.get(member_id)
        if result is None or result.stars is None:
            continue
        exact = _standing(basis, result, is_corrected=member_id in corrected)
        if exact is None:
            continue
        due = band_of(exact, review.rules.bands).stars
        if result.stars != due:
            found.append((shown(exact), result.stars, due, member_id))
    return [
        replace(_wrong(review, label_of(number), score, given, due), member_id=member_id)
        for number, (score, given, due, member_id) in enumerate(sorted(found))
    ]


def _standing(basis: ResultBasis, result: Result, *, is_corrected: bool) -> Fraction | None:
    exact = exact_or_none(basis.result)
    if is_corrected or (exact is not None and shown(exact) != result.result):
        return Fraction(result.result or 0)
    return exact


def _wrong(review: Review, label: str, score: Decimal, given: int, due: int) -> Lead:
    return Lead(
        indicator="A2",
        level="look",
        period=str(review.period),
        branch_id=review.opening.branch_id,
        review_id=review.id,
        entity=label,
        effect=Decimal(given - due),
        sentence=(
            f"党员{label}的结果{score}分应评{due}星，公布的是{given}星。",
            f"Member {label}'s result of {score} earns {due} stars; {given} were published.",
        ),
        innocent=("结果更正后尚未重新公布。", "A corrected result that has not been published anew."),
        refuted_by=("按星级分段重新计算结果相符。", "A recomputation by the bands that agrees."),
        rests_on={"score": str(score), "stars": str(given), "stars_due": str(due), "position": str(review.results_position)},
    )


def irregular_ballots(review: Review) -> list[Lead]:
    """A3, a note: ballots counted of people who had no vote, or counted twice; effect: how many."""
    if review.peer is None:
        return []
    raters = [ballot.rater_id for ballot in review.peer.counted]
    electorate = {member.member_id for member in review.opening.eligible}
    wrong = sum(rater not in electorate for rater in raters) + len(raters) - len(set(raters))
    if not wrong:
        return []
    return [
        Lead(
            indicator="A3",
            level="note",
            period=str(review.period),
            branch_id=review.opening.branch_id,
            review_id=review.id,
            entity=review.opening.branch_id,
            effect=Decimal(wrong),
            sentence=(f"有{wrong}张计入的评议票不应计入。", f"{wrong} of the ballots counted should not have been."),
            innocent=("名册在评议期间有变动。", "The roster changed while the review went on."),
            refuted_by=("开评时的名册。", "The electorate as it stood at the opening."),
            rests_on={"counted": str(len(raters)), "electorate": str(len(electorate))},
        )
    ]


def facts_of(review: Review) -> list[Lead]:
    """All facts of family A in one review; none for one that was annulled."""
    if review.phase is Phase.ANNULLED:
        return []
    return [*late_steps(review), *wrong_stars(review), *irregular_ballots(review)]


def label_of(number: int) -> str:
    """A, B, ... Z, A2, B2, ...: made for one list of leads, and the same in no other."""
    turn, place = divmod(number, len(LABELS))
    return LABELS[place] + (str(turn + 1) if turn else "")


def graded(leads: Sequence[Lead]) -> list[Lead]:
    """The leads with their level: `formal` where a branch has another indicator or half-year among these, notes stay notes."""
    kinds: dict[str, set[tuple[str, str]]] = {}
    for lead in leads:
        if lead.level != "note":
            kinds.setdefault(lead.branch_id, set()).add((lead.indicator, lead.period))
    return [replace(lead, level="formal") if lead.level == "look" and len(kinds[lead.branch_id]) > 1 else lead for lead in leads]
