"""In which half-year an entry counts (spec, sections 3 and 5): that of its deed, or a later one where its peer review is closed.

The streams behind it: `rating/<member>/<period>` says in which review the member is rated (`reviews.listed_member`), `phase/<review>`
how far that one is.
"""

from __future__ import annotations

from services.evaluation.domain.points import LateEntry
from services.evaluation.events.reviews import PeerReviewClosed
from services.evaluation.events.rulebooks import Rules
from shared.calendar import HalfYear
from shared.events import Recorded


def is_closed_for_entries(is_closed: bool, recorded: Recorded) -> bool:
    """Fold of `phase/<review>`: whether the peer review is closed, so that later entries count elsewhere."""
    return is_closed or isinstance(recorded.event, PeerReviewClosed)


def period_after_closing(period: HalfYear, rules: Rules) -> HalfYear:
    """Where an entry goes whose half-year is closed: on to the next. Raises LateEntry where the rules refuse it.

    `rules` are those of the half-year of the deed.
    """
    if rules.late_entries == "refused":
        raise LateEntry
    return period.next()
