"""Commands on a review as a whole (spec, section 6): open it, excuse a member later, open its peer review, annul it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

from services.evaluation.commands.rulebooks import rules_for
from services.evaluation.domain import openings, reviews
from services.evaluation.domain.ballots import seal_name
from services.evaluation.domain.electorate import Electorate, excused_at_opening, require_excusable
from services.evaluation.domain.openings import Opening, OtherRulebook
from services.evaluation.domain.reviews import Review, known, listed_branch, listed_member
from shared.calendar import HalfYear
from shared.store import Loaded, Log, Reply, Stored, Write, again_when_stale

MOST_KEPT = 100
_read: WeakKeyDictionary[Log, dict[str, Loaded[Review]]] = WeakKeyDictionary()
"""Reviews as they were last read, by stream: an electorate and its rules are long, and each ballot asks for them. Used only at the
stream's present version."""
_NONE: Review | None = None
_UNLISTED: str | None = None


class ToExcuse(NamedTuple):
    """Somebody who is neither rated nor rating, and why."""

    member_id: str
    reason: str


class ReviewToOpen(NamedTuple):
    """What somebody wants opened. `ancestry` is the branch itself, then each organisation above it; `electorate` the roster's answer.

    `rulebook_id`, where it is given, must be the rulebook that the branch follows.
    """

    ancestry: Sequence[str]
    period: HalfYear
    electorate: Electorate
    excused: Sequence[ToExcuse] = ()
    rulebook_id: str | None = None

    @property
    def branch_id(self) -> str:
        """The branch whose review it is."""
        return self.ancestry[0]


async def load_review(log: Log, review_id: str) -> Loaded[Review]:
    """The review; raises UnknownReview."""
    kept, stream = _read.setdefault(log, {}), f"phase/{review_id}"
    loaded = kept.get(stream)
    if loaded is None or loaded.version != await log.version(stream):
        found = await log.load(stream, _NONE, reviews.evolve)
        loaded = kept[stream] = Loaded(known(found.state), found.stream, found.version)
        if len(kept) > MOST_KEPT:
            del kept[next(iter(kept))]
    return loaded


async def load_rating(log: Log, member_id: str, period: HalfYear) -> Loaded[str | None]:
    """In which review the member is rated in the half-year."""
    return await log.load(f"rating/{member_id}/{period}", _UNLISTED, listed_member)


@again_when_stale
async def open_review(log: Log, wanted: ReviewToOpen, *, by: str, reply: Reply | None = None) -> Stored:
    """Open a branch's review of a half-year; the first stored event is a `ReviewOpened`.

    Who stands in another review of the half-year is excused as rated elsewhere. Raises NoRulesInForce, OtherRulebook, ExcusedStranger,
    ReviewExists, NobodyToRate.
    """
    in_force = await rules_for(log, wanted.ancestry, wanted.period)
    if wanted.rulebook_id not in {None, in_force.rulebook_id}:
        raise OtherRulebook(errors=[("/rulebook_id", OtherRulebook.sentence)])
    require_excusable(wanted.electorate, [one.member_id for one in wanted.excused])
    branch = await log.load(f"review-of/{wanted.branch_id}/{wanted.period}", _UNLISTED, listed_branch)
    ratings = {one.member_id: await load_rating(log, one.member_id, wanted.period) for one in wanted.electorate.members}
    texts = {one.member_id: log.texts.seal(one.member_id, one.reason) for one in wanted.excused}
    elsewhere = [member_id for member_id, rating in ratings.items() if rating.state is not None]
    excused = excused_at_opening({member_id: text.ref for member_id, text in texts.items()}, elsewhere)
    review_id = log.new_id()
    opening = Opening(review_id, wanted.branch_id, wanted.period, wanted.electorate, excused, in_force)
    opened, branch_listed, members_listed = openings.open_review(opening, other_review=branch.state, by=by)
    log.keys.ensure([seal_name(review_id)])
    listed = [ratings.pop(one.member_id).then(one) for one in members_listed]
    return await log.append(
        [Write(f"phase/{review_id}", 0, [opened]), branch.then(branch_listed), *listed],
        guards=[rating.guard for rating in ratings.values()],
        texts=texts.values(),
        reply=reply,
    )


@again_when_stale
async def excuse_member(log: Log, review_id: str, member_id: str, *, reason: str, by: str, reply: Reply | None = None) -> Stored:
    """Excuse a member after the opening; the first stored event is a `MemberExcused`.

    Raises UnknownReview, WrongPhase, NotOfElectorate, AlreadyExcused.
    """
    review = await load_review(log, review_id)
    openings.require_can_be_excused(review.state, member_id)
    text = log.texts.seal(member_id, reason)
    excused, delisted = openings.excuse_member(review.state, member_id, text.ref, by)
    rating = await load_rating(log, member_id, review.state.period)
    return await log.append([review.then(excused), rating.then(delisted)], texts=[text], reply=reply)


@again_when_stale
async def annul_review(log: Log, review_id: str, *, reason: str, by: str, reply: Reply | None = None) -> Stored:
    """Annul a review before its confirmation; its branch and its members are free for another. The first event is `ReviewAnnulled`.

    Raises UnknownReview, WrongPhase.
    """
    review = await load_review(log, review_id)
    text = log.texts.seal(review.state.opening.branch_id, reason)
    annulled, branch_delisted, members_delisted = openings.annul_review(review.state, text.ref, by)
    branch = await log.load(f"review-of/{branch_delisted.branch_id}/{branch_delisted.period}", _UNLISTED, listed_branch)
    delisted = [(await load_rating(log, one.member_id, review.state.period)).then(one) for one in members_delisted]
    return await log.append([review.then(annulled), branch.then(branch_delisted), *delisted], texts=[text], reply=reply)


@again_when_stale
async def open_peer_review(log: Log, review_id: str, *, by: str, reply: Reply | None = None) -> Stored:
    """Self reviews end, ballots are taken: a `PeerReviewOpened`. Raises UnknownReview, WrongPhase."""
    review = await load_review(log, review_id)
    return await log.append([review.then(openings.open_peer_review(review.state, by))], reply=reply)
