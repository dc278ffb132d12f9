"""The roster as a spreadsheet on a page: tried out first, every bad row shown in a table, then taken whole or not at all."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any, cast

from fastapi import Query, Response
from starlette.datastructures import UploadFile

from services.roster.pages.sheet_words import REASONS
from services.roster.pages.words import organization_names
from shared.sheets import MEDIA_TYPE
from shared.web import Door, Doorway, Id, Router
from shared.web.languages import chosen_language, message, translated
from shared.web.own_routes import OwnRoutes, Refused
from shared.web.pages import Pages
from shared.web.sheet_words import in_words
from shared.web.spreadsheets import MOST_FILE_BYTES, sheet_answer

router = Router(tags=["Pages"], include_in_schema=False)
NOT_KEPT = {"Cache-Control": "no-store"}
MOST_CARRIED_BYTES = 400_000
"""A file up to this size goes with the page that shows what it would change, so that nobody has to choose it again."""
NO_SHEET = message("请上传用模板填好的 .xlsx 文件，不要加密码。")
BAD_ROWS = message("一行也没有收：请把下面列出的地方改好，再把整个文件上传一次。")
NOT_NOW = message("现在还不能收下，请过一会儿再试。")


@router.get("/roster/import", response_model=None)
async def get_import_page(door: Door) -> Response:
    """The form that takes a roster."""
    await door.scopes()
    return await _draw(door)


@router.post("/roster/import", response_model=None, max_body_size=MOST_FILE_BYTES)
async def post_import_page(door: Door) -> Response:
    """Try the file out; or take it over, once somebody has looked at what it would change."""
    await door.scopes()
    data, said = await _sent(door)
    is_trial = said.get("step") != "take"
    try:
        told = await OwnRoutes(door).send_bytes("/imports", data, MEDIA_TYPE, dry_run=is_trial)
    except Refused as refused:
        return await _refused(door, refused)
    carried = urlsafe_b64encode(data).decode() if is_trial and len(data) <= MOST_CARRIED_BYTES else ""
    return await _draw(door, plan=told.body, carried=carried, is_trial=is_trial)


@router.get("/roster/import/template.xlsx", response_model=None)
async def get_import_template(door: Door) -> Response:
    """An empty roster, with the branches and groups to choose from."""
    await door.scopes()
    return sheet_answer(await OwnRoutes(door).get("/imports/template.xlsx"), "roster-template.xlsx")


@router.get("/roster/export.xlsx", response_model=None)
async def get_export_page(door: Door, organization_id: Annotated[Id, Query()]) -> Response:
    """The roster of an organisation, as the import takes it back."""
    await door.scopes()
    return sheet_answer(await OwnRoutes(door).get("/exports/roster.xlsx", organization_id=organization_id), "roster.xlsx")


async def _refused(door: Doorway, refused: Refused) -> Response:
    language = chosen_language(door.request)
    errors = [one | {"detail": in_words(str(one["detail"]), language, REASONS)} for one in refused.errors]
    words = {"not_a_sheet": NO_SHEET, "sheet_refused": BAD_ROWS}.get(refused.code, NOT_NOW)
    return await _draw(door, status=refused.status, refused=translated(language, words), errors=errors)


async def _draw(door: Doorway, *, status: int = 200, **context: Any) -> Response:  # noqa: ANN401 - what the template is given
    scopes = await door.scopes()
    tops = await organization_names(await door.snapshot(is_current=True), scopes or ())
    plain: dict[str, Any] = {"plan": None, "carried": "", "is_trial": True, "refused": None, "errors": [], "tops": tops}
    pages = cast(Pages, door.state.pages)
    return pages.render(door.request, "roster_import.html", status=status, headers=NOT_KEPT, **(plain | context))


async def _sent(door: Doorway) -> tuple[bytes, dict[str, str]]:
    """The file of the form, chosen anew or carried along from the last page, and its other fields."""
    async with door.request.form(max_files=1, max_fields=10, max_part_size=2 * MOST_CARRIED_BYTES) as form:
        said = {name: value for name, value in form.items() if isinstance(value, str)}
        upload = form.get("file")
        data = await upload.read() if isinstance(upload, UploadFile) else b""
    if data or not said.get("carried"):
        return data, said
    try:
        return urlsafe_b64decode(said["carried"]), said
    except ValueError:
        return b"", said
