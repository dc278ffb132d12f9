"""What a voter is told of its unsealed ballots (trust.md): that it happened, who agreed on it, why, and until when they may read it."""

from __future__ import annotations

from typing import Any

from services.evaluation.commands.unsealings import load_unsealing
from services.evaluation.pages.visits import Visit
from services.evaluation.projections.unsealings import unsealed_of


async def unsealed_ballots(visit: Visit, member_id: str) -> list[dict[str, Any]]:
    """The unsealings that opened a ballot of this member, the newest first, each with its reason and for whom the two officers acted."""
    rows = await unsealed_of(await visit.door.snapshot(is_current=True), member_id)
    texts = await visit.door.log.texts.read(row["reason"] for row in rows)
    await visit.know(who for row in rows for who in (row["proposed_by"], row["decided_by"]))
    return [{**row, "reason": texts.get(row["reason"]), **await _offices(visit, row["unsealing_id"])} for row in reversed(rows)]


async def _offices(visit: Visit, unsealing_id: str) -> dict[str, str]:
    unsealing = (await load_unsealing(visit.door.log, unsealing_id)).state
    second = unsealing.approved.office_id if unsealing.approved else ""
    return {"proposed_for": visit.organization(unsealing.fact.office_id), "decided_for": visit.organization(second)}
