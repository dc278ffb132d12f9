"""Stories (spec, section 4): a good deed, told on the board if the branch chooses."""

from __future__ import annotations

from datetime import date

from services.evaluation.domain.points import AlreadyReversed, Ledger
from services.evaluation.events.points import StoryTold
from shared.errors import Conflict, Invalid
from shared.events import TextRef


class NoGoodDeed(Invalid):
    """A story is told of a good deed: of an entry of kind bonus."""

    code = "no_good_deed"
    sentence = "Only a good deed (an entry of kind bonus) is told on the board."


class StoryEndsInThePast(Invalid):
    """A story is told for some time to come."""

    code = "story_ends_in_the_past"
    sentence = "The last day on the board lies in the past; leave it out or name a later one."


class AlreadyTold(Conflict):
    """A good deed is told once."""

    code = "already_told"
    sentence = "This good deed has been told already."


def tell_story(
    ledger: Ledger, entry_id: str, *, branch_id: str, title: TextRef, text: TextRef, until: date | None, today: date, by: str
) -> list[StoryTold]:
    """Tell a good deed on the board. Raises UnknownEntry, NoGoodDeed, AlreadyReversed, AlreadyTold, StoryEndsInThePast."""
    entry = ledger.entry(entry_id)
    if entry.fact.kind != "bonus":
        raise NoGoodDeed
    if not entry.counts:
        raise AlreadyReversed
    if entry.story is not None:
        raise AlreadyTold
    if until is not None and until < today:
        raise StoryEndsInThePast(errors=[("/on_board_until", StoryEndsInThePast.sentence)])
    fact = entry.fact
    return [
        StoryTold(
            entry_id=entry_id,
            member_id=fact.member_id,
            branch_id=branch_id,
            period=fact.period,
            title=title,
            text=text,
            until=until,
            recorded_by=by,
        )
    ]
