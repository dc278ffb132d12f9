"""Pages of evaluation in tests: each is checked as it is fetched; forms are sent as a browser sends them, with all their fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import httpx

from tests.evaluation.builders import Town
from tests.pages import all_of, check_page, text_of

HTML = {"Accept": "text/html"}


@dataclass
class Browser:
    """Somebody at the pages of a running evaluation; nobody where `token` is None."""

    town: Town
    token: str | None = None
    at: str = ""
    text: str = ""

    async def get(self, path: str, status: int = 200) -> Element:
        """The page, checked."""
        return self._look(path, await self.town.client.get(path, headers=self._headers(), follow_redirects=True), status)

    async def send(self, path: str, status: int = 200, /, **fields: Any) -> Element:  # noqa: ANN401 - texts, or lists of them
        """The page that answers a form, after its redirect."""
        answer = await self.town.client.post(path, data=fields, headers=self._headers())
        if answer.status_code == 303:
            assert "no-store" in answer.headers["cache-control"]
            return await self.get(answer.headers["location"], status)
        return self._look(path, answer, status)

    async def fill(self, page: Element, action: str = "", status: int = 200, /, **fields: Any) -> Element:  # noqa: ANN401
        """Send the form of `page` whose address holds `action`, with what stands in it and these fields."""
        (form, *_) = [one for one in all_of(page, "form") if action in (one.get("action") or "") and one.get("method") == "post"]
        return await self.send(form.get("action") or self.at, status, **(fields_in(form) | fields))

    def _headers(self) -> dict[str, str]:
        return HTML | ({"Authorization": f"Bearer {self.token}"} if self.token else {})

    def _look(self, path: str, answer: httpx.Response, status: int) -> Element:
        page = check_page(answer, status)
        assert "no-store" in answer.headers["cache-control"] or status >= 400
        self.at, self.text = urlsplit(path).path, text_of(all_of(page, "main")[0])
        return page


def fields_in(form: Element) -> dict[str, Any]:
    """What a browser would send of this form if nobody touched it."""
    found: dict[str, Any] = {}
    for node in all_of(form, "input"):
        kind, name = node.get("type", "text"), node.get("name")
        if not name or kind in {"submit", "file"} or (kind in {"checkbox", "radio"} and node.get("checked") is None):
            continue
        found.setdefault(name, []).append(node.get("value") or "")
    for node in all_of(form, "textarea"):
        found.setdefault(node.get("name") or "", []).append("".join(node.itertext()))
    for node in all_of(form, "select"):
        options = all_of(node, "option")
        chosen = [one for one in options if one.get("selected") is not None] or options[:1]
        found.setdefault(node.get("name") or "", []).extend(one.get("value") or "" for one in chosen)
    return found
