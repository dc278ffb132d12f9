"""What every page must keep, checked on every page that any test fetches.

`check_page(response)` returns the parsed page; `text_of(node)` is what a reader sees of it. A test that fetches a page calls it, so a
page can't be made that nobody looks at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from http.cookies import SimpleCookie
from xml.etree.ElementTree import Element

import html5lib
import httpx
from fastapi import FastAPI
from starlette.responses import Response

from shared.web.provider import Tokened
from shared.web.sessions import Sessions

NAMESPACE = "{http://www.w3.org/1999/xhtml}"
LABELLED = {"input", "select", "textarea"}
UNLABELLED_TYPES = {"hidden", "submit", "button"}
ADDRESSES = ("href", "src", "action", "formaction", "poster")
OUTWARD = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//|^(?:data|javascript|blob):", re.IGNORECASE)


def check_page(answer: httpx.Response, status: int = 200) -> Element:
    """The page's root element, after: status, type, policy, valid HTML, language, one h1 that begins the title, landmarks, unique ids,
    labels, texts for pictures, and nothing from another origin or inline. Every failure is named at once."""
    assert answer.status_code == status, f"{answer.request.url.path} answered {answer.status_code}, expected {status}"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    parser = html5lib.HTMLParser(namespaceHTMLElements=True)
    page: Element = parser.parse(answer.text)
    faults = [f"line {line}: {code} {values}" for (line, _), code, values in parser.errors]
    faults += [*_head(page, answer), *_structure(page), *_names(page), *_origins(page)]
    assert not faults, f"{answer.request.url.path}:\n" + "\n".join(faults)
    return page


async def signed_in(client: httpx.AsyncClient, app: FastAPI, token: str) -> str:
    """Let the client's browser hold a session of `app`'s pages, as whoever the token names; the value of the field `csrf` for its forms."""
    sessions: Sessions = app.state.service.sessions
    session, response = await sessions.begun(Tokened(token, 3600)), Response()
    sessions.put(response, session)
    client.cookies.set(sessions.cookie, SimpleCookie(response.headers["set-cookie"])[sessions.cookie].value)
    return session.mark


def text_of(node: Element) -> str:
    """The text inside, each run of white space as one blank."""
    return " ".join("".join(node.itertext()).split())


def all_of(page: Element, tag: str) -> list[Element]:
    """All elements of this HTML tag, in order."""
    return list(page.iter(f"{NAMESPACE}{tag}"))


def _head(page: Element, answer: httpx.Response) -> Iterator[str]:
    policy = answer.headers.get("content-security-policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy or "data:" in policy or "*" in policy:
        yield f"content security policy: {policy!r}"
    if page.get("lang") not in {"zh-Hans-CN", "en"}:
        yield f"lang={page.get('lang')!r}"
    headings, titles = all_of(page, "h1"), all_of(page, "title")
    if len(headings) != 1 or not text_of(headings[0]):
        yield f"{len(headings)} h1"
    elif len(titles) != 1 or not text_of(titles[0]).startswith(text_of(headings[0])):
        yield f"the title {[text_of(title) for title in titles]} does not begin with the h1 {text_of(headings[0])!r}"
    if not any(meta.get("name") == "viewport" for meta in all_of(page, "meta")):
        yield "no viewport"


def _structure(page: Element) -> Iterator[str]:
    mains = all_of(page, "main")
    if len(mains) != 1 or mains[0].get("id") != "main":
        yield "not one <main id=main>"
    if not any(link.get("href") == "#main" for link in all_of(page, "a")):
        yield "no skip link"
    level = 0
    for node in page.iter():
        if found := re.fullmatch(re.escape(NAMESPACE) + r"h([1-6])", str(node.tag)):
            if int(found[1]) > level + 1:
                yield f"h{found[1]} after h{level}: {text_of(node)!r}"
            level = int(found[1])
    for table in all_of(page, "table"):
        if not any(cell.get("scope") for cell in all_of(table, "th")):
            yield "a table without <th scope>"


def _names(page: Element) -> Iterator[str]:
    counted = Counter(node.get("id") for node in page.iter() if node.get("id"))
    yield from (f"id {name!r} stands {count} times" for name, count in counted.items() if count > 1)
    labels = {label.get("for") for label in all_of(page, "label")}
    for node in (node for tag in LABELLED for node in all_of(page, tag)):
        if node.get("type") not in UNLABELLED_TYPES and node.get("id") not in labels and not node.get("aria-label"):
            yield f"no label for {node.get('name')!r}"
    for reference in ("aria-labelledby", "aria-describedby", "for"):
        for node in page.iter():
            yield from (f"{reference}={name!r} names nothing" for name in (node.get(reference) or "").split() if name not in counted)
    yield from ("an <img> without alt" for image in all_of(page, "img") if image.get("alt") is None)
    yield from (f"a link without text: {link.get('href')}" for link in all_of(page, "a") if not text_of(link) and not _label_in(link))


def _label_in(node: Element) -> bool:
    return any(inner.get("aria-label") or inner.get("alt") for inner in node.iter())


def _origins(page: Element) -> Iterator[str]:
    for node in page.iter():
        for name, value in node.attrib.items():
            if name in ADDRESSES and OUTWARD.match(value):
                yield f"another origin: {name}={value!r}"
            if name == "style" or name.startswith("on"):
                yield f"inline {name}={value!r}"
    yield from ("an inline <script>" for script in all_of(page, "script") if not script.get("src"))
    yield from ("an inline <style>" for _ in all_of(page, "style"))
