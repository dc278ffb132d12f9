from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from services.roster.issuer import Issuer
from tests.shared.web.library import BRANCH, Shelves, library, settings_of
from tests.shared.web.serving import client_of

Headers = dict[str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library")


@pytest.fixture(scope="module")
def _shelves() -> Shelves:
    return Shelves()


@pytest.fixture
def shelves(_shelves: Shelves) -> Iterator[Shelves]:
    yield _shelves
    _shelves.is_away = False


@pytest.fixture(scope="module")
def app(folder: Path, _shelves: Shelves) -> FastAPI:
    return library(folder, shelves=_shelves)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with client_of(app) as client:
        yield client


@pytest.fixture(scope="module")
def issuer(folder: Path) -> Issuer:
    return Issuer(settings_of(folder))


@pytest.fixture(scope="module")
def bearer(issuer: Issuer) -> Callable[..., Headers]:
    """The Authorization header of somebody with these roles."""

    def header(*roles: str, organization: str | None = None, member: str | None = None) -> Headers:
        return {"Authorization": f"Bearer {issuer.token(roles, organization, member)}"}

    return header


@pytest.fixture
def secretary(bearer: Callable[..., Headers]) -> Headers:
    return bearer("branch_secretary", organization=BRANCH)


@pytest.fixture
def admin(bearer: Callable[..., Headers]) -> Headers:
    return bearer("admin")


@pytest.fixture(scope="module")
def signed(issuer: Issuer) -> Callable[..., Headers]:
    """The Authorization header of a token with claims that the issuer would not write; `...` leaves a claim out."""

    def header(**claims: object) -> Headers:
        now = int(time.time())
        whole = {"iss": issuer.url, "sub": "somebody", "iat": now, "exp": now + 60, "grants": [{"role": "admin"}]} | claims
        return {"Authorization": f"Bearer {issuer.keys.sign({k: v for k, v in whole.items() if v is not ...})}"}

    return header
