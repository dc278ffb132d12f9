"""Which paper ballots of a review wait for their second keying; closing asks too."""

from __future__ import annotations

from services.evaluation.domain import paper_ballots
from services.evaluation.domain.paper_ballots import Waiting
from shared.store import Loaded, Log

_NOTHING: Waiting = dict[str, str]()


async def load_waiting(log: Log, review_id: str) -> Loaded[Waiting]:
    """Each rater whose sheet waits, with that sheet."""
    return await log.load(f"papers-of/{review_id}", _NOTHING, paper_ballots.waiting_after)
