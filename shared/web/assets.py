"""Static files of the pages, served under names that carry the hash of their bytes, so that a browser may keep them for ever."""

from __future__ import annotations

from hashlib import sha256
from importlib import resources
from mimetypes import guess_type

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PREFIX = "/static"
FOR_EVER = "public, max-age=31536000, immutable"


class Asset(msgspec.Struct, frozen=True):
    """One file: the name it is served under (`base.3f2a9c01d5e8.css`), its type, its bytes and its entity tag."""

    served_as: str
    media_type: str
    content: bytes
    etag: str


class Assets:
    """The static files of some packages (their folder `static/`), as an ASGI application to be mounted at `PREFIX`.

    Later packages win over earlier ones with a file of the same name. All bytes are read once, at start.
    """

    def __init__(self, *packages: str) -> None:
        self._by_name = {name: asset for package in packages for name, asset in _assets_of(package)}
        self._served = {asset.served_as: asset for asset in self._by_name.values()}

    def url(self, name: str) -> str:
        """Where the file `name` is served; raises KeyError at once for a file that is not there."""
        return f"{PREFIX}/{self._by_name[name].served_as}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the file; 304 to who has it; 404 to any name that is not one of these exactly; 405 to a write."""
        request = Request(scope)
        name = scope["path"].removeprefix(scope.get("root_path", "")).removeprefix(PREFIX).removeprefix("/")
        response = self._answer(request, self._served.get(name))
        await response(scope, receive, send)

    @staticmethod
    def _answer(request: Request, asset: Asset | None) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return Response(status_code=405, headers={"Allow": "GET, HEAD"})
        if asset is None:
            return Response(status_code=404, headers={"Cache-Control": "no-cache"})
        headers = {"ETag": asset.etag, "Cache-Control": FOR_EVER, "X-Content-Type-Options": "nosniff"}
        if asset.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)


def _assets_of(package: str) -> list[tuple[str, Asset]]:
    folder = resources.files(package) / "static"
    if not folder.is_dir():
        return []
    return [(file.name, _asset(file.name, file.read_bytes())) for file in folder.iterdir() if file.is_file()]


def _asset(name: str, content: bytes) -> Asset:
    digest = sha256(content).hexdigest()[:12]
    stem, _, extension = name.rpartition(".")
    media_type = guess_type(name)[0] or "application/octet-stream"
    return Asset(f"{stem}.{digest}.{extension}", media_type, content, f'"{digest}"')
