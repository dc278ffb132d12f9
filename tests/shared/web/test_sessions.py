"""Sessions of pages: who holds one, what a form needs, and that neither is worth anything anywhere else."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Form
from starlette.requests import Request
from starlette.responses import Response

from services.roster.issuer import Issuer
from shared.projections import Views
from shared.store import Files, Log
from shared.web import EVERYWHERE, PUBLIC, Door, Router, allow, create_app, json_answer, permissions
from shared.web.csrf import Forms, StaleForm
from shared.web.pages import Pages
from shared.web.provider import Tokened
from shared.web.routing import PageRoute
from shared.web.sessions import Kept, SessionTooLarge
from shared.web.signing_in import OnTheWay
from tests.pages import check_page, signed_in, text_of
from tests.shared.facts import MASTER, Fees
from tests.shared.web.library import ADA, BO, Shelves, settings_of

MEMBERS = allow(member=EVERYWHERE)
TABLE = permissions({"GET /room": MEMBERS, "POST /room": MEMBERS, "GET /hall": PUBLIC, "GET /loans": MEMBERS, "POST /loans": MEMBERS})
HTML = {"Accept": "text/html,application/xhtml+xml"}
pages_router, api = Router(route_class=PageRoute), Router()


@pages_router.get("/room")
async def get_room(door: Door) -> Response:
    """A page for who is signed in."""
    await door.require()
    pages: Pages = door.state.pages
    return pages.render(door.request, "signed_out.html", etag='"1"')


@pages_router.post("/room")
async def post_room(door: Door, word: Annotated[str, Form()] = "") -> Response:
    """A form; it shows what reached it."""
    await door.require()
    body = (await door.request.body()).decode()
    return json_answer({"person": door.caller.person, "word": word, "has_body": "word=" in body})


@pages_router.get("/hall")
async def get_hall(door: Door) -> Response:
    """A public page."""
    return json_answer({"visitor": door.visitor.person if door.visitor else None})


@api.get("/loans")
async def get_loans(door: Door) -> Response:
    """A route of the contract."""
    await door.require()
    return json_answer({})


@api.post("/loans")
async def post_loans(door: Door) -> Response:
    """A command of the contract."""
    await door.require()
    return json_answer({})


def reading_room(folder: Path, **changed: object) -> FastAPI:
    settings = settings_of(folder, **changed)
    log = Log(Files(folder / "evaluation"), MASTER, settings.clock_start)
    return create_app(
        "evaluation",
        [pages_router, api],
        TABLE,
        settings=settings,
        log=log,
        places=Shelves(),
        views=Views(log, [Fees()]),
        pages=Pages("shared.web"),
        issuer_keys=None if settings.issuer else Issuer(settings).keys,
        shows_defects=True,
    )


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    app = reading_room(tmp_path)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8002", headers=HTML) as client:
        yield client


@pytest.fixture
def ada(tmp_path: Path) -> str:
    return Issuer(settings_of(tmp_path)).token(["member"], member=ADA)


async def test_who_holds_a_session_is_known_to_pages_and_to_pages_alone(app: FastAPI, browser: httpx.AsyncClient, ada: str) -> None:
    await signed_in(browser, app, ada)
    check_page(await browser.get("/room"))
    assert (await browser.get("/hall")).json() == {"visitor": ADA}
    for method in ("GET", "POST"):
        answer = await browser.request(method, "/loans", headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_without_a_session_a_page_leads_to_signing_in_and_back(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/room?period=2026-H1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Froom%3Fperiod%3D2026-H1")
    onward = await browser.get(answer.headers["location"])
    assert onward.status_code == 303
    address = httpx.URL(onward.headers["location"])
    assert str(address).startswith("http://127.0.0.1:8001/authorize?")
    assert (address.params["response_type"], address.params["code_challenge_method"], address.params["scope"]) == ("code", "S256", "openid")
    assert address.params["redirect_uri"] == "http://127.0.0.1:8002/sign-in/return"
    assert len(address.params["code_challenge"]) == 43
    assert not {"period", "room"} & set(str(address.params["state"]).split())


async def test_another_host_name_is_led_to_the_one_that_cookies_belong_to(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("http://localhost:8002/sign-in?next=/room")
    assert answer.headers["location"] == "http://127.0.0.1:8002/sign-in?next=%2Froom&here=true"
    again = await browser.get("http://localhost:8002/sign-in?next=/room&here=true")
    assert again.headers["location"].startswith("http://127.0.0.1:8001/authorize?")


@pytest.mark.parametrize("foreign", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\nb", "javascript:alert(1)", "x"])
async def test_the_way_back_leads_to_own_pages_alone(app: FastAPI, browser: httpx.AsyncClient, foreign: str) -> None:
    answer = await browser.get("/sign-in", params={"next": foreign})
    way = app.state.service.sessions.opened(httpx.URL(answer.headers["location"]).params["state"], "sign-in", OnTheWay)
    assert way.next == "/"


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?error=access_denied"])
async def test_coming_back_with_nothing_of_ours_signs_nobody_in(browser: httpx.AsyncClient, query: str) -> None:
    answer = await browser.get(f"/sign-in/return{query}")
    assert "没有登录成功" in text_of(check_page(answer, 401))
    assert "xingqi-local-evaluation" not in answer.cookies


async def test_a_state_belongs_to_the_browser_that_set_out(browser: httpx.AsyncClient, app: FastAPI) -> None:
    state = httpx.URL((await browser.get("/sign-in")).headers["location"]).params["state"]
    browser.cookies.clear()
    assert (await browser.get("/sign-in/return", params={"state": state, "code": "somebody's"})).status_code == 401


async def test_a_form_needs_its_mark(app: FastAPI, browser: httpx.AsyncClient, ada: str, tmp_path: Path) -> None:
    mark = await signed_in(browser, app, ada)
    sent = await browser.post("/room", data={"word": "一句", "csrf": mark})
    assert sent.json() == {"person": ADA, "word": "一句", "has_body": True}
    bo = app.state.service.sessions.forms.mark_of(Issuer(settings_of(tmp_path)).token(["member"], member=BO))
    for wrong in (
        {},
        {"csrf": ""},
        {"csrf": "x"},
        {"csrf": bo},
        {"csrf": mark[:-1] + "0"},
        {"csrf": "\uff19" + mark[1:]},
        {"csrf": "1." + mark[2:]},
    ):
        answer = await browser.post("/room", data={"word": "一句", **wrong})
        if wrong.get("csrf") != mark:
            assert "这张表单已失效" in text_of(check_page(answer, 403))


async def test_a_form_sent_from_another_site_is_refused_even_with_its_mark(app: FastAPI, browser: httpx.AsyncClient, ada: str) -> None:
    mark = await signed_in(browser, app, ada)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://127.0.0.1:9"},
        {"Origin": "null"},
    ):
        answer = await browser.post("/room", data={"csrf": mark}, headers=headers)
        assert "不是从本站发出" in text_of(check_page(answer, 403))
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://127.0.0.1:8002"}):
        assert (await browser.post("/room", data={"csrf": mark}, headers=headers)).status_code == 200


async def test_a_mark_outlives_a_sign_in_but_not_the_day(app: FastAPI, browser: httpx.AsyncClient, ada: str) -> None:
    """What was being written while the session ended can be sent after signing in anew."""
    mark = await signed_in(browser, app, ada)
    browser.cookies.clear()
    refused = await browser.post("/room", data={"csrf": mark}, headers={"Referer": "http://127.0.0.1:8002/room"})
    page = check_page(refused, 401)
    assert "没有丢失" in text_of(page)
    assert "/sign-in?next=%2Froom" in refused.text
    await signed_in(browser, app, ada)
    assert (await browser.post("/room", data={"csrf": mark})).status_code == 200
    tomorrow = Forms(b"secret", "http://x", lambda: time.time() + 13 * 3600)
    with pytest.raises(StaleForm):
        tomorrow.check(_a_request(), Forms(b"secret", "http://x").mark_of("ada"), "ada")


def _a_request() -> Request:
    return Request({"type": "http", "method": "POST", "headers": []})


async def test_a_session_is_worth_nothing_at_another_service_or_changed(app: FastAPI, browser: httpx.AsyncClient, ada: str) -> None:
    await signed_in(browser, app, ada)
    sessions = app.state.service.sessions
    (name, value), *_ = browser.cookies.items()
    assert ada not in value
    changed = value[:-5] + ("A" if value[-5] != "A" else "B") + value[-4:]
    for wrong in ("", "x", value[:-1], changed, sessions.sealed(Kept(ada, time.time() + 9), "sign-in")):
        browser.cookies.clear()
        browser.cookies.set(name, wrong)
        assert (await browser.get("/room")).status_code == 303
    sessions.cookie = "xingqi-local-roster"
    browser.cookies.clear()
    browser.cookies.set(sessions.cookie, value)
    assert (await browser.get("/room")).status_code == 303


async def test_a_session_ends_with_its_token_and_at_its_own_end(app: FastAPI, browser: httpx.AsyncClient, tmp_path: Path, ada: str) -> None:
    sessions = app.state.service.sessions
    short = Issuer(settings_of(tmp_path)).token(["member"], member=ADA, hours=1.2 / 3600)
    await signed_in(browser, app, short)
    assert (await browser.get("/room")).status_code == 200
    time.sleep(1.3)  # noqa: ASYNC251 - the clock of the machine
    assert (await browser.get("/room")).status_code == 303
    browser.cookies.set(sessions.cookie, sessions.sealed(Kept(ada, time.time() - 1), "session"))
    assert (await browser.get("/room")).status_code == 303


async def test_signing_out_takes_the_session_from_the_browser(app: FastAPI, browser: httpx.AsyncClient, ada: str) -> None:
    mark = await signed_in(browser, app, ada)
    assert (await browser.post("/sign-out")).status_code == 403
    assert (await browser.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    answer = await browser.post("/sign-out", data={"csrf": mark})
    assert (answer.status_code, answer.headers["location"], answer.headers["clear-site-data"]) == (303, "/signed-out", '"cache"')
    assert 'xingqi-local-evaluation=""; HttpOnly; Max-Age=0' in answer.headers["set-cookie"]
    assert "您已退出" in text_of(check_page(await browser.get("/signed-out")))


async def test_what_is_shown_to_one_is_never_taken_for_anothers(app: FastAPI, browser: httpx.AsyncClient, ada: str, tmp_path: Path) -> None:
    await signed_in(browser, app, ada)
    hers = await browser.get("/room")
    assert hers.headers["cache-control"] == "private, no-cache"
    assert (await browser.get("/room", headers={"If-None-Match": hers.headers["etag"]})).status_code == 304
    browser.cookies.clear()
    await signed_in(browser, app, Issuer(settings_of(tmp_path)).token(["member"], member=BO))
    assert (await browser.get("/room", headers={"If-None-Match": hers.headers["etag"]})).status_code == 200


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_hosts(tmp_path: Path, ada: str) -> None:
    plain, secure = Response(), Response()
    for response, url in ((plain, "http://127.0.0.1:8002"), (secure, "https://town.example")):
        app = reading_room(tmp_path, evaluation_browser_url=url)
        sessions = app.state.service.sessions
        sessions.put(response, await sessions.begun(Tokened(ada, 3600)))
        app.state.service.log.close()
    assert plain.headers["set-cookie"].startswith("xingqi-local-evaluation=")
    assert secure.headers["set-cookie"].startswith("__Host-xingqi-local-evaluation=")
    assert secure.headers["set-cookie"].endswith("; HttpOnly; Max-Age=3599; Path=/; SameSite=lax; Secure")
    assert plain.headers["set-cookie"].endswith("; HttpOnly; Max-Age=3599; Path=/; SameSite=lax")


async def test_a_token_that_no_cookie_holds_is_refused_and_says_so(app: FastAPI, tmp_path: Path) -> None:
    issuer = Issuer(settings_of(tmp_path))
    grants = [{"role": "member", "organization_id": ADA, "types": ["points.entry-recorded.v1"] * 60}] * 2
    large = issuer.sign({"sub": "x", "member_id": ADA, "grants": [{"role": "member"}, *grants]}, 60)
    sessions = app.state.service.sessions
    with pytest.raises(SessionTooLarge):
        sessions.put(Response(), await sessions.begun(Tokened(large, 3600)))


async def test_a_bearer_token_opens_pages_too_and_needs_no_mark(browser: httpx.AsyncClient, ada: str) -> None:
    """No browser sends it by itself, so no foreign form can."""
    bearer = {"Authorization": f"Bearer {ada}"}
    assert (await browser.get("/room", headers=bearer)).status_code == 200
    assert (await browser.post("/room", headers=bearer)).status_code == 200
    assert (await browser.get("/room", headers={"Authorization": "Bearer x"})).status_code == 401
