"""`xingqi explain MEMBER PERIOD`: the way from entries and ballots to stars, computed anew from the events, and whether the view agrees."""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import psycopg

import services.evaluation.events  # noqa: F401 - every topic is known before the log is read
from services.evaluation.commands.recomputation import recompute_member
from services.evaluation.domain.recomputation import Recomputed, Standing, standing_of
from services.evaluation.domain.rulebooks import NoRulesInForce
from services.evaluation.projections.roster import Mirror
from services.evaluation.projections.standings import RATINGS, Standings
from shared.calendar import HalfYear, NoHalfYear
from shared.reading import LogToRead, NoStore, StoreToRead
from shared.settings import read_settings
from shared.snapshot import Snapshot, ViewDatabase
from shared.store.keys import WrongMasterKey
from shared.web.fields import parse_id
from xingqi.stop import Stop
from xingqi.way import way


class Compared(NamedTuple):
    """What the view says, what it must say, and as of which position it stands. `position` is 0 where there is no view."""

    position: int
    says: Standing | None
    must_say: Standing | None

    @property
    def agrees(self) -> bool:
        """Whether there is a view that says what it must."""
        return self.position > 0 and self.says == self.must_say


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi explain`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Print the way from a member's entries and the branch's ballots to its stars of a half-year, computed anew from the "
        "events with no view involved, and say whether what was recorded on the way, and the view, agree with it. Nothing is written; the "
        "services may be up. Scores of single ballots are counted and not shown. Status 0: all agrees; 1: something differs.",
    )
    made.add_argument("member", type=_member, metavar="MEMBER", help="the member's id")
    made.add_argument("period", type=_period, metavar="PERIOD", help="the half-year, like 2026-H1")
    return made


def _member(text: str) -> str:
    try:
        return parse_id(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no id of a member: a UUID") from None


def _period(text: str) -> HalfYear:
    try:
        return HalfYear.parse(text)
    except NoHalfYear as error:
        raise argparse.ArgumentTypeError(error.detail) from None


def run(options: argparse.Namespace) -> int:
    """Explain; status 1 where something differs.

    Raises:
        Stop: there is no store, it can't be read, or it knows nothing of this member.
    """
    settings = read_settings()
    try:
        store = StoreToRead(settings, "evaluation")
        try:
            return asyncio.run(_explain(store, options.member, options.period))
        finally:
            store.close()
    except NoStore as missing:
        raise Stop(
            f"{missing}. Name the folder in XINGQI_DATA or the database in XINGQI_DATABASE_URL, or start the services once."
        ) from None
    except (WrongMasterKey, OSError, sqlite3.Error, psycopg.Error) as error:
        raise Stop(f"the store of evaluation can't be read: {str(error).strip()}.") from None


async def _explain(store: StoreToRead, member_id: str, period: HalfYear) -> int:
    log = store.log
    recomputed = await _recomputed(log, member_id, period)
    for line in way(recomputed):
        print(line)
    compared = await _compared(store.views, log, member_id, period)
    for line in _said(compared, log.head()):
        print(line)
    return 0 if recomputed.agrees and compared.agrees else 1


async def _recomputed(log: LogToRead, member_id: str, period: HalfYear) -> Recomputed:
    ancestry = _ancestry(log, member_id, period)
    try:
        return await recompute_member(log, member_id, period, ancestry)
    except NoRulesInForce:
        why = "no rulebook holds for its branch" if ancestry else "evaluation knows no such member yet"
        raise Stop(f"member {member_id} stands in no review of {period}, and {why}.") from None


def _ancestry(log: LogToRead, member_id: str, period: HalfYear) -> Sequence[str]:
    """The member's branch at the half-year's end and what lies above it; empty for a member of whom the roster has not told."""
    mirror = Mirror(log)
    branch = mirror.branch_on(member_id, period.last_day)
    found = [branch] if branch else []
    while found and (organization := mirror.organization(found[-1])) and organization.parent_id:
        found.append(organization.parent_id)
    return found


async def _compared(views: ViewDatabase, log: LogToRead, member_id: str, period: HalfYear) -> Compared:
    """The view as of the position for which it stands, and the events up to there: the services may go on meanwhile."""
    version, position = views.position(Standings.name)
    if version != Standings.version or position == 0:
        return Compared(0, None, None)
    row = await Snapshot(views, position).row(RATINGS, member_id=member_id, period=str(period))
    says = None if row is None else Standing(row["score"], row["stars"], row["counts"])
    return Compared(position, says, standing_of(await _recomputed(log.up_to(position), member_id, period)))


def _said(compared: Compared, head: int) -> Iterator[str]:
    if not compared.position:
        yield "view       there is none of this version: start the service, or run xingqi rebuild-views"
        return
    behind = "" if compared.position >= head else f" (the log has come to {head:,} meanwhile)"
    yield f"view       as of position {compared.position:,}{behind}: {_standing(compared.says)}"
    if compared.agrees:
        yield "           the view agrees with the events"
    else:
        yield f"           THE VIEW DIFFERS: the events make {_standing(compared.must_say)}"


def _standing(standing: Standing | None) -> str:
    if standing is None:
        return "no result"
    score = "no score" if standing.score is None else f"{standing.score:f}"
    return f"{score}, {_stars(standing.stars)}, {'counts' if standing.counts else 'does not count yet'}"


def _stars(stars: int | None) -> str:
    return "no stars" if stars is None else f"{stars} star{'' if stars == 1 else 's'}"
