"""The event store: streams of frozen events, appended whole and durably, never changed (design: architecture.md, numbers.md)."""

from shared.events import Recorded
from shared.store.folded import Loaded
from shared.store.keys import KeyGone, Keys, master_key
from shared.store.log import Log, again_when_stale
from shared.store.opening import open_log, storage_of
from shared.store.requests import Followed, Guard, KeyReused, KnownAnswer, Reply, SideRow, Stale, Stored, Write
from shared.store.storage import Files, Postgres, Storage
from shared.store.texts import SealedText

__all__ = [
    "Files",
    "Followed",
    "Guard",
    "KeyGone",
    "KeyReused",
    "Keys",
    "KnownAnswer",
    "Loaded",
    "Log",
    "Postgres",
    "Recorded",
    "Reply",
    "SealedText",
    "SideRow",
    "Stale",
    "Storage",
    "Stored",
    "Write",
    "again_when_stale",
    "master_key",
    "open_log",
    "storage_of",
]
