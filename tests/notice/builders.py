"""Words in which the tests of the boards speak: instants in Shanghai, the worked example's period, notices, screens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from services.notice.domain import notices as rules
from services.notice.domain.notices import Notice
from services.notice.domain.publicity import CalendarSince, Publicity, Run, publicity
from services.notice.domain.spells import Spell
from services.notice.domain.workdays import WHAT_THE_LIBRARY_KNOWS
from services.notice.events.contents import Content, MemberResult, Pledge, Result
from services.notice.events.notices import NoticePublished, Term
from shared.calendar import SHANGHAI
from shared.events import Event, Recorded, TextRef

S = TypeVar("S")
MONDAY = date(2026, 9, 28)
"""The worked example's day of publishing."""
FIVE_DAYS_LATER = date(2026, 10, 10)
"""The worked example's last day: 1 to 7 October are free, Saturday 10 October is worked."""
BRANCH = "0198b000-0000-7000-8000-00000000b001"
REVIEW = "0198b000-0000-7000-8000-00000000e001"
ALICE = "0198b000-0000-7000-8000-00000000a001"
BOB = "0198b000-0000-7000-8000-00000000a002"


def clock(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """The instant (UTC) of this time of day in Shanghai; hour 24 is the end of the day."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return midnight.astimezone(UTC) + timedelta(hours=hour, minutes=minute)


def october(day: int) -> date:
    return date(2026, 10, day)


def september(day: int) -> date:
    return date(2026, 9, day)


def run(*spells: Spell, published_at: datetime | None = None, days: int = 5, share: str = "1/2", stopped: str | None = None) -> Run:
    return Run(days, Fraction(share), published_at or clock(MONDAY, 10), spells, stopped)


def at_end(*spells: Spell, days: int = 5) -> Publicity:
    """The period of the worked example as it stands long after it."""
    return publicity(run(*spells, days=days), WHAT_THE_LIBRARY_KNOWS, clock(date(2026, 12, 1)))


def calendars(*later: CalendarSince) -> tuple[CalendarSince, ...]:
    return (*WHAT_THE_LIBRARY_KNOWS, *later)


def recorded(event: Event, at: datetime, version: int = 1) -> Recorded:
    return Recorded(version, "stream", version, at, event)


def folded(evolve: Callable[[S, Recorded], S], empty: S, *history: tuple[datetime, Event]) -> S:
    state = empty
    for version, (at, event) in enumerate(history, start=1):
        state = evolve(state, recorded(event, at, version))
    return state


def text(number: int = 1) -> TextRef:
    return TextRef(id=f"0198b000-0000-7000-8000-{number:012d}", hash=f"{number:064x}")


def results(*stars: int, raw: bool = False) -> Result:
    rows = tuple(
        MemberResult(f"0198b000-0000-7000-8000-{number:012d}", count, Decimal("88.5") if raw else None)
        for number, count in enumerate(stars, start=1)
    )
    return Result(REVIEW, "2026-H1", without_peer_quorum=False, raw_scores=raw, results=rows)


def pledge(number: int = 1, member: str = ALICE, outcome: str | None = None) -> Pledge:
    return Pledge(f"0198b000-0000-7000-8000-00000000d{number:03d}", member, "mediation", text(1), text(2), date(2026, 6, 30), outcome)


def published(
    content: Content | None = None,
    *,
    kind: str = "result",
    term: Term | None = Term(5),  # noqa: B008 - frozen
    until: date | None = None,
    version: int = 1,
    replaces: str | None = None,
) -> NoticePublished:
    return NoticePublished(
        notice_id=rules.notice_id(kind, REVIEW, version),
        organization_id=BRANCH,
        number=f"XH01-2026-{version}",
        kind=kind,
        subject_id=REVIEW,
        period="2026-H1",
        version=version,
        replaces=replaces,
        until=until,
        term=term,
        content=content or results(3, 2),
        caused_by=7,
    )


def notice(*later: tuple[datetime, Event], first: NoticePublished | None = None, at: datetime | None = None) -> Notice:
    """A notice of results published in the worked example's moment, and what happened to it since."""
    found = folded(rules.evolve, None, (at or clock(MONDAY, 10), first or published()), *later)
    assert found is not None
    return found
