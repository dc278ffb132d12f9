"""Which tokens are accepted: of the one issuer, signed with one of its keys, not expired; by the machine's clock."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.roster.issuer import Issuer, account_of
from shared.errors import Unavailable
from shared.settings import Settings
from shared.web import ServiceTokens, Unauthenticated, issuer_keys
from shared.web.issuer_keys import KeySource, LocalKeys, PublishedKeys, key_source
from shared.web.signing import KeyFolder
from shared.web.tokens import Tokens
from tests.shared.web.library import ADA, BRANCH, Shelves
from tests.shared.web.serving import served

Headers = dict[str, str]


def status(client: httpx.Client, headers: Headers) -> int:
    return client.get("/payments", headers=headers).status_code


def forged(header: dict[str, object], claims: dict[str, object], signature: bytes = b"") -> Headers:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return {"Authorization": "Bearer " + ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)}


def test_a_token_of_the_local_issuer_is_accepted(client: httpx.Client, admin: Headers) -> None:
    assert status(client, admin) == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 1},
        {"exp": ...},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"iss": "https://elsewhere.example"},
        {"iss": ...},
        {"sub": ...},
        {"sub": ""},
        {"sub": 5},
        {"sub": "x" * 256},
        {"member_id": 5},
        {"grants": "admin"},
        {"grants": ["admin"]},
        {"grants": [{"role": 1}]},
        {"grants": [{"role": "admin", "organization_id": 1}]},
    ],
)
def test_a_token_with_other_claims_is_refused(client: httpx.Client, signed: Callable[..., Headers], claims: dict[str, object]) -> None:
    answer = client.get("/payments", headers=signed(**claims))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_token_without_grants_may_nothing(client: httpx.Client, signed: Callable[..., Headers]) -> None:
    assert status(client, signed(grants=...)) == 403
    assert status(client, signed(grants=[{"role": "emperor"}])) == 403


def test_unsigned_and_wrongly_signed_tokens_are_refused(client: httpx.Client, issuer: Issuer) -> None:
    now = int(time.time())
    claims: dict[str, Any] = {"iss": issuer.url, "sub": "mallory", "iat": now, "exp": now + 60, "grants": [{"role": "admin"}]}
    key_id = issuer.keys.signing_key_id
    public = json.dumps(issuer.jwks()).encode()
    assert status(client, forged({"alg": "none"}, claims)) == 401
    assert status(client, forged({"alg": "none", "kid": key_id}, claims)) == 401
    assert status(client, forged({"alg": "HS256", "kid": key_id}, claims, public)) == 401
    assert status(client, forged({"alg": "Ed25519", "kid": key_id}, claims, b"\x00" * 64)) == 401
    mine = OKPKey.generate_key("Ed25519", {"kid": key_id})
    assert (
        status(client, {"Authorization": "Bearer " + jwt.encode({"alg": "Ed25519", "kid": key_id}, claims, mine, algorithms=["Ed25519"])})
        == 401
    )


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Basic YTpi", "Bearer a.b", "Bearer a.b.c", "Bearer ..", "Bearer " + "x" * 9000, "Bearer 令牌", "Bearer e30.e30.e30"],
)
def test_what_is_no_token_is_refused(client: httpx.Client, value: str) -> None:
    assert client.get("/payments", headers=[(b"Authorization", value.encode())]).status_code == 401


def test_a_header_nested_without_end_is_refused(client: httpx.Client) -> None:
    nested = urlsafe_b64encode(b"[" * 5000).decode().rstrip("=")
    assert status(client, {"Authorization": f"Bearer {nested}.e30.e30"}) == 401


def test_the_same_roles_organisation_and_member_are_the_same_account(issuer: Issuer) -> None:
    def subject(roles: list[str], organization: str | None = None, member: str | None = None) -> str:
        token = issuer.token(roles, organization, member)
        claims = jwt.decode(token, KeySet.import_key_set(issuer.jwks()), algorithms=["Ed25519"]).claims  # type: ignore[arg-type]
        return str(claims["sub"])

    assert subject(["branch_secretary"], BRANCH) == subject(["branch_secretary"], BRANCH)
    assert subject(["branch_secretary"], BRANCH) != subject(["branch_secretary"])
    assert subject(["admin", "service"]) == subject(["service", "admin", "admin"])
    assert subject(["member"], None, ADA) == subject(["branch_secretary"], BRANCH, ADA) == account_of(ADA)


@pytest.mark.parametrize(
    "arguments",
    [([],), (["emperor"],), (["admin"], "17"), (["admin"], None, "17"), (["admin"], None, None, 0), (["admin"], None, None, 1e6)],
)
def test_the_issuer_refuses_what_makes_no_token(issuer: Issuer, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"role|UUID|hours|hexadecimal"):
        issuer.token(*arguments)


def test_keys_are_for_their_owner_alone_and_stay(tmp_path: Path) -> None:
    first, again = KeyFolder(tmp_path / "issuer"), KeyFolder(tmp_path / "issuer")
    assert first.signing_key_id == again.signing_key_id
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "issuer").iterdir()] == [0o600]
    assert "d" not in first.jwks()["keys"][0]


@pytest.mark.anyio
async def test_after_a_rotation_the_new_key_signs_and_the_old_one_is_still_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(_env_file=None, data=tmp_path)
    issuer = Issuer(settings)
    old = issuer.token(["admin"])
    tokens = Tokens(LocalKeys(settings.token_issuer, settings.issuer_folder), Shelves())
    assert issuer.keys.add_key() == issuer.keys.signing_key_id
    monkeypatch.setattr(issuer_keys, "BETWEEN_FETCHES_SECONDS", -1.0)
    assert (await tokens.caller(f"Bearer {issuer.token(['admin'])}")).has("admin")
    assert (await tokens.caller(f"Bearer {old}")).has("admin")
    assert len(issuer.jwks()["keys"]) == 2


def test_two_makers_at_once_end_with_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: KeyFolder(tmp_path / "issuer").signing_key_id, range(8)))
    assert set(made) == {KeyFolder(tmp_path / "issuer").signing_key_id}


class OutsideIssuer:
    """An OIDC provider of somebody else: its discovery document and its keys, over real HTTP."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.url = ""
        self.asked = 0
        self.answer: Response | None = None

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/.well-known/openid-configuration", self.configuration), Route("/keys", self.jwks)])

    async def configuration(self, _: Request) -> Response:
        self.asked += 1
        return self.answer or JSONResponse({"issuer": f"{self.url}/", "jwks_uri": f"{self.url}/keys"})

    async def jwks(self, _: Request) -> Response:
        return JSONResponse(KeySet(self.keys).as_dict(private=False))

    def token(self, key: Key, algorithm: str) -> str:
        now = int(time.time())
        claims = {"iss": f"{self.url}/", "sub": "officer", "iat": now, "exp": now + 60, "grants": [{"role": "admin"}]}
        return "Bearer " + jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, algorithms=[algorithm])


