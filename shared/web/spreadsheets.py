"""Spreadsheets through the door: how a route takes an .xlsx, and how it hands one out."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared.sheets import MEDIA_TYPE, NotASheet
from shared.web.door import Doorway

MOST_FILE_BYTES = 8_000_000
_FILE = {"type": "string", "format": "binary"}
TAKES_A_SHEET = {
    "requestBody": {
        "required": True,
        "content": {
            MEDIA_TYPE: {"schema": _FILE},
            "multipart/form-data": {"schema": {"type": "object", "properties": {"file": _FILE}, "required": ["file"]}},
        },
    }
}
"""For a route's `openapi_extra`: the file is the body itself, or the file of a form."""
GIVES_A_SHEET: dict[int | str, dict[str, object]] = {200: {"content": {MEDIA_TYPE: {"schema": _FILE}}}}
"""For a route's `responses`."""


async def sent_file(door: Doorway) -> bytes:
    """The file that was sent: as the body itself, or as the first file of a form; empty where there is none.

    Raises NotASheet for a form that can't be read, or that has more than a file and a few fields.
    """
    body = await door.request.body()
    if not door.request.headers.get("content-type", "").startswith("multipart/form-data"):
        return body
    try:
        async with door.request.form(max_files=1, max_fields=5) as form:
            upload = next((value for value in form.values() if isinstance(value, UploadFile)), None)
            return await upload.read() if upload else b""
    except HTTPException as error:
        raise NotASheet from error


def sheet_answer(data: bytes, name: str) -> Response:
    """The .xlsx for download, under this file name (ASCII); no proxy keeps it."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, media_type=MEDIA_TYPE, headers=headers)
