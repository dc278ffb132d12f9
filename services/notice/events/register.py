"""The register of notices: one stream an organisation and year, so that its numbers have no gap (spec, section 9)."""

from __future__ import annotations

from shared.events import Event, event


@event("register.number-given.v1")
class NumberGiven(Event, frozen=True, kw_only=True):
    """The `n`-th notice of the organisation in `year` got its `number`, `<code>-<year>-<n>`. Stream `register/<organization_id>/<year>`."""

    organization_id: str
    year: int
    n: int
    number: str
    notice_id: str
