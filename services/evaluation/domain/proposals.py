"""What one person proposes and another decides waits for so long, then it is made anew: nothing hangs on a paper in a drawer."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.errors import Conflict

VALID_FOR = timedelta(days=30)


class ProposalExpired(Conflict):
    """A proposal waits 30 days for its second person."""

    code = "proposal_expired"
    sentence = "This was proposed more than 30 days ago and not decided since; propose it again if it is still wanted."


def expires_at(proposed_at: datetime) -> datetime:
    """The last instant at which what was proposed then can be decided."""
    return proposed_at + VALID_FOR


def require_not_expired(proposed_at: datetime, now: datetime) -> None:
    """Raises ProposalExpired where the proposal has waited too long."""
    if now > expires_at(proposed_at):
        raise ProposalExpired
