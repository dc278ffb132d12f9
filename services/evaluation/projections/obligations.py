"""The view from which obligations are computed (spec, section 8): on which day each step of a half-year, each report, each answer came.

It holds what happened; what did not happen is found by `domain/obligations.py`.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from services.evaluation.events.annual import AnnualReviewHeld
from services.evaluation.events.committee import CommitteeScored
from services.evaluation.events.objections import ObjectionDecided, ObjectionRaised
from services.evaluation.events.pledges import PledgeEvaluated, PledgesAnnounced, ProgressReported
from services.evaluation.events.results import ResultsPublished, ReviewConfirmed
from services.evaluation.events.reviews import MemberExcused, PeerReviewClosed, ReviewAnnulled, ReviewOpened
from shared.calendar import day_of
from shared.events import Event, Recorded
from shared.projections import Page, Projection, Table, Values

COURSES = Table(
    "review_courses",
    key=("branch_id", "period"),
    columns={
        "branch_id": str,
        "period": str,
        "review_id": str,
        "unscored": list,
        "review_opened": date,
        "peer_review_closed": date,
        "committee_review_held": date,
        "results_published": date,
        "review_confirmed": date,
    },
    indexes=[("review_id",)],
    history=True,
)
"""On which day a branch took each step of a half-year; `unscored`: whom the committee has not scored yet. An annulled review has no row."""
DUTIES = Table(
    "pledge_duties",
    key=("pledge_id",),
    columns={"pledge_id": str, "branch_id": str, "period": str, "announced_on": date, "due_on": date, "reported_on": date},
    indexes=[("branch_id",)],
    history=True,
)
"""An announced pledge, and the day on which the branch first said what came of it."""
ANSWERS = Table(
    "objection_terms",
    key=("objection_id",),
    columns={
        "objection_id": str,
        "organization_id": str,
        "kind": str,
        "about_id": str,
        "working_days": int,
        "raised_on": date,
        "decided_on": date,
    },
    indexes=[("organization_id",), ("kind",)],
    history=True,
)
"""An objection about something of `organization_id`, within how many working days it is answered, and the day of its decision."""
MEETINGS = Table(
    "annual_meetings",
    key=("branch_id", "year"),
    columns={"branch_id": str, "year": int, "held_on": date},
    history=True,
)
"""The day of a branch's first annual review meeting that had a quorum."""


class Obligations(Projection):
    """Follows reviews, pledges, objections and annual meetings by their days."""

    name = "obligations"
    tables: ClassVar[tuple[Table, ...]] = (COURSES, DUTIES, ANSWERS, MEETINGS)

    def project(self, page: Page, recorded: Recorded) -> None:
        """What happened is put with its day."""
        day = day_of(recorded.recorded_at)
        _pledge(page, recorded.event, day)
        _answered(page, recorded.event, day)
        _review(page, recorded.event, day)


def _pledge(page: Page, event: Event, day: date) -> None:
    match event:
        case PledgesAnnounced() as e:
            for one in e.pledges:
                promised = {"pledge_id": one.pledge_id, "branch_id": e.branch_id, "period": one.period, "due_on": one.due_on}
                page.put(DUTIES, **promised, announced_on=e.on)
        case ProgressReported() | PledgeEvaluated() as e:
            if (row := page.get(DUTIES, e.pledge_id)) and row.get("reported_on") is None:
                page.put(DUTIES, **row | {"reported_on": day})


def _answered(page: Page, event: Event, day: date) -> None:
    match event:
        case ObjectionRaised() as e:
            about = {"objection_id": e.objection_id, "organization_id": e.organization_id, "kind": e.kind, "about_id": e.about_id}
            page.put(ANSWERS, **about, working_days=e.working_days, raised_on=day)
        case ObjectionDecided() as e:
            if (row := page.get(ANSWERS, e.objection_id)) and row.get("decided_on") is None:
                page.put(ANSWERS, **row | {"decided_on": day})
        case AnnualReviewHeld(state="held") as e if page.get(MEETINGS, e.branch_id, e.year) is None:
            page.put(MEETINGS, branch_id=e.branch_id, year=e.year, held_on=e.held_on)


def _review(page: Page, event: Event, day: date) -> None:
    match event:
        case ReviewOpened() as e:
            out = {one.member_id for one in e.excused}
            unscored = [one.member_id for one in e.eligible if one.member_id not in out]
            ids = {"branch_id": e.branch_id, "period": e.period, "review_id": e.review_id}
            page.put(COURSES, **ids, unscored=unscored, review_opened=day)
        case ReviewAnnulled() as e:
            page.drop(COURSES, e.branch_id, e.period)
        case PeerReviewClosed() as e:
            _step(page, e.review_id, {"peer_review_closed": day})
        case CommitteeScored() as e:
            _scored(page, e.review_id, {one.member_id for one in e.scores}, day)
        case MemberExcused() as e:
            _scored(page, e.review_id, {e.member_id}, day)
        case ResultsPublished() as e:
            _step(page, e.review_id, {"results_published": day})
        case ReviewConfirmed() as e:
            _step(page, e.review_id, {"review_confirmed": day})
        case _:
            return


def _scored(page: Page, review_id: str, members: set[str], day: date) -> None:
    """The committee review has been held once nobody is without a score."""
    (row,) = page.find(COURSES, review_id=review_id)
    unscored = [member for member in row["unscored"] if member not in members]
    is_held = not unscored and row.get("peer_review_closed") is not None
    _step(page, review_id, {"unscored": unscored} | ({"committee_review_held": row.get("committee_review_held") or day} if is_held else {}))


def _step(page: Page, review_id: str, changed: Values) -> None:
    (row,) = page.find(COURSES, review_id=review_id)
    page.put(COURSES, **row | changed)
