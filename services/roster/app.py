"""The roster service: who is who. uvicorn runs `app`, a factory that reads the settings of its process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import services.roster.events  # noqa: F401 - every topic is known before the log is read
from services.roster.api import (
    accounts,
    calendar,
    changes,
    clients,
    electorates,
    erasures,
    imports,
    members,
    namesakes,
    organizations,
    profiles,
    proposals,
    texts,
    tokens,
)
from services.roster.api.names import Names
from services.roster.api.places import RosterPlaces
from services.roster.commands import clients as client_commands
from services.roster.commands.accounts import Desk, close_if_open
from services.roster.commands.erasures import finish_erasures
from services.roster.commands.profiles import SIDE_TABLES
from services.roster.domain.clients import UnknownClient
from services.roster.issuer import account_of
from services.roster.pages import accounts as account_pages
from services.roster.pages import authorizing, held, home, importing, kin, my_account
from services.roster.pages.own_provider import OwnProvider
from services.roster.permissions import TABLE
from services.roster.projections.accounts import Accounts
from services.roster.projections.clients import Clients
from services.roster.projections.erasures import Erasures
from services.roster.projections.members import Members
from services.roster.projections.organizations import Organizations
from shared.feed import Right
from shared.projections import Views
from shared.reads import Reads
from shared.retention import Duty
from shared.settings import Settings, read_settings
from shared.store import Log, open_log
from shared.web import create_app
from shared.web.pages import Pages
from shared.web.signing import KeyFolder

ROOMS = (
    *(organizations, members, changes, electorates, profiles, namesakes, erasures, proposals, calendar, texts, clients, imports),
    *(home, accounts, tokens, authorizing, my_account, account_pages, importing, held, kin),
)
ROUTERS = tuple(one.router for one in ROOMS)


def app() -> FastAPI:
    """The service as the environment's settings want it."""
    return make_app(read_settings())


def make_app(settings: Settings, *, shows_defects: bool = False) -> FastAPI:
    """The service on the data that `settings` name, made where it is missing; it publishes the local issuer's keys where it is one.

    `shows_defects`: let unexpected exceptions through to the caller, as tests want it.
    """
    log = open_log(settings, "roster", (*SIDE_TABLES, *client_commands.SIDE_TABLES))
    reads, desk = Reads(log), Desk(log)
    return create_app(
        "roster",
        ROUTERS,
        TABLE,
        settings=settings,
        log=log,
        places=RosterPlaces(log),
        views=Views(log, [Members(), Organizations(), Erasures(), Accounts(), Clients()]),
        pages=Pages("services.roster.pages"),
        lifespan=[lambda: _at_work(log, reads, desk)],
        duties=[Duty("reads", reads.forgetting(log.now, settings.read_years))],
        issuer_keys=None if settings.issuer else KeyFolder(settings.issuer_folder),
        state={"names": Names(log), "reads": reads, "desk": desk},
        rights_of=lambda client_id: _rights_of(log, client_id),
        provider=None if settings.issuer else OwnProvider(settings, desk),
        shows_defects=shows_defects,
    )


async def _rights_of(log: Log, client_id: str) -> tuple[Right, ...] | None:
    """What a platform's client may see now; None where it was closed."""
    try:
        client = await client_commands.client_of(log, client_id)
    except UnknownClient:
        return None
    return tuple(Right(grant.organization_id, grant.types) for grant in client.grants)


@asynccontextmanager
async def _at_work(log: Log, reads: Reads, desk: Desk) -> AsyncIterator[None]:
    """Before the first request the keys and accounts of all who were erased go; after the last one the tables beside are closed."""
    for member_id in await asyncio.to_thread(finish_erasures, log):
        await close_if_open(desk, account_of(member_id), by="roster")
    yield
    reads.close()
    desk.close()
