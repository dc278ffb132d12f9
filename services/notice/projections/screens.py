"""The view of registered screens: which organisation a screen belongs to."""

from __future__ import annotations

from typing import ClassVar

from services.notice.events.screens import ScreenRegistered, ScreenRemoved
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table

SCREENS = Table("screens", key=("screen_id",), columns={"screen_id": str, "organization_id": str})


class Screens(Projection):
    """The screens in use."""

    name = "screens"
    tables: ClassVar[tuple[Table, ...]] = (SCREENS,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """See Projection."""
        match recorded.event:
            case ScreenRegistered() as e:
                page.put(SCREENS, screen_id=e.screen_id, organization_id=e.organization_id)
            case ScreenRemoved() as e:
                page.drop(SCREENS, e.screen_id)


async def organization_of_screen(snapshot: Snapshot, screen_id: str) -> str | None:
    """The organisation whose board the screen shows; None for a screen that is not in use."""
    row = await snapshot.row(SCREENS, screen_id=screen_id)
    return row["organization_id"] if row else None
