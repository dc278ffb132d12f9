"""Objections: open ones hold back a certificate; which notices may still be objected to (spec, section 6; REST contract)."""

from __future__ import annotations

from datetime import date

from services.notice.domain.notices import Notice, NoticeDown
from services.notice.events.objections import ObjectionAnswered, ObjectionHeard
from shared.calendar import day_of
from shared.errors import Conflict
from shared.events import Recorded

OpenObjections = frozenset[str]
NONE_OPEN: OpenObjections = frozenset()
RESULT = "result"


class ObjectionTermOver(Conflict):
    """The time in which anybody may object has passed."""

    code = "objection_term_over"
    sentence = "The time for objections to this notice is over: results may be objected to until a year after they were confirmed."


def stream(about_id: str) -> str:
    """The stream of the objections about one thing."""
    return f"objections/{about_id}"


def evolve(still_open: OpenObjections, recorded: Recorded) -> OpenObjections:
    """The ids of those that are open."""
    match recorded.event:
        case ObjectionHeard() as e:
            return still_open | {e.objection_id}
        case ObjectionAnswered() as e:
            return still_open - {e.objection_id}
    return still_open


def about(notice: Notice) -> tuple[str, str]:
    """What an objection to the notice is about, kind and id: its review where it tells of results, else the notice itself."""
    published = notice.published
    return (RESULT, published.subject_id) if published.kind == RESULT else ("notice", published.notice_id)


def check_term(notice: Notice, today: date) -> None:
    """Return if the public may object to the notice on the day `today`.

    Raises:
        NoticeDown: it was withdrawn, taken down for good, or corrected (`replaced_by` names what to object to instead).
        ObjectionTermOver: results confirmed more than a year ago; any other notice that is not shown any more.
    """
    if notice.stopped:
        raise NoticeDown(replaced_by=notice.replaced_by)
    if notice.published.kind == RESULT:
        is_over = notice.final_at is not None and today > a_year_after(day_of(notice.final_at))
    else:
        is_over = notice.until is not None and notice.until < today
    if is_over:
        raise ObjectionTermOver


def a_year_after(day: date) -> date:
    """The same day of the next year; of 29 February the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
