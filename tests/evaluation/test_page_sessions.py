"""A session of evaluation's pages outlives its access token for as long as the roster says so, and no longer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from time import time

import httpx
import pytest

from services.evaluation.pages.home import place_of
from services.roster.commands.accounts import Desk, account_of
from shared.errors import NotAllowed
from shared.web import Caller, Grant
from shared.web.provider import PublishedProvider
from shared.web.sessions import Kept, Sessions
from tests.evaluation.builders import Town, found, running_town
from tests.pages import check_page

HTML = {"Accept": "text/html"}


@dataclass
class Signed:
    """A member who is signed in at the roster, and whose access token for evaluation has just expired."""

    town: Town
    desk: Desk
    account_id: str
    browser: httpx.AsyncClient

    @property
    def sessions(self) -> Sessions:
        sessions: Sessions = self.town.app.state.service.sessions
        return sessions

    @property
    def provider(self) -> PublishedProvider:
        assert isinstance(self.sessions.provider, PublishedProvider)
        return self.sessions.provider


@pytest.fixture
async def signed(tmp_path: Path) -> AsyncIterator[Signed]:
    async with running_town(tmp_path) as town:
        await found(town)
        slip = await town.roster.do("POST", "/accounts", {"member_id": town.members["wang"]})
        desk: Desk = town.roster.app.state.desk
        transport = httpx.ASGITransport(town.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8002", headers=HTML) as browser:
            one = Signed(town, desk, slip["id"], browser)
            over = httpx.AsyncClient(transport=httpx.ASGITransport(town.roster.app))
            one.provider._client = over  # the roster without a network
            account = await account_of(desk.log, slip["id"])
            session = desk.sign_ons.of(desk.sign_ons.start(slip["id"], account.opening, "Chrome"))
            assert session
            expired = town.roster.issuer.sign({"sub": slip["id"], "member_id": town.members["wang"], "grants": [{"role": "member"}]}, -5)
            kept = Kept(expired, time() + 3600, desk.sign_ons.refresh_token(session, "service/evaluation"))
            browser.cookies.set(one.sessions.cookie, one.sessions.sealed(kept, "session"))
            yield one


async def test_an_expired_token_is_renewed_at_the_roster_unseen(signed: Signed) -> None:
    answer = await signed.browser.get("/my")
    check_page(answer)
    renewed = answer.cookies[signed.sessions.cookie]
    kept = signed.sessions.opened(renewed, "session", Kept)
    assert kept
    assert (await signed.town.app.state.service.tokens.caller(f"Bearer {kept.token}")).member_id == signed.town.members["wang"]
    signed.browser.cookies.clear()
    signed.browser.cookies.set(signed.sessions.cookie, renewed)
    assert signed.sessions.cookie not in (await signed.browser.get("/my")).cookies


async def test_a_session_that_was_ended_at_the_roster_leads_to_signing_in(signed: Signed) -> None:
    signed.desk.sign_ons.end(signed.account_id)
    answer = await signed.browser.get("/my")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fmy")


async def test_a_refresh_token_of_another_service_renews_nothing(signed: Signed) -> None:
    (session,) = signed.desk.sign_ons.all_of(signed.account_id)
    stolen = Kept("x", time() + 3600, signed.desk.sign_ons.refresh_token(session, "service/notice"))
    signed.browser.cookies.set(signed.sessions.cookie, signed.sessions.sealed(stolen, "session"))
    assert (await signed.browser.get("/my")).status_code == 303


async def test_while_the_roster_is_away_a_session_that_must_be_renewed_waits(signed: Signed) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    signed.provider._client = httpx.AsyncClient(transport=httpx.MockTransport(away))
    check_page(await signed.browser.get("/my"), 503)


async def test_signing_out_ends_the_session_at_the_roster_too(signed: Signed) -> None:
    await signed.browser.get("/my")
    mark = signed.sessions.forms.mark_of(signed.account_id)
    assert (await signed.browser.post("/sign-out", data={"csrf": mark})).status_code == 303
    assert signed.desk.sign_ons.all_of(signed.account_id) == []


def test_the_first_page_is_that_of_ones_office() -> None:
    def caller(*grants: Grant, member: str | None = None) -> Caller:
        return Caller("x", member, grants)

    assert place_of(caller(Grant("member"), member="wang")) == "/my"
    assert place_of(caller(Grant("branch_secretary", "north"), Grant("member"), member="wang")) == "/branch/north"
    assert place_of(caller(Grant("town_officer", "town"))) == "/town/town"
    assert place_of(caller(Grant("county_supervisor", "county"))) == "/desk"
    with pytest.raises(NotAllowed):
        place_of(caller(Grant("admin")))
