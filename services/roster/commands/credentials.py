"""Login names, passwords and second factors: a database of their own beside the log, sealed with a key that closing destroys.

A login name is found by its keyed hash, so that a copy of the database lists nobody. Passwords are kept as Argon2id hashes (pwdlib).
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import cast

import msgspec
import pyotp
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from services.roster.domain.passwords import LoginTaken, proper_login, proper_password
from shared.store import KeyGone, Log, Stale
from shared.store.sql import Database, upsert

TABLES = (
    (
        "CREATE TABLE IF NOT EXISTS credentials (account_id TEXT PRIMARY KEY, key_name TEXT NOT NULL, login TEXT NOT NULL,"
        " sealed BLOB NOT NULL)"
    ),
    "CREATE UNIQUE INDEX IF NOT EXISTS credentials_login ON credentials (login)",
)
LOGIN_KEY, RECOVERY_KEY = "mac/logins", "mac/recovery-codes"
FIRST_PASSWORD_SECONDS = 14 * 86400
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""What can't be misread on a slip of paper."""
GROUPS, GROUP_LENGTH, RECOVERY_CODES = 3, 4, 8
TOTP_STEP = 30
TRIES = 5
MOST_HASHES_AT_ONCE = 2
HASHER = PasswordHash((Argon2Hasher(memory_cost=47_104, time_cost=1, parallelism=1),))
"""46 MiB, one pass: OWASP's first recommendation; the semaphore bounds what a flood of tries takes of the machine."""
_NOBODYS = HASHER.hash(secrets.token_urlsafe())
_upsert = upsert("credentials", ("account_id", "key_name", "login", "sealed"), ("account_id",))


class Credential(msgspec.Struct, frozen=True):
    """How somebody signs in. `first_until`: the password is a one-time password, good until then (Unix seconds)."""

    login: str
    password: str
    first_until: float | None = None
    totp: str | None = None
    totp_step: int = 0
    """The last code's time step: a code is taken once."""
    recovery: tuple[str, ...] = ()
    asked_totp: str | None = None
    """A second factor that was shown and not yet confirmed."""


