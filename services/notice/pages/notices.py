"""Single notices and lists of them."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from fastapi import Query, Response

from services.notice.domain.notices import UnknownNotice
from services.notice.events.contents import canonical
from services.notice.pages import says
from services.notice.pages.freshness import FreshnessKeeper
from services.notice.pages.proofs import ProofKeeper
from services.notice.pages.reading import Reader, wants_html
from services.notice.pages.summaries import summary_of_row
from services.notice.projections.boards import names_of_organizations
from services.notice.projections.notices import ORDER, Wanted, list_notices
from shared.projections import Values
from shared.web import Cursor, Door, HalfYearText, Id, Router, json_answer, problems
from shared.web.languages import CHINESE, chosen_language
from shared.web.pages import Pages

Kind = Literal["pledges", "result", "story", "flag", "honour", "circular", "rulebook"]
State = Literal["current", "corrected", "withdrawn", "expired"]

router = Router(tags=["Notices"])


@router.get("/notices", response_model=None)
async def get_notices(
    door: Door,
    cursor: Cursor,
    *,
    organization_id: Annotated[Id | None, Query()] = None,
    kind: Annotated[Kind | None, Query()] = None,
    period: Annotated[HalfYearText | None, Query()] = None,
    state: Annotated[State | None, Query()] = None,
    review_id: Annotated[Id | None, Query()] = None,
) -> Response:
    """Notices without their content, newest first; `review_id`: those of one review, its newest version first."""
    reader = Reader(door, await door.snapshot())
    wanted = Wanted(organization_id, kind, period, state, review_id)
    rows = await list_notices(reader.snapshot, wanted, reader.today, limit=cursor.limit + 1, after=cursor.after)
    names = await names_of_organizations(reader.snapshot, {row["organization_id"] for row in rows})

    def place(row: Values) -> tuple[object, ...]:
        return tuple(row[column] for column in ORDER)

    return cursor.page(
        rows,
        place=place,  # type: ignore[arg-type]
        show=lambda row: summary_of_row(row, names.get(row["organization_id"], ""), reader.today),
    )


@router.get("/notices/{notice_id}", response_model=None, responses=problems(UnknownNotice))
async def get_notice(notice_id: Id, door: Door) -> Response:
    """One notice, always current; as JSON, or as a page for who prefers HTML. While it is withdrawn its content is null."""
    is_page = wants_html(door, by_default=False)
    language = chosen_language(door.request) if is_page else CHINESE
    await door.snapshot()
    freshness = await cast(FreshnessKeeper, door.state.freshness).of(f"notice {notice_id}")
    if not is_page and (unchanged := freshness.unchanged(door.request)):
        return unchanged
    reader = Reader(door, await door.snapshot(is_current=True), language, is_page)
    reading = await reader.read([notice_id])
    if not reading.shown:
        raise UnknownNotice
    shown = reading.shown[0]
    if not is_page:
        headers = freshness.headers if reading.is_complete else {"Cache-Control": "no-store", "Vary": "Accept"}
        return json_answer({**shown.document, "is_complete": reading.is_complete}, headers=headers)
    pages = cast(Pages, door.state.pages)
    proof = await cast(ProofKeeper, door.state.proofs).newest(door)
    return pages.render(door.request, "notice.html", says=says, shown=shown, is_complete=reading.is_complete, proof=proof)


@router.get("/notices/{notice_id}/content", response_model=None, responses=problems(UnknownNotice))
async def get_content(notice_id: Id, door: Door) -> Response:
    """The canonical content: the very bytes whose SHA-256 is `content_hash`; texts are references, names are absent."""
    reading = await Reader(door, await door.snapshot()).read([notice_id])
    if not reading.shown or reading.shown[0].content is None:
        raise UnknownNotice
    return Response(canonical(reading.shown[0].notice.content), media_type="application/json")
