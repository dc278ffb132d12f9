"""The environment: defaults, what each variable may say, and that a mistake is named."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.settings import BadSettings, Settings, read_settings


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_without_any_variable_the_defaults_hold(empty: Path) -> None:
    settings = read_settings(empty)
    assert (settings.county, settings.database_url, settings.clock_start) == ("local", None, None)
    assert [settings.address_of(name) for name in ("roster", "evaluation", "notice")] == [
        ("127.0.0.1", port) for port in (8001, 8002, 8003)
    ]
    assert settings.token_issuer == settings.roster_url
    assert settings.master_key_path == Path("var/master.key")


def test_the_environment_wins_over_the_file(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty.write_text("XINGQI_COUNTY=gaotai\nXINGQI_DATA=/from/file\nOTHER=1\n")
    monkeypatch.setenv("XINGQI_DATA", "/from/environment")
    settings = read_settings(empty)
    assert (settings.county, settings.data) == ("gaotai", Path("/from/environment"))


def test_an_empty_variable_is_none(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGQI_DATABASE_URL", "")
    assert read_settings(empty).database_url is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROSTER_URL", "127.0.0.1:8001"),
        ("NOTICE_URL", "ftp://host"),
        ("EVALUATION_URL", "http://"),
        ("EVALUATION_URL", "http://host:port"),
        ("ISSUER", "id.example"),
        ("COUNTY", "Gao Tai"),
        ("COUNTY", "x" * 33),
        ("DATABASE_URL", "mysql://host/db"),
        ("OWNER_URL", "sqlite:///x"),
        ("CLOCK", "manual"),
        ("CLOCK", "manual:yesterday"),
        ("CLOCK", "manual:2026-01-01T00:00:00"),
        ("CLOCK", "sundial"),
    ],
)
def test_a_mistake_is_named_with_its_variable(empty: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"XINGQI_{name}", value)
    with pytest.raises(BadSettings, match=f"XINGQI_{name}"):
        read_settings(empty)


def test_a_mistake_does_not_repeat_a_password(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGQI_DATABASE_URL", "mysql://user:secret@host/db")
    with pytest.raises(BadSettings) as caught:
        read_settings(empty)
    assert "secret" not in str(caught.value)


def test_a_manual_clock_has_a_start(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGQI_CLOCK", "manual:2026-01-01T08:00:00+08:00")
    assert read_settings(empty).clock_start == datetime(2026, 1, 1, tzinfo=UTC)


def test_urls_lose_the_slash_at_their_end() -> None:
    settings = Settings(_env_file=None, notice_url="https://notice.example/")
    assert settings.url_of("notice") == "https://notice.example"
    assert settings.address_of("notice") == ("notice.example", 443)


def test_a_password_comes_from_its_file_and_replaces_that_of_the_url(empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "password"
    secret.write_text("p@ss/word\n")
    monkeypatch.setenv("XINGQI_DATABASE_URL", "postgresql://xingqi:other@database:5433/cell?sslmode=require")
    monkeypatch.setenv("XINGQI_DATABASE_PASSWORD_FILE", str(secret))
    settings = read_settings(empty)
    assert settings.database == "postgresql://xingqi:p%40ss%2Fword@database:5433/cell?sslmode=require"
    assert settings.owner is None


@pytest.mark.parametrize(("url", "content"), [("postgresql://xingqi@database/cell", " \n"), ("postgresql://database/cell", "word")])
def test_a_password_needs_a_file_that_holds_one_and_a_user(
    empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, content: str
) -> None:
    secret = tmp_path / "password"
    secret.write_text(content)
    monkeypatch.setenv("XINGQI_OWNER_URL", url)
    monkeypatch.setenv("XINGQI_OWNER_PASSWORD_FILE", str(secret))
    with pytest.raises(BadSettings, match="XINGQI_OWNER_PASSWORD_FILE: the file must hold a password, and the URL a user"):
        _ = read_settings(empty).owner


def test_a_service_may_listen_elsewhere_than_where_it_is_reached(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGQI_LISTEN_HOST", "0.0.0.0")  # noqa: S104 - that of a container
    assert read_settings(empty).address_of("notice") == ("0.0.0.0", 8003)  # noqa: S104 - the same
