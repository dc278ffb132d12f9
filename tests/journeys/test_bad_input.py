"""Bad input over the wire (issue: each a test): every one is refused with a problem that names the cause, and nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.journeys.processes import CellSettings
from tests.journeys.stories import FULL, Branch, Town, names, story_town

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def town(cell_settings: CellSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with story_town(tmp_path_factory.mktemp("bad-input"), **cell_settings()) as made:
        yield made


@pytest.fixture(scope="module")
def voting(town: Town) -> Branch:
    """A branch of seven in its peer review; the last is excused."""
    branch = town.branch(names(7))
    town.open(branch, excused=[{"member_id": list(branch.members.values())[6], "reason": "长期住院"}])
    town.to(branch, "peer_review")
    return branch


@pytest.fixture(scope="module")
def quiet(town: Town) -> Branch:
    """A branch without a review."""
    return town.branch(names(4))


# Phases


def test_a_skipped_phase_is_refused(town: Town) -> None:
    branch = town.branch(names(6))
    place = f"evaluation/reviews/{town.open(branch)}/phase"
    for phase in ("committee_review", "publicity", "confirmed"):
        town.refused((409, "wrong_phase"), "POST", place, branch.secretary, {"to": phase})


def test_a_phase_is_not_closed_twice_and_a_late_ballot_is_refused(town: Town) -> None:
    branch = town.branch(names(6))
    place = f"evaluation/reviews/{town.open(branch)}"
    first = next(iter(branch.members))
    ballot = f"{place}/ballots/{branch.member(first)}"
    town.refused((409, "wrong_phase"), "PUT", ballot, branch.tokens[first], {"scores": branch.sheet(first)})
    town.to(branch, "peer_review")
    for name in list(branch.members)[1:]:
        town.ballot(branch, name)
    town.to(branch, "committee_review")
    town.refused((409, "wrong_phase"), "POST", f"{place}/phase", branch.secretary, {"to": "committee_review"})
    town.refused((409, "wrong_phase"), "PUT", ballot, branch.tokens[first], {"scores": branch.sheet(first)})


def test_an_electorate_of_tomorrow_is_refused(town: Town, quiet: Branch) -> None:
    body = {"branch_id": quiet.id, "period": "2026-H2", "excused": []}
    answer = town.call("POST", "evaluation/reviews", quiet.secretary, {**body, "electorate_on": "2026-07-03"})
    assert answer.status_code == 422, answer.text
    answer = town.call("POST", "evaluation/reviews", quiet.secretary, body)
    assert answer.status_code == 422, answer.text
    answer = town.call("POST", "evaluation/reviews", quiet.secretary, {**body, "period": "2027-H1"})
    assert answer.status_code == 422, answer.text


# Ballots


def bad_ballots(branch: Branch) -> dict[str, Any]:
    """Ballots of the first member, each wrong in one way."""
    rater = next(iter(branch.members))
    rated = list(branch.members)[1:6]
    whole = branch.sheet(rater, without=[list(branch.members)[6]])
    one = branch.member(rated[0])

    def with_score(value: object) -> dict[str, Any]:
        return {**deepcopy(whole), one: {**FULL, "conduct": value}}

    return {
        "leaves someone out": {member: row for member, row in whole.items() if member != one},
        "scores its voter": {**whole, branch.member(rater): FULL},
        "scores a stranger": {**whole, str(uuid4()): FULL},
        "scores an excused member": {**whole, list(branch.members.values())[6]: FULL},
        "leaves a dimension out": {**whole, one: {code: score for code, score in FULL.items() if code != "conduct"}},
        "a dimension that is none": {**whole, one: {**FULL, "likes": 1}},
        "above the maximum": with_score(20.01),
        "below zero": with_score(-1),
        "three decimals": with_score(18.123),
        "a string for a number": with_score("18"),
        "a boolean": with_score(True),
        "null": with_score(None),
        "a list": with_score([18]),
        "not a number": with_score(float("nan")),
        "infinity": with_score(float("inf")),
        "empty": {},
        "a list of rows": [whole],
    }


@pytest.mark.parametrize("wrong", [*bad_ballots(Branch("", dict(zip(names(7), map(str, range(7)), strict=True)), {}, "", ""))])
def test_a_bad_ballot_is_refused_whole(town: Town, voting: Branch, wrong: str) -> None:
    rater = next(iter(voting.members))
    place = f"evaluation/reviews/{voting.review}/ballots/{voting.member(rater)}"
    body = json.dumps({"scores": bad_ballots(voting)[wrong]})
    answer = raw(town, "PUT", place, voting.tokens[rater], body.encode())
    assert answer.status_code == 422, answer.text
    assert (answer.json()["code"] == "malformed_json") == (wrong in {"not a number", "infinity"}), answer.text
    assert all(error.keys() == {"pointer", "detail"} for error in answer.json()["errors"]), answer.text
    assert answer.json()["errors"], answer.text
    assert town.call("GET", place, voting.tokens[rater]).status_code == 404


def raw(town: Town, method: str, place: str, by: str, content: bytes) -> httpx.Response:
    service, _, path = place.partition("/")
    headers = {"Authorization": f"Bearer {by}", "Content-Type": "application/json"}
    return town.http.request(method, f"{town.cell.urls[service]}/{path}", content=content, headers=headers)


@pytest.mark.parametrize(
    ("content", "statuses"),
    [
        (b'{"scores": {"a": {"conviction": 1e400}}}', {422}),
        (b'{"scores": ' + b"[" * 5_000_000 + b"]" * 5_000_000 + b"}", {413, 422}),
        (b'{"scores": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}", {413, 422}),
        (b'{"scores": {}, "scores": {}, "more": 1}', {422}),
        (b"", {422}),
        (b"\xff\xfe", {422}),
        (b"{", {422}),
        (b"null", {422}),
        (b'"scores"', {422}),
    ],
    ids=["1e400", "10 MB of nesting", "deep nesting", "unknown field", "empty", "no UTF-8", "cut off", "null", "text"],
)
@pytest.mark.parametrize("kind", ["ballot", "entry"])
def test_a_body_that_is_none_is_refused(town: Town, voting: Branch, content: bytes, statuses: set[int], kind: str) -> None:
    rater = next(iter(voting.members))
    ballot = f"evaluation/reviews/{voting.review}/ballots/{voting.member(rater)}"
    method, place, by = ("PUT", ballot, voting.tokens[rater]) if kind == "ballot" else ("POST", "evaluation/entries", voting.secretary)
    answer = raw(town, method, place, by, content)
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


# Entries


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"item": "likes"}, "unknown_item"),
        ({"occurred_on": "2026-07-03"}, "future_deed"),
        ({"occurred_on": "2015-06-30"}, "before_joining"),
        ({"item": "breach", "points": 5}, "evidence_missing"),
        ({"points": 5}, "points_fixed"),
        ({"item": "help"}, "points_missing"),
        ({"item": "help", "points": 20.5}, "points_out_of_range"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_a_bad_entry_names_its_cause(town: Town, quiet: Branch, change: dict[str, Any], code: str) -> None:
    body = {"member_id": quiet.team[0], "item": "study", "occurred_on": "2026-06-01", "evidence": []}
    town.refused((422, code), "POST", "evaluation/entries", quiet.secretary, {**body, **change})


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01", "20260201", "yesterday", 20260201, None, "2026-02-01T00:00:00Z"])
def test_a_day_that_is_none_is_refused(town: Town, quiet: Branch, day: object) -> None:
    body = {"member_id": quiet.team[0], "item": "study", "occurred_on": day, "evidence": []}
    assert town.call("POST", "evaluation/entries", quiet.secretary, body).status_code == 422


@pytest.mark.parametrize("points", [1.005, "5", True, 1e300], ids=["three decimals", "a string", "a boolean", "huge"])
def test_points_are_exact_numbers(town: Town, quiet: Branch, points: object) -> None:
    body = {"member_id": quiet.team[0], "item": "help", "occurred_on": "2026-06-01", "evidence": [], "points": points}
    assert town.call("POST", "evaluation/entries", quiet.secretary, body).status_code == 422


def test_an_entry_is_not_reversed_twice(town: Town, quiet: Branch) -> None:
    entry = town.entry(quiet, next(iter(quiet.members)), on="2026-05-01")
    town.do("POST", f"evaluation/entries/{entry}/reversal", quiet.secretary, {"reason": "记错"})
    town.refused((409, "already_reversed"), "POST", f"evaluation/entries/{entry}/reversal", quiet.secretary, {"reason": "再错"})


# Rulebooks


def gap(rules: dict[str, Any]) -> None:
    rules["bands"] = rules["bands"][:-1]


def overlap(rules: dict[str, Any]) -> None:
    rules["bands"][1]["from"] = 95


def likes(rules: dict[str, Any]) -> None:
    rules["items"].append({"code": "likes", "title": "点赞数", "kind": "bonus", "points": 1, "cap": 10, "evidence": False})


def heavy(rules: dict[str, Any]) -> None:
    rules["result"]["weights"]["peer"] = 0.6


@pytest.mark.parametrize("spoil", [gap, overlap, likes, heavy])
def test_rules_that_contradict_themselves_are_not_published(town: Town, spoil: Callable[[dict[str, Any]], None]) -> None:
    rules = deepcopy(town.rules)
    spoil(rules)
    body = {"organization_id": town.id, "code": "bad", "title": "不合格的办法", "rules": rules}
    answer = town.call("POST", "evaluation/rulebooks", town.officer, body)
    assert answer.status_code in {409, 422}
    problem = town.call("POST", "evaluation/rulebooks/lint", town.officer, {"rules": rules})
    assert problem.status_code == 200, problem.text
    assert problem.json(), "the lint names no problem"


# Ids, cursors, keys


def test_ids_of_elsewhere(town: Town, quiet: Branch) -> None:
    """What does not exist is a 404; what lies in another county is refused and not told apart from it."""
    county = town.do("POST", "roster/organizations", town.admin, {"kind": "county", "name": "外县"})["id"]
    other = town.do("POST", "roster/organizations", town.admin, {"kind": "town", "name": "外镇", "parent_id": county, "code": "W"})["id"]
    body = {"kind": "branch", "name": "外村党支部", "parent_id": other, "code": "W1"}
    branch = town.do("POST", "roster/organizations", town.admin, body)["id"]
    joined = {"name": "外人", "branch_id": branch, "joined_on": "2015-07-01", "status": "full"}
    stranger = town.do("POST", "roster/members", town.admin, joined)["id"]
    for member in (stranger, str(uuid4())):
        entry: dict[str, Any] = {"member_id": member, "item": "study", "occurred_on": "2026-06-01", "evidence": []}
        assert town.call("POST", "evaluation/entries", quiet.secretary, entry).status_code in {403, 404}
        assert town.call("GET", f"evaluation/members/{member}/points", quiet.secretary, period="2026-H1").status_code in {403, 404}
    assert town.call("GET", f"evaluation/reviews/{uuid4()}", quiet.secretary).status_code == 404
    assert town.call("GET", "evaluation/reviews/not-an-id", quiet.secretary).status_code in {404, 422}
    assert town.call("GET", f"notice/notices/{uuid4()}").status_code == 404


@pytest.mark.parametrize("place", ["evaluation/reviews", "roster/members", "notice/notices", "evaluation/pledges"])
@pytest.mark.parametrize("cursor", ["made-up", "AAAA", "%00", "1", "é", "x" * 5000])
def test_a_made_up_cursor_is_refused(town: Town, quiet: Branch, place: str, cursor: str) -> None:
    wanted = "organization_id" if place == "notice/notices" else "branch_id"
    answer = town.send("GET", place, quiet.secretary, query={"after": cursor, wanted: quiet.id})
    assert answer.status_code == 422, answer.text


def test_a_key_is_used_for_one_body_only(town: Town, quiet: Branch) -> None:
    body = {"member_id": quiet.team[1], "item": "study", "occurred_on": "2026-06-05", "evidence": []}
    key = {"Idempotency-Key": "deed-of-5-june"}
    first = town.send("POST", "evaluation/entries", quiet.secretary, body, headers=key)
    again = town.send("POST", "evaluation/entries", quiet.secretary, body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = town.send("POST", "evaluation/entries", quiet.secretary, {**body, "occurred_on": "2026-06-06"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


# Names


@pytest.mark.parametrize("name", ["𠅤𬍛", "䶮𫍯㛃", "阿卜杜热合曼·买买提", "欧阳\u3000明"], ids=["rare", "rarer", "long", "wide space"])
def test_names_with_rare_characters_are_kept(town: Town, quiet: Branch, name: str) -> None:
    joined = {"name": name, "branch_id": quiet.id, "joined_on": "2015-07-01", "status": "full"}
    member = town.do("POST", "roster/members", town.admin, joined)["id"]
    assert town.read(f"roster/members/{member}", town.admin)["name"].replace(" ", "") == name.replace("\u3000", "")


def test_2_kb_of_combining_marks_is_no_name(town: Town, quiet: Branch) -> None:
    joined = {"name": "赵" + "\u0301" * 1000, "branch_id": quiet.id, "joined_on": "2015-07-01", "status": "full"}
    assert town.call("POST", "roster/members", town.admin, joined).status_code == 422


# Callers


@pytest.mark.parametrize("token", [None, "made.up.token", "e30.e30."])
def test_nobody_without_a_good_token(town: Town, quiet: Branch, token: str | None) -> None:
    answer = town.call("GET", "evaluation/reviews", token, branch_id=quiet.id)
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_a_member_votes_for_itself_only(town: Town, voting: Branch) -> None:
    one, other = list(voting.members)[:2]
    place = f"evaluation/reviews/{voting.review}/ballots/{voting.member(one)}"
    sheet = {"scores": voting.sheet(one, without=[list(voting.members)[6]])}
    assert town.call("PUT", place, voting.tokens[other], sheet).status_code == 403
    assert town.call("PUT", place, town.admin, sheet).status_code == 403
