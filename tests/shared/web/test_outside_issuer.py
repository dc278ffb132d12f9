"""An outside issuer that is not ours (oidc-provider-mock, on authlib): pages by code with PKCE, routes of the contract by bearer token."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from shared.settings import Settings
from shared.web import ServiceTokens
from shared.web.signing import KeyFolder
from tests.pages import check_page, text_of
from tests.shared.web.library import ADA
from tests.shared.web.test_sessions import HTML, reading_room

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # authlib, in the issuer's thread, warns of its own next version
CLIENT, SUBJECT = "xingqi-town", "ada@town.example"
GRANTS = [{"role": "member"}]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # authlib warns of its own next version
        from oidc_provider_mock import run_server_in_thread  # noqa: PLC0415 - importing it warns

        with run_server_in_thread() as server:
            url = f"http://localhost:{server.server_port}"
            httpx.put(f"{url}/users/{SUBJECT}", json={"member_id": ADA, "grants": GRANTS}, trust_env=False).raise_for_status()
            httpx.put(f"{url}/users/nobody", json={}, trust_env=False).raise_for_status()
            yield url


@pytest.fixture
async def app(tmp_path: Path, issuer: str) -> AsyncIterator[FastAPI]:
    secret = tmp_path / "secret"
    secret.write_text("a secret of ours/+\n")
    app = reading_room(tmp_path, issuer=issuer, oidc_client_id=CLIENT, oidc_client_secret_file=secret, issuer_audience="the-contract")
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8002", headers=HTML) as client:
        yield client


async def agreed(address: str, subject: str = SUBJECT) -> httpx.URL:
    """What the issuer sends the browser back with, after somebody signed in there."""
    async with httpx.AsyncClient(trust_env=False) as there:
        answer = await there.post(address, data={"sub": subject})
    assert answer.status_code in {302, 303}, answer.text
    return httpx.URL(answer.headers["location"])


async def set_out(browser: httpx.AsyncClient) -> str:
    leads = await browser.get("/room")
    return str((await browser.get(leads.headers["location"])).headers["location"])


async def test_pages_by_authorization_code(browser: httpx.AsyncClient, issuer: str) -> None:
    address = httpx.URL(await set_out(browser))
    assert str(address).startswith(f"{issuer}/oauth2/authorize?")
    assert (address.params["client_id"], address.params["code_challenge_method"]) == (CLIENT, "S256")
    back = await agreed(str(address))
    assert (back.host, back.path) == ("127.0.0.1", "/sign-in/return")
    came = await browser.get(f"{back.path}?{back.query.decode()}")
    assert (came.status_code, came.headers["location"]) == (303, "/room")
    check_page(await browser.get("/room"))
    assert (await browser.get("/hall")).json() == {"visitor": ADA}
    again = await browser.get(f"{back.path}?{back.query.decode()}")
    assert "没有登录成功" in text_of(check_page(again, 401))


async def test_who_has_no_grants_there_sees_nothing_here(browser: httpx.AsyncClient) -> None:
    back = await agreed(await set_out(browser), "nobody")
    await browser.get(f"{back.path}?{back.query.decode()}")
    check_page(await browser.get("/room"), 403)


async def test_a_code_of_another_way_signs_nobody_in(browser: httpx.AsyncClient) -> None:
    """Somebody else's code with our state: its ID token has another nonce."""
    ours, theirs = await agreed(await set_out(browser)), await agreed(await set_out(browser))
    mixed = ours.copy_set_param("code", theirs.params["code"])
    answer = await browser.get(f"{mixed.path}?{mixed.query.decode()}")
    assert "没有登录成功" in text_of(check_page(answer, 401))


async def test_an_issuer_that_refuses_or_names_another_one_signs_nobody_in(browser: httpx.AsyncClient) -> None:
    back = await agreed(await set_out(browser))
    for wrong in (back.copy_set_param("code", "x"), back.copy_set_param("iss", "https://evil.example"), back.copy_remove_param("code")):
        answer = await browser.get(f"{wrong.path}?{wrong.query.decode()}")
        assert answer.status_code == 401


async def id_token(issuer: str, client: str = CLIENT) -> str:
    """A token that the issuer signed, fetched as any client of it does."""
    there = {"client_id": client, "redirect_uri": "http://127.0.0.1:9/"}
    asked = {**there, "response_type": "code", "scope": "openid", "nonce": str(time.time_ns())}
    back = await agreed(str(httpx.URL(f"{issuer}/oauth2/authorize", params=asked)))
    form = {**there, "grant_type": "authorization_code", "code": back.params["code"]}
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{issuer}/oauth2/token", data=form, auth=(client, "x"))
    return str(answer.json()["id_token"])


async def test_a_bearer_token_of_the_outside_issuer_opens_the_contract(browser: httpx.AsyncClient, issuer: str) -> None:
    answer = await browser.get("/loans", headers={"Authorization": f"Bearer {await id_token(issuer)}"})
    assert answer.status_code == 200


async def test_a_token_that_was_made_for_another_application_is_refused(browser: httpx.AsyncClient, issuer: str) -> None:
    other = {"Authorization": f"Bearer {await id_token(issuer, 'a-game')}"}
    assert (await browser.get("/loans", headers=other)).status_code == 401


async def test_a_token_of_the_local_issuer_is_worth_nothing_but_between_services(
    app: FastAPI, browser: httpx.AsyncClient, tmp_path: Path, issuer: str
) -> None:
    settings = Settings(_env_file=None, data=tmp_path, issuer=issuer)
    keys, now = KeyFolder(settings.issuer_folder), int(time.time())
    whole: dict[str, object] = {"iss": settings.roster_url, "sub": "x", "iat": now, "exp": now + 60}
    for claims in (
        {"member_id": ADA, "grants": GRANTS},
        {"grants": [{"role": "admin"}]},
        {"grants": [{"role": "service"}, {"role": "admin"}]},
    ):
        forged = keys.sign(whole | claims)
        assert (await browser.get("/loans", headers={"Authorization": f"Bearer {forged}"})).status_code == 401
    own = ServiceTokens(settings, "roster").token()
    assert (await app.state.service.tokens.caller(f"Bearer {own}")).has("service")
    assert re.fullmatch(r"[\w.-]+", own)
