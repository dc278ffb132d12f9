"""Sessions at the issuer, and the codes that lead from them to a service's pages: tables beside the log, of hashes alone.

A session lasts a working day, and ends when it was not used for some hours. What a service holds to renew its token (a refresh token)
is bound to the session and to that service; ending the session ends it within the life of one access token.
"""

from __future__ import annotations

import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from shared.store import Log
from shared.store.sql import Database

TABLES = (
    (
        "CREATE TABLE IF NOT EXISTS sign_ons (session_id TEXT PRIMARY KEY, account_id TEXT NOT NULL, opening BIGINT NOT NULL,"
        " secret TEXT NOT NULL, started_at BIGINT NOT NULL, used_at BIGINT NOT NULL, browser TEXT NOT NULL)"
    ),
    "CREATE INDEX IF NOT EXISTS sign_ons_account ON sign_ons (account_id)",
    (
        "CREATE TABLE IF NOT EXISTS codes (code TEXT PRIMARY KEY, session_id TEXT NOT NULL, asked TEXT NOT NULL, until BIGINT NOT NULL,"
        " is_used INTEGER NOT NULL)"
    ),
)
LONGEST_SECONDS, IDLE_SECONDS, CODE_SECONDS = 12 * 3600, 3 * 3600, 60
REFRESH_KEY = "mac/refresh-tokens"
_SELECT = "SELECT session_id, account_id, opening, secret, started_at, used_at, browser FROM sign_ons"


class SignOn(msgspec.Struct, frozen=True):
    """Somebody who is signed in at the issuer. `browser`: a word for it, such as `Chrome`; `opening`: of the account's openings."""

    session_id: str
    account_id: str
    opening: int
    secret: str
    started_at: int
    used_at: int
    browser: str

    @property
    def started(self) -> datetime:
        """When it began, by the machine's clock."""
        return datetime.fromtimestamp(self.started_at, UTC)


class Asked(msgspec.Struct, frozen=True):
    """What a service asked for with an authorization request (RFC 6749, RFC 7636)."""

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    challenge: str


class SignOns:
    """The sessions of the local issuer."""

    def __init__(self, log: Log, database: Database) -> None:
        self._log = log
        self._database = database
        with database.transaction() as connection:
            for statement in TABLES:
                connection.execute(statement)

    def start(self, account_id: str, opening: int, browser: str) -> str:
        """A new session; returns what its browser keeps. Sessions that are over are forgotten."""
        session_id, secret, now = self._log.new_id(), secrets.token_urlsafe(24), int(time.time())
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM codes WHERE until < ?", (now - LONGEST_SECONDS,))
            connection.execute("DELETE FROM sign_ons WHERE started_at < ? OR used_at < ?", (now - LONGEST_SECONDS, now - IDLE_SECONDS))
            row = (session_id, account_id, opening, _hash(secret), now, now, browser[:60])
            connection.execute("INSERT INTO sign_ons VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return f"{session_id}.{secret}"

    def of(self, kept: str) -> SignOn | None:
        """The session that a browser holds; None where it is over."""
        session_id, _, secret = kept.partition(".")
        found = self._live(session_id)
        return found if found and hmac.compare_digest(found.secret, _hash(secret)) else None

    def all_of(self, account_id: str) -> list[SignOn]:
        """The account's sessions, the newest first."""
        rows = self._database.connection().execute(f"{_SELECT} WHERE account_id = ? ORDER BY started_at DESC", (account_id,))
        return [one for one in (SignOn(*row) for row in rows) if _is_live(one)]

    def end(self, account_id: str, session_id: str | None = None) -> None:
        """End this session of the account, or all of them."""
        with self._database.transaction() as connection:
            if session_id is None:
                connection.execute("DELETE FROM sign_ons WHERE account_id = ?", (account_id,))
            else:
                connection.execute("DELETE FROM sign_ons WHERE account_id = ? AND session_id = ?", (account_id, session_id))

    def code(self, session: SignOn, asked: Asked) -> str:
        """A code for the service that asked, good once and for a minute."""
        code = secrets.token_urlsafe(32)
        row = (_hash(code), session.session_id, msgspec.json.encode(asked).decode(), int(time.time()) + CODE_SECONDS)
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO codes VALUES (?, ?, ?, ?, 0)", row)
        return code

    def redeem(self, code: str, verifier: str, redirect_uri: str, client_id: str) -> tuple[SignOn, Asked] | None:
        """The session and what was asked for; None for a wrong code. One that was used before ends its session (RFC 6749, 4.1.2)."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT session_id, asked, until, is_used FROM codes WHERE code = ?", (_hash(code),)).fetchone()
            connection.execute("UPDATE codes SET is_used = 1 WHERE code = ?", (_hash(code),))
            if row is None or row[3]:
                if row:
                    connection.execute("DELETE FROM sign_ons WHERE session_id = ?", (row[0],))
                return None
        asked = msgspec.json.decode(row[1], type=Asked)
        is_right = asked.client_id == client_id and asked.redirect_uri == redirect_uri and row[2] >= time.time()
        if not is_right or not hmac.compare_digest(asked.challenge, challenge_of(verifier)):
            return None
        session = self._live(row[0])
        return (session, asked) if session else None

    def refresh_token(self, session: SignOn, client_id: str) -> str:
        """What this service renews its token with while the session lasts."""
        return f"{session.session_id}.{self._refresh_mac(session, client_id)}"

    def refreshed(self, refresh: str, client_id: str) -> SignOn | None:
        """The session that the refresh token belongs to, used now; None where it is over or the token is another's."""
        session_id, _, mac = refresh.partition(".")
        session = self._live(session_id)
        if session is None or not mac.isascii() or not hmac.compare_digest(mac, self._refresh_mac(session, client_id)):
            return None
        with self._database.transaction() as connection:
            connection.execute("UPDATE sign_ons SET used_at = ? WHERE session_id = ?", (int(time.time()), session_id))
        return session

    def _live(self, session_id: str) -> SignOn | None:
        row = self._database.connection().execute(f"{_SELECT} WHERE session_id = ?", (session_id,)).fetchone()
        found = SignOn(*row) if row else None
        return found if found and _is_live(found) else None

    def _refresh_mac(self, session: SignOn, client_id: str) -> str:
        return self._log.keys.mac(REFRESH_KEY, f"{session.session_id}\x00{session.secret}\x00{client_id}".encode())


def challenge_of(verifier: str) -> str:
    """PKCE's S256 of a verifier."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _is_live(session: SignOn) -> bool:
    now = time.time()
    return session.started_at + LONGEST_SECONDS > now and session.used_at + IDLE_SECONDS > now


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
