"""A made-up service that lends books: a real app by `create_app`, on a real log, to try what all services have in common.

Organisations: town > branch (the library) > group; another branch stands beside. Ada is a member of the branch, Bo of the other one.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response

from services.roster.issuer import Issuer
from shared.errors import Conflict, Unavailable, Unknown
from shared.projections import Snapshot, Views
from shared.settings import Settings
from shared.store import Files, Log, Reply, Storage, Stored, again_when_stale
from shared.web import (
    EVERYWHERE,
    OWN_BRANCH,
    PUBLIC,
    PUBLIC_LIMITED,
    SELF,
    WITHIN,
    Body,
    Cursor,
    Day,
    Door,
    Granted,
    HalfYearText,
    Id,
    Instant,
    Router,
    Score,
    ShortText,
    Text,
    allow,
    answered,
    create_app,
    json_answer,
    permissions,
    problems,
)
from shared.web.pages import Pages
from tests.shared.facts import FEES, MASTER, BookLent, Fees, paid, total_days

TOWN, BRANCH, GROUP, OTHER = (f"00000000-0000-7000-8000-00000000000{n}" for n in range(1, 5))
ADA, BO, ELSEWHERE = (f"00000000-0000-7000-8000-0000000000a{n}" for n in range(1, 4))
BOOK = "00000000-0000-7000-8000-0000000000b1"


class TooManyDays(Conflict):
    code = "too_many_days"
    sentence = "This book is lent for long enough."


class Shelves:
    """The places of the library; `is_away` plays an owner that can't be asked."""

    above: Mapping[str, tuple[str, ...]] = {TOWN: (), BRANCH: (TOWN,), GROUP: (BRANCH, TOWN), OTHER: (TOWN,)}
    branches: Mapping[str, str] = {ADA: BRANCH, BO: OTHER}

    def __init__(self) -> None:
        self.is_away = False

    async def branch_of(self, member_id: str) -> str:
        if self.is_away:
            raise Unavailable
        if member_id not in self.branches:
            raise Unknown
        return self.branches[member_id]

    async def ancestry(self, organization_id: str) -> tuple[str, ...]:
        if self.is_away:
            raise Unavailable
        if organization_id not in self.above:
            raise Unknown
        return (organization_id, *self.above[organization_id])


class Loan(Body):
    book: Id
    branch_id: Id
    days: int
    note: Text | None = None


class Everything(Body):
    count: int
    is_good: bool
    title: ShortText
    text: Text
    score: Score
    on: Day
    at: Instant
    period: HalfYearText
    id: Id
    scores: dict[Id, dict[str, Score]] | None = None
    tags: tuple[str, ...] = ()


class Remark(Body):
    text: Text


class Payment(Body):
    fee: Score


router = Router()
TABLE = permissions(
    {
        "POST /loans": allow(admin=WITHIN, branch_secretary=WITHIN),
        "POST /slow-loans": allow(branch_secretary=EVERYWHERE),
        "POST /everything": PUBLIC,
        "POST /payments/{member_id}": allow(member=SELF, service=WITHIN),
        "GET /payments/{member_id}": allow(member=(SELF, OWN_BRANCH), branch_secretary=WITHIN, service=WITHIN),
        "GET /payments": allow(branch_secretary=WITHIN, member=OWN_BRANCH, admin=WITHIN),
        "GET /scopes": allow(branch_secretary=WITHIN, member=OWN_BRANCH, admin=WITHIN, platform=EVERYWHERE),
        "GET /prices/{branch_id}": allow(platform=Granted("prices")),
        "GET /board": PUBLIC,
        "GET /me": allow(member=EVERYWHERE),
        "GET /forgotten": allow(admin=WITHIN),
        "GET /broken": PUBLIC,
        "GET /locked": PUBLIC,
        "GET /damaged": PUBLIC,
        "POST /imports": allow(admin=WITHIN),
        "POST /remarks": PUBLIC_LIMITED,
        "POST /no-op": allow(admin=WITHIN, branch_secretary=WITHIN),
    }
)


@again_when_stale
async def lend(log: Log, book: str, days: int, reply: Reply | None = None) -> Stored:
    """Lend `book`, in all for at most 100 days. Raises TooManyDays."""
    loaded = await log.load(f"book/{book}", 0, total_days)
    if loaded.state + days > 100:
        raise TooManyDays
    return await log.append([loaded.then(BookLent(book=book, days=days))], reply=reply)


@router.post("/loans", status_code=201, responses=problems(TooManyDays))
async def post_loan(body: Loan, door: Door) -> Response:
    """Lend a book."""
    await door.require(organization=body.branch_id)
    stored = await lend(
        door.log, body.book, body.days, door.reply(201, lambda stored: {"position": stored.position, "by": door.caller.person})
    )
    return answered(stored)


@router.post("/slow-loans", status_code=201, responses=problems(TooManyDays))
async def post_slow_loan(body: Loan, door: Door) -> Response:
    """Lend a book after thinking about it."""
    await door.require()
    await asyncio.sleep(0.3)
    return answered(await lend(door.log, body.book, body.days, door.reply(201, lambda stored: {"position": stored.position})))


