"""How one entry, and a member's points, are shown."""

from __future__ import annotations

from collections.abc import Mapping

from services.evaluation.api.evidence import shown, text_of
from services.evaluation.commands.points import MemberFacts
from services.evaluation.commands.rulebooks import load_rulebook, rules_for
from services.evaluation.domain import points
from services.evaluation.domain.points import Entry, Ledger
from services.evaluation.domain.rulebooks import NoRulesInForce
from services.evaluation.domain.totals import Points, total
from services.evaluation.events.points import EntryRecorded, EntryReversed, StoryTold
from services.evaluation.events.rulebooks import Rules
from shared.calendar import HalfYear
from shared.events import Recorded, TextRef
from shared.store import Log


async def entry_portrait(log: Log, entry: Entry) -> dict[str, object]:
    """One entry with its texts and its history."""
    fact = entry.fact
    texts = await log.texts.read(ref.id for ref in _texts_of(entry))
    return {
        "id": fact.entry_id,
        "member_id": fact.member_id,
        "branch_id": fact.branch_id,
        "period": fact.period,
        "item": fact.item,
        "kind": fact.kind,
        "points": fact.points,
        "occurred_on": fact.occurred_on,
        "evidence": shown(fact.evidence, texts),
        "activity_id": fact.activity_id,
        "rulebook_id": fact.rulebook_id,
        "version": fact.version,
        "recorded_at": entry.recorded.recorded_at,
        "recorded_by": fact.recorded_by,
        "reversed_by": entry.reversal.reversal_id if entry.reversal else None,
        "story": _told(entry.story, texts),
        "history": [_happening(recorded, texts) for recorded in entry.history],
    }


def _texts_of(entry: Entry) -> list[TextRef]:
    refs = [piece.value for piece in entry.fact.evidence]
    refs += [entry.fact.force_reason] if entry.fact.force_reason else []
    refs += [entry.reversal.reason] if entry.reversal else []
    refs += [entry.story.title, entry.story.text] if entry.story else []
    return refs


def _told(story: StoryTold | None, texts: Mapping[str, str]) -> dict[str, object] | None:
    if story is None:
        return None
    return {"title": text_of(story.title, texts), "text": text_of(story.text, texts), "on_board_until": story.until}


def _happening(recorded: Recorded, texts: Mapping[str, str]) -> dict[str, object]:
    match recorded.event:
        case EntryRecorded() as e:
            word, by, reason = "recorded", e.recorded_by, e.force_reason
        case EntryReversed() as e:
            word, by, reason = "reversed", e.recorded_by, e.reason
        case StoryTold() as e:
            word, by, reason = "told", e.recorded_by, None
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to an entry")
    said = text_of(reason, texts)
    return {"event": word, "recorded_at": recorded.recorded_at, "recorded_by": by, "position": recorded.position, "reason": said}


async def points_portrait(log: Log, member: MemberFacts, period: HalfYear, at: int | None) -> dict[str, object]:
    """The points of a half-year, now or as of the position `at`, with what each entry counted."""
    ledger = await _ledger_at(log, member.member_id, period, at)
    rules = await _rules_of(log, member, period, ledger)
    counts = Points.none() if rules is None else total(ledger, rules)
    return {
        "member_id": member.member_id,
        "period": str(period),
        "base": counts.base,
        "bonus": counts.bonus,
        "deductions": counts.deductions,
        "total": counts.total,
        "entries": [_counted(entry, counts) for entry in ledger.entries.values()],
    }


async def _ledger_at(log: Log, member_id: str, period: HalfYear, at: int | None) -> Ledger:
    ledger = Ledger()
    for recorded in await log.history(f"ledger/{member_id}/{period}"):
        if at is None or recorded.position <= at:
            ledger = points.evolve(ledger, recorded)
    return ledger


async def _rules_of(log: Log, member: MemberFacts, period: HalfYear, ledger: Ledger) -> Rules | None:
    """The rules of the half-year; where the member's new place has none, those under which it was recorded; None for nothing to count."""
    if not ledger.entries:
        return None
    try:
        return (await rules_for(log, member.ancestry, period)).rules
    except NoRulesInForce:
        fact = next(iter(ledger.entries.values())).fact
        return (await load_rulebook(log, fact.rulebook_id)).state.version(fact.version).rules


def _counted(entry: Entry, counts: Points) -> dict[str, object]:
    fact = entry.fact
    return {
        "id": fact.entry_id,
        "item": fact.item,
        "kind": fact.kind,
        "occurred_on": fact.occurred_on,
        "points": fact.points,
        "counted": counts.counted[fact.entry_id],
        "reversed_by": entry.reversal.reversal_id if entry.reversal else None,
        "recorded_at": entry.recorded.recorded_at,
        "recorded_by": fact.recorded_by,
    }
