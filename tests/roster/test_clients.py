"""Clients of other platforms: registered by an administrator, given tokens for their secret, and no more than was granted."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from tests.roster.builders import Roster

pytestmark = pytest.mark.anyio


async def registered(roster: Roster, *types: str, place: str = "north") -> dict[str, Any]:
    grants = [{"organization_id": roster.places[place], "types": list(types)}]
    made: dict[str, Any] = await roster.do("POST", "/clients", {"name": "县党建平台", "grants": grants})
    return made


async def ask(roster: Roster, **form: str) -> Any:  # noqa: ANN401 - JSON
    return await roster.client.post("/token", data={"grant_type": "client_credentials", **form})


async def token(roster: Roster, client: dict[str, Any]) -> str:
    answer = await ask(roster, client_id=client["id"], client_secret=client["client_secret"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 600)
    given: str = answer.json()["access_token"]
    return given


async def topics(roster: Roster, bearer: str) -> set[str]:
    return {event["type"] for event in (await roster.do("GET", "/events?limit=1000", by=bearer))["items"]}


@pytest.mark.spec("1.13")
async def test_a_platform_reads_what_it_was_granted_and_nothing_else(roster: Roster) -> None:
    await roster.join(branch="north")
    await roster.join("李桂英", branch="south")
    bearer = await token(roster, await registered(roster, "members.*"))
    events = (await roster.do("GET", "/events?limit=1000", by=bearer))["items"]
    assert [event["data"]["branch_id"] for event in events if event["type"] == "members.member-joined.v1"] == [roster.places["north"]]
    assert await topics(roster, bearer) == {"members.member-joined.v1"}
    await roster.refused("not_allowed", "GET", f"/members?branch_id={roster.places['north']}", by=bearer)


async def test_grants_are_replaced_for_the_next_token(roster: Roster) -> None:
    client = await registered(roster, "members.*")
    await roster.join(branch="north")
    answer = await roster.do("PUT", f"/clients/{client['id']}/grants", {"grants": []})
    assert answer == {"id": client["id"], "name": "县党建平台", "grants": []}
    await roster.refused("not_allowed", "GET", "/events", by=await token(roster, client))


async def test_the_secret_may_come_by_http_basic(roster: Roster) -> None:
    client = await registered(roster, "*")
    basic = b64encode(f"{client['id']}:{client['client_secret']}".encode()).decode()
    answer = await roster.client.post("/token", data={"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {basic}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "form",
    [{}, {"client_id": "x", "client_secret": "y"}, {"client_id": "00000000-0000-7000-8000-000000000001", "client_secret": "y"}],
)
async def test_wrong_credentials_are_refused_alike(roster: Roster, form: dict[str, str]) -> None:
    answer = await ask(roster, **form)
    assert (answer.status_code, answer.json()["code"], answer.json()["error"]) == (401, "invalid_client", "invalid_client")


async def test_a_wrong_secret_and_a_closed_client_get_nothing(roster: Roster) -> None:
    client = await registered(roster, "*")
    assert (await ask(roster, client_id=client["id"], client_secret="wrong")).status_code == 401
    await roster.send("DELETE", f"/clients/{client['id']}")
    assert (await ask(roster, client_id=client["id"], client_secret=client["client_secret"])).status_code == 401
    await roster.refused("unknown_client", "GET", f"/clients/{client['id']}")


async def test_another_grant_type_is_refused(roster: Roster) -> None:
    answer = await ask(roster, grant_type="password")
    assert (answer.status_code, answer.json()["error"]) == (422, "unsupported_grant_type")


async def test_a_renewed_secret_replaces_the_last(roster: Roster) -> None:
    client = await registered(roster, "*")
    renewed = await roster.do("POST", f"/clients/{client['id']}/secret")
    assert (await ask(roster, client_id=client["id"], client_secret=client["client_secret"])).status_code == 401
    await token(roster, renewed)


async def test_the_secret_is_shown_once_and_no_row_holds_it(roster: Roster) -> None:
    body = {"name": "平台", "grants": []}
    first = await roster.do("POST", "/clients", body, **{"Idempotency-Key": "once"})
    assert await roster.do("POST", "/clients", body, **{"Idempotency-Key": "once"}) == {"id": first["id"]}
    connection = roster.app.state.service.log.connection()
    for table in ("client_secrets", "answers", "stored_events"):
        assert first["client_secret"] not in repr(connection.execute(f"SELECT * FROM {table}").fetchall())


@pytest.mark.parametrize("types", [["Members"], ["members"], ["members.joined"], ["members.*.v1"], ["x" * 90] * 50, [""]])
async def test_what_can_not_be_granted(roster: Roster, types: list[str]) -> None:
    grants = [{"organization_id": roster.places["north"], "types": types}]
    answer = await roster.send("POST", "/clients", {"name": "平台", "grants": grants})
    assert answer.status_code == 422


async def test_one_grant_an_organisation_and_only_known_ones(roster: Roster) -> None:
    twice = [{"organization_id": roster.places["north"], "types": ["*"]}] * 2
    await roster.refused("bad_grants", "POST", "/clients", {"name": "平台", "grants": twice})
    unknown = [{"organization_id": "00000000-0000-7000-8000-000000000001", "types": ["*"]}]
    await roster.refused("unknown_organization", "POST", "/clients", {"name": "平台", "grants": unknown})


async def test_only_an_administrator_registers(roster: Roster) -> None:
    await roster.refused("not_allowed", "POST", "/clients", {"name": "平台", "grants": []}, by=roster.token("town_officer", "town"))


# The list of clients


async def listed(roster: Roster, by: str | None = None, place: str | None = None, query: str = "") -> list[dict[str, Any]]:
    position = roster.app.state.service.log.head()
    at = f"&organization_id={roster.places[place]}" if place else ""
    items: list[dict[str, Any]] = (await roster.do("GET", f"/clients?min_position={position}{at}{query}", by=by))["items"]
    return items


async def test_who_may_read_something_of_an_organisation_is_listed_with_what_reaches_it(roster: Roster) -> None:
    north = await registered(roster, "members.*")
    south = await registered(roster, "*", place="south")
    county = await registered(roster, "standings", place="county")
    ids = {name: one["id"] for name, one in {"north": north, "south": south, "county": county}.items()}
    assert [one["id"] for one in await listed(roster)] == list(ids.values())
    assert [one["id"] for one in await listed(roster, place="north")] == [ids["north"], ids["county"]]
    assert [one["id"] for one in await listed(roster, place="town")] == list(ids.values())
    (first, *_) = await listed(roster, place="north")
    assert first == {
        "id": ids["north"], "name": "县党建平台", "grants": [{"organization_id": roster.places["north"], "types": ["members.*"]}],
    }  # fmt: skip


async def test_who_administers_a_branch_sees_of_a_client_what_concerns_that_branch(roster: Roster) -> None:
    grants = [{"organization_id": roster.places[place], "types": ["*"]} for place in ("north", "south")]
    both = await roster.do("POST", "/clients", {"name": "平台", "grants": grants})
    await registered(roster, "*", place="south")
    (only,) = await listed(roster, by=roster.token("admin", "north"))
    assert (only["id"], only["grants"]) == (both["id"], grants[:1])
    await roster.refused("not_allowed", "GET", f"/clients?organization_id={roster.places['south']}", by=roster.token("admin", "north"))


async def test_a_closed_client_is_listed_no_more_and_new_grants_at_once(roster: Roster) -> None:
    closed, kept = await registered(roster, "*"), await registered(roster, "*")
    await roster.send("DELETE", f"/clients/{closed['id']}")
    await roster.do("PUT", f"/clients/{kept['id']}/grants", {"grants": []})
    assert await listed(roster) == [{"id": kept["id"], "name": "县党建平台", "grants": []}]
    assert await listed(roster, place="north") == []


async def test_the_list_goes_on_page_by_page(roster: Roster) -> None:
    made = [(await registered(roster, "*"))["id"] for _ in range(5)]
    first = await roster.do("GET", f"/clients?limit=2&min_position={roster.app.state.service.log.head()}")
    second = await roster.do("GET", f"/clients?limit=2&after={first['next']}")
    last = await roster.do("GET", f"/clients?limit=2&after={second['next']}")
    assert [one["id"] for page in (first, second, last) for one in page["items"]] == made
    assert last["next"] is None


async def test_the_list_is_for_who_may_register_and_tells_no_secret(roster: Roster) -> None:
    client = await registered(roster, "*")
    answer = await roster.send("GET", f"/clients?min_position={roster.app.state.service.log.head()}")
    assert client["client_secret"] not in answer.text
    assert set(answer.json()["items"][0]) == {"id", "name", "grants"}
    for by in (roster.token("town_officer", "town"), roster.token("county_supervisor", "county"), await token(roster, client)):
        await roster.refused("not_allowed", "GET", "/clients", by=by)
    unknown = "00000000-0000-7000-8000-000000000001"
    await roster.refused("unknown_organization", "GET", f"/clients?organization_id={unknown}")
