"""Results of a half-year review on the board: published, corrected, final, annulled (spec, section 6)."""

from __future__ import annotations

from services.notice.commands.notices import Numbering, Publication, latest_notice, numbering_of, revoke_notice
from services.notice.domain import notices as rules
from services.notice.domain import terms
from services.notice.domain.notices import Notice
from services.notice.domain.objections import RESULT
from services.notice.events.contents import Result
from services.notice.events.notices import NoticeBecameFinal, NoticeCorrected, Term
from services.notice.events.terms import ReviewLearned
from shared.store import Followed, Log, Write, again_when_stale


@again_when_stale
async def learn_review(log: Log, learned: ReviewLearned, fact: Followed) -> None:
    """A review was opened: keep what its rules say about publicity."""
    loaded = await log.load(terms.stream(learned.review_id), terms.DEFAULT, terms.evolve)
    await log.append([loaded.then(learned)], followed=fact)


@again_when_stale
async def show_results(log: Log, branch_id: str, content: Result, working_days: int, fact: Followed) -> None:
    """Put a review's results on the board; where some are there already, a notice with these takes their place.

    That one runs a full period anew, or goes on with the earlier one, as the review's rules say. What corrects confirmed results has
    no period: a second person confirmed it.
    """
    share, restarts = (await log.load(terms.stream(content.review_id), terms.DEFAULT, terms.evolve)).state
    numbering = await numbering_of(log, branch_id)
    loaded = await latest_notice(log, RESULT, content.review_id)
    if loaded.state is None:
        term = Term(working_days, share) if working_days else None
        first = Publication(RESULT, branch_id, content.review_id, content, content.period, term=term)
        published = numbering.publish(first, fact.position)
        await log.append([numbering.write, published], followed=fact)
        return
    earlier = loaded.state
    term = None if earlier.is_final else rules.corrected_term(earlier, working_days, share, restarts=restarts)
    following = _following(earlier, content, term)
    writes = _replacing(numbering, following, fact, is_final=earlier.is_final)
    corrected = NoticeCorrected(notice_id=earlier.published.notice_id, replaced_by=following.notice_id, caused_by=fact.position)
    await log.append([*writes, loaded.then(corrected)], followed=fact)


def _following(earlier: Notice, content: Result, term: Term | None) -> Publication:
    return Publication(
        kind=RESULT,
        organization_id=earlier.published.organization_id,
        subject_id=content.review_id,
        content=content,
        period=content.period,
        until=earlier.until,
        term=term,
        version=earlier.version + 1,
        replaces=earlier.published.notice_id,
    )


def _replacing(numbering: Numbering, following: Publication, fact: Followed, *, is_final: bool) -> tuple[Write, Write]:
    stream, version, events = numbering.publish(following, fact.position)
    final = NoticeBecameFinal(notice_id=following.notice_id, until=following.until, caused_by=fact.position)
    return numbering.write, Write(stream, version, [*events, final] if is_final else events)


@again_when_stale
async def confirm_results(log: Log, review_id: str, fact: Followed) -> None:
    """The results on the board are final; from now on their notice has a last day."""
    loaded = await latest_notice(log, RESULT, review_id)
    if loaded.state is None:
        await log.append([], followed=fact)
        return
    until = rules.shown_until(log.today())
    final = NoticeBecameFinal(notice_id=loaded.state.published.notice_id, until=until, caused_by=fact.position)
    await log.append([loaded.then(final)], followed=fact)


async def annul_results(log: Log, review_id: str, fact: Followed) -> None:
    """The review counts nothing any more: its notice is taken down for good, if there is one."""
    latest = (await latest_notice(log, RESULT, review_id)).state
    notice_id = latest.published.notice_id if latest else rules.notice_id(RESULT, review_id)
    await revoke_notice(log, notice_id, "review_annulled", fact)
