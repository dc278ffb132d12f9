"""The view of standings (spec, section 6): every member's results, half-year by half-year; stars count from confirmation.

With history, so that it says what it said on any earlier day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

from services.evaluation.domain.standings import Original, RatedHalfYear, Standing, standing
from services.evaluation.events.corrections import ResultsCorrected
from services.evaluation.events.results import ResultsPublished, ReviewConfirmed
from services.evaluation.events.reviews import ReviewAnnulled, ReviewOpened
from services.evaluation.events.rulebooks import Flags
from services.evaluation.projections.reviews import REVIEWS
from shared.calendar import HalfYear
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

RATINGS = Table(
    "ratings",
    key=("member_id", "period"),
    columns={
        "member_id": str,
        "period": str,
        "review_id": str,
        "branch_id": str,
        "score": Decimal,
        "stars": int,
        "counts": bool,
        "stars_per_flag": int,
        "accrual": str,
        "original": dict,
    },
    indexes=[("review_id",)],
    history=True,
)
"""One row a rated member and half-year. `counts` from confirmation on; the rule about flags is that of the half-year's rulebook.

`original`: score and stars as they were published first, where the result was corrected since; None otherwise.
"""
FLAG_RULES = Table("flag_rules", key=("review_id",), columns={"review_id": str, "stars_per_flag": int, "accrual": str})
"""The rule about flags that each review was opened under."""


class Standings(Projection):
    """Follows results from publication to confirmation."""

    name = "standings"
    version = 2
    tables: ClassVar[tuple[Table, ...]] = (RATINGS, FLAG_RULES)

    def project(self, page: Page, recorded: Recorded) -> None:
        """Results are put when they are published, count from confirmation, and go when their review is annulled."""
        match recorded.event:
            case ReviewOpened() as e:
                rule = e.rules.flags
                page.put(FLAG_RULES, review_id=e.review_id, stars_per_flag=rule.stars_per_flag, accrual=rule.accrual)
            case ResultsPublished() as e:
                _publish(page, e)
            case ResultsCorrected() as e:
                _correct(page, e)
            case ReviewConfirmed() as e:
                for row in page.find(RATINGS, review_id=e.review_id):
                    page.put(RATINGS, **row | {"counts": True})
            case ReviewAnnulled() as e:
                for row in page.find(RATINGS, review_id=e.review_id):
                    page.drop(RATINGS, row["member_id"], row["period"])
            case _:
                return


def _publish(page: Page, e: ResultsPublished) -> None:
    rule = page.get(FLAG_RULES, e.review_id)
    if rule is None:
        raise LookupError(f"the review {e.review_id} was never opened")
    for one in e.results:
        page.put(
            RATINGS,
            member_id=one.member_id,
            period=e.period,
            branch_id=e.branch_id,
            score=one.result,
            stars=one.stars,
            counts=False,
            original=None,
            **rule,
        )


def _correct(page: Page, e: ResultsCorrected) -> None:
    """The corrected member's row; whether it counts stays as it is."""
    row = page.get(RATINGS, e.member_id, e.period)
    if row is None:
        raise LookupError(f"the review {e.review_id} never published a result of this member")
    was = {"score": None if e.was.result is None else str(e.was.result), "stars": e.was.stars}
    (stands,) = [one for one in e.results if one.member_id == e.member_id]
    page.put(RATINGS, **row | {"score": stands.result, "stars": stands.stars, "original": row["original"] or was})


async def standing_of(snapshot: Snapshot, member_id: str) -> Standing:
    """The member's standing; empty where no half-year of it was confirmed."""
    return standing(_half_years(await snapshot.rows(RATINGS, member_id=member_id, counts=True)))


async def standings_of(snapshot: Snapshot, member_ids: Iterable[str]) -> Mapping[str, Standing]:
    """The standing of each of these members."""
    wanted = list(member_ids)
    marks = ",".join("?" * len(wanted))
    columns = ", ".join(f"t.{column}" for column in RATINGS.all_columns)
    statement = f"SELECT {columns} FROM {{ratings}} t WHERE t.member_id IN ({marks}) AND t.counts = 1 AND {{holds:t}}"  # noqa: S608 - marks only
    found: dict[str, list[Values]] = {member: [] for member in wanted}
    for row in await snapshot.sql(statement, wanted):
        values = RATINGS.to_values(row)
        found[values["member_id"]].append(values)
    return {member: standing(_half_years(rows)) for member, rows in found.items()}


async def confirmed_review(snapshot: Snapshot, branch_id: str, period: str | None) -> Values | None:
    """The branch's confirmed review of the half-year, by default of its newest one; None where there is none."""
    rows = await snapshot.rows(REVIEWS, branch_id=branch_id, phase="confirmed")
    return max((row for row in rows if period in {None, row["period"]}), key=lambda row: str(row["period"]), default=None)


async def rated_in(snapshot: Snapshot, review_id: str) -> Sequence[Values]:
    """The rows of a review: whom it rated, with what."""
    return await snapshot.rows(RATINGS, review_id=review_id)


async def last_rated_in(snapshot: Snapshot, branch_id: str, year: int) -> list[str]:
    """The members whose newest confirmed half-year of `year` was this branch's."""
    first, second = [await _confirmed_in(snapshot, branch_id, HalfYear(year, half)) for half in (1, 2)]
    moved_on = [
        member
        for member in first
        if member not in second and await snapshot.row(RATINGS, member_id=member, period=str(HalfYear(year, 2)), counts=True)
    ]
    return [member for member in dict.fromkeys((*first, *second)) if member not in moved_on]


async def _confirmed_in(snapshot: Snapshot, branch_id: str, period: HalfYear) -> list[str]:
    review = await confirmed_review(snapshot, branch_id, str(period))
    return [] if review is None else [row["member_id"] for row in await rated_in(snapshot, review["review_id"])]


def _half_years(rows: Iterable[Values]) -> Iterable[RatedHalfYear]:
    return (
        RatedHalfYear(
            HalfYear.parse(row["period"]), row["score"], row["stars"], Flags(row["stars_per_flag"], row["accrual"]), _original(row)
        )
        for row in rows
    )


def _original(row: Values) -> Original | None:
    kept = row["original"]
    return None if kept is None else Original(None if kept["score"] is None else Decimal(kept["score"]), kept["stars"])
