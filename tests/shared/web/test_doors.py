"""Who may do what: the token, the table, the scopes, and the question that no handler may forget."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from shared.web import WITHIN, allow, permissions
from shared.web.permissions import TableAndRoutesDiffer, check_table
from tests.shared.web.library import ADA, BO, BOOK, BRANCH, ELSEWHERE, GROUP, OTHER, TOWN, Shelves

Headers = dict[str, str]
Bearer = Callable[..., Headers]
UNKNOWN = "00000000-0000-7000-8000-0000000000ff"


def lend(client: httpx.Client, headers: Headers, branch: str = BRANCH) -> int:
    return client.post("/loans", headers=headers, json={"book": BOOK, "branch_id": branch, "days": 1}).status_code


@pytest.mark.parametrize(
    "case",
    [
        ("branch_secretary", BRANCH, BRANCH, 201),
        ("branch_secretary", BRANCH, GROUP, 201),
        ("branch_secretary", TOWN, BRANCH, 201),
        ("branch_secretary", BRANCH, OTHER, 403),
        ("branch_secretary", BRANCH, TOWN, 403),
        ("branch_secretary", GROUP, BRANCH, 403),
        ("branch_secretary", None, BRANCH, 403),
        ("admin", None, BRANCH, 201),
        ("admin", TOWN, GROUP, 201),
        ("admin", OTHER, BRANCH, 403),
        ("member", BRANCH, BRANCH, 403),
        ("town_officer", TOWN, BRANCH, 403),
    ],
)
def test_a_grant_holds_for_its_organisation_and_what_lies_below(
    client: httpx.Client, bearer: Bearer, case: tuple[str, str | None, str, int]
) -> None:
    role, granted, asked, status = case
    assert lend(client, bearer(role, organization=granted), asked) == status


def test_several_roles_in_one_token_add_up(client: httpx.Client, bearer: Bearer) -> None:
    assert lend(client, bearer("member", "branch_secretary", organization=BRANCH, member=ADA)) == 201


@pytest.mark.parametrize(
    ("caller", "asked", "status"),
    [
        (ADA, ADA, 200),
        (ADA, BO, 403),
        (BO, ADA, 403),
        (ELSEWHERE, ADA, 403),
    ],
)
def test_a_member_sees_itself_and_its_own_branch(client: httpx.Client, bearer: Bearer, caller: str, asked: str, status: int) -> None:
    assert client.get(f"/payments/{asked}", headers=bearer("member", member=caller)).status_code == status


def test_own_branch_reaches_into_its_groups_and_not_above(client: httpx.Client, bearer: Bearer) -> None:
    scopes = client.get("/scopes", headers=bearer("member", member=ADA)).json()
    assert scopes == {"scopes": [BRANCH]}


@pytest.mark.parametrize(
    "case",
    [
        ("branch_secretary", BRANCH, None, [BRANCH]),
        ("admin", None, None, None),
        ("admin", TOWN, None, [TOWN]),
        ("platform", None, None, None),
        ("member", None, BO, [OTHER]),
    ],
)
def test_a_list_is_bounded_by_the_grants(
    client: httpx.Client, bearer: Bearer, case: tuple[str, str | None, str | None, list[str] | None]
) -> None:
    role, organization, member, scopes = case
    answer = client.get("/scopes", headers=bearer(role, organization=organization, member=member))
    assert answer.json() == {"scopes": scopes}


@pytest.mark.parametrize(("role", "member"), [("town_officer", None), ("branch_secretary", None), ("member", ELSEWHERE)])
def test_a_list_without_any_grant_is_refused(client: httpx.Client, bearer: Bearer, role: str, member: str | None) -> None:
    assert client.get("/scopes", headers=bearer(role, member=member)).status_code == 403


def test_what_is_not_there_is_said_before_what_is_not_allowed(client: httpx.Client, bearer: Bearer) -> None:
    assert client.get(f"/payments/{UNKNOWN}", headers=bearer("member", member=ADA)).status_code == 404
    assert lend(client, bearer("branch_secretary", organization=BRANCH), UNKNOWN) == 404


def test_an_id_that_is_none_leads_nowhere(client: httpx.Client, bearer: Bearer) -> None:
    answer = client.get("/payments/17", headers=bearer("member", member=ADA))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_nobody_is_asked_for_a_token_before_anything_is_read(client: httpx.Client) -> None:
    answer = client.post("/loans", content=b"{{{{")
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_public_route_needs_no_token_and_knows_who_sends_one(client: httpx.Client, bearer: Bearer) -> None:
    assert client.get("/board").json() == {"visitor": None}
    assert client.get("/board", headers=bearer("member", member=ADA)).json() == {"visitor": ADA}
    assert client.get("/board", headers={"Authorization": "Bearer nonsense"}).json() == {"visitor": None}


def test_the_person_is_the_member_or_else_the_account(client: httpx.Client, bearer: Bearer) -> None:
    as_secretary = client.get("/me", headers=bearer("member", "branch_secretary", organization=BRANCH, member=ADA)).json()
    assert as_secretary == {"person": ADA, "is_secretary": True}
    one, same, other = (
        client.get("/me", headers=bearer("member", organization=organization)).json()["person"] for organization in (BRANCH, BRANCH, TOWN)
    )
    assert one == same != other


def test_a_token_of_another_county_finds_nothing_but_open_routes(client: httpx.Client, bearer: Bearer) -> None:
    stranger = bearer("branch_secretary", organization=UNKNOWN)
    assert client.get("/scopes", headers=stranger).status_code == 404
    assert lend(client, stranger) == 404
    assert client.get("/board", headers=stranger).json() == {"visitor": None}
    assert client.get("/health/live", headers=stranger).status_code == 200


def test_a_grant_here_beside_one_elsewhere_is_enough(client: httpx.Client, signed: Callable[..., Headers]) -> None:
    grants = [{"role": "branch_secretary", "organization_id": place} for place in (UNKNOWN, BRANCH)]
    assert lend(client, signed(grants=grants)) == 201


def test_while_the_owner_of_organisations_is_away_the_answer_is_503(
    client: httpx.Client, signed: Callable[..., Headers], shelves: Shelves
) -> None:
    shelves.is_away = True
    answer = client.get("/scopes", headers=signed(sub="new here", grants=[{"role": "branch_secretary", "organization_id": BRANCH}]))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def test_a_token_that_was_found_good_needs_no_owner_any_more(client: httpx.Client, secretary: Headers, shelves: Shelves) -> None:
    assert client.get("/scopes", headers=secretary).status_code == 200
    shelves.is_away = True
    assert client.get("/scopes", headers=secretary).status_code == 200


def test_a_handler_that_forgot_to_ask_gives_no_answer(client: httpx.Client, admin: Headers) -> None:
    answer = client.get("/forgotten", headers=admin)
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_a_route_without_a_line_stops_the_start() -> None:
    with pytest.raises(TableAndRoutesDiffer, match=r"GET /books has no line in permissions\.py"):
        check_table(permissions({}), ["GET /books"])


def test_a_line_without_a_route_stops_the_start() -> None:
    with pytest.raises(TableAndRoutesDiffer, match="PUT /books has a line"):
        check_table(permissions({"PUT /books": allow(admin=WITHIN)}), [])


@pytest.mark.parametrize("key", ["/books", "get /books", "GET books", "GET  /books", "GET /books "])
def test_a_line_is_written_as_method_and_path(key: str) -> None:
    with pytest.raises(ValueError, match="is no route"):
        permissions({key: allow(admin=WITHIN)})


def test_a_line_for_a_word_that_is_no_role_is_refused() -> None:
    with pytest.raises(ValueError, match="no such role: secretary"):
        allow(secretary=WITHIN)