def one_time_password() -> str:
    """Some 59 bits in three groups, to be read from a slip of paper; shown once."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))


class Credentials:
    """The credentials of the roster's accounts. Thread-safe; holds no secret in the clear but while it works."""

    def __init__(self, log: Log, database: Database) -> None:
        self._log = log
        self._database = database
        self._hashing = asyncio.Semaphore(MOST_HASHES_AT_ONCE)
        with database.transaction() as connection:
            for statement in TABLES:
                connection.execute(statement)

    def of(self, account_id: str) -> Credential | None:
        """The account's credential; None where it has none, or it was destroyed."""
        row = self._row(account_id)
        try:
            opened = self._log.keys.open(row[0], bytes(row[1]), account_id.encode()) if row else None
        except KeyGone:
            return None
        return msgspec.json.decode(opened, type=Credential) if opened else None

    def account_of(self, login: str) -> str | None:
        """Whose login name this is."""
        row = (
            self._database.connection().execute("SELECT account_id FROM credentials WHERE login = ?", (self.fingerprint(login),)).fetchone()
        )
        return row[0] if row else None

    def check_free(self, account_id: str, login: str | None) -> None:
        """Return if the account may have this login name. Raises BadLogin, LoginTaken."""
        if login and self.account_of(proper_login(login)) not in {None, account_id}:
            raise LoginTaken

    def fingerprint(self, login: str) -> str:
        """The keyed hash under which a login name is found, and its failed attempts counted."""
        return self._log.keys.mac(LOGIN_KEY, login.encode())

    async def give_first_password(self, account_id: str, login: str | None = None) -> tuple[str, str]:
        """A new one-time password in the place of all that opened the account before; returns login name and password.

        Without `login` the account keeps its name, or gets one made up. Raises BadLogin, LoginTaken.
        """
        before, password = self.of(account_id), one_time_password()
        name = proper_login(login) if login else before.login if before else one_time_password()[:9].replace("-", "")
        made = Credential(name, await self._hashed(_plain(password)), first_until=time.time() + FIRST_PASSWORD_SECONDS)
        row = self._row(account_id)
        self._keep(account_id, made, f"account/{self._log.new_id()}")
        if row:
            self._log.keys.destroy(row[0])
        return name, password

    async def is_password(self, account_id: str | None, password: str) -> bool:
        """Whether this opens the account; takes as long for an account that is not there."""
        credential = self.of(account_id) if account_id else None
        written = _plain(password) if credential and credential.first_until else password
        async with self._hashing:
            is_right = await asyncio.to_thread(HASHER.verify, written, credential.password if credential else _NOBODYS)
        is_late = credential is not None and credential.first_until is not None and credential.first_until < time.time()
        return is_right and credential is not None and not is_late

    async def choose_password(self, account_id: str, password: str) -> None:
        """Put the person's own password in the place of the last one. Raises WeakPassword."""
        credential = self._known(account_id)
        hashed = await self._hashed(proper_password(password, credential.login))
        self._change(account_id, password=hashed, first_until=None)

    def ask_second_factor(self, account_id: str) -> str:
        """A new secret for an authenticator; it is asked for once its first code was confirmed. Returns the `otpauth` address."""
        self._change(account_id, asked_totp=pyotp.random_base32())
        return cast(str, self.asked_address(account_id))

    def asked_address(self, account_id: str) -> str | None:
        """The `otpauth` address of the secret that waits for its first code."""
        credential = self._known(account_id)
        if credential.asked_totp is None:
            return None
        return pyotp.TOTP(credential.asked_totp).provisioning_uri(name=credential.login, issuer_name="Xingqi")

    def confirm_second_factor(self, account_id: str, code: str) -> tuple[str, ...] | None:
        """From now on a code is asked for; returns the recovery codes, shown once. None where the code is wrong."""
        credential = self._known(account_id)
        step = _step_of(credential.asked_totp, code, 0)
        if step is None:
            return None
        codes = tuple(one_time_password() for _ in range(RECOVERY_CODES))
        hashed = tuple(self._recovery_hash(account_id, one) for one in codes)
        self._change(account_id, totp=credential.asked_totp, asked_totp=None, totp_step=step, recovery=hashed)
        return codes

    def drop_second_factor(self, account_id: str) -> None:
        """No code is asked for any more."""
        self._change(account_id, totp=None, asked_totp=None, recovery=())

    def takes_code(self, account_id: str, code: str) -> bool:
        """Whether this is the authenticator's code of now, or a recovery code; each is taken once, whoever else tries it meanwhile."""
        hashed = self._recovery_hash(account_id, code)

        def used(credential: Credential) -> Mapping[str, object] | None:
            step = _step_of(credential.totp, code, credential.totp_step)
            if step is not None:
                return {"totp_step": step}
            left = tuple(one for one in credential.recovery if not hmac.compare_digest(one, hashed))
            return {"recovery": left} if len(left) < len(credential.recovery) else None

        return self._swap(account_id, used)

    def destroy(self, account_id: str) -> None:
        """Nothing opens the account any more, and its login name is free."""
        if row := self._row(account_id):
            self._log.keys.destroy(row[0])
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM credentials WHERE account_id = ?", (account_id,))

    def _known(self, account_id: str) -> Credential:
        credential = self.of(account_id)
        if credential is None:
            raise KeyGone
        return credential

    def _change(self, account_id: str, **changes: object) -> None:
        self._swap(account_id, lambda _: changes)

    def _swap(self, account_id: str, decide: Callable[[Credential], Mapping[str, object] | None]) -> bool:
        """Change the credential as `decide` says of how it stands; False where it says None. Raises Stale."""
        for _ in range(TRIES):
            row, credential = self._row(account_id), self._known(account_id)
            changes = decide(credential)
            if changes is None or row is None:
                return False
            changed = msgspec.json.encode(msgspec.structs.replace(credential, **changes))
            sealed = self._log.keys.seal(row[0], changed, account_id.encode())
            statement = "UPDATE credentials SET sealed = ? WHERE account_id = ? AND sealed = ?"
            with self._database.transaction() as connection:
                if connection.execute(statement, (sealed, account_id, row[1])).rowcount == 1:
                    return True
        raise Stale

    def _keep(self, account_id: str, credential: Credential, key_name: str) -> None:
        sealed = self._log.keys.seal(key_name, msgspec.json.encode(credential), account_id.encode())
        with self._database.transaction() as connection:
            login = self.fingerprint(credential.login)
            owner = connection.execute("SELECT account_id FROM credentials WHERE login = ?", (login,)).fetchone()
            if owner is not None and owner[0] != account_id:
                raise LoginTaken
            connection.execute(_upsert, (account_id, key_name, login, sealed))

    def _row(self, account_id: str) -> tuple[str, bytes] | None:
        statement = "SELECT key_name, sealed FROM credentials WHERE account_id = ?"
        row: tuple[str, bytes] | None = self._database.connection().execute(statement, (account_id,)).fetchone()
        return row

    def _recovery_hash(self, account_id: str, code: str) -> str:
        return self._log.keys.mac(RECOVERY_KEY, f"{account_id}\x00{_plain(code)}".encode())

    async def _hashed(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(HASHER.hash, password)


def _plain(password: str) -> str:
    """A one-time password as it is compared: without the hyphens and blanks of its slip."""
    return "".join(character for character in password.casefold() if character in ALPHABET)


def _step_of(secret: str | None, code: str, after: int) -> int | None:
    """The time step whose code this is, the last one, this one or the next, and later than `after`."""
    now = int(time.time()) // TOTP_STEP
    written = "".join(code.split())
    if secret is None or not (written.isascii() and written.isdigit()):
        return None
    steps = [step for step in (now - 1, now, now + 1) if step > after]
    return next((step for step in steps if hmac.compare_digest(pyotp.TOTP(secret).at(step * TOTP_STEP), written)), None)
