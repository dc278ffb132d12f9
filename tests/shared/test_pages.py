"""The base page: languages, caching, policy, and what it does with texts that are meant to do harm."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from shared.calendar import NoHalfYear
from shared.web import languages
from shared.web.pages import Pages
from tests.pages import all_of, check_page, text_of

TEMPLATE = """{% extends "base.html" %}
{% from "drawing.html" import stars, flags, no_entries, fact %}
{% block heading %}{{ name }}{% endblock %}
{% block content %}
<p>{{ day | day }} {{ now | instant }} {{ "2026-H1" | half_year }} {{ day | weekday }} {{ score | score }}</p>
<p>{{ stars(2) }} {{ stars(1) }} {{ flags(1) }} {{ flags(0) }} {{ stars(none) }}</p>
<dl class="facts">{% call fact("n") %}{{ name }}{% endcall %}</dl>
{{ no_entries(name) }}
{% endblock %}
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder: Path = tmp_path_factory.mktemp("house")
    package = folder / "a_service_of_the_tests"
    (package / "templates").mkdir(parents=True)
    (package / "static").mkdir()
    (package / "__init__.py").touch()
    (package / "templates" / "trial.html").write_text(TEMPLATE)
    (package / "static" / "own.css").write_text("p { margin: 0 }")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        return _app(Pages("a_service_of_the_tests"))


def _app(pages: Pages) -> FastAPI:
    app = FastAPI()
    app.mount("/static", pages.assets)

    @app.get("/page")
    async def page(request: Request, name: str = "城关村支部") -> Response:
        facts: dict[str, Any] = {"day": date(2026, 6, 30), "now": datetime(2026, 6, 30, 16, 5, tzinfo=UTC), "score": Decimal("89.495")}
        return pages.render(request, "trial.html", name=name, **facts)

    @app.get("/seen")
    async def seen(request: Request) -> Response:
        return pages.unchanged(request, '"7"') or pages.refusal(request, 404)

    return app


@pytest.fixture
async def reader(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://board") as client:
        yield client


async def test_a_page_keeps_what_every_page_must(reader: httpx.AsyncClient) -> None:
    page = check_page(await reader.get("/page"))
    assert text_of(all_of(page, "h1")[0]) == "城关村支部"
    assert "2026年6月30日 2026年7月1日 00:05 2026年上半年 星期二 89.5" in text_of(page)


async def test_a_refusal_is_a_page_in_plain_words(reader: httpx.AsyncClient) -> None:
    page = check_page(await reader.get("/seen"), status=404)
    assert text_of(all_of(page, "h1")[0]) == "没有找到这一页"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh-Hans-CN"),
        ("en-GB,en;q=0.9", "en"),
        ("fr, en;q=0.5, zh;q=0.7", "zh-Hans-CN"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans-CN"),
        ("ug, kk", "zh-Hans-CN"),
        ("en;q=0", "zh-Hans-CN"),
        ("en;q=much", "zh-Hans-CN"),
    ],
)
async def test_the_browser_says_which_language_its_reader_likes(reader: httpx.AsyncClient, header: str, language: str) -> None:
    page = check_page(await reader.get("/page", headers={"Accept-Language": header}))
    assert page.get("lang") == language


async def test_a_choice_is_remembered_and_beats_the_browser(reader: httpx.AsyncClient) -> None:
    chinese_browser = {"Accept-Language": "zh-CN"}
    chosen = await reader.get("/page?lang=en", headers=chinese_browser)
    assert check_page(chosen).get("lang") == "en"
    assert "httponly" in chosen.headers["set-cookie"].lower()
    again = check_page(await reader.get("/page", headers=chinese_browser))
    assert again.get("lang") == "en"
    assert "first half of 2026" in text_of(again)
    assert [node.get("aria-label") for node in again.iter() if node.get("role") == "img"] == ["2 stars", "1 star", "1 flag"]


async def test_an_unknown_language_is_no_choice(reader: httpx.AsyncClient) -> None:
    answer = await reader.get("/page?lang=<script>")
    assert check_page(answer).get("lang") == "zh-Hans-CN"
    assert "set-cookie" not in answer.headers


async def test_the_link_to_the_other_language_keeps_the_rest_of_the_address(reader: httpx.AsyncClient) -> None:
    page = check_page(await reader.get("/page?name=a%26b"))
    (link,) = [link for link in all_of(page, "a") if link.get("class") == "language"]
    assert link.get("href") == "/page?name=a%26b&lang=en"


@pytest.mark.parametrize("harm", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "</title><h1>"])
async def test_a_name_is_shown_as_it_is_written(reader: httpx.AsyncClient, harm: str) -> None:
    page = check_page(await reader.get("/page", params={"name": harm}))
    assert text_of(all_of(page, "h1")[0]) == harm
    assert not all_of(page, "script")


async def test_who_has_the_page_gets_304_and_who_has_the_other_language_the_page(reader: httpx.AsyncClient) -> None:
    first = await reader.get("/page")
    same = await reader.get("/page", headers={"If-None-Match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    other = await reader.get("/page", headers={"If-None-Match": first.headers["etag"], "Accept-Language": "en"})
    assert check_page(other).get("lang") == "en"


async def test_a_page_known_by_position_is_not_drawn_again(reader: httpx.AsyncClient) -> None:
    assert (await reader.get("/seen", headers={"If-None-Match": '"7-zh"'})).status_code == 304
    assert (await reader.get("/seen", headers={"If-None-Match": '"6-zh"'})).status_code == 404


async def test_static_files_are_kept_for_ever_under_the_name_of_their_bytes(reader: httpx.AsyncClient) -> None:
    page = await reader.get("/page")
    (sheet,) = [link.get("href") for link in all_of(check_page(page), "link") if link.get("rel") == "stylesheet"]
    assert sheet is not None
    answer = await reader.get(sheet)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert (await reader.get(sheet, headers={"If-None-Match": answer.headers["etag"]})).status_code == 304
    assert (await reader.post(sheet)).status_code == 405


@pytest.mark.parametrize("name", ["base.css", "", "base.000000000000.css", "..%2fpages.py", "../pages.py", "%00"])
async def test_no_other_name_is_served(reader: httpx.AsyncClient, name: str) -> None:
    assert (await reader.get(f"/static/{name}")).status_code == 404


def test_a_page_that_names_a_missing_file_fails_at_once() -> None:
    with pytest.raises(KeyError):
        Pages("shared.web").assets.url("missing.css")


@pytest.mark.parametrize(
    ("score", "shown"),
    [("89.495", "89.5"), ("89.494", "89.49"), ("0.005", "0.01"), ("100", "100"), ("90.00", "90"), ("0", "0"), ("7.10", "7.1")],
)
def test_a_score_is_shown_rounded_half_up(score: str, shown: str) -> None:
    assert languages.written_score(Decimal(score), "zh") == shown


@pytest.mark.spec("3.33")
def test_a_missing_score_is_never_zero() -> None:
    assert languages.written_score(None, "zh") == "无"
    assert languages.written_score(None, "en") == "none"


def test_what_is_no_half_year_is_refused() -> None:
    with pytest.raises(NoHalfYear):
        languages.written_half_year("2026-H3", "zh")


def test_a_text_outside_a_page_is_translated_with_its_values() -> None:
    assert languages.translated("en", "编号 %(number)s", number=3) == "Number 3"
    assert languages.translated("zh", "编号 %(number)s", number=3) == "编号 3"
