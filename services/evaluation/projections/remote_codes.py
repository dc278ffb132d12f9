"""The view of the one-time codes (spec, section 6): which member's ballot a code opens, for who typed the code and nothing else.

A code's hash is bound to its review and member, so that a code is found by trying it on each: some thousands take milliseconds.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import ClassVar, NamedTuple

from services.evaluation.domain.paper_ballots import code_hash
from services.evaluation.events.paper_ballots import RemoteCodeIssued
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table

REMOTE_CODES = Table(
    "remote_codes",
    key=("review_id", "rater_id"),
    columns={"review_id": str, "rater_id": str, "code_hash": str},
)
"""The newest code of each member in each review; a used one stays, so that its second use can be told from a wrong code."""


class Opened(NamedTuple):
    """What a code opens: one member's ballot in one review."""

    review_id: str
    rater_id: str


class RemoteCodes(Projection):
    """Keeps the newest code of each member and review."""

    name = "remote_codes"
    tables: ClassVar[tuple[Table, ...]] = (REMOTE_CODES,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """A code is put in the place of the last one."""
        match recorded.event:
            case RemoteCodeIssued() as e:
                page.put(REMOTE_CODES, review_id=e.review_id, rater_id=e.rater_id, code_hash=e.code_hash)
            case _:
                return


async def opened_by(snapshot: Snapshot, code: str) -> Opened | None:
    """What the code opens; None where no code is like this."""
    for row in await snapshot.rows(REMOTE_CODES):
        if compare_digest(row["code_hash"], code_hash(row["review_id"], row["rater_id"], code)):
            return Opened(row["review_id"], row["rater_id"])
    return None
