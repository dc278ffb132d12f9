"""The process under load: a real evaluation with a town in it, and beside it an app of the same frame whose handlers do nothing.

Run as `python -m benchmarks.serving FOLDER`; it says in `said.json` where both listen and what can be sent, and ends
with its input.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.responses import Response

from services.evaluation.api.entry_shapes import EntryBody
from shared.settings import Settings
from shared.store import open_log
from shared.web import EVERYWHERE, Door, Id, Router, allow, create_app, json_answer, permissions
from shared.web.fields import Body, Score
from shared.web.issuer_keys import LocalKeys
from shared.web.permissions import ROLES
from tests.evaluation.builders_review import Half, members, running_half

RATERS, OTHERS = 49, 300


class BallotBody(Body):
    """A ballot as pydantic would take it."""

    scores: dict[str, dict[str, Score]]


router = Router()


@router.post("/entries", status_code=201)
async def entry(body: EntryBody, door: Door) -> Response:
    """Do nothing with an entry."""
    await door.require()
    answer = {"id": body.member_id, "kind": "base", "points": 5, "period": "2026-H1", "version": 1}
    return json_answer(answer, 201)


@router.put("/reviews/{review_id}/ballots/{rater_id}")
async def ballot(review_id: Id, rater_id: Id, body: BallotBody, door: Door) -> Response:  # noqa: ARG001 - as the real one
    """Do nothing with a ballot."""
    await door.require()
    return json_answer({"scores": len(body.scores), "number": 1, "receipt": "1-" + "0" * 64})


def doing_nothing(half: Half, folder: Path) -> FastAPI:
    """The app of the same frame: the same door, table, token check and answer."""
    service = half.town.app.state.service
    settings = Settings(data=folder / "nothing", clock="manual:2026-07-02T02:00:00Z", _env_file=None)
    everybody = allow(**dict.fromkeys(ROLES, EVERYWHERE))
    table = permissions({"POST /entries": everybody, "PUT /reviews/{review_id}/ballots/{rater_id}": everybody})
    keys = LocalKeys(service.settings.token_issuer, service.settings.issuer_folder)
    return create_app(
        "evaluation", [router], table, settings=settings, log=open_log(settings, "evaluation"), places=service.places, keys=keys
    )


async def serve(folder: Path) -> None:
    """Set up, say so, serve both until standard input ends."""
    async with running_half(folder, RATERS) as half:
        town = half.town
        for number in range(OTHERS):
            await town.join(f"s{number}", "south")
        await half.open()
        await half.to("peer_review")
        nothing = doing_nothing(half, folder)
        async with nothing.router.lifespan_context(nothing):
            listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
            apps = (town.app, nothing)
            servers = [
                uvicorn.Server(
                    uvicorn.Config(app, lifespan="off", log_level="error", http="httptools", access_log=False, server_header=False)
                )
                for app in apps
            ]
            tasks = [asyncio.create_task(server.serve(sockets=[each])) for server, each in zip(servers, listening, strict=True)]
            said = {
                "ports": [each.getsockname()[1] for each in listening],
                "secretary": town.roster.token("branch_secretary", "town"),
                "members": [town.members[f"s{number}"] for number in range(OTHERS)],
                "review": half.review,
                "raters": {half.id(name): half.of(name) for name in members(RATERS)},
                "events": str(folder),
            }
            (folder / "said.new").write_text(json.dumps(said))
            (folder / "said.new").rename(folder / "said.json")
            await asyncio.to_thread(sys.stdin.read)
            for server in servers:
                server.should_exit = True
            await asyncio.gather(*tasks)


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(Path(sys.argv[1])))
