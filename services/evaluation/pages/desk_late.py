"""What is late, as lines and as a table: who owes what, about what, since when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from services.evaluation.pages.desk_tables import Heading, Sheet
from services.evaluation.pages.desk_visits import Desk
from services.evaluation.pages.says import DEADLINES, OBLIGATION_STATES
from shared.web.languages import message

HEADINGS = (
    Heading("who_id", "", is_for="programs"),
    Heading("branch_id", "", is_for="programs"),
    Heading("kind", "", is_for="programs"),
    Heading("who", message("谁的事"), is_for="people"),
    Heading("what", message("什么事"), is_for="people"),
    Heading("branch", message("哪个支部"), is_for="people"),
    Heading("period", message("半年")),
    Heading("due_on", message("期限"), "day"),
    Heading("done_on", message("完成"), "day"),
    Heading("days", message("晚了几天"), "count"),
    Heading("state", message("状态")),
)


def lines_late(desk: Desk, obligations: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Obligations as lines of a page, with names of organisations and the address where one can do something about it."""
    return [_line(desk, one) for one in obligations]


def late_sheet(desk: Desk, obligations: Sequence[dict[str, Any]]) -> Sheet:
    """All that is overdue, and what came too late in the half-year."""
    wanted = [one for one in obligations if one["state"] == "overdue" or (one["late"] and one["about"]["period"] == desk.period)]
    return Sheet(f"late-{desk.period}", message("逾期"), HEADINGS, lines_late(desk, wanted))


def _line(desk: Desk, one: dict[str, Any]) -> dict[str, Any]:
    who, branch = one["who"]["organization_id"], one["about"]["branch_id"]
    due = date.fromisoformat(one["due_on"]) if one["due_on"] else None
    done = date.fromisoformat(one["since"]) if one["state"] == "met" else None
    return {
        "who_id": who,
        "branch_id": branch,
        "kind": one["kind"],
        "who": desk.visit.organization(who),
        "what": desk.visit.say(DEADLINES[one["kind"]]),
        "branch": desk.visit.organization(branch),
        "period": one["about"]["period"],
        "due_on": due,
        "done_on": done,
        "days": max(((done or desk.today) - due).days, 0) if due else 0,
        "state": desk.visit.say(OBLIGATION_STATES[one["state"]]),
        "is_overdue": one["state"] == "overdue",
        "address": _address(one),
    }


def _address(one: dict[str, Any]) -> str:
    branch, about = one["about"]["branch_id"], one["about"]["id"]
    if one["kind"] == "objection_answered" and about:
        return f"/branch/{branch}/objections/{about}"
    period = one["about"]["period"] or ""
    return f"/desk/branches/{branch}" + (f"?period={period}" if "-H" in period else "")
