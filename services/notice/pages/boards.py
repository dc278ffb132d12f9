"""The boards: what an organisation shows to the public (spec, section 9), for a phone, a wall, a printer, or a program."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from fastapi import Query, Response

from services.notice.domain.boards import UnknownBoard
from services.notice.domain.notices import CURRENT, KINDS
from services.notice.events.contents import Rulebook
from services.notice.pages import says
from services.notice.pages.freshness import FreshnessKeeper
from services.notice.pages.proofs import Proof, ProofKeeper
from services.notice.pages.reading import Reader, Reading, Shown, known_board, wants_html
from services.notice.projections.boards import boards_above, boards_below, roots
from services.notice.projections.notices import Activity, Wanted, activity_of, list_notices
from shared.errors import Refusal, Unknown
from shared.projections import Snapshot, Values
from shared.web import Door, Doorway, Id, Router, json_answer, problems
from shared.web.languages import CHINESE, chosen_language
from shared.web.pages import Pages

MOST_ON_A_BOARD = 200
SECTIONS = ("result", "pledges", "flag", "honour", "story", "circular", "rulebook")
"""The order in which a board shows its kinds of notices."""

router = Router(tags=["Boards"])


@dataclass(frozen=True)
class Flags:
    """The flags of the members in the newest final results on a board, as evaluation counts them: beside that notice alone."""

    notice_id: str | None = None
    by_member: Mapping[str, int] = field(default_factory=dict)
    is_loaded: bool = True


@dataclass(frozen=True)
class Board:
    """Everything that one board shows."""

    organization: Values
    above: Sequence[Values]
    below: Sequence[Values]
    activity: dict[str, Activity]
    reading: Reading
    rulebook: Shown | None
    updated_at: datetime | None
    flags: Flags
    proof: Proof | None

    @property
    def is_complete(self) -> bool:
        """Whether everything could be loaded that was not erased."""
        return self.reading.is_complete and self.flags.is_loaded

    def of_kind(self, kind: str) -> list[Shown]:
        """The notices of one kind: the newest half-year first, then the newest notice."""
        return sorted((shown for shown in self.reading.shown if shown.summary["kind"] == kind), key=_newest, reverse=True)

    @property
    def objections_answered_within(self) -> int | None:
        """In how many working days an objection is answered; None while no rulebook is known."""
        content = self.rulebook.notice.content if self.rulebook else None
        return content.rules.objections.answer_within_working_days if isinstance(content, Rulebook) else None


@router.get("/", response_model=None, responses={200: {"content": {"text/html": {}}}})
async def home(door: Door) -> Response:
    """The boards of this cell, from the county down."""
    request, pages = door.request, cast(Pages, door.state.pages)
    await door.snapshot()
    freshness = await cast(FreshnessKeeper, door.state.freshness).of("home")
    if freshness.is_known_to(request, chosen_language(request)) and (unchanged := pages.unchanged(request, freshness.etag)):
        return unchanged
    snapshot = await door.snapshot(is_current=True)
    trees = [(root, await _below(snapshot, root["organization_id"])) for root in await roots(snapshot)]
    return pages.render(request, "home.html", etag=freshness.etag, headers=_more(freshness.headers), trees=trees)


@router.get("/boards/{organization_id}", response_model=None, responses=problems(UnknownBoard))
async def get_board(organization_id: Id, door: Door, display: Annotated[Literal["page", "wall"], Query()] = "page") -> Response:
    """The board: a page for a browser, JSON for `Accept: application/json`. `display=wall`: a page for a screen that nobody touches."""
    request, pages = door.request, cast(Pages, door.state.pages)
    is_page = display == "wall" or wants_html(door, by_default=True)
    language = chosen_language(request) if is_page else CHINESE
    await door.snapshot()
    proof = await cast(ProofKeeper, door.state.proofs).newest(door)
    form = f"board {organization_id} {is_page} {display} {request.query_params.get('as_of')} {proof.tag if proof else None}"
    freshness = await cast(FreshnessKeeper, door.state.freshness).of(form, organization_id)
    if freshness.is_known_to(request, language) and not request.query_params.get("lang"):
        return Response(status_code=304, headers=freshness.headers | {"ETag": request.headers.get("if-none-match", freshness.etag)})
    reader = Reader(door, await door.snapshot(is_current=True), language, is_page)
    board = await read_board(reader, organization_id, proof)
    is_whole = board.is_complete
    if not is_page:
        return json_answer(_document(board, door), headers=freshness.headers if is_whole else {"Cache-Control": "no-store"})
    return pages.render(
        request,
        "wall.html" if display == "wall" else "board.html",
        etag=freshness.etag if is_whole else None,
        headers=_more(freshness.headers) if is_whole else None,
        board=board,
        shown_at=door.log.now(),
        sections=SECTIONS,
        says=says,
    )


async def read_board(reader: Reader, organization_id: str, proof: Proof | None) -> Board:
    """The board of an organisation; raises UnknownBoard."""
    snapshot, today = reader.snapshot, reader.today
    organization = await known_board(reader.door, snapshot, organization_id)
    rows = await list_notices(snapshot, Wanted(organization_id, state=CURRENT), today, limit=MOST_ON_A_BOARD)
    above, below = await boards_above(snapshot, organization), await boards_below(snapshot, organization_id)
    rulebook = await _rulebook_in_force(reader, [organization, *above])
    activity = await activity_of(snapshot, [organization_id, *(board["organization_id"] for board in below)], today)
    own = activity.get(organization_id)
    reading = await reader.read([row["notice_id"] for row in rows])
    flags = await _flags(reader, reading)
    return Board(organization, above, below, activity, reading, rulebook, own.changed_at if own else None, flags, proof)


async def _flags(reader: Reader, reading: Reading) -> Flags:
    final = [shown for shown in reading.shown if shown.summary["kind"] == "result" and shown.notice.is_final]
    if not final:
        return Flags()
    summary = max(final, key=_newest).summary
    ask = cast(Callable[[str, str], Awaitable[dict[str, int]]], reader.door.state.flags)
    try:
        return Flags(summary["id"], await ask(summary["organization_id"], summary["period"]))
    except Unknown:
        return Flags()
    except Refusal:
        return Flags(is_loaded=False)


def _newest(shown: Shown) -> tuple[str, datetime]:
    return shown.summary["period"] or "", shown.summary["published_at"]


async def _rulebook_in_force(reader: Reader, organizations: Sequence[Values]) -> Shown | None:
    """The rulebook notice of the nearest organisation that has one."""
    for organization in organizations:
        wanted = Wanted(organization["organization_id"], kind="rulebook", state=CURRENT)
        if rows := await list_notices(reader.snapshot, wanted, reader.today, limit=1):
            return (await reader.read([rows[0]["notice_id"]])).shown[0]
    return None


async def _below(snapshot: Snapshot, organization_id: str) -> list[tuple[Values, list[Values]]]:
    return [(board, await boards_below(snapshot, board["organization_id"])) for board in await boards_below(snapshot, organization_id)]


def _document(board: Board, door: Doorway) -> dict[str, Any]:
    return {
        "organization": _organization(board.organization),
        "above": [_organization(row) for row in board.above],
        "boards": [_child(row, board.activity.get(row["organization_id"])) for row in board.below],
        "notices": [_notice(shown, board.flags) for shown in board.reading.shown],
        "rulebook": board.rulebook and {name: board.rulebook.summary[name] for name in ("id", "number", "title", "organization_id")},
        "objections_answered_within_working_days": board.objections_answered_within,
        "updated_at": board.updated_at,
        "checkpoint": board.proof and board.proof.document(),
        "is_demonstration": door.log.clock.is_manual,
        "is_complete": board.is_complete,
    }


def _notice(shown: Shown, flags: Flags) -> dict[str, Any]:
    own = {"flags": flags.by_member} if shown.summary["id"] == flags.notice_id else {}
    return {**shown.document, "publicity": shown.standing and shown.standing.facts, **own}


def _organization(row: Values) -> dict[str, Any]:
    return {"id": row["organization_id"], **{name: row[name] for name in ("kind", "name", "code", "parent_id")}}


def _child(row: Values, activity: Activity | None) -> dict[str, Any]:
    counts = {"notices": activity.current, "in_publicity": activity.in_publicity} if activity else {"notices": 0, "in_publicity": 0}
    return {**_organization(row), **counts, "updated_at": activity.changed_at if activity else None}


def _more(headers: dict[str, str]) -> dict[str, str]:
    """The headers beside those that a page sets itself."""
    return {"Last-Modified": headers["Last-Modified"]}


assert set(SECTIONS) == set(KINDS)  # noqa: S101 - every kind has its place on the board
