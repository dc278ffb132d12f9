"""A board was opened for an organisation that the roster founded."""

from __future__ import annotations

from shared.events import Event, event


@event("boards.board-opened.v1")
class BoardOpened(Event, frozen=True, kw_only=True):
    """The organisation has a board from now on; `code` begins the numbers of its notices. Stream `board/<organization_id>`.

    `kind` is county, town, branch or group; the name is that of an organisation, not of a person.
    """

    organization_id: str
    kind: str
    parent_id: str | None
    code: str
    name: str
