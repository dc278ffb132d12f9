"""The environment, read once: every setting of the three services, prefix `XINGQI_`, from the environment and `.env`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "XINGQI_"
DEFAULT_PORTS = {"http": 80, "https": 443}
ServiceName = Literal["roster", "evaluation", "notice"]
SERVICES: tuple[ServiceName, ...] = get_args(ServiceName)
"""In the direction in which facts flow."""


class BadSettings(ValueError):
    """A setting can't be used; the message names each one and what it should look like."""


class Settings(BaseSettings):
    """What an operator may set; each field is the variable `XINGQI_<FIELD>`. URLs have no slash at their end."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    data: Path = Path("var")
    """The folder of the embedded default: databases, keys, checkpoints."""
    database_url: str | None = None
    """`postgresql://...`; without it SQLite under `data`."""
    database_password_file: Path | None = None
    """A file with the password of `database_url`, where the URL shall not hold it (a container's secret)."""
    database_connections: int = Field(default=12, ge=8, le=100)
    """The most connections to PostgreSQL that a process of a service holds; the server must allow 3 x `workers` x this, and 10."""
    roster_url: str = "http://127.0.0.1:8001"
    """Where the roster is reached, and for `xingqi run` where it listens."""
    evaluation_url: str = "http://127.0.0.1:8002"
    """The same for evaluation."""
    notice_url: str = "http://127.0.0.1:8003"
    """The same for notice."""
    roster_browser_url: str | None = None
    """Where browsers reach the roster, where that is not `roster_url`: behind a proxy, or in containers."""
    evaluation_browser_url: str | None = None
    """The same for evaluation."""
    notice_browser_url: str | None = None
    """The same for notice."""
    county: str = "local"
    """The short name of the cell; fixed when the store is made."""
    issuer: str | None = None
    """An OIDC issuer instead of the local one in the roster service."""
    issuer_audience: str | None = None
    """What the `aud` of an outside issuer's tokens must name; without it any token of that issuer is taken."""
    oidc_client_id: str | None = None
    """Under which id this cell's services are registered at the outside issuer; pages need it."""
    oidc_client_secret_file: Path | None = None
    """A file with the secret that belongs to it."""
    master_key_file: Path | None = None
    """Where the master key lies; under `data` without it."""
    owner_url: str | None = None
    """The database role of `xingqi migrate`."""
    owner_password_file: Path | None = None
    """A file with the password of `owner_url`."""
    workers: int = Field(default=1, ge=1, le=64)
    """How many processes serve each service, on one address and one database; one process uses one core."""
    listen_host: str | None = None
    """On which of its addresses a service listens, where that is not the host of its URL: `0.0.0.0` in a container."""
    witnesses_file: Path | None = None
    """Who may cosign this cell's logs: a file, one `<verifier key> [<URL of its witness>]` a line."""
    witnessed_logs_file: Path | None = None
    """Whose logs the services of this cell cosign: a file, one verifier key a line."""
    clock: str = "system"
    """`system`, or `manual:<instant>`: the start of a clock that is moved by hand."""
    webhooks_to_private_addresses: bool = False
    """Whether webhooks may go to addresses of private networks, and by http; else to public ones by https alone."""
    ballot_years: int = Field(default=3, ge=1, le=30)
    """How many years after a review's end the key of its ballots is destroyed; later while an objection or an unsealing is open."""
    read_years: int = Field(default=3, ge=1, le=30)
    """For how many years is kept which officer read whose data."""
    open_calls_a_minute: int = Field(default=30, ge=0)
    """How often one address may call each open route that takes something in (public objections, tokens, cosignatures); 0: no limit."""

    @field_validator(
        "roster_url", "evaluation_url", "notice_url", "issuer", "roster_browser_url", "evaluation_browser_url", "notice_browser_url"
    )
    @classmethod
    def _is_a_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        try:
            is_complete = parts.scheme in DEFAULT_PORTS and parts.hostname and (parts.port is None or parts.port > 0)
        except ValueError:
            is_complete = False
        if not is_complete or parts.query or parts.fragment:
            raise ValueError("write it like http://127.0.0.1:8001")
        return value.rstrip("/")

    @field_validator("database_url", "owner_url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in {"postgresql", "postgres"}:
            raise ValueError("write it like postgresql://user@host/database, or leave it out for SQLite")
        return value

    @field_validator("county")
    @classmethod
    def _is_a_short_name(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9-]{1,32}", value):
            raise ValueError("use 1 to 32 of a-z, 0-9 and -")
        return value

    @field_validator("clock")
    @classmethod
    def _is_a_clock(cls, value: str) -> str:
        if value != "system":
            _manual_start(value)
        return value

    @property
    def database(self) -> str | None:
        """`database_url` with its password. Raises BadSettings where the password's file can't be read."""
        return _with_password(self.database_url, self.database_password_file, "DATABASE_PASSWORD_FILE")

    @property
    def owner(self) -> str | None:
        """`owner_url` with its password. Raises BadSettings where the password's file can't be read."""
        return _with_password(self.owner_url, self.owner_password_file, "OWNER_PASSWORD_FILE")

    @property
    def clock_start(self) -> datetime | None:
        """None for the system's clock; else the instant (UTC) at which a new store's manual clock starts."""
        return None if self.clock == "system" else _manual_start(self.clock)

    @property
    def token_issuer(self) -> str:
        """The `iss` of tokens that this cell trusts: `issuer`, or the roster's own URL."""
        return self.issuer or self.roster_url

    @property
    def oidc_client_secret(self) -> str | None:
        """The secret at the outside issuer. Raises BadSettings where its file can't be read."""
        return None if self.oidc_client_secret_file is None else _secret_in(self.oidc_client_secret_file, "OIDC_CLIENT_SECRET_FILE")

    @property
    def issuer_folder(self) -> Path:
        """Where the local issuer keeps its signing keys."""
        return self.data / "issuer"

    @property
    def master_key_path(self) -> Path:
        """The master key's file: where the operator named a place, else under `data`."""
        return self.master_key_file or self.data / "master.key"

    def url_of(self, service: ServiceName) -> str:
        """Where `service` is reached, and listens."""
        return {"roster": self.roster_url, "evaluation": self.evaluation_url, "notice": self.notice_url}[service]

    def browser_url_of(self, service: ServiceName) -> str:
        """Where browsers reach `service`."""
        named = {"roster": self.roster_browser_url, "evaluation": self.evaluation_browser_url, "notice": self.notice_browser_url}
        return named[service] or self.url_of(service)

    def address_of(self, service: ServiceName) -> tuple[str, int]:
        """The host and port on which `service` listens."""
        parts = urlsplit(self.url_of(service))
        return self.listen_host or parts.hostname or "127.0.0.1", parts.port or DEFAULT_PORTS[parts.scheme]


def read_settings(env_file: Path | None = Path(".env")) -> Settings:
    """The settings of this process, from its environment and `env_file`; the environment wins.

    Raises:
        BadSettings: a value can't be used.
    """
    try:
        return Settings(_env_file=env_file)
    except ValidationError as error:
        raise BadSettings("\n".join(f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())) from None


def _with_password(url: str | None, file: Path | None, name: str) -> str | None:
    if url is None or file is None:
        return url
    password, parts = _secret_in(file, name), urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    if not password or not user:
        raise BadSettings(f"{PREFIX}{name}: the file must hold a password, and the URL a user: postgresql://user@host/database")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:{quote(password, safe='')}@{host}"))


def _secret_in(file: Path, name: str) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{PREFIX}{name}: {file} can't be read ({type(error).__name__})") from None


def _manual_start(text: str) -> datetime:
    kind, _, start = text.partition(":")
    if kind != "manual":
        raise ValueError("use system, or manual:2026-01-01T00:00:00Z")
    try:
        instant = datetime.fromisoformat(start)
    except ValueError:
        raise ValueError("use system, or manual:2026-01-01T00:00:00Z") from None
    if instant.tzinfo is None:
        raise ValueError("the manual clock's start needs its offset from UTC, like 2026-01-01T00:00:00Z")
    return instant.astimezone(UTC)
