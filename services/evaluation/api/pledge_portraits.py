"""How one pledge is shown, with its history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.evaluation.api.evidence import shown, text_of
from services.evaluation.domain import pledges
from services.evaluation.domain.pledges import Pledge
from services.evaluation.events.pledges import (
    PledgeAnnounced,
    PledgeApproved,
    PledgeChanged,
    PledgeDrafted,
    PledgeEvaluated,
    PledgeReturned,
    PledgeSubmitted,
    ProgressReported,
)
from shared.events import Event, Recorded, TextRef
from shared.store import Log

_WORDS: dict[type[Event], str] = {
    PledgeDrafted: "drafted",
    PledgeChanged: "changed",
    PledgeSubmitted: "submitted",
    PledgeReturned: "returned",
    PledgeApproved: "approved",
    PledgeAnnounced: "announced",
    ProgressReported: "progress",
    PledgeEvaluated: "evaluated",
}


async def pledge_portrait(log: Log, pledge_id: str) -> dict[str, object]:
    """The pledge as it stands, from its stream; raises UnknownPledge."""
    history = await log.history(f"pledge/{pledge_id}")
    pledge = Pledge()
    for recorded in history:
        pledge = pledges.evolve(pledge, recorded)
    promise = pledge.written()
    refs = [promise.action, promise.target, *(ref for recorded in history for ref in _texts_of(recorded.event))]
    texts = await log.texts.read(ref.id for ref in refs)
    return {
        "id": pledge.id,
        "member_id": pledge.member_id,
        "branch_id": pledge.branch_id,
        "period": str(promise.period),
        "theme": promise.theme,
        "action": text_of(promise.action, texts),
        "target": text_of(promise.target, texts),
        "due_on": promise.due_on,
        "state": pledge.state,
        "outcome": pledge.outcome,
        "history": [_step(recorded, texts) for recorded in history],
    }


def pledge_line(row: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, object]:
    """A row of the view, with its texts as far as they can still be read."""
    shown_row = {name: value for name, value in row.items() if name not in {"pledge_id", "from_position", "to_position"}}
    return {"id": row["pledge_id"], **shown_row, "action": texts.get(row["action"]), "target": texts.get(row["target"])}


def _step(recorded: Recorded, texts: Mapping[str, str]) -> dict[str, object]:
    event: Any = recorded.event
    evidence = event.evidence if isinstance(event, ProgressReported) else ()
    said = next((text_of(ref, texts) for ref in _said_with(event)), None)
    return {
        "event": _WORDS[type(event)],
        "recorded_at": recorded.recorded_at,
        "recorded_by": event.recorded_by,
        "position": recorded.position,
        "text": said,
        "evidence": shown(evidence, texts),
    }


def _texts_of(event: Event) -> list[TextRef]:
    evidence = [piece.value for piece in event.evidence] if isinstance(event, ProgressReported) else []
    return [*_said_with(event), *evidence]


def _said_with(event: Event) -> list[TextRef]:
    match event:
        case PledgeReturned() | PledgeEvaluated():
            return [event.reason]
        case PledgeApproved():
            return [event.reason] if event.reason else []
        case ProgressReported():
            return [event.note]
        case _:
            return []
