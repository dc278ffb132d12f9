"""Entries from the village's spreadsheet: tried out first, every bad row shown in a table, then taken whole or not at all."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Any

from fastapi import Response
from starlette.datastructures import UploadFile

from services.evaluation.pages.branches import at, at_branch
from services.evaluation.pages.sheet_words import REASONS
from services.evaluation.pages.visits import Visit
from shared.sheets import MEDIA_TYPE
from shared.web import Door, Doorway, Id, Router
from shared.web.own_routes import Refused
from shared.web.sheet_words import in_words
from shared.web.spreadsheets import MOST_FILE_BYTES, sheet_answer

router = Router(tags=["Pages"], include_in_schema=False)
MOST_CARRIED_BYTES = 400_000
"""A file up to this size goes with the page that shows what it would record, so that nobody has to choose it again."""


@router.get("/branch/{branch_id}/import", response_model=None)
async def get_import_page(branch_id: Id, door: Door) -> Response:
    """The form that takes a spreadsheet."""
    visit = await at_branch(door, branch_id)
    return visit.draw("import.html", **at(visit, branch_id, "entries"), plan=None, carried="", errors=[])


@router.get("/branch/{branch_id}/import/template.xlsx", response_model=None)
async def get_import_template(branch_id: Id, door: Door) -> Response:
    """The empty spreadsheet, with this half-year's items to choose from."""
    visit = await at_branch(door, branch_id)
    return sheet_answer(await visit.own.get("/entries/template.xlsx", branch_id=branch_id), "entries-template.xlsx")


@router.post("/branch/{branch_id}/import", response_model=None, max_body_size=MOST_FILE_BYTES)
async def post_import_page(branch_id: Id, door: Door) -> Response:
    """Try the file out; or take it over, once somebody has looked at what it would record."""
    visit = await at_branch(door, branch_id)
    data, said = await sent_form(door)
    is_trial, skips = said.get("step") != "take", "skip_recorded" in said
    try:
        told = await visit.own.send_bytes(
            "/entries/imports", data, MEDIA_TYPE, branch_id=branch_id, dry_run=is_trial, skip_recorded=skips
        )  # fmt: skip
    except Refused as refused:
        errors = [one | {"detail": in_words(str(one["detail"]), visit.language, REASONS)} for one in refused.errors]
        return visit.refuse("import.html", refused, **at(visit, branch_id, "entries"), plan=None, carried="", errors=errors)
    if not is_trial:
        return visit.go(f"/branch/{branch_id}/entries", "imported")
    return _planned(visit, branch_id, told.body, data, skips=skips)


def _planned(visit: Visit, branch_id: str, plan: dict[str, Any], data: bytes, *, skips: bool) -> Response:
    carried = urlsafe_b64encode(data).decode() if len(data) <= MOST_CARRIED_BYTES else ""
    return visit.draw("import.html", **at(visit, branch_id, "entries"), plan=plan, carried=carried, errors=[], skips=skips)


async def sent_form(door: Doorway) -> tuple[bytes, dict[str, str]]:
    """The file of a form, chosen anew or carried along from the last page, and its other fields."""
    async with door.request.form(max_files=1, max_fields=10, max_part_size=2 * MOST_CARRIED_BYTES) as form:
        said = {name: value for name, value in form.items() if isinstance(value, str)}
        upload = form.get("file")
        data = await upload.read() if isinstance(upload, UploadFile) else b""
    if not data and said.get("carried"):
        try:
            data = urlsafe_b64decode(said["carried"])
        except (NotBase64, ValueError):
            data = b""
    return data, said
