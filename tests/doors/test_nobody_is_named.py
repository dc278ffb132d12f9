"""In a county in which there is one of everything, no name, phone, identity number or text about a person stands in the clear.

Looked at: every file of the data folder (databases, write-ahead logs, views, checkpoints), both folders of a backup, the events as the feed
and the log's entries give them, metrics, every line that the services wrote, and what they answer to requests that hold a name in the
wrong place. Not looked at: the answers that are made to show a name to whom it may be shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote

import pytest
import structlog

from shared.settings import SERVICES
from tests.doors.world import COUNT, SECONDS_UNTIL_SHOWN, START, World, world
from tests.evaluation.builders_review import members, scores
from xingqi.cli import main as xingqi

pytestmark = pytest.mark.timeout(600)

NAME, PHONE, IDENTITY, ADDRESS = "尉迟难忘", "13987650421", "110101199003078873", "北山村难忘巷九号"
SAID = "只写给那个人的一句难忘的话"
CONTACT = "13876504219"
LOGIN = "nanwang-421"
SECRETS = (NAME, "尉迟", PHONE, IDENTITY, ADDRESS, SAID, "难忘的话", CONTACT, LOGIN, *(f"王{one}" for one in members(COUNT)))


def ways(secret: str) -> Iterator[bytes]:
    """How it could be written in a file, a line or an address."""
    yield secret.encode()
    yield secret.encode("utf-16-le")
    if not secret.isascii():
        yield json.dumps(secret)[1:-1].encode()
        yield quote(secret).encode()
        yield repr(secret.encode())[2:-1].encode()


FORMS = {form: secret for secret in SECRETS for form in ways(secret)}


def found_in(places: Mapping[str, bytes]) -> list[str]:
    return sorted({f"{name}: {secret}" for name, content in places.items() for form, secret in FORMS.items() if form in content})


def files(folder: Path) -> dict[str, bytes]:
    return {f"{folder.name}/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def say_everything(county: World) -> None:
    """Somebody unmistakable, and a text about it in each place that takes one."""
    ids, admin = county.ids, county.token("admin")
    secretary, officer = county.token("branch_secretary", "north", "m1"), county.token("town_officer", "town")
    own, who = county.token("member", None, "m2"), county.people["m2"]
    profile = {"name": NAME, "phone": PHONE, "identity_number": IDENTITY, "address": ADDRESS, "occupation": SAID}
    county.do("roster", "PATCH", f"/members/{who}/profile", admin, profile)
    county.do("roster", "PUT", f"/members/{who}/kin", own, {"kin": [{"member_id": county.people["m3"], "from": "2000-01-01"}]})
    county.do("roster", "POST", "/members/search", officer, {"q": NAME})
    county.do("roster", "POST", "/accounts", admin, {"member_id": who, "login": LOGIN})
    pledge = {"member_id": who, "period": "2027-H1", "theme": "helping", "action": SAID, "target": SAID, "due_on": "2027-06-01"}
    made = county.do("evaluation", "POST", "/pledges", own, pledge)["id"]
    county.do("evaluation", "POST", f"/pledges/{made}/review", secretary, {"decision": "returned", "reason": SAID})
    evidence = [{"kind": "text", "value": SAID}]
    deed = {"member_id": who, "item": "helping", "points": 2, "occurred_on": "2027-03-01", "evidence": evidence}
    entry = county.do("evaluation", "POST", "/entries", secretary, deed)["id"]
    county.do("evaluation", "POST", f"/entries/{entry}/story", secretary, {"title": SAID, "text": f"{NAME}{SAID}"})
    study = {"member_id": who, "item": "study", "occurred_on": "2027-03-02", "evidence": evidence}
    study_id = county.do("evaluation", "POST", "/entries", secretary, study)["id"]
    county.do("evaluation", "POST", f"/entries/{study_id}/reversal", secretary, {"reason": SAID})
    review = f"/reviews/{ids['review_id']}"
    sheet = {"rater_id": county.people["m4"], "sheet": SAID, "scores": {one: scores(16) for name, one in _branch(county) if name != "m4"}}
    county.do("evaluation", "POST", f"{review}/paper-ballots", secretary, sheet)
    county.do("evaluation", "POST", f"{review}/excused", secretary, {"member_id": county.people["m6"], "reason": SAID})
    said = {"text": SAID, "name": NAME, "contact": CONTACT}
    county.do("notice", "POST", f"/notices/{ids['notice_id']}/objections", "", said)
    county.do("evaluation", "POST", f"/inspections/{ids['inspection_id']}/findings", county.token("county_supervisor", "county"), {
        "kind": "poor_implementation", "text": f"{NAME}{SAID}", "evidence": evidence,
    })  # fmt: skip


def _branch(county: World) -> list[tuple[str, str]]:
    return [(name, county.people[name]) for name in members(COUNT)]


def in_the_wrong_places(county: World) -> dict[str, bytes]:
    """What the services answer to requests that hold names where none belongs."""
    by, answers = county.token("admin"), {}
    for service in SERVICES:
        for method, path in (
            ("GET", f"/{quote(NAME)}"),
            ("GET", f"/members/{quote(NAME)}/points?period={quote(NAME)}"),
            ("GET", f"/events?after={PHONE}x&types={quote(NAME)}"),
            ("POST", f"/members/{county.people['m2']}/transfer"),
            ("POST", "/entries"),
            ("POST", "/notices/x/objections"),
            ("PUT", "/clock"),
        ):
            body = {"member_id": NAME, "phone": PHONE, "to": [IDENTITY], "now": SAID, "text": {"a": SAID}}
            answer = county.send(service, method, path, by, json=body if method != "GET" else None)
            assert 400 <= answer.status_code < 500, f"{service} {method} {path}: {answer.status_code}"
            answers[f"{service} answers {method} {path[:12]}"] = answer.content
    return answers


def told_by(county: World) -> dict[str, bytes]:
    """Feed, entries and metrics of each service."""
    by, told = county.token("admin"), {}
    for service in SERVICES:
        head = county.apps[service].state.service.log.head()
        after = 0
        while after < head:
            page = county.send(service, "GET", f"/events?limit=1000&after={after}", by)
            told[f"{service} feed after {after}"] = page.content
            after = page.json()["next"]
        full, rest = divmod(head, 256)
        tiles = [*(f"{n:03}" for n in range(full)), *([f"{full:03}.p/{rest}"] if rest else [])]
        entries = [_entries(county, service, tile) for tile in tiles]
        told[f"{service} entries"] = b"".join(entries)
        told[f"{service} metrics"] = county.send(service, "GET", "/metrics", by).content
    return told


def _entries(county: World, service: str, tile: str) -> bytes:
    """The tile, once a checkpoint covers it: within a second."""
    until = monotonic() + SECONDS_UNTIL_SHOWN
    while not (answer := county.send(service, "GET", f"/log/tile/entries/{tile}", county.token("admin"))).is_success:
        assert monotonic() < until, answer.text
        sleep(0.1)
    return answer.content


def test_no_name_no_number_and_no_text_about_a_person_stands_in_the_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    structlog.reset_defaults()
    data = tmp_path / "data"
    with world(data) as county:
        say_everything(county)
        places = in_the_wrong_places(county) | told_by(county)
        said = capfd.readouterr()
        places |= {"lines on standard output": said.out.encode(), "lines on standard error": said.err.encode()}
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("XINGQI_DATA", str(data))
        monkeypatch.setenv("XINGQI_CLOCK", f"manual:{START}")
        assert xingqi(["backup", "copy"]) == 0
        for folder in (data, tmp_path / "copy", tmp_path / "copy-keys"):
            places |= files(folder)
    assert len(places["lines on standard output"]) > 10_000, "nothing was written: this test looks at nothing"
    assert {"data/roster/events.db", "data/evaluation/events.db-wal", "data/notice/views.db", "data/roster/reads.db"} <= set(places)
    assert b"ballots.ballot-cast.v1" in places["evaluation entries"]
    assert not found_in(places)


def test_the_search_would_find_each_of_them() -> None:
    for form in FORMS:
        assert found_in({"a file": b"\x00\x01" + form + b"\xff"})
    assert len(FORMS) > len(SECRETS) * 2
