"""Every route of the three services for every role, inside, above and outside of what it is about: allowed is what the table says, and
nothing else.

The requests are made from the OpenAPI documents; each goes through the real service up to the question whether its caller may. There it is
stopped where the answer is yes, so that no cell changes what the next one sees. What the table means is reckoned here a second time, from
what the world knows of each thing's place: a handler that asks about another place than that of the thing at hand is found out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any

import httpx
import pytest

from shared.errors import Conflict
from shared.web.door import Doorway
from shared.web.permissions import ROLES, Granted, Reach, Scope
from tests.doors.requests import CALLER, Asked, Target, requests
from tests.doors.world import World, world
from tests.evaluation.builders_review import scores

pytestmark = pytest.mark.timeout(600)

OFFICES = ("admin", "county_supervisor", "town_officer", "branch_secretary", "committee_member", "platform", "service")
PLACES = (None, "county", "town", "north", "south", "far")
"""The whole cell, above, above, inside, beside, in another town."""
PEOPLE = {"m1": "north", "m2": "north", "beside": "south", "stranger": "far"}
OF_THE_CALLER: Target = (None, CALLER)
CELL: Target = (None, None)
TOWN, COUNTY = ("town", None), ("county", None)
TARGETS: dict[str, Target] = {
    # of the whole cell
    **dict.fromkeys(("PUT /clock", "PUT /calendar/years/{year}", "PUT /calendar/{date}", "GET /log/tile/entries/{path:path}"), CELL),
    **dict.fromkeys(("POST /clients", "GET /clients/{client_id}", "PUT /clients/{client_id}/grants"), CELL),
    **dict.fromkeys(("POST /clients/{client_id}/secret", "DELETE /clients/{client_id}"), CELL),
    **dict.fromkeys(("POST /profiles/names", "POST /texts/read", "POST /accounts/officers"), CELL),
    # of a town, a county
    **dict.fromkeys(("POST /rulebooks/{rulebook_id}/versions", "POST /rulebooks/{rulebook_id}/versions/{number}/adoption"), TOWN),
    **dict.fromkeys(("POST /inspections/{inspection_id}/findings", "POST /inspections/{inspection_id}/circular"), COUNTY),
    **dict.fromkeys(("POST /findings/{finding_id}/reversal", "GET /examinations/{examination_id}"), COUNTY),
    **dict.fromkeys(("POST /examinations/{examination_id}/repetition",), COUNTY),
    # of the branch and nobody in it, of somebody else, of whoever asks
    **dict.fromkeys(("GET /entries", "GET /objections", "GET /pledges"), ("north", None)),
    "GET /objections/{objection_id}": ("north", "m2"),
    "GET /reviews/{review_id}/receipts/{receipt}": OF_THE_CALLER,
}
"""What a route is about, where that is neither the branch `north` nor its member `m1`."""
BEGINNINGS: dict[str, Target] = {"/my": OF_THE_CALLER, "/town/{town_id}": TOWN}
"""The same for all routes whose paths begin so."""
BODIES: dict[str, Any] = {
    "POST /accounts": lambda world: {"member_id": world.people["m1"]},
    "POST /organizations": lambda world: {"kind": "group", "name": "x", "parent_id": world.ids["north"]},
    "PUT /reviews/{review_id}/committee-scores": lambda world: {
        "attendees": [world.people["m2"]],
        "scores": {world.people["m1"]: {"score": 80}},
    },
    "PUT /reviews/{review_id}/self-reviews/{member_id}": {"achievements": "x", "shortcomings": "x", "pledges": [], "scores": scores(16)},
}
"""What is sent where the document says too little."""
MARK = "x-matrix"
"""Marks the requests that are stopped: the services go on asking each other meanwhile."""


class Stopped(Conflict):
    """The caller may: the request goes no further."""

    code = "stopped"
    sentence = "The caller may do this; the test stops here."


@dataclass(frozen=True)
class Caller:
    name: str
    role: str
    place: str | None
    person: str | None
    token: str | None


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("matrix")) as made:
        yield made


@pytest.fixture(scope="module")
def asked(county: World) -> list[Asked]:
    return list(requests(county, TARGETS, BEGINNINGS, BODIES))


@pytest.fixture
def _stopped_at_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopping(original: Callable[..., Any], question: str) -> Callable[..., Any]:
        async def ask(self: Doorway, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever is asked
            answer = await original(self, *given, **named)
            return _stop(self, question, answer)

        def ask_at_once(self: Doorway, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever is asked
            return _stop(self, question, original(self, *given, **named))

        return ask if iscoroutinefunction(original) else ask_at_once

    for question in ("require", "scopes", "rights", "open"):
        monkeypatch.setattr(Doorway, question, stopping(getattr(Doorway, question), question))


def _stop(door: Doorway, question: str, answer: object) -> object:
    if MARK in door.request.headers:
        raise Stopped(question=question)
    return answer


def callers(county: World) -> list[Caller]:
    """Nobody; each office at each place; members: the one in question, one of its branch, others."""
    officers = [Caller(f"{role} at {place}", role, place, None, county.token(role, place)) for role in OFFICES for place in PLACES]
    people = [Caller(f"member {person}", "member", None, person, county.token("member", None, person)) for person in PEOPLE]
    return [Caller("nobody", "", None, None, None), *officers, *people]


def may(one: Asked, caller: Caller, question: str) -> bool:
    """What the line of the table means for this caller and this target; of a list: whether it sees any of it."""
    return any(_reaches(scope, caller, one.target, question) for scope in one.rule.scopes.get(caller.role, ()))


ABOVE: dict[str | None, tuple[str, ...]] = {"north": ("north", "town", "county"), "town": ("town", "county"), "county": ("county",)}


def _reaches(scope: Reach, caller: Caller, target: Target, question: str) -> bool:
    place, person = target
    is_list = question in {"scopes", "rights"}
    match scope:
        case Scope.EVERYWHERE:
            return True
        case Scope.SELF:
            return caller.person is not None and person in {CALLER, caller.person} and not is_list
        case Scope.OWN_BRANCH:
            return caller.person is not None and (is_list or PEOPLE[caller.person] in ABOVE.get(place, ()))
        case Scope.WITHIN | Granted():
            if caller.place is None:
                return caller.role in {"admin", "service"}
            return is_list or caller.place in ABOVE.get(place, ())


@pytest.mark.usefixtures("_stopped_at_the_door")
def test_allowed_is_what_the_table_says_and_nothing_else(county: World, asked: list[Asked]) -> None:
    wrong, cells, everybody = list[str](), Counter[str](), callers(county)
    for one in asked:
        if one.rule.is_public:
            continue
        for caller in everybody:
            if caller.role not in one.rule.scopes and caller.place not in {None, "north"}:
                continue  # a role that the line does not name: two places are enough
            answer = called(county, one, caller)
            outcome, question = outcome_of(answer)
            expected = "allowed" if may(one, caller, question) else "denied"
            cells[outcome] += 1
            if outcome != expected:
                said = f"{answer.status_code} {answer.text[:160]}"
                wrong.append(f"{one.name} by {caller.name}: {outcome} ({question}), the table says {expected} ({said})")
    assert cells["allowed"] > 1000
    assert not wrong, f"{len(wrong)} cells:\n" + "\n".join(wrong)


@pytest.mark.usefixtures("_stopped_at_the_door")
def test_what_is_open_turns_nobody_away_at_the_door(county: World, asked: list[Asked]) -> None:
    everybody = callers(county)
    wrong = []
    for one in asked:
        for caller in [everybody[0], everybody[-1]] if one.rule.is_public else []:
            answer = called(county, one, caller)
            if code_in(answer) in {"unauthenticated", "not_allowed", "sign_in_first"} or answer.status_code == 500:
                wrong.append(f"{one.name} by {caller.name}: {answer.status_code} {answer.text[:160]}")
    assert not wrong, "\n".join(wrong)


def called(county: World, one: Asked, caller: Caller) -> httpx.Response:
    """What the service answers to this caller."""
    sent = dict(one.sent)
    headers = {**sent.pop("headers", {}), MARK: "1"}
    if one.path.endswith("/stream"):  # it goes on for ten minutes: whether it begins is enough
        address = county.settings.url_of(one.service) + one.path  # type: ignore[arg-type]
        with county.http.stream(one.method, address, headers=headers | _bearer(caller)) as answer:
            return httpx.Response(answer.status_code, headers=answer.headers, content=b"" if answer.is_success else answer.read())
    return county.send(one.service, one.method, one.path, caller.token, headers=headers, **sent)


def _bearer(caller: Caller) -> dict[str, str]:
    return {"Authorization": f"Bearer {caller.token}"} if caller.token else {}


def code_in(answer: httpx.Response) -> str | None:
    return answer.json().get("code") if "problem+json" in answer.headers.get("content-type", "") else None


def outcome_of(answer: httpx.Response) -> tuple[str, str]:
    """`allowed` or `denied` and by which question; or what happened before any was asked."""
    code = code_in(answer)
    if answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?"):
        return "denied", ""
    if code == "stopped":
        return "allowed", answer.json()["question"]
    if code in {"unauthenticated", "sign_in_first", "not_allowed", "not_found", "unknown_lead", "not_asked"}:
        return "denied", ""
    return f"not asked: {answer.status_code}", ""


def test_every_role_has_its_column() -> None:
    assert {*OFFICES, "member"} == set(ROLES)
