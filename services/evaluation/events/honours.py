"""Honours (spec, section 7): rotating flags that go from holder to holder, and honours for those who were graded excellent.

Streams: `rotating-flags/<organization>`: the chain of the holders of an organisation's flags; an honour stands in the stream of the
meeting that it follows from, `annual-review/<annual review>`. Each goes to a member or to a branch: the other id is None.
"""

from __future__ import annotations

from shared.events import Event, event


@event("honours.flag-handed-on.v1")
class FlagHandedOn(Event, frozen=True, kw_only=True):
    """An organisation's rotating flag of `year` was handed to a holder, who keeps it until the next year's is handed on.

    `taken_over_from`: the awards of the latest earlier year to holders of the same kind, whom this ends.
    """

    award_id: str
    organization_id: str
    year: int
    member_id: str | None
    branch_id: str | None
    taken_over_from: tuple[str, ...]
    recorded_by: str


@event("honours.honour-given.v1")
class HonourGiven(Event, frozen=True, kw_only=True):
    """A member was graded excellent at its branch's annual review of `year`; `organization_id` is the branch."""

    award_id: str
    organization_id: str
    year: int
    member_id: str | None
    branch_id: str | None
    annual_review_id: str
    recorded_by: str
