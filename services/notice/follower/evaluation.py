"""What evaluation's events do here: each fact that the public may see becomes a notice, or changes one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from services.notice.commands import circulars, objections, pledges, results
from services.notice.commands.boards import AskOrganization, ensure_board
from services.notice.commands.notices import Publication, put_on_board, revoke_notice
from services.notice.domain import notices as rules
from services.notice.events import contents
from services.notice.events.objections import ObjectionAnswered, ObjectionHeard
from services.notice.events.terms import ReviewLearned
from services.notice.follower import shapes
from shared.feed import CloudEvent
from shared.store import Followed, Log

EVALUATION = "evaluation"
Take = Callable[[dict[str, Any], Followed], Awaitable[None]]


class EvaluationEvents:
    """Takes in what evaluation tells. `ask` gives an organisation that the roster has not told of yet."""

    def __init__(self, log: Log, ask: AskOrganization) -> None:
        self._log = log
        self._ask = ask
        self._takes: Mapping[str, Take] = {
            "rulebooks.version-published.v1": self._rulebook,
            "pledges.pledges-announced.v1": self._pledges,
            "pledges.pledge-evaluated.v1": self._outcome,
            "points.story-told.v1": self._story,
            "points.entry-reversed.v1": self._reversal,
            "reviews.review-opened.v1": self._review,
            "reviews.results-published.v1": self._results,
            "reviews.results-corrected.v1": self._results,
            "reviews.review-confirmed.v1": self._confirmation,
            "reviews.review-annulled.v1": self._annulment,
            "supervision.circular-issued.v1": self._circular,
            "supervision.circular-corrected.v1": self._circular_corrected,
            "supervision.circular-withdrawn.v1": self._circular_withdrawn,
            "honours.flag-handed-on.v1": self._flag,
            "honours.honour-given.v1": self._honour,
            "objections.objection-raised.v1": self._objection,
            "objections.objection-decided.v1": self._decision,
        }

    async def take(self, events: Sequence[CloudEvent], position: int) -> None:
        """Store what follows from each event together with its position, in order, and at the end that of the page.

        An event of another type is passed over.
        """
        for event in events:
            if take := self._takes.get(event.type):
                await take(event.data, Followed(EVALUATION, event.position))
        if position > self._log.followed(EVALUATION):
            await self._log.append([], followed=Followed(EVALUATION, position))

    async def _put(self, publication: Publication, fact: Followed) -> None:
        await ensure_board(self._log, publication.organization_id, self._ask)
        await put_on_board(self._log, publication, fact)

    async def _rulebook(self, data: dict[str, Any], fact: Followed) -> None:
        told = msgspec.convert(data, shapes.VersionPublished)
        content = contents.Rulebook(told.rulebook_id, told.code, told.title, told.version, told.from_period, told.rules)
        await self._put(Publication("rulebook", told.organization_id, told.rulebook_id, content), fact)

    async def _pledges(self, data: dict[str, Any], fact: Followed) -> None:
        told = msgspec.convert(data, shapes.PledgesAnnounced)
        await ensure_board(self._log, told.branch_id, self._ask)
        await pledges.show_pledges(self._log, told.branch_id, [(pledge.period, _pledge(pledge)) for pledge in told.pledges], fact)

    async def _outcome(self, data: dict[str, Any], fact: Followed) -> None:
        told = msgspec.convert(data, shapes.PledgeEvaluated)
        await pledges.show_outcome(self._log, told.branch_id, told.period, pledge_id=told.pledge_id, outcome=told.outcome, fact=fact)

    async def _story(self, data: dict[str, Any], fact: Followed) -> None:
        told = msgspec.convert(data, shapes.StoryTold)
        content = contents.Story(told.entry_id, told.member_id, told.title, told.text)
        until = told.until or rules.shown_until(self._log.today())
        await self._put(Publication("story", told.branch_id, told.entry_id, content, until=until), fact)

    async def _reversal(self, data: dict[str, Any], fact: Followed) -> None:
        told = msgspec.convert(data, shapes.EntryReversed)
        await revoke_notice(self._log, rules.notice_id("story", told.entry_id), "entry_reversed", fact)

    async def _review(self, data: dict[str, Any], fact: Followed) -> None:
        told = msgspec.convert(data, shapes.ReviewOpened)
        rule = told.rules.publicity
        learned = ReviewLearned(review_id=told.review_id, readable_share=rule.readable_share_of_day, restarts=rule.restart_on_correction)
        await results.learn_review(self._log, learned, fact)

    async def _results(self, data: dict[str, Any], fact: Followed) -> None:
        told = msgspec.convert(data, shapes.Results)
        await ensure_board(self._log, told.branch_id, self._ask)
        content = contents.Result(
            told.review_id,
            told.period,
            without_peer_quorum=told.without_peer_quorum,
            raw_scores=told.raw_scores,
            results=told.shown(),
        )
        await results.show_results(self._log, told.branch_id, content, told.working_days, fact)

    async def _confirmation(self, data: dict[str, Any], fact: Followed) -> None:
        await results.confirm_results(self._log, msgspec.convert(data, shapes.OfReview).review_id, fact)

    async def _annulment(self, data: dict[str, Any], fact: Followed) -> None:
        await results.annul_results(self._log, msgspec.convert(data, shapes.OfReview).review_id, fact)

    async def _circular(self, data: dict[str, Any], fact: Followed) -> None:
        told = msgspec.convert(data, shapes.CircularSays)
        content, until = contents.Circular(told.circular_id, told.text), rules.shown_until(self._log.today())
        await self._put(Publication("circular", told.branch_id, told.circular_id, content, until=until), fact)

    async def _circular_corrected(self, data: dict[str, Any], fact: Followed) -> None:
        told = msgspec.convert(data, shapes.CircularSays)
        await circulars.correct_circular(self._log, contents.Circular(told.circular_id, told.text), fact)

    async def _circular_withdrawn(self, data: dict[str, Any], fact: Followed) -> None:
        await circulars.revoke_circular(self._log, msgspec.convert(data, shapes.CircularWithdrawn).circular_id, fact)

    async def _flag(self, data: dict[str, Any], fact: Followed) -> None:
        told = msgspec.convert(data, shapes.AwardGiven)
        content = contents.Award(told.award_id, told.year, told.member_id, told.branch_id)
        until = rules.held_until(told.year)
        await self._put(Publication("flag", told.branch_id or told.organization_id, told.award_id, content, until=until), fact)

    async def _honour(self, data: dict[str, Any], fact: Followed) -> None:
        told = msgspec.convert(data, shapes.AwardGiven)
        content, until = contents.Honour(told.award_id, told.year, told.member_id, told.branch_id), rules.held_until(told.year)
        await self._put(Publication("honour", told.branch_id or told.organization_id, told.award_id, content, until=until), fact)

    async def _objection(self, data: dict[str, Any], fact: Followed) -> None:
        told = msgspec.convert(data, shapes.OfObjection)
        heard = ObjectionHeard(objection_id=told.objection_id, about_id=told.about_id)
        await objections.note_objection(self._log, heard, fact)

    async def _decision(self, data: dict[str, Any], fact: Followed) -> None:
        told = msgspec.convert(data, shapes.OfObjection)
        answered = ObjectionAnswered(objection_id=told.objection_id, about_id=told.about_id)
        await objections.note_objection(self._log, answered, fact)


def _pledge(told: shapes.AnnouncedPledge) -> contents.Pledge:
    return contents.Pledge(told.pledge_id, told.member_id, told.theme, told.action, told.target, told.due_on)
