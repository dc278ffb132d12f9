"""Accounts: who may open, change, reset and close which, and what of it is said where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.roster.domain.accounts import BadRoles, MoreThanOwn, check_givable, proper_grants
from services.roster.domain.passwords import BadLogin, WeakPassword, proper_login, proper_password
from services.roster.events.accounts import AccountGrant
from services.roster.issuer import account_of
from tests.roster.builders import Roster


async def opened(roster: Roster, by: str | None = None, **body: object) -> dict[str, Any]:
    answer: dict[str, Any] = await roster.do("POST", "/accounts", body, by)
    return answer


def secretary(roster: Roster, place: str = "north") -> dict[str, str]:
    return {"role": "branch_secretary", "organization_id": roster.places[place]}


async def test_an_account_comes_with_a_login_and_a_one_time_password_that_are_shown_once(roster: Roster) -> None:
    wang = await roster.join()
    sent = {"member_id": wang, "grants": [secretary(roster)]}
    first = await roster.send("POST", "/accounts", sent, **{"Idempotency-Key": "one"})
    said = first.json()
    assert first.status_code == 201
    assert first.headers["cache-control"] == "no-store"
    assert said["id"] == account_of(wang)
    assert len(said["login"]) == 8
    assert len(said["password"].split("-")) == 3
    again = await roster.send("POST", "/accounts", sent, **{"Idempotency-Key": "one"})
    assert (again.status_code, again.json()) == (201, {"id": said["id"]})
    shown = await roster.do("GET", f"/accounts/{said['id']}")
    assert shown == {"id": said["id"], "member_id": wang, "grants": [secretary(roster)]}


async def test_no_event_and_no_row_in_the_clear_holds_login_or_password(roster: Roster, tmp_path: Path) -> None:
    said = await opened(roster, member_id=await roster.join(), login="Wang.XiuLan")
    assert said["login"] == "wang.xiulan"
    log = roster.app.state.service.log
    events = repr([log.row(position).state for position in range(1, log.head() + 1)])
    files = b"".join(path.read_bytes() for path in (tmp_path / "roster").iterdir() if path.is_file())
    for secret in (said["login"], said["password"], said["password"].replace("-", "")):
        assert secret not in events
        assert secret.encode() not in files


async def test_a_member_has_one_account(roster: Roster) -> None:
    wang = await roster.join()
    await opened(roster, member_id=wang)
    await roster.refused("account_exists", "POST", "/accounts", {"member_id": wang})


async def test_a_login_name_is_anybodys_once(roster: Roster) -> None:
    await opened(roster, member_id=await roster.join("王一"), login="wang")
    await roster.refused("login_taken", "POST", "/accounts", {"member_id": await roster.join("王二"), "login": "WANG"})
    await roster.refused("bad_login", "POST", "/accounts", {"member_id": await roster.join("王三"), "login": "w w"})


async def test_a_town_officer_gives_within_its_town_and_never_an_officers_role(roster: Roster) -> None:
    officer = roster.token("town_officer", "town")
    await roster.found("town", "elsewhere", "county")
    await roster.found("branch", "west", "elsewhere")
    wang, li = await roster.join(), await roster.join("李四", "west")
    await opened(
        roster, officer, member_id=wang, grants=[secretary(roster), {"role": "committee_member", "organization_id": roster.places["south"]}]
    )
    await roster.refused("not_allowed", "POST", "/accounts", {"member_id": li}, officer)
    zhao = await roster.join("赵五", "south")
    await roster.refused("more_than_own", "POST", "/accounts", {"member_id": zhao, "grants": [secretary(roster, "west")]}, officer)
    for role, place in (("town_officer", "town"), ("county_supervisor", "county")):
        grants = [{"role": role, "organization_id": roster.places[place]}]
        await roster.refused("more_than_own", "POST", "/accounts", {"member_id": zhao, "grants": grants}, officer)
    await roster.refused("more_than_own", "POST", "/accounts", {"member_id": zhao, "grants": [{"role": "admin"}]}, officer)
    await roster.refused("not_allowed", "POST", "/accounts", {"grants": [{"role": "admin"}]}, officer)


async def test_who_could_not_have_given_it_can_neither_reset_nor_close_nor_change_it(roster: Roster) -> None:
    """Else a town officer would reset the administrator's password and sign in as it."""
    officer, wang = roster.token("town_officer", "town"), await roster.join()
    boss = (await opened(roster, member_id=wang, grants=[{"role": "admin"}]))["id"]
    for method, path, body in (
        ("POST", f"/accounts/{boss}/password", None),
        ("DELETE", f"/accounts/{boss}", None),
        ("PUT", f"/accounts/{boss}/grants", {"grants": []}),
        ("GET", f"/accounts/{boss}", None),
    ):
        await roster.refused("more_than_own", method, path, body, officer)
    await roster.refused("not_allowed", "POST", f"/accounts/{boss}/password", None, roster.token("branch_secretary", "north"))


