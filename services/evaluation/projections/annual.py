"""The views of the year (spec, section 7): the grades that members got, and who holds which rotating flag. With history."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from services.evaluation.domain.annual import HELD
from services.evaluation.events.annual import AnnualReviewHeld
from services.evaluation.events.honours import FlagHandedOn
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

GRADES = Table(
    "annual_grades",
    key=("member_id", "year"),
    columns={"member_id": str, "year": int, "branch_id": str, "grade": str, "annual_review_id": str, "held_on": date},
    indexes=[("branch_id", "year")],
    history=True,
)
"""The grade of a member and year; where two branches graded a member who moved, the later one's."""
FLAGS = Table(
    "rotating_flags",
    key=("award_id",),
    columns={
        "award_id": str,
        "organization_id": str,
        "year": int,
        "member_id": str,
        "branch_id": str,
        "taken_over_from": list,
        "handed_on_at": datetime,
        "is_held": bool,
    },
    indexes=[("organization_id", "year")],
    history=True,
)
"""A flag as it was handed on; `is_held` until the next year's is."""


class Year(Projection):
    """Follows annual reviews and rotating flags."""

    name = "year"
    tables: ClassVar[tuple[Table, ...]] = (GRADES, FLAGS)

    def project(self, page: Page, recorded: Recorded) -> None:
        """Grades are put, a flag is put and ends those that it takes over from."""
        match recorded.event:
            case AnnualReviewHeld() as e if e.state == HELD:
                for one in e.grades:
                    of = {"branch_id": e.branch_id, "annual_review_id": e.annual_review_id, "held_on": e.held_on}
                    page.put(GRADES, member_id=one.member_id, year=e.year, grade=one.grade, **of)
            case FlagHandedOn() as e:
                _hand_on(page, e, recorded.recorded_at)
            case _:
                return


def _hand_on(page: Page, e: FlagHandedOn, at: datetime) -> None:
    for award_id in e.taken_over_from:
        if row := page.get(FLAGS, award_id):
            page.put(FLAGS, **row | {"is_held": False})
    same = {name: getattr(e, name) for name in ("award_id", "organization_id", "year", "member_id", "branch_id")}
    page.put(FLAGS, **same, taken_over_from=list(e.taken_over_from), handed_on_at=at, is_held=True)


async def grades_of(snapshot: Snapshot, branch_id: str, year: int) -> dict[str, str]:
    """The grades of a branch's members of a year, by member."""
    return {row["member_id"]: row["grade"] for row in await snapshot.rows(GRADES, branch_id=branch_id, year=year)}


async def flags_page(
    snapshot: Snapshot, organizations: Collection[str] | None, year: int | None, *, after: tuple[Any, ...] | None, limit: int
) -> Sequence[Values]:
    """The flags of these organisations (None: of all) in the order in which they were handed on; at most `limit`, behind `after`."""
    wanted: dict[str, Any] = {} if year is None else {"year": year}
    if organizations is None:
        return await snapshot.rows(FLAGS, after=after, limit=limit, **wanted)
    found: list[Values] = []
    for organization_id in sorted(organizations):
        found += await snapshot.rows(FLAGS, after=after, limit=limit, organization_id=organization_id, **wanted)
    return sorted(found, key=lambda row: str(row["award_id"]))[:limit]