@asynccontextmanager
async def checked_by(keys: KeySource) -> AsyncIterator[Tokens]:
    yield Tokens(keys, Shelves())
    await keys.close()


@asynccontextmanager
async def outside() -> AsyncIterator[tuple[OutsideIssuer, Tokens]]:
    issuer = OutsideIssuer()
    with served(issuer.app()) as url:
        issuer.url = url
        async with checked_by(PublishedKeys(url)) as tokens:
            yield issuer, tokens


@pytest.mark.anyio
async def test_an_outside_issuer_may_sign_with_rsa_or_a_curve() -> None:
    rsa, curve = RSAKey.generate_key(2048, auto_kid=True), ECKey.generate_key("P-256", auto_kid=True)
    edwards = OKPKey.generate_key("Ed25519", auto_kid=True)
    async with outside() as (issuer, tokens):
        issuer.keys = [rsa, curve, edwards]
        for key, algorithm in ((rsa, "RS256"), (curve, "ES256"), (edwards, "Ed25519")):
            assert (await tokens.caller(issuer.token(key, algorithm))).subject == "officer"
        with pytest.raises(Unauthenticated):
            await tokens.caller(issuer.token(rsa, "RS512"))
        assert issuer.asked == 1


@pytest.mark.anyio
async def test_an_unknown_key_is_asked_for_but_not_at_every_call(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, never = (ECKey.generate_key("P-256", auto_kid=True) for _ in range(3))
    async with outside() as (issuer, tokens):
        issuer.keys = [first]
        await tokens.caller(issuer.token(first, "ES256"))
        issuer.keys = [first, second]
        with pytest.raises(Unauthenticated):
            await tokens.caller(issuer.token(second, "ES256"))
        monkeypatch.setattr(issuer_keys, "BETWEEN_FETCHES_SECONDS", 0.0)
        assert (await tokens.caller(issuer.token(second, "ES256"))).subject == "officer"
        asked = issuer.asked
        monkeypatch.setattr(issuer_keys, "BETWEEN_FETCHES_SECONDS", 10.0)
        for _ in range(5):
            with pytest.raises(Unauthenticated):
                await tokens.caller(issuer.token(never, "ES256"))
        assert issuer.asked == asked


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [
        Response("<html>login</html>", media_type="text/html"),
        Response("{}", media_type="application/json"),
        JSONResponse({"issuer": "https://elsewhere.example", "jwks_uri": "https://elsewhere.example/keys"}),
        Response("no", status_code=500),
    ],
)
async def test_an_issuer_that_says_something_else_can_not_be_asked(answer: Response) -> None:
    async with outside() as (issuer, tokens):
        issuer.answer = answer
        with pytest.raises(Unavailable):
            await tokens.caller(issuer.token(ECKey.generate_key("P-256", auto_kid=True), "ES256"))


