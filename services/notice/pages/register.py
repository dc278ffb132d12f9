"""The register of an organisation's notices in a year: one row a number, without gaps (spec, section 9)."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import Query, Response

from services.notice.domain.boards import UnknownBoard
from services.notice.pages import says
from services.notice.pages.reading import Reader, known_board, wants_html
from services.notice.pages.summaries import summary_of_row
from services.notice.projections.notices import list_register, years_of
from shared.projections import Values
from shared.web import Cursor, Door, Id, Router, problems
from shared.web.languages import CHINESE, chosen_language
from shared.web.pages import Pages

FIRST_YEAR, LAST_YEAR = 1900, 2200
MOST_ON_A_PAGE = 2000

router = Router(tags=["Register"])


@router.get("/register", response_model=None, responses=problems(UnknownBoard))
async def get_register(
    door: Door,
    cursor: Cursor,
    organization_id: Annotated[Id, Query()],
    year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)] = None,
) -> Response:
    """The register by number; without `year` that of the present one. A page for who prefers HTML."""
    is_page = wants_html(door, by_default=False)
    language = chosen_language(door.request) if is_page else CHINESE
    reader = Reader(door, await door.snapshot(), language, is_page)
    board = await known_board(door, reader.snapshot, organization_id)
    wanted = year or reader.today.year
    limit, behind = (MOST_ON_A_PAGE, 0) if is_page else (cursor.limit + 1, int(str(cursor.after[0])) if cursor.after else 0)
    rows = await list_register(reader.snapshot, organization_id, wanted, limit=limit, after=behind)

    def show(row: Values) -> dict[str, Any]:
        return {"n": row["n"], "year": row["year"], **summary_of_row(row, board["name"], reader.today, language)}

    if not is_page:
        return cursor.page(rows, place=lambda row: (row["n"],), show=show)
    years = sorted({wanted, *await years_of(reader.snapshot, organization_id)}, reverse=True)
    pages = cast(Pages, door.state.pages)
    shown = [show(row) for row in rows]
    return pages.render(door.request, "register.html", says=says, organization=board, year=wanted, years=years, rows=shown)
