"""`xingqi witness`: a neighbour in one process that cosigns logs and keeps its own last checkpoints (C2SP tlog-witness)."""

from __future__ import annotations

import argparse
import re
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from shared.settings import BadSettings
from shared.store.sql import SqliteFile
from shared.transparency.notes import WITNESS_KEY, Signer
from shared.web.transparency import cosigned
from shared.web.witnesses import logs_in
from shared.witnessing import Book
from xingqi.stop import Stop

NAME = re.compile(r"[^\s+]{1,100}")


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi witness`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Be a witness: cosign the checkpoints of the logs whose verifier keys are named, each only if it extends the last one "
        "seen. What was seen lies in FOLDER: keep it, and on another machine than the logs.",
    )
    made.add_argument("folder", type=Path, metavar="FOLDER", help="where the witness keeps its key and what it has seen")
    made.add_argument("--name", default="xingqi-witness", help="its name in its key and in its cosignatures (default: xingqi-witness)")
    made.add_argument("--logs", type=Path, metavar="FILE", help="verifier keys of the logs, one a line")
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=8010)
    made.add_argument("--key", action="store_true", help="print the witness's verifier key, and end")
    return made


def run(options: argparse.Namespace) -> int:
    """Serve `POST /add-checkpoint` and `GET /<hash of origin>/checkpoint` until the end.

    Raises:
        Stop: the folder or the file of logs can't be used.
    """
    if not NAME.fullmatch(options.name):
        raise Stop("a witness's name has no space and no plus sign", 2)
    signer = Signer(options.name, WITNESS_KEY, _seed(options.folder))
    if options.key:
        print(signer.key.text)
        return 0
    if options.logs is None:
        raise Stop("name the file with the logs' verifier keys: --logs FILE", 2)
    try:
        book = Book(SqliteFile(options.folder / "witness.db"), signer, logs_in(options.logs))
    except BadSettings as error:
        raise Stop(str(error)) from error
    print(
        f"Witness {options.name} for {len(book.logs)} logs on http://{options.host}:{options.port}; its key: {signer.key.text}", flush=True
    )
    uvicorn.run(app_of(book), host=options.host, port=options.port, log_level="warning", access_log=False, server_header=False)
    return 0


def app_of(book: Book) -> Starlette:
    """The witness as an ASGI app, at its own root and below `/witness`, where the services have theirs."""

    async def add(request: Request) -> Response:
        return await cosigned(book, request)

    async def seen(request: Request) -> Response:
        note = book.seen(request.path_params["origin_hash"])
        return PlainTextResponse(str(note)) if note else PlainTextResponse("nothing was seen of this log\n", 404)

    handlers: list[tuple[str, Callable[[Request], Awaitable[Response]], str]] = [
        ("/add-checkpoint", add, "POST"),
        ("/{origin_hash}/checkpoint", seen, "GET"),
    ]
    return Starlette(routes=[Route(f"{prefix}{path}", do, methods=[verb]) for prefix in ("", "/witness") for path, do, verb in handlers])


def _seed(folder: Path) -> bytes:
    """The witness's private key, made with mode 0600 where it is missing."""
    path = folder / "witness.key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600, exist_ok=False)
            path.write_bytes(secrets.token_bytes(32))
        return path.read_bytes()
    except OSError as error:
        raise Stop(f"{path} can't be used: {error.strerror}") from error
