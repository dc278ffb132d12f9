"""What the log says of reviews up to a position, their counted ballots opened in memory: for the fairness examination alone (trust.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from services.evaluation.domain import reviews
from services.evaluation.domain.ballots import seal_binding, seal_name
from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.events.ballots import BallotCast
from services.evaluation.events.committee import CommitteeReviewClosed
from services.evaluation.events.corrections import ResultsCorrected
from services.evaluation.events.examinations import RuleVersion
from services.evaluation.events.results import ResultsPublished, ReviewConfirmed
from services.evaluation.events.reviews import MemberExcused, PeerReviewClosed, PeerReviewOpened, ReviewAnnulled, ReviewOpened
from shared.events import Recorded
from shared.store import KeyGone, Log
from shared.store.log import recorded_of

if TYPE_CHECKING:  # numpy comes with it: see `commands.examinations`
    from services.evaluation.fairness.from_reviews import Opened

PAGE = 5000
OF_REVIEWS = (
    ReviewOpened,
    MemberExcused,
    PeerReviewOpened,
    PeerReviewClosed,
    CommitteeReviewClosed,
    ResultsPublished,
    ResultsCorrected,
    ReviewConfirmed,
    ReviewAnnulled,
)
TOPICS = tuple(kind.topic for kind in (*OF_REVIEWS, BallotCast))
Ballots = Mapping[tuple[str, str], BallotCast]


class Gathered(NamedTuple):
    """Reviews of the wanted branches and half-years: those that have ended their peer review, with their ballots, and all of them.

    `from_position`: the first event that was read of them. `unreadable`: ballots whose key is destroyed.
    """

    opened: list[Opened]
    reviews: list[Review]
    from_position: int
    unreadable: int
    rules: tuple[RuleVersion, ...]


def gather(log: Log, to_position: int, branches: Collection[str], periods: Collection[str]) -> Gathered:
    """Read and open. A ballot of a review whose peer review is not closed stays sealed."""
    from services.evaluation.fairness.from_reviews import Opened  # noqa: PLC0415 - numpy: see above

    states, ballots, first = _folded(log, to_position, branches, periods)
    standing = [one for one in states if one.phase is not Phase.ANNULLED]
    opened, unreadable = [], 0
    for review in standing:
        if review.peer is None:
            continue
        sheets = _sheets(log, review, ballots)
        unreadable += len(review.peer.counted) if sheets is None else 0
        opened.append(Opened(review, sheets or {}))
    rules = sorted({(one.opening.rulebook_id, one.opening.version) for one in standing})
    return Gathered(opened, standing, first, unreadable, tuple(RuleVersion(*each) for each in rules))


def _folded(log: Log, to_position: int, branches: Collection[str], periods: Collection[str]) -> tuple[list[Review], Ballots, int]:
    """The reviews as they stood, every rater's newest ballot in them, and where the first of them was opened."""
    states: dict[str, Review | None] = {}
    ballots: dict[tuple[str, str], BallotCast] = {}
    first = to_position
    for recorded in _events(log, to_position):
        match recorded.event:
            case BallotCast() as e:
                if e.review_id in states:
                    ballots[e.review_id, e.rater_id] = e
            case ReviewOpened() as e:
                if e.branch_id in branches and e.period in periods:
                    states[e.review_id] = reviews.evolve(None, recorded)
                    first = min(first, recorded.position)
            case _:
                review_id = recorded.stream.partition("/")[2]
                if review_id in states:
                    states[review_id] = reviews.evolve(states[review_id], recorded)
    return [reviews.known(state) for state in states.values()], ballots, first


def _events(log: Log, to_position: int) -> Iterator[Recorded]:
    position = 0
    while rows := log.page(position, PAGE, TOPICS):
        position = rows[-1].position
        for row in rows:
            if row.position > to_position:
                return
            yield recorded_of(row)


def _sheets(log: Log, review: Review, ballots: Ballots) -> dict[str, bytes] | None:
    """The sheets of the counted ballots by rater; None where the review's key is destroyed."""
    counted = [(one.rater_id, one.number) for one in review.peer.counted] if review.peer else []
    cast = {rater: ballots[review.id, rater] for rater, number in counted if _is_number(ballots, review.id, rater, number)}
    sealed = [(ballot.sheet, seal_binding(review.id, rater, ballot.number)) for rater, ballot in cast.items()]
    if not sealed:
        return {}
    try:
        return dict(zip(cast, log.keys.open_all(seal_name(review.id), sealed), strict=True))
    except KeyGone:
        return None


def _is_number(ballots: Ballots, review_id: str, rater_id: str, number: int) -> bool:
    ballot = ballots.get((review_id, rater_id))
    return ballot is not None and ballot.number == number
