"""The view of notices: what stands on which board, in which state, under which number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from services.notice.domain.notices import CORRECTED, CURRENT, EXPIRED, IS_WITHDRAWN, state_of
from services.notice.events.contents import Award, Content, Honour, Rulebook
from services.notice.events.notices import (
    NoticeBecameFinal,
    NoticeCorrected,
    NoticePublished,
    NoticeReturned,
    NoticeRevoked,
    NoticeRewritten,
    NoticeWithdrawn,
    OutcomeShown,
    PledgesAdded,
)
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values
from shared.store.leaf import instant_of

NOTICES = Table(
    "notices",
    key=("notice_id",),
    columns={
        "notice_id": str,
        "number": str,
        "year": int,
        "n": int,
        "organization_id": str,
        "kind": str,
        "subject_id": str,
        "period": str,
        "label": dict,
        "version": int,
        "replaces": str,
        "replaced_by": str,
        "is_down": bool,
        "is_final": bool,
        "has_term": bool,
        "until": date,
        "published_at": datetime,
        "changed_at": datetime,
    },
    indexes=[("organization_id", "published_at"), ("organization_id", "year", "n"), ("subject_id",)],
    history=True,
)
_PUBLISHED_ALIKE = ("notice_id", "number", "organization_id", "kind", "subject_id", "period", "version", "replaces", "until")
_CONDITIONS = {
    CORRECTED: "t.replaced_by IS NOT NULL",
    IS_WITHDRAWN: "t.replaced_by IS NULL AND t.is_down = 1",
    EXPIRED: "t.replaced_by IS NULL AND t.is_down = 0 AND t.until IS NOT NULL AND t.until < ?",
    CURRENT: "t.replaced_by IS NULL AND t.is_down = 0 AND (t.until IS NULL OR t.until >= ?)",
}
_NEEDS_TODAY = {EXPIRED, CURRENT}
ORDER = ("published_at", "version", "notice_id")


class Notices(Projection):
    """Every notice in its newest version."""

    name = "notices"
    tables: ClassVar[tuple[Table, ...]] = (NOTICES,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """See Projection."""
        match recorded.event:
            case NoticePublished() as e:
                page.put(NOTICES, **_published(e, recorded))
            case PledgesAdded() | OutcomeShown() | NoticeRewritten() as e:
                label = {"label": label_of(e.content)} if isinstance(e, NoticeRewritten) else {}
                _change(page, recorded, e.notice_id, until=e.until, **label, version=None)
            case NoticeCorrected() as e:
                _change(page, recorded, e.notice_id, replaced_by=e.replaced_by)
            case NoticeBecameFinal() as e:
                _change(page, recorded, e.notice_id, is_final=True, until=e.until)
            case NoticeRevoked() | NoticeWithdrawn() as e:
                _change(page, recorded, e.notice_id, is_down=True)
            case NoticeReturned() as e:
                _change(page, recorded, e.notice_id, is_down=False)


def _published(event: NoticePublished, recorded: Recorded) -> Values:
    _, year, n = event.number.rsplit("-", 2)
    row = {name: getattr(event, name) for name in _PUBLISHED_ALIKE}
    flags = {"is_down": False, "is_final": False, "has_term": event.term is not None}
    moments = {"published_at": recorded.recorded_at, "changed_at": recorded.recorded_at}
    return {**row, **flags, **moments, "year": int(year), "n": int(n), "label": label_of(event.content), "replaced_by": None}


def _change(page: Page, recorded: Recorded, notice_id: str, **changes: object) -> None:
    row = page.get(NOTICES, notice_id)
    if row is None:
        return
    if "version" in changes:
        changes["version"] = row["version"] + 1
    page.put(NOTICES, **{**row, **changes, "changed_at": recorded.recorded_at})


def label_of(content: Content) -> dict[str, object]:
    """What a title needs beside kind and half-year: a rulebook's title and version, an award's year."""
    match content:
        case Rulebook():
            return {"title": content.title, "version": content.version}
        case Award() | Honour():
            return {"year": content.year}
    return {}


@dataclass(frozen=True)
class Activity:
    """How many notices are current on a board, how many of them are results in publicity, and when something changed last."""

    current: int
    in_publicity: int
    changed_at: datetime


@dataclass(frozen=True)
class Wanted:
    """Which notices are asked for; None: whichever."""

    organization_id: str | None = None
    kind: str | None = None
    period: str | None = None
    state: str | None = None
    subject_id: str | None = None


async def list_notices(
    snapshot: Snapshot, wanted: Wanted, today: date, *, limit: int, after: tuple[object, ...] | None = None
) -> list[Values]:
    """The notices that are asked for, newest first; `after` continues behind the row with these values of `ORDER`."""
    conditions, params = ["{holds:t}"], list[object]()
    for column in ("organization_id", "kind", "period", "subject_id"):
        value = getattr(wanted, column)
        if value is not None:
            conditions.append(f"t.{column} = ?")
            params.append(value)
    if wanted.state is not None:
        conditions.append(_CONDITIONS[wanted.state])
        params += [today.isoformat()] if wanted.state in _NEEDS_TODAY else []
    if after is not None:
        conditions.append(f"({', '.join(f't.{column}' for column in ORDER)}) < (?, ?, ?)")
        params += [NOTICES.to_sql(column, value) for column, value in zip(ORDER, after, strict=True)]
    return await _rows(snapshot, conditions, f"{', '.join(f't.{column} DESC' for column in ORDER)}", params, limit)


async def activity_of(snapshot: Snapshot, organization_ids: Sequence[str], today: date) -> dict[str, Activity]:
    """What stands on these boards; one on which nothing was ever published is absent."""
    if not organization_ids:
        return {}
    current, marks = _CONDITIONS[CURRENT], ", ".join("?" * len(organization_ids))
    statement = (
        f"SELECT t.organization_id, SUM(CASE WHEN {current} THEN 1 ELSE 0 END),"  # noqa: S608 - our own words and marks
        f" SUM(CASE WHEN {current} AND t.kind = 'result' AND t.has_term = 1 AND t.is_final = 0 THEN 1 ELSE 0 END), MAX(t.changed_at)"
        f" FROM {{notices}} t WHERE {{holds:t}} AND t.organization_id IN ({marks}) GROUP BY t.organization_id"
    )
    rows = await snapshot.sql(statement, (today.isoformat(), today.isoformat(), *organization_ids))
    return {row[0]: Activity(int(row[1]), int(row[2]), instant_of(row[3])) for row in rows}


async def list_register(snapshot: Snapshot, organization_id: str, year: int, *, limit: int, after: int = 0) -> list[Values]:
    """The organisation's notices of a year by their number, behind number `after`."""
    conditions = ["{holds:t}", "t.organization_id = ?", "t.year = ?", "t.n > ?"]
    return await _rows(snapshot, conditions, "t.n", [organization_id, year, after], limit)


async def years_of(snapshot: Snapshot, organization_id: str) -> list[int]:
    """The years in which the organisation published anything, newest first."""
    statement = "SELECT DISTINCT t.year FROM {notices} t WHERE {holds:t} AND t.organization_id = ? ORDER BY t.year DESC"
    return [row[0] for row in await snapshot.sql(statement, (organization_id,))]


async def _rows(snapshot: Snapshot, conditions: list[str], order: str, params: list[Any], limit: int) -> list[Values]:
    columns = ", ".join(f"t.{column}" for column in NOTICES.all_columns)
    where = " AND ".join(conditions)
    statement = f"SELECT {columns} FROM {{notices}} t WHERE {where} ORDER BY {order} LIMIT {int(limit)}"  # noqa: S608 - our own words
    return [NOTICES.to_values(row) for row in await snapshot.sql(statement, params)]


def state_of_row(row: Values, today: date) -> str:
    """current, corrected, withdrawn or expired on the day `today`."""
    return state_of(is_down=row["is_down"], is_replaced=row["replaced_by"] is not None, until=row["until"], today=today)
