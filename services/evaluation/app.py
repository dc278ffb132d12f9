"""The evaluation service: the method. uvicorn runs `app`, a factory that reads the settings of its process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import services.evaluation.events  # noqa: F401 - every topic is known before the log is read
from services.evaluation.api import (
    activities,
    annual,
    audits,
    ballots,
    burdens,
    committee,
    correction_history,
    corrections,
    entry_imports,
    examinations,
    explanation,
    honours,
    leads,
    member_reads,
    objection_decisions,
    objections,
    obligations,
    paper_ballots,
    phases,
    pledges,
    points,
    proposals,
    responsibility,
    results,
    reviews,
    rulebooks,
    self_reviews,
    simulation,
    standings,
    supervision,
    texts,
    unrated,
    unsealings,
)
from services.evaluation.api.places import RosterPlaces
from services.evaluation.commands.ballot_keys import BallotKeys
from services.evaluation.commands.contacts import Contacts
from services.evaluation.commands.examinations import Examiner
from services.evaluation.follower import RosterFollower
from services.evaluation.notice_client import NoticeClient
from services.evaluation.pages.routes import PAGES
from services.evaluation.permissions import TABLE
from services.evaluation.projections.annual import Year
from services.evaluation.projections.corrections import Corrections
from services.evaluation.projections.leads import Leads
from services.evaluation.projections.objections import Objections
from services.evaluation.projections.obligations import Obligations
from services.evaluation.projections.pledges import Pledges
from services.evaluation.projections.points import Entries
from services.evaluation.projections.remote_codes import RemoteCodes
from services.evaluation.projections.reviews import Reviews
from services.evaluation.projections.roster import SIDE_TABLES
from services.evaluation.projections.rulebooks import Rulebooks
from services.evaluation.projections.standings import Standings
from services.evaluation.projections.supervision import Findings
from services.evaluation.projections.unsealings import Unsealings
from services.evaluation.roster_client import RosterClient
from shared.projections import Views
from shared.reads import Reads
from shared.retention import Duty
from shared.settings import Settings, read_settings
from shared.store import Log, open_log
from shared.web import Neighbour, ServiceTokens, create_app
from shared.web.client_rights import rights_at
from shared.web.pages import Pages

ROUTERS = (
    rulebooks.router,
    simulation.router,
    pledges.router,
    entry_imports.router,
    points.router,
    activities.router,
    texts.router,
    reviews.router,
    unrated.router,
    phases.router,
    self_reviews.router,
    ballots.router,
    paper_ballots.router,
    committee.router,
    results.router,
    objections.router,
    objection_decisions.router,
    corrections.router,
    correction_history.router,
    standings.router,
    explanation.router,
    annual.router,
    honours.router,
    supervision.router,
    responsibility.router,
    obligations.router,
    audits.router,
    examinations.router,
    leads.router,
    burdens.router,
    unsealings.router,
    proposals.router,
    member_reads.router,
    *PAGES,
)
VIEWS = (
    Rulebooks,
    Pledges,
    Entries,
    Reviews,
    Standings,
    Findings,
    Obligations,
    Objections,
    Year,
    RemoteCodes,
    Corrections,
    Leads,
    Unsealings,
)


def app() -> FastAPI:
    """The service as the environment's settings want it."""
    return make_app(read_settings())


def make_app(settings: Settings, *, shows_defects: bool = False) -> FastAPI:
    """The service on the data that `settings` name, made where it is missing; it follows the roster and asks notice.

    `shows_defects`: let unexpected exceptions through to the caller, as tests want it.
    """
    log = open_log(settings, "evaluation", SIDE_TABLES)
    tokens = ServiceTokens(settings, "evaluation")
    at_roster = Neighbour(settings.roster_url, tokens)
    roster = RosterClient(at_roster)
    notice = NoticeClient(Neighbour(settings.notice_url, tokens))
    follower = RosterFollower(log, roster)
    places = RosterPlaces(log, roster)
    places.catch_up = follower.catch_up
    pages, examiner, reads = Pages("services.evaluation.pages"), Examiner(log), Reads(log)
    app = create_app(
        "evaluation",
        ROUTERS,
        TABLE,
        settings=settings,
        log=log,
        places=places,
        views=Views(log, [view() for view in VIEWS]),
        pages=pages,
        lifespan=[lambda: _neighbours(roster, notice, follower, reads), examiner.working],
        duties=duties(log, places, reads, settings),
        state={"notice": notice, "roster": roster, "pages": pages, "examiner": examiner, "reads": reads},
        rights_of=lambda client_id: rights_at(at_roster, client_id),
        streams_of_ids={"review_id": "phase/{}"},
        shows_defects=shows_defects,
    )
    examiner.checkpoint = app.state.publisher.published.latest
    return app


def duties(log: Log, places: RosterPlaces, reads: Reads, settings: Settings) -> list[Duty]:
    """What evaluation removes when its time is over (docs/privacy.md)."""
    return [
        Duty("contacts of the public", Contacts(log, places.mirror.calendar).destroy_due),
        Duty("keys of ballots", BallotKeys(log, settings.ballot_years).destroy_due),
        Duty("reads", reads.forgetting(log.now, settings.read_years)),
    ]


@asynccontextmanager
async def _neighbours(roster: RosterClient, notice: NoticeClient, follower: RosterFollower, reads: Reads) -> AsyncIterator[None]:
    """While the service runs it follows the roster; its clients and the table of reads are closed at the end."""
    follower.start()
    try:
        yield
    finally:
        await follower.close()
        await roster.close()
        await notice.close()
        reads.close()
