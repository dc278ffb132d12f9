"""The notice service: what the public sees. uvicorn runs `app`, a factory that reads the settings of its process."""

from __future__ import annotations

from fastapi import FastAPI

import services.notice.events  # noqa: F401 - every topic is known before the log is read
from services.notice.api import publicity, screens, withdrawals
from services.notice.api.places import NoticePlaces, asked_at
from services.notice.commands.beside import SIDE_TABLES
from services.notice.commands.words import WordKeeper
from services.notice.evaluation_client import EvaluationClient
from services.notice.follower.following import Following
from services.notice.pages import boards, feeds, notices, objections, posters, register, streams
from services.notice.pages.freshness import FreshnessKeeper
from services.notice.pages.proofs import ProofKeeper
from services.notice.permissions import TABLE
from services.notice.projections.boards import Boards
from services.notice.projections.notices import Notices
from services.notice.projections.screens import Screens
from services.notice.roster_client import RosterClient
from shared.projections import Views
from shared.settings import Settings, read_settings
from shared.store import open_log
from shared.web import Neighbour, ServiceTokens, create_app
from shared.web.client_rights import rights_at
from shared.web.pages import Pages

ROUTERS = (
    boards.router,
    feeds.router,
    streams.router,
    posters.router,  # before the notices: `.pdf` is no part of an id
    notices.router,
    objections.router,
    register.router,
    publicity.router,
    withdrawals.router,
    screens.router,
)


def app() -> FastAPI:
    """The service as the environment's settings want it."""
    return make_app(read_settings())


def make_app(settings: Settings, *, shows_defects: bool = False) -> FastAPI:
    """The service on the data that `settings` name, made where it is missing.

    `shows_defects`: let unexpected exceptions through to the caller, as tests want it.
    """
    log = open_log(settings, "notice", SIDE_TABLES)
    tokens = ServiceTokens(settings, "notice")
    at_roster = Neighbour(settings.roster_url, tokens)
    roster = RosterClient(at_roster)
    evaluation = EvaluationClient(Neighbour(settings.evaluation_url, tokens))
    ask = asked_at(roster)
    following = Following(log, roster, evaluation, ask)
    pages = Pages("services.notice")
    return create_app(
        "notice",
        ROUTERS,
        TABLE,
        settings=settings,
        log=log,
        places=NoticePlaces(log, ask),
        views=Views(log, [Boards(), Notices(), Screens()]),
        pages=pages,
        lifespan=[following.running],
        own_position=following.own_position,
        rights_of=lambda client_id: rights_at(at_roster, client_id),
        streams_of_ids={"notice_id": "notice/{}"},
        state={
            "words": WordKeeper(log, roster.names, evaluation.texts),
            "flags": evaluation.flags,
            "proofs": ProofKeeper(settings),
            "freshness": FreshnessKeeper(log),
            "hand_over": evaluation.register_objection,
            "pages": pages,
            "before_clock_moves": following.presence.before_clock_moves,
        },
        shows_defects=shows_defects,
    )
