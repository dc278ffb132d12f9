"""A new log in the place of one that can't be signed on: a name and a key of its own, and the old checkpoint in its first event (log.md).

After events were lost, or the signing key was, signing on under the old name would be a fork. Nothing is hidden by beginning anew: whoever
holds a later checkpoint of the old log, a witness or a wall, can show what is missing.
"""

from __future__ import annotations

from contextlib import suppress

from shared.published import Cause, OriginBegun
from shared.publisher import LogForked, Publisher
from shared.store import Log, Stale, Write
from shared.transparency.notes import checkpoint_of


class NothingIsWrong(RuntimeError):
    """The log can be signed on, or was never signed: there is nothing to begin anew."""


def begin_origin(log: Log, publisher: Publisher, cause: Cause) -> tuple[OriginBegun, str]:
    """End the old log and begin the next; its publisher must be opened anew to sign it. Returns the event, and what was wrong.

    The event is stored first: where this broke off, it is begun again with the same name.

    Raises:
        NothingIsWrong.
    """
    wrong = _what_is_wrong(publisher)
    known = publisher.last_known()
    if wrong is None or known is None:
        raise NothingIsWrong
    old, published = checkpoint_of(known.text), publisher.published
    begun = OriginBegun(origin=published.next_origin, cause=cause, old_origin=old.origin, old_size=old.size, old_root=old.root.hex())
    with suppress(Stale):  # a first try broke off behind it
        log.save(Write(f"log/{begun.origin}", 0, [begun]))
    publisher.put_away(known)
    published.begin_next()
    return begun, wrong


def _what_is_wrong(publisher: Publisher) -> str | None:
    try:
        publisher.check()
        publisher.publish()
    except LogForked as error:
        return str(error)
    return None
