"""The desk where people sign in, on each kind of database: what it keeps, and that two processes count and take things once together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyotp
import pytest

import services.roster.events  # noqa: F401 - every topic is known before the log is read
from services.roster.commands import accounts, signing_on
from services.roster.commands.accounts import Desk
from services.roster.commands.attempts import FREE
from services.roster.commands.sign_ons import Asked, challenge_of
from services.roster.domain.passwords import LoginTaken
from services.roster.events.accounts import AccountGrant
from shared.store import Files, Log, Postgres, Storage
from tests.postgres import fresh_database
from tests.shared.facts import MASTER

ASKED = Asked("service/evaluation", "http://evaluation/sign-in/return", "s", "n", challenge_of("v"))
OWN = "correct horse battery"


@dataclass
class Two:
    """Two desks of one roster, as two processes of it have them."""

    one: Desk
    other: Desk


@pytest.fixture(params=["sqlite", "postgresql"])
async def desks(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Two]:
    url = None if request.param == "sqlite" else fresh_database()

    def storage() -> Storage:
        return Files(tmp_path / "roster") if url is None else Postgres(url, "local", "roster")

    logs = [Log(storage(), MASTER), Log(storage(), MASTER)]
    two = Two(*(Desk(log) for log in logs))
    yield two
    for desk, log in zip((two.one, two.other), logs, strict=True):
        desk.close()
        await asyncio.to_thread(log.close)


async def opened(desk: Desk, login: str = "wang") -> tuple[str, str]:
    account_id = desk.log.new_id()
    grants = [AccountGrant("admin")]
    _, _, password = await accounts.open_account(desk, account_id, member_id=None, grants=grants, login=login, by="operator")
    return account_id, password


async def test_what_one_process_keeps_the_other_knows(desks: Two) -> None:
    account_id, password = await opened(desks.one)
    assert desks.other.credentials.account_of("wang") == account_id
    assert await desks.other.credentials.is_password(account_id, password)
    await desks.other.credentials.choose_password(account_id, OWN)
    assert not await desks.one.credentials.is_password(account_id, password)
    assert await desks.one.credentials.is_password(account_id, OWN)
    with pytest.raises(LoginTaken):
        await opened(desks.other)


async def test_a_session_and_its_code_are_those_of_both(desks: Two) -> None:
    account_id, _ = await opened(desks.one)
    account = await accounts.account_of(desks.one.log, account_id)
    kept = desks.one.sign_ons.start(account_id, account.opening, "Chrome")
    session = desks.other.sign_ons.of(kept)
    assert session
    code = desks.other.sign_ons.code(session, ASKED)
    signed = await signing_on.redeem(desks.one, code, "v", ASKED.redirect_uri, ASKED.client_id)
    assert signed
    assert signed.said["grants"] == [{"role": "admin", "organization_id": None}]
    assert await signing_on.refresh(desks.other, signed.refresh, ASKED.client_id)
    await accounts.close_account(desks.other, account_id, by="operator")
    assert await signing_on.refresh(desks.one, signed.refresh, ASKED.client_id) is None
    assert desks.one.credentials.of(account_id) is None


async def test_of_two_who_redeem_a_code_at_once_at_most_one_gets_in(desks: Two) -> None:
    account_id, _ = await opened(desks.one)
    opening = (await accounts.account_of(desks.one.log, account_id)).opening
    for _ in range(10):
        session = desks.one.sign_ons.of(desks.one.sign_ons.start(account_id, opening, "Chrome"))
        assert session
        code = desks.one.sign_ons.code(session, ASKED)

        def redeem(desk: Desk, code: str = code) -> bool:
            return desk.sign_ons.redeem(code, "v", ASKED.redirect_uri, ASKED.client_id) is not None

        with ThreadPoolExecutor(2) as pool:
            assert sum(pool.map(redeem, (desks.one, desks.other))) <= 1


async def test_failures_are_counted_together(desks: Two) -> None:
    keys = desks.one.attempts.keys("wang", "203.0.113.5", None)
    for number in range(FREE):
        (desks.one if number % 2 else desks.other).attempts.failed(keys)
    assert desks.one.attempts.seconds_to_wait(keys) > 0
    assert desks.other.attempts.seconds_to_wait(keys) > 0


async def test_of_two_who_send_one_code_of_the_authenticator_at_once_one_gets_in(desks: Two) -> None:
    account_id, _ = await opened(desks.one)
    address = desks.one.credentials.ask_second_factor(account_id)
    totp = pyotp.parse_uri(address)
    assert isinstance(totp, pyotp.TOTP)
    assert desks.one.credentials.confirm_second_factor(account_id, totp.now())
    coming = totp.at(int(time.time()) + 30)
    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(lambda desk: desk.credentials.takes_code(account_id, coming), (desks.one, desks.other)))
    assert sum(taken) == 1
