"""The view of examinations and leads (spec, section 8): each as it stands, with history, so that `as_of` an earlier day is known too.

How pages read it: `snapshot = await door.snapshot()`, then

- `newest_examination(snapshot, organization_id, period)`: what was examined last, and what it came to; None where nothing was.
- `leads_of(snapshot, branch_ids, period=..., year=..., levels=...)`: the leads of these branches, a row each (`LEADS` says what is in it).
- `lead(snapshot, lead_id)`: one of them.

A row has figures and the state of the lead's life, and nothing on who it is about: that lies sealed in the event, and
`commands.leads.opened(log, lead_id)` opens it for the county's supervisor (labels, sentence, the scores behind it as rows).
`domain.lead_words.words_of(indicator, ...)` has the sentence, the innocent explanations and what would refute it, in Chinese and English.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from services.evaluation.domain.lead_life import STATE_AFTER
from services.evaluation.events.examinations import ExaminationBegun, ExaminationFailed, ExaminationHeld
from services.evaluation.events.leads import (
    LeadAnswered,
    LeadAskedAbout,
    LeadClosed,
    LeadExplained,
    LeadFollowed,
    LeadFound,
    LeadGone,
    LeadLookedAt,
)
from shared.events import Event, Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

EXAMINATIONS = Table(
    "examinations",
    key=("examination_id",),
    columns={
        "examination_id": str,
        "organization_id": str,
        "from_period": str,
        "period": str,
        "state": str,
        "begun_at": datetime,
        "begun_by": str,
        "held_at": datetime,
        "examined_to": int,
        "reviews": int,
        "ballots": int,
        "scores": int,
        "leads": int,
        "notes": int,
        "gone": int,
    },
    indexes=[("organization_id",)],
    history=True,
)
"""`state`: `running`, `held` or `failed`."""
LEADS = Table(
    "leads",
    key=("lead_id",),
    columns={
        "lead_id": str,
        "examination_id": str,
        "organization_id": str,
        "branch_id": str,
        "review_id": str,
        "from_period": str,
        "period": str,
        "indicator": str,
        "level": str,
        "effect": Decimal,
        "q": Decimal,
        "sample": int,
        "state": str,
        "is_gone": bool,
        "found_at": datetime,
        "changed_at": datetime,
        "asked": list,
        "answers": int,
        "finding_id": str,
    },
    indexes=[("branch_id", "period")],
    history=True,
)
"""`level`: `note` (accuses nobody), `look`, `formal`. `state`: `open`, `looked_at`, `explained`, `finding` or `closed`.

`is_gone`: a later examination did not find it any more. `found_at`: first found; `changed_at`: the newest step of its life. `asked`: who
of `secretary`, `committee`, `members` was asked; `answers`: how many came.
"""


class Leads(Projection):
    """Follows each examination to its end, and each lead through its life."""

    name = "leads"
    tables: ClassVar[tuple[Table, ...]] = (EXAMINATIONS, LEADS)

    def project(self, page: Page, recorded: Recorded) -> None:
        """An examination begins or ends; a lead is found or moves on."""
        _examined(page, recorded)
        if isinstance(recorded.event, LeadFound):
            _found(page, recorded, recorded.event)
        elif (changed := _changed(page, recorded.event)) is not None:
            page.put(LEADS, **changed | {"changed_at": recorded.recorded_at})


def _examined(page: Page, recorded: Recorded) -> None:
    match recorded.event:
        case ExaminationBegun() as e:
            same = ("examination_id", "organization_id", "from_period", "period")
            values = {name: getattr(e, name) for name in same} | {"examined_to": e.to_position}
            page.put(EXAMINATIONS, **values, state="running", begun_at=recorded.recorded_at, begun_by=e.recorded_by)
        case ExaminationHeld() as e:
            counts = {name: getattr(e, name) for name in ("reviews", "ballots", "scores", "leads", "notes", "gone")}
            ended = {"state": "held", "held_at": recorded.recorded_at}
            page.put(EXAMINATIONS, **_row(page, EXAMINATIONS, e.examination_id) | counts | ended)
        case ExaminationFailed() as e:
            page.put(EXAMINATIONS, **_row(page, EXAMINATIONS, e.examination_id) | {"state": "failed", "held_at": recorded.recorded_at})


def _found(page: Page, recorded: Recorded, e: LeadFound) -> None:
    same = (
        "lead_id",
        "examination_id",
        "organization_id",
        "review_id",
        "from_period",
        "period",
        "indicator",
        "level",
        "effect",
        "q",
        "sample",
    )
    new = {"state": "open", "asked": [], "answers": 0, "finding_id": None, "found_at": recorded.recorded_at}
    before = page.get(LEADS, e.lead_id) or new
    found = {name: getattr(e, name) for name in same}
    page.put(LEADS, **before | found | {"branch_id": e.of_branch, "is_gone": False, "changed_at": recorded.recorded_at})


def _changed(page: Page, event: Event) -> Values | None:
    """The lead's row after this step of its life; None where the event is none."""
    match event:
        case LeadGone() | LeadLookedAt() | LeadAskedAbout() | LeadAnswered() | LeadExplained() | LeadFollowed() | LeadClosed() as e:
            row = _row(page, LEADS, e.lead_id) | ({"state": STATE_AFTER[type(e)]} if type(e) in STATE_AFTER else {})
            return row | _more(row, e)
        case _:
            return None


def _more(row: Values, event: Event) -> Values:
    match event:
        case LeadGone():
            return {"is_gone": True}
        case LeadAskedAbout() as e:
            return {"asked": sorted({*row["asked"], *e.asked})}
        case LeadAnswered():
            return {"answers": row["answers"] + 1}
        case LeadFollowed() as e:
            return {"finding_id": e.finding_id}
        case _:
            return {}


def _row(page: Page, table: Table, identity: str) -> Values:
    row = page.get(table, identity)
    if row is None:
        raise LookupError(f"{table.name} has no row {identity}")
    return row


async def newest_examination(snapshot: Snapshot, organization_id: str, period: str | None = None) -> Values | None:
    """The examination of the organisation that was held last, of those over `period` where it is named; None where none was."""
    rows = await snapshot.rows(EXAMINATIONS, organization_id=organization_id, state="held")
    wanted = [row for row in rows if period is None or row["from_period"] <= period <= row["period"]]
    return max(wanted, key=lambda row: (row["held_at"], row["examination_id"]), default=None)


async def leads_of(
    snapshot: Snapshot,
    branch_ids: Iterable[str],
    *,
    period: str | None = None,
    year: int | None = None,
    levels: Collection[str] = ("look", "formal"),
) -> list[Values]:
    """The leads of these branches of a half-year or a year, those that are gone among them; formal ones first, then by indicator."""
    wanted, equal = set(branch_ids), {"period": period} if period else {}
    rows = await snapshot.rows(LEADS, limit=None, after=None, **equal)
    found = [row for row in rows if row["branch_id"] in wanted and row["level"] in levels]
    if year is not None:
        found = [row for row in found if row["period"].startswith(f"{year}-")]
    return sorted(found, key=lambda row: (row["level"] != "formal", row["indicator"], row["period"], row["branch_id"], row["lead_id"]))


async def lead(snapshot: Snapshot, lead_id: str) -> Values | None:
    """One lead; None where there is none."""
    return await snapshot.row(LEADS, lead_id=lead_id)
