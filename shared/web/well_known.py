"""The published face of the local issuer: its OpenID configuration and its public keys."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from shared.settings import Settings
from shared.web.answers import json_answer
from shared.web.permissions import PUBLIC, permissions
from shared.web.routing import Router
from shared.web.signing import ALGORITHM, KeyFolder

router = Router(tags=["Local issuer"])
TABLE = permissions({"GET /.well-known/openid-configuration": PUBLIC, "GET /jwks": PUBLIC})


@router.get("/.well-known/openid-configuration")
async def configuration(request: Request) -> Response:
    """Where the issuer's keys and endpoints are (OpenID Connect Discovery)."""
    settings: Settings = request.app.state.service.settings
    issuer = settings.token_issuer
    return json_answer(
        {
            "issuer": issuer,
            "jwks_uri": f"{issuer}/jwks",
            "authorization_endpoint": f"{settings.browser_url_of('roster')}/authorize",
            "token_endpoint": f"{issuer}/token",
            "revocation_endpoint": f"{issuer}/revoke",
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }
    )


@router.get("/jwks")
async def jwks(request: Request) -> Response:
    """The public keys that tokens are checked with (a JWK set)."""
    keys: KeyFolder = request.app.state.issuer_keys
    return json_answer(keys.jwks(), headers={"Cache-Control": "public, max-age=300"})
