"""What happened to organisations: county > town > branch > Party group (spec, section 1)."""

from __future__ import annotations

from shared.events import Event, event


@event("organizations.organization-founded.v1")
class OrganizationFounded(Event, frozen=True):
    """An organisation of `kind` county, town, branch or group stands under `parent_id` (None: a county). Stream `organization/<id>`.

    Its place in the tree never changes; `code` is unique among the organisations under the same parent and numbers its notices.
    """

    organization_id: str
    kind: str
    parent_id: str | None
    code: str
    name: str
    recorded_by: str


@event("organizations.code-given.v1")
class CodeGiven(Event, frozen=True):
    """`code` is taken under `parent_id` from now on. Stream `codes/<parent_id>` (`codes/` for counties): it keeps codes unique."""

    parent_id: str | None
    code: str
    organization_id: str
    recorded_by: str