@pytest.mark.anyio
async def test_an_issuer_that_is_away_is_a_503_and_its_known_keys_go_on() -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    issuer = OutsideIssuer()
    issuer.keys = [key]
    with served(issuer.app()) as url:
        issuer.url = url
        keys = PublishedKeys(url)
        await Tokens(keys, Shelves()).caller(issuer.token(key, "ES256"))
    async with checked_by(keys) as tokens, checked_by(PublishedKeys(url)) as tokens_of_a_new_process:
        assert (await tokens.caller(issuer.token(key, "ES256"))).subject == "officer"
        with pytest.raises(Unavailable):
            await tokens_of_a_new_process.caller(issuer.token(key, "ES256"))


@pytest.mark.anyio
async def test_a_service_beside_the_roster_checks_tokens_while_the_roster_is_away(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data=tmp_path, roster_url="http://127.0.0.1:9")
    token = Issuer(settings).token(["admin"])
    async with checked_by(key_source(settings)) as tokens:
        assert (await tokens.caller(f"Bearer {token}")).has("admin")


def test_the_roster_publishes_its_keys(client: httpx.Client, issuer: Issuer) -> None:
    configuration = client.get("/.well-known/openid-configuration").json()
    assert configuration["issuer"] == issuer.url
    assert client.get("/jwks").json() == issuer.jwks()
    assert configuration["jwks_uri"] == f"{issuer.url}/jwks"


def test_a_service_has_its_own_token_and_renews_it(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data=tmp_path)
    tokens = ServiceTokens(settings, "evaluation")
    keys = KeySet.import_key_set(KeyFolder(settings.issuer_folder).jwks())  # type: ignore[arg-type]
    claims = jwt.decode(tokens.token(), keys, algorithms=["Ed25519"]).claims
    assert claims["grants"] == [{"role": "service"}]
    assert tokens.token() == tokens.token()
    beside_an_outside_issuer = ServiceTokens(Settings(_env_file=None, data=tmp_path, issuer="https://id.example"), "notice")
    claims = jwt.decode(beside_an_outside_issuer.token(), keys, algorithms=["Ed25519"]).claims
    assert (claims["iss"], claims["grants"]) == (settings.roster_url, [{"role": "service"}])


@pytest.mark.parametrize("seconds", [700, -10, -7200])
def test_a_service_makes_its_token_anew_when_it_is_old_or_the_clock_was_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """One from the future would be refused by every neighbour, for as long as the clock was ahead."""
    tokens, now = ServiceTokens(Settings(_env_file=None, data=tmp_path), "evaluation"), time.time()
    before = tokens.token()
    monkeypatch.setattr(time, "time", lambda: now + seconds)
    after = tokens.token()
    assert after != before
    assert json.loads(urlsafe_b64decode(after.split(".")[1] + "==="))["iat"] == int(now + seconds)
    assert tokens.token() == after
