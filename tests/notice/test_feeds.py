"""A board as Atom, as a bell, on a wall and on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from shared.events import Event
from tests.notice import facts
from tests.notice.house import HERE, House
from tests.pages import all_of, check_page, text_of

ATOM = "{http://www.w3.org/2005/Atom}"


def atom(house: House, branch: str) -> Element:
    answer = house.get(f"boards/{branch}/feed.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return fromstring(answer.content)  # noqa: S314 - our own feed


def said(element: Element, name: str) -> str:
    return element.findtext(f"{ATOM}{name}") or ""


def test_the_atom_feed_says_what_the_json_feed_says(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.results_published(branch, {members["王芳"]: 2}))
    boards.told.tell(facts.results_corrected(branch, {members["王芳"]: 3}))
    feed, other = atom(boards, branch), boards.read(f"boards/{branch}/feed.json")
    entries = feed.findall(f"{ATOM}entry")
    assert said(feed, "title") == other["title"]
    assert [(said(entry, "id"), said(entry, "title"), said(entry, "content")) for entry in entries] == [
        (item["id"], item["title"], item["content_text"]) for item in other["items"]
    ]
    assert {link.get("rel") for link in feed.findall(f"{ATOM}link")} == {"self", "alternate"}
    related = [link.get("href", "") for link in entries[1].findall(f"{ATOM}link") if link.get("rel") == "related"]
    assert related == [said(entries[0], "id")], "the original links to the correction"


def test_an_atom_feed_of_nothing_is_whole(boards: House, branch: str) -> None:
    feed = atom(boards, branch)
    assert all(said(feed, name) for name in ("id", "title", "updated"))


def test_no_text_breaks_out_of_the_atom_feed(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.pledges_announced(boards, branch, (members["王芳"], "</content><script>1</script>&", "2026-H1")))
    (entry,) = atom(boards, branch).findall(f"{ATOM}entry")
    assert "</content><script>1</script>&" in said(entry, "content")


def test_who_has_the_atom_feed_gets_304(boards: House, branch: str) -> None:
    boards.told.tell(facts.results_published(branch, {}))
    first = boards.get(f"boards/{branch}/feed.atom")
    again = boards.get(f"boards/{branch}/feed.atom", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@contextmanager
def ring_of(house: House, branch: str, **headers: str) -> Iterator[Iterator[str]]:
    url = f"{house.settings.notice_url}/boards/{branch}/stream"
    with house.http.stream("GET", url, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.iter_lines()


def test_the_bell_rings_when_something_on_this_board_changed(own_boards: House) -> None:
    house, branch = own_boards, own_boards.places[HERE]
    house.board(HERE)
    with ring_of(house, branch) as lines, ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: [next(lines) for _ in range(3)])
        house.told.tell(facts.rulebook_published(house.places["宣化镇"]))
        house.board("宣化镇")
        assert not first.done(), "another board's notice is no news here"
        house.told.tell(facts.results_published(branch, {}))
        house.board(HERE)
        identity, kind, data = first.result(10)
    assert kind == "event: more"
    assert identity.removeprefix("id: ") == data.removeprefix("data: ")


def test_the_bell_goes_on_behind_the_last_ring(boards: House, branch: str) -> None:
    boards.told.tell(facts.results_published(branch, {}))
    boards.read(f"notices?organization_id={branch}")
    with ring_of(boards, branch, **{"Last-Event-ID": "0"}) as lines:
        assert next(lines).startswith("id: ")


def test_the_wall_is_a_page_with_our_own_script_alone(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.results_published(branch, dict.fromkeys(members.values(), 3)))
    page = check_page(boards.page(f"boards/{branch}?display=wall"))
    (script,) = all_of(page, "script")
    assert (script.get("src") or "").startswith("/static/wall.")
    assert boards.send("GET", "notice" + (script.get("src") or "")).status_code == 200
    assert "王芳" in text_of(page)
    stale = next(node for node in page.iter() if node.get("id") == "stale")
    assert stale.get("hidden") is not None
    assert "连接中断" in text_of(stale)


def test_the_wall_and_the_page_do_not_share_a_304(boards: House, branch: str) -> None:
    tag = boards.page(f"boards/{branch}").headers["etag"]
    wall = boards.get(f"boards/{branch}?display=wall", **{"Accept": "text/html", "If-None-Match": tag})
    assert wall.status_code == 200
    again = boards.get(f"boards/{branch}?display=wall", **{"Accept": "text/html", "If-None-Match": wall.headers["etag"]})
    assert again.status_code == 304


def test_there_is_no_other_display(boards: House, branch: str) -> None:
    assert boards.get(f"boards/{branch}?display=moon", Accept="text/html").status_code == 422


def poster(house: House, notice_id: str, **headers: str) -> bytes:
    answer = house.get(f"notices/{notice_id}.pdf", **headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    return answer.content


def test_a_notice_is_printed_the_same_bytes_twice(boards: House, branch: str, members: dict[str, str]) -> None:
    boards.told.tell(facts.results_published(branch, dict.fromkeys(members.values(), 3)))
    (found,) = boards.read(f"notices?organization_id={branch}")["items"]
    first = poster(boards, found["id"])
    assert first.startswith(b"%PDF-")
    deadline = monotonic() + 10
    while (again := poster(boards, found["id"])) != first:  # the checkpoint on it moves on until it covers what was just recorded
        assert monotonic() < deadline
        first = again
    assert poster(boards, found["id"], **{"Accept-Language": "en"}) != first


@pytest.mark.parametrize("words", ['#panic("x")', "]#let x = 1[", "$ _ * ` \\ @ <a> //", "龘𠮷", "一\n二"])
def test_what_people_wrote_is_never_markup(boards: House, branch: str, members: dict[str, str], words: str) -> None:
    boards.told.tell(facts.pledges_announced(boards, branch, (members["王芳"], words, "2026-H1")))
    (found,) = boards.read(f"notices?organization_id={branch}")["items"]
    assert len(poster(boards, found["id"])) > 5000


@pytest.mark.parametrize("kind", ["story", "circular", "rulebook"])
def test_every_kind_can_be_printed(boards: House, branch: str, members: dict[str, str], kind: str) -> None:
    place = boards.places["宣化镇"] if kind == "rulebook" else branch
    make: dict[str, Callable[[], Event | tuple[str, dict[str, Any]]]] = {
        "story": lambda: facts.story_told(boards, branch, members["王芳"]),
        "circular": lambda: facts.circular_issued(boards, branch),
        "rulebook": lambda: facts.rulebook_published(place),
    }
    boards.told.tell(make[kind]())
    found = boards.read(f"notices?organization_id={place}&kind={kind}")["items"][0]
    poster(boards, found["id"])


def test_a_withdrawn_notice_is_not_printed(boards: House, branch: str) -> None:
    boards.told.tell(facts.results_published(branch, {}))
    (found,) = boards.read(f"notices?organization_id={branch}")["items"]
    boards.do("POST", f"notice/notices/{found['id']}/withdrawal", {"reason": "核对"}, boards.token("town_officer", "宣化镇"))
    boards.refused("nothing_to_print", "GET", f"notice/notices/{found['id']}.pdf")
    boards.refused("unknown_notice", "GET", f"notice/notices/{facts.identity('nothing')}.pdf")


def test_paper_with_gaps_is_not_printed(own_boards: House) -> None:
    house, branch = own_boards, own_boards.places[HERE]
    house.told.tell(facts.story_told(house, branch, house.join("王芳")))
    (found,) = house.read(f"notices?organization_id={branch}")["items"]
    house.told.is_away = True
    assert house.send("GET", f"notice/notices/{found['id']}.pdf").status_code == 503


def test_a_notice_is_told_again_only_when_something_changed(boards: House, branch: str) -> None:
    boards.told.tell(facts.results_published(branch, {}))
    (found,) = boards.read(f"notices?organization_id={branch}")["items"]
    tag = boards.get(f"notices/{found['id']}").headers["etag"]
    assert boards.get(f"notices/{found['id']}", **{"If-None-Match": tag}).status_code == 304
    boards.told.tell(facts.review_confirmed(branch))
    assert boards.get(f"notices/{found['id']}", **{"If-None-Match": tag}).status_code == 200