async def test_closing_destroys_the_login_and_frees_it(roster: Roster) -> None:
    wang = await roster.join()
    said = await opened(roster, member_id=wang, login="wang")
    assert (await roster.send("DELETE", f"/accounts/{said['id']}")).status_code == 204
    await roster.refused("unknown_account", "GET", f"/accounts/{said['id']}")
    assert roster.app.state.desk.credentials.of(said["id"]) is None
    again = await opened(roster, member_id=wang, login="wang")
    assert again["password"] != said["password"]


async def test_the_account_goes_with_an_erased_profile(roster: Roster) -> None:
    """A login name is about a person too."""
    wang = await roster.join()
    said = await opened(roster, member_id=wang, login="wang")
    first, second = [roster.token("town_officer", "town", await roster.join(name)) for name in ("陈一", "陈二")]
    proposed = await roster.do("DELETE", f"/members/{wang}/profile", by=first)
    await roster.do("POST", f"/erasures/{proposed['id']}/confirmation", by=second)
    await roster.refused("unknown_account", "GET", f"/accounts/{said['id']}")
    assert roster.app.state.desk.credentials.account_of("wang") is None


async def test_roles_are_held_where_they_belong(roster: Roster) -> None:
    wang = await roster.join()
    for grants in (
        [{"role": "branch_secretary", "organization_id": roster.places["town"]}],
        [{"role": "branch_secretary"}],
        [{"role": "admin", "organization_id": roster.places["county"]}],
        [secretary(roster), secretary(roster)],
    ):
        await roster.refused("bad_roles", "POST", "/accounts", {"member_id": wang, "grants": grants})
    await roster.refused("bad_roles", "POST", "/accounts", {"grants": [secretary(roster)]})
    await roster.refused("bad_roles", "POST", "/accounts", {})
    await roster.refused("unknown_member", "POST", "/accounts", {"member_id": roster.places["north"]})


async def test_events_say_by_whom_for_whom_and_nothing_else(roster: Roster) -> None:
    wang = await roster.join()
    said = await opened(roster, member_id=wang, login="wang")
    await roster.do("PUT", f"/accounts/{said['id']}/grants", {"grants": [secretary(roster)]})
    await roster.do("POST", f"/accounts/{said['id']}/password")
    await roster.send("DELETE", f"/accounts/{said['id']}")
    events = (await roster.do("GET", "/events?types=accounts.*", by=roster.service))["items"]
    assert [event["type"] for event in events] == [
        "accounts.account-opened.v1",
        "accounts.roles-set.v1",
        "accounts.password-reset.v1",
        "accounts.account-closed.v1",
    ]
    assert {key for event in events for key in event["data"]} == {"account_id", "member_id", "grants", "recorded_by"}


GRANT = AccountGrant("branch_secretary", "north")
ABOVE = {"north": ("north", "town", "county"), "town": ("town", "county")}


def test_nobody_gives_more_than_its_own() -> None:
    check_givable([GRANT], [AccountGrant("town_officer", "town")], ABOVE)
    check_givable([AccountGrant("admin"), GRANT], [AccountGrant("admin")], ABOVE)
    for given, held in (
        (GRANT, AccountGrant("town_officer", "other")),
        (GRANT, AccountGrant("branch_secretary", "north")),
        (GRANT, AccountGrant("county_supervisor", "county")),
        (GRANT, AccountGrant("service")),
        (AccountGrant("town_officer", "town"), AccountGrant("town_officer", "town")),
        (AccountGrant("admin"), AccountGrant("admin", "county")),
    ):
        with pytest.raises(MoreThanOwn):
            check_givable([given], [held], ABOVE)


def test_the_role_of_a_member_goes_without_saying() -> None:
    assert proper_grants("wang", [AccountGrant("member"), GRANT], {"north": "branch"}) == (GRANT,)
    assert proper_grants("wang", [], {}) == ()
    with pytest.raises(BadRoles):
        proper_grants(None, [], {})


@pytest.mark.parametrize("login", ["ab", "a b c", "-abc", "a" * 65, "a/b", "", "a\nbc", "'or'"])
def test_a_login_name_is_short_and_plain(login: str) -> None:
    with pytest.raises(BadLogin):
        proper_login(login)
    assert proper_login("\uff37ang.X-1") == "wang.x-1"
    assert proper_login("王秀兰") == "王秀兰"


@pytest.mark.parametrize(
    "password",
    ["short", "123456789012", "password123", "P@ssw0rd123!", "woaini1314", "qwertyuiop", "abcabcabcabc", "aaaaaaaaaaaa", "13800001111",
     "my-wang.x-password", "1qaz2wsx3edc", "a123456789", "          ", "x" * 129, "zhongguo2026", "0987654321"],
)  # fmt: skip
def test_a_password_that_everybody_guesses_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        proper_password(password, "wang.x")


@pytest.mark.parametrize("password", ["山路 茶园 清明 下雨 再说", "correct horse battery", "k7mq-22vp-xx9a", "Teagarden-in-rain"])
def test_a_password_of_ones_own_is_taken(password: str) -> None:
    assert proper_password(password, "wang.x") == password
