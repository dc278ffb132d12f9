"""The commands as an operator types them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from importlib.metadata import packages_distributions
from pathlib import Path
from uuid import uuid4

import pytest

from xingqi import alone
from xingqi.cli import COMMANDS, main
from xingqi.stop import Stop


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def claims(token: str) -> dict[str, object]:
    body = token.split(".")[1]
    found: dict[str, object] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(arguments) == 0
    return capsys.readouterr().out.split()


def test_without_a_command_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert len(capsys.readouterr().out) > 200


def test_a_word_that_is_no_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["rnu"])
    assert end.value.code == 2
    assert "invalid choice: 'rnu'" in capsys.readouterr().err


def test_a_setting_that_can_not_be_used_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGQI_COUNTY", "Gao Tai")
    assert main(["token", "--role", "admin"]) == 2
    assert "XINGQI_COUNTY" in capsys.readouterr().err


def test_a_token_says_who_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    organization, member = str(uuid4()), str(uuid4())
    arguments = [
        "token",
        "--role",
        "branch_secretary",
        "--role",
        "member",
        "--organization",
        organization,
        "--member",
        member,
        "--hours",
        "1",
    ]
    (token,) = printed(capsys, *arguments)
    said = claims(token)
    assert said["member_id"] == member
    assert said["iss"] == "http://127.0.0.1:8001"
    assert said["grants"] == [{"role": role, "organization_id": organization} for role in ("branch_secretary", "member")]
    assert int(str(said["exp"])) - int(str(said["iat"])) == 3600


def test_there_is_one_token_a_member_in_the_order_of_the_members(capsys: pytest.CaptureFixture[str]) -> None:
    members = [str(uuid4()) for _ in range(3)]
    tokens = printed(capsys, "token", "--role", "member", *(part for member in members for part in ("--member", member)))
    assert [claims(token)["member_id"] for token in tokens] == members


def test_the_same_roles_place_and_member_are_the_same_caller(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (claims(printed(capsys, "token", "--role", "admin")[0]) for _ in range(2))
    assert first["sub"] == second["sub"]
    other = claims(printed(capsys, "token", "--role", "admin", "--organization", str(uuid4()))[0])
    assert other["sub"] != first["sub"]


@pytest.mark.parametrize(
    "arguments",
    [["--role", "king"], ["--role", "member", "--member", "7"], ["--role", "admin", "--hours", "0"], ["--role", "admin", "--hours", "nan"]],
)
def test_a_token_that_can_not_be_is_refused(arguments: list[str]) -> None:
    try:
        status: object = main(["token", *arguments])
    except SystemExit as end:
        status = end.code
    assert status == 2


def test_a_cell_of_another_issuer_makes_no_tokens(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGQI_ISSUER", "https://login.example")
    assert main(["token", "--role", "admin"]) == 1
    assert "https://login.example" in capsys.readouterr().err
    assert not Path("var").exists()


def test_the_clock_names_the_services_that_are_not_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clock", "2026-07-01T09:00:00+08:00"]) == 0
    assert capsys.readouterr().out.count("not reached") == 3


@pytest.mark.parametrize("command", ["check", "rebuild-views"])
def test_a_folder_without_stores_is_said_and_left_alone(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command]) == 1
    assert "there is no store of roster in var" in capsys.readouterr().err
    assert not Path("var").exists()


def test_who_else_provides_our_packages_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "packages_distributions", lambda: {**packages_distributions(), "shared": ["xingqi", "shared-utilities"]})
    with pytest.raises(Stop, match="shared-utilities also provides a package named shared"):
        alone.refuse_company()


def test_a_folder_that_comes_before_our_packages_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(alone, "HOUSE", tmp_path)
    with pytest.raises(Stop, match="before Xingqi's own"):
        alone.refuse_company()
