"""The mirror of the roster: what this service keeps of its neighbour's events so that it can go on when the roster is away.

Ids, places and days only; no names. Its rows are facts under the position of the roster's event, so that taking an event twice
changes nothing. They lie beside our log and are written together with the position that was followed (`follower.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import msgspec

from shared.calendar import Calendar, day_of
from shared.feed import CloudEvent
from shared.store import Log, SideRow

ROSTER = "roster"
"""The name under which the log keeps how far the roster has been followed."""
SIDE_TABLES = (
    (
        "CREATE TABLE IF NOT EXISTS roster_organizations"
        " (organization_id TEXT PRIMARY KEY, kind TEXT NOT NULL, parent_id TEXT, code TEXT NOT NULL, name TEXT NOT NULL)"
    ),
    "CREATE INDEX IF NOT EXISTS roster_organizations_parent ON roster_organizations (parent_id)",
    "CREATE TABLE IF NOT EXISTS roster_members (member_id TEXT PRIMARY KEY, joined_on TEXT NOT NULL)",
    (
        "CREATE TABLE IF NOT EXISTS roster_places (member_id TEXT NOT NULL, since TEXT NOT NULL, position BIGINT NOT NULL,"
        " branch_id TEXT NOT NULL, PRIMARY KEY (member_id, since, position))"
    ),
    (
        "CREATE TABLE IF NOT EXISTS roster_hosts (member_id TEXT NOT NULL, since TEXT NOT NULL, position BIGINT NOT NULL,"
        " host_branch_id TEXT, PRIMARY KEY (member_id, since, position))"
    ),
    "CREATE TABLE IF NOT EXISTS roster_years (year BIGINT PRIMARY KEY, holidays TEXT NOT NULL, workdays TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS roster_days (day TEXT PRIMARY KEY, kind TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS roster_foundings (organization_id TEXT PRIMARY KEY, founded_on TEXT NOT NULL)",
)
"""The tables of the mirror, made with the log."""

TOPICS = (
    "organizations.organization-founded.v1",
    "members.member-joined.v1",
    "members.member-transferred.v1",
    "members.member-floating.v1",
    "members.member-returned.v1",
    "calendar.year-entered.v1",
    "calendar.day-set.v1",
)
"""The roster's events that change a row here."""
_WHEN = ("member_id", "since", "position")


class OrganizationFacts(NamedTuple):
    """An organisation as the roster founded it: its `kind` (county, town, branch, group) and what it stands under."""

    organization_id: str
    kind: str
    parent_id: str | None
    code: str
    name: str


def rows_of(event: CloudEvent) -> Iterator[SideRow]:
    """The rows that an event of the roster writes; none for an event that changes nothing here."""
    data, position = event.data, event.position
    match event.type:
        case "organizations.organization-founded.v1":
            yield SideRow("roster_organizations", {name: data[name] for name in OrganizationFacts._fields})
            founded_on = day_of(event.time).isoformat()
            yield SideRow("roster_foundings", {"organization_id": data["organization_id"], "founded_on": founded_on})
        case "members.member-joined.v1":
            yield SideRow("roster_members", {"member_id": data["member_id"], "joined_on": data["joined_on"]})
            yield _place(data, data["in_branch_since"], position)
        case "members.member-transferred.v1":
            yield _place(data, data["on"], position)
        case "members.member-floating.v1":
            yield _host(data, data["since"], position, data["host_branch_id"])
        case "members.member-returned.v1":
            yield _host(data, data["on"], position, None)
        case "calendar.year-entered.v1":
            days = {kind: msgspec.json.encode(data[kind]).decode() for kind in ("holidays", "workdays")}
            yield SideRow("roster_years", {"year": data["year"], **days})
        case "calendar.day-set.v1":
            yield SideRow("roster_days", {"day": data["on"], "kind": data["kind"]})


def _place(data: dict[str, Any], since: str, position: int) -> SideRow:
    row = {"member_id": data["member_id"], "since": since, "position": position, "branch_id": data["branch_id"]}
    return SideRow("roster_places", row, _WHEN)


