"""`xingqi account admin`: the first administrator comes in by a one-time password, and there is no other way in from the start."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from services.roster.app import make_app
from services.roster.events.accounts import AccountGrant, AccountOpened, PasswordReset
from shared.settings import read_settings
from shared.store.log import recorded_of
from xingqi.cli import main


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def slip(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    return printed(capsys, "admin", "--login", "Boss")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    assert main(["account", *arguments]) == 0
    return dict(line.rsplit(maxsplit=1) for line in capsys.readouterr().out.replace("sign in", "address").splitlines())


def test_the_password_that_is_printed_opens_an_administrators_account(slip: dict[str, str]) -> None:
    assert (slip["login"], slip["address"]) == ("boss", "http://127.0.0.1:8001/account")
    app = make_app(read_settings())
    log, desk = app.state.service.log, app.state.desk
    events = [recorded_of(row).event for row in log.page(0, 10)]
    (opened,) = events
    assert isinstance(opened, AccountOpened)
    assert (opened.grants, opened.recorded_by) == ((AccountGrant("admin"),), "operator")
    assert asyncio.run(desk.credentials.is_password(desk.credentials.account_of("boss"), slip["password"]))
    log.close()


def test_an_administrator_who_lost_everything_is_let_in_again(slip: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    again = printed(capsys, "admin", "--reset", "boss")
    assert again["password"] != slip["password"]
    app = make_app(read_settings())
    log, desk = app.state.service.log, app.state.desk
    assert isinstance(recorded_of(log.page(0, 10)[-1]).event, PasswordReset)
    assert not asyncio.run(desk.credentials.is_password(desk.credentials.account_of("boss"), slip["password"]))
    log.close()


def test_what_can_not_be_is_said(slip: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["account", "admin", "--login", "boss"]) == 2
    assert "Another account has this login name" in capsys.readouterr().err
    assert main(["account", "admin", "--reset", "nobody"]) == 1
    assert "no administrator with the login name nobody" in capsys.readouterr().err
    monkeypatch.setenv("XINGQI_ISSUER", "https://id.example")
    assert main(["account", "admin"]) == 1
    assert "accounts are kept there" in capsys.readouterr().err


async def test_a_new_cell_has_no_account_at_all() -> None:
    """No default password anywhere: whatever is tried at a new cell, it opens nothing."""
    app = make_app(read_settings())
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://roster"):
        count = app.state.desk._database.connection().execute("SELECT COUNT(*) FROM credentials").fetchone()[0]
        assert count == 0