@router.post("/everything")
async def post_everything(body: Everything) -> Response:
    """Give back what was understood."""
    return json_answer(body)


@router.post("/payments/{member_id}", status_code=204)
async def post_payment(member_id: Id, body: Payment, door: Door) -> Response:
    """Pay a fee."""
    await door.require(member=member_id)
    loaded = await door.log.load(f"fees/{member_id}", 0, lambda count, _: count + 1)
    stored = await door.log.append([loaded.then(paid(member_id, str(body.fee)))], reply=door.reply(204, lambda _: None))
    return answered(stored)


async def fees_of(snapshot: Snapshot, member_id: str) -> Decimal | None:
    """What the member has paid; None for nothing."""
    row = await snapshot.row(FEES, reader=member_id)
    return row["fees"] if row else None


@router.get("/payments/{member_id}")
async def get_payment(member_id: Id, door: Door) -> Response:
    """What a member has paid."""
    await door.require(organization=await door.places.branch_of(member_id), member=member_id)
    snapshot = await door.snapshot()
    return json_answer({"fees": await fees_of(snapshot, member_id)})


@router.get("/payments")
async def get_payments(door: Door, cursor: Cursor) -> Response:
    """All payments."""
    await door.scopes()
    snapshot = await door.snapshot()
    rows = await snapshot.rows(FEES, order_by=("fees", "reader"), limit=cursor.limit + 1, after=cursor.after)
    return cursor.page(
        rows, place=lambda row: (row["fees"], row["reader"]), show=lambda row: {"reader": row["reader"], "fees": row["fees"]}
    )


@router.get("/scopes")
async def get_scopes(door: Door) -> Response:
    """Where the caller may look."""
    scopes = await door.scopes()
    return json_answer({"scopes": None if scopes is None else sorted(scopes)})


@router.get("/prices/{branch_id}")
async def get_prices(branch_id: Id, door: Door) -> Response:
    """What a fee is at this library."""
    await door.require(organization=branch_id)
    return json_answer({"day": 1})


@router.get("/board")
async def get_board(door: Door) -> Response:
    """For everybody."""
    return json_answer({"visitor": door.visitor.person if door.visitor else None})


@router.get("/me")
async def get_me(door: Door) -> Response:
    """Who calls."""
    door.open("everybody may know who they are")
    return json_answer({"person": door.caller.person, "is_secretary": door.has("branch_secretary")})


@router.get("/forgotten")
async def get_forgotten(door: Door) -> Response:
    """A handler that forgot to ask."""
    return json_answer({"secret": door.log.head()})


@router.get("/broken")
async def get_broken() -> Response:
    """A defect."""
    raise RuntimeError("王小明 13800000000")


@router.get("/locked")
async def get_locked(door: Door) -> Response:
    """A database that somebody else holds."""
    path = door.settings.data / "held.db"
    with closing(sqlite3.connect(path)) as holder, closing(sqlite3.connect(path, timeout=0)) as late:
        holder.execute("BEGIN EXCLUSIVE")
        late.execute("BEGIN EXCLUSIVE")
    return json_answer({})


@router.get("/damaged")
async def get_damaged(door: Door) -> Response:
    """A database file that is none."""
    with closing(sqlite3.connect(door.settings.data / "broken.db")) as damaged:
        damaged.execute("SELECT * FROM loans")
    return json_answer({})


@router.post("/imports", max_body_size=3_000_000)
async def post_import(door: Door) -> Response:
    """Take a larger body than others do."""
    await door.require()
    return json_answer({"bytes": len(await door.request.body())})


@router.post("/remarks", status_code=201)
async def post_remark(body: Remark) -> Response:
    """Say something without a token."""
    return json_answer({"characters": len(body.text)}, 201)


@router.post("/no-op")
async def post_nothing(body: Loan, door: Door) -> Response:
    """Everything of a command but the command."""
    await door.require(organization=body.branch_id)
    return json_answer({"position": 0})


def settings_of(folder: Path, **changed: object) -> Settings:
    """Settings for a library under `folder`."""
    return Settings(_env_file=None, data=folder, clock="manual:2026-07-01T00:00:00Z", **changed)  # type: ignore[arg-type]


def library(
    folder: Path, *, shelves: Shelves | None = None, shows_defects: bool = False, storage: Storage | None = None, **changed: object
) -> FastAPI:
    """The app on the data in `folder`, or those in `storage`; `changed`: settings that differ from the defaults."""
    settings = settings_of(folder, **changed)
    log = Log(storage or Files(folder / "library"), MASTER, settings.clock_start)
    return create_app(
        "roster",
        [router],
        TABLE,
        settings=settings,
        log=log,
        places=shelves or Shelves(),
        views=Views(log, [Fees()]),
        pages=Pages("shared.web"),
        issuer_keys=Issuer(settings).keys,
        shows_defects=shows_defects,
    )
