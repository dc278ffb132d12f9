"""The history of one member, for the member itself: every event about it, with the texts that still exist."""

from __future__ import annotations

from typing import Any

import msgspec

from shared.events import TextRef
from shared.store import Log


async def facts_about(log: Log, member_id: str) -> list[dict[str, Any]]:
    """The events of the member's stream in order; in the place of a text's reference the text, null where it was erased."""
    history = await log.history(f"member/{member_id}")
    fields = {recorded.position: msgspec.structs.asdict(recorded.event) for recorded in history}
    wanted = [value.id for data in fields.values() for value in data.values() if isinstance(value, TextRef)]
    texts = await log.texts.read(wanted)
    return [
        {
            "position": recorded.position,
            "recorded_at": recorded.recorded_at,
            "type": recorded.event.topic,
            "data": {
                name: texts.get(value.id) if isinstance(value, TextRef) else value for name, value in fields[recorded.position].items()
            },
        }
        for recorded in history
    ]