def _host(data: dict[str, Any], since: str, position: int, host: str | None) -> SideRow:
    row = {"member_id": data["member_id"], "since": since, "position": position, "host_branch_id": host}
    return SideRow("roster_hosts", row, _WHEN)


class Mirror:
    """Short indexed reads of the mirror; they run on the caller's thread."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def joined_on(self, member_id: str) -> date | None:
        """When the member joined the Party; None for a member that is not known here (yet)."""
        found = self._one("SELECT joined_on FROM roster_members WHERE member_id=?", member_id)
        return date.fromisoformat(found[0]) if found else None

    def branch_on(self, member_id: str, day: date) -> str | None:
        """The member's branch at the end of `day`; its first one where it had none yet; None for a member not known here."""
        newest = "SELECT branch_id FROM roster_places WHERE member_id=? AND since<=? ORDER BY since DESC, position DESC LIMIT 1"
        first = "SELECT branch_id FROM roster_places WHERE member_id=? ORDER BY since, position LIMIT 1"
        found = self._one(newest, member_id, day.isoformat()) or self._one(first, member_id)
        return found[0] if found else None

    def host_on(self, member_id: str, day: date) -> str | None:
        """The branch that hosts a floating member at the end of `day`; None where there is none."""
        statement = "SELECT host_branch_id FROM roster_hosts WHERE member_id=? AND since<=? ORDER BY since DESC, position DESC LIMIT 1"
        found = self._one(statement, member_id, day.isoformat())
        return found[0] if found else None

    def organization(self, organization_id: str) -> OrganizationFacts | None:
        """The organisation; None where it is not known here (yet)."""
        statement = "SELECT organization_id, kind, parent_id, code, name FROM roster_organizations WHERE organization_id=?"
        found = self._one(statement, organization_id)
        return OrganizationFacts(*found) if found else None

    def organizations_under(self, organization_id: str) -> list[OrganizationFacts]:
        """The organisation itself and all below it, as far as they are known here."""
        statement = (
            "WITH RECURSIVE below (id) AS (SELECT organization_id FROM roster_organizations WHERE organization_id=?"
            " UNION SELECT o.organization_id FROM roster_organizations o JOIN below b ON o.parent_id = b.id)"
            " SELECT o.organization_id, o.kind, o.parent_id, o.code, o.name"
            " FROM roster_organizations o JOIN below b ON o.organization_id = b.id ORDER BY o.organization_id"
        )
        return [OrganizationFacts(*row) for row in self._log.connection().execute(statement, (organization_id,))]

    def organizations(self) -> list[OrganizationFacts]:
        """All organisations that are known here."""
        statement = "SELECT organization_id, kind, parent_id, code, name FROM roster_organizations ORDER BY organization_id"
        return [OrganizationFacts(*row) for row in self._log.connection().execute(statement).fetchall()]

    def founded_on(self, organization_id: str) -> date | None:
        """The day on which the roster got to know the organisation; None where we have not been told."""
        found = self._one("SELECT founded_on FROM roster_foundings WHERE organization_id=?", organization_id)
        return date.fromisoformat(found[0]) if found else None

    def calendar(self) -> Calendar:
        """The calendar of working days, with the years and days that administrators entered at the roster."""
        connection = self._log.connection()
        entered = connection.execute("SELECT year, holidays, workdays FROM roster_years").fetchall()
        single = connection.execute("SELECT day, kind FROM roster_days").fetchall()
        years = {year: (_days(off), _days(on)) for year, off, on in entered}
        days = {date.fromisoformat(day): kind == "workday" for day, kind in single}
        return Calendar(years, days)

    def _one(self, statement: str, *values: str) -> Any:  # noqa: ANN401 - a row as stored
        return self._log.connection().execute(statement, values).fetchone()


def _days(text: str) -> frozenset[date]:
    return frozenset(msgspec.json.decode(text, type=list[date]))
