"""A service with a no-op beside each route that is measured: the same app, door, body model and form of answer; no work.

    python -m benchmarks.served evaluation|notice [--without-log]

`--without-log`: nothing is hashed and signed. Real routes go through the same `create_app`; what differs is only what the handler does.
"""

from __future__ import annotations

import sys
from typing import cast
from unittest.mock import patch

import uvicorn
from fastapi import FastAPI, Response

from services.evaluation import app as evaluation
from services.evaluation.api.entry_shapes import EntryBody
from services.notice import app as notice
from shared.settings import ServiceName, read_settings
from shared.web import EVERYWHERE, PUBLIC, Body, Door, Id, Router, Score, allow, json_answer

WITHOUT_LOG = "--without-log"
LAST_MODIFIED = "Thu, 02 Jul 2026 02:00:00 GMT"
router, of_notice = Router(), Router()
TABLE_OF_NOTICE = {"GET /no-op/boards/{organization_id}": PUBLIC}
TABLE = {
    "POST /no-op/entries": allow(branch_secretary=EVERYWHERE),
    "PUT /no-op/reviews/{review_id}/ballots/{rater_id}": allow(member=EVERYWHERE),
}


class BallotBody(Body):
    """A ballot as pydantic would check it."""

    scores: dict[Id, dict[str, Score]]


@router.post("/no-op/entries", status_code=201)
async def post_entry(body: EntryBody, door: Door) -> Response:
    """Answers as if an entry had been recorded."""
    await door.require()
    return json_answer({"id": body.member_id, "kind": "base", "points": 5, "period": "2026-H1", "version": 1}, 201)


@router.put("/no-op/reviews/{review_id}/ballots/{rater_id}")
async def put_ballot(review_id: Id, rater_id: Id, body: BallotBody, door: Door) -> Response:
    """Answers as if a ballot had been cast."""
    await door.require()
    return json_answer({"scores": len(body.scores), "number": 1, "receipt": review_id + rater_id})


@of_notice.get("/no-op/boards/{organization_id}")
async def get_board(organization_id: Id, door: Door) -> Response:
    """Answers as to a reader who has the board already."""
    tag = door.request.headers.get("if-none-match", organization_id)
    caching = {"Last-Modified": LAST_MODIFIED, "Cache-Control": "no-cache", "Vary": "Accept, Accept-Language, Cookie"}
    return Response(status_code=304, headers=caching | {"ETag": tag})


def serve() -> None:
    """Serve as `xingqi run` does, at the address of the settings."""
    service, settings = sys.argv[1], read_settings()
    module, table, own = {"evaluation": (evaluation, TABLE, router), "notice": (notice, TABLE_OF_NOTICE, of_notice)}[service]
    with patch.object(module, "ROUTERS", (*module.ROUTERS, own)), patch.object(module, "TABLE", {**module.TABLE, **table}):
        app: FastAPI = module.make_app(settings)
    if WITHOUT_LOG in sys.argv:
        app.state.publisher.start = lambda: None
    host, port = settings.address_of(cast(ServiceName, service))
    uvicorn.run(app, host=host, port=port, loop="uvloop", http="httptools", ws="none", log_level="warning", access_log=False)


if __name__ == "__main__":
    serve()
