"""What the committee review brings (spec, section 6): scores of the committee team, or of the town, and their end.

Stream `committee/<review>`: the scores. `CommitteeReviewClosed` stands in `phase/<review>`.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from shared.events import Event, TextRef, event


class MemberScore(msgspec.Struct, frozen=True):
    """The committee's score of one member.

    `score` under mode `agreed`, or by the town; `by` (who gave what) under mode `mean`. `recused`: the attendees who took no part,
    because it was they who were scored, or their named kin, or because they said so; where the town scored, those of the whole team.
    `reason` is there where it was given.
    """

    member_id: str
    score: Decimal | None
    by: dict[str, Decimal]
    recused: tuple[str, ...]
    reason: TextRef | None


@event("committee.scores-given.v1")
class CommitteeScored(Event, frozen=True, kw_only=True):
    """Scores were given at one meeting; a member's newest holds. Stream `committee/<review>`.

    `attendees` are members of the electorate's committee; `other_attendees` people who are no members, counted and not recorded.
    `by_town`: an officer of the town put these scores, because the case went up or the team did not meet.
    """

    review_id: str
    attendees: tuple[str, ...]
    other_attendees: int
    scores: tuple[MemberScore, ...]
    by_town: bool
    recorded_by: str


class ResultBasis(msgspec.Struct, frozen=True):
    """What a member's result is made of, frozen at publication.

    `points` is the total that counts; `ledger_version` how far the member's ledger of the half-year was read. The shares `peer`,
    `reference`, `committee` and `result` are exact fractions in text, None where absent; `peer_scores` counts the scores got.
    """

    member_id: str
    points: Decimal
    ledger_version: int
    peer: str | None
    peer_scores: int
    reference: str | None
    committee: str | None
    result: str | None


@event("reviews.committee-review-closed.v1")
class CommitteeReviewClosed(Event, frozen=True, kw_only=True):
    """The committee review is over, and what the results rest on is frozen; the results follow it. Stream `phase/<review>`."""

    review_id: str
    branch_id: str
    period: str
    basis: tuple[ResultBasis, ...]
    recorded_by: str
