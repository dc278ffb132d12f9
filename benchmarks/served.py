"""The evaluation service with a no-op beside each route that is measured: the same app, door, body model and form of answer; no work.

    python -m benchmarks.served [--without-log]

`--without-log`: nothing is hashed and signed. Real routes go through the same `create_app`; what differs is only what the handler does.
"""

from __future__ import annotations

import sys
from unittest.mock import patch

import uvicorn
from fastapi import Response

from services.evaluation import app as evaluation
from services.evaluation.api.entry_shapes import EntryBody
from services.evaluation.permissions import TABLE as EVALUATION_TABLE
from shared.settings import read_settings
from shared.web import EVERYWHERE, Body, Door, Id, Router, Score, allow, json_answer

WITHOUT_LOG = "--without-log"
router = Router()
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


def serve() -> None:
    """Serve as `xingqi run` does, at the address of the settings."""
    settings = read_settings()
    routers, table = (*evaluation.ROUTERS, router), {**EVALUATION_TABLE, **TABLE}
    with patch.object(evaluation, "ROUTERS", routers), patch.object(evaluation, "TABLE", table):
        app = evaluation.make_app(settings)
    if WITHOUT_LOG in sys.argv:
        app.state.publisher.start = lambda: None
    host, port = settings.address_of("evaluation")
    uvicorn.run(app, host=host, port=port, loop="uvloop", http="httptools", ws="none", log_level="warning", access_log=False)


if __name__ == "__main__":
    serve()
