"""The PostgreSQL database of the settings, looked at before anything starts on it; what it refuses is said in plain words."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict

from shared.settings import SERVICES, Settings
from shared.store.postgres.migrating import WrongSchema, refuse_foreign_cells
from xingqi.stop import Stop

OLDEST_SERVER = 150000
CONNECT_SECONDS = 5
_RIGHTS = "SELECT has_database_privilege(current_database(), 'CREATE')"
_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)"
_SENTENCES = {
    "password authentication failed": "it does not take the password of the role {user}. Set the right one, in the URL or its file",
    "no password supplied": "it wants a password for the role {user}. Name its file in XINGQI_DATABASE_PASSWORD_FILE",
    "no pg_hba.conf entry": "it lets nobody in from this machine as {user}. Add a line to its pg_hba.conf",
    "is not permitted to log in": "the role {user} may not log in. Run xingqi migrate, or ALTER ROLE ... LOGIN",
    "too many": "it has no connection left. Raise its max_connections",
    "session is read-only": "none of its nodes takes writes now. Look whether they are choosing a leader, and try again in a moment",
    "starting up": "it is starting or stopping. Try again in a moment",
}


def refuse_database(settings: Settings) -> None:
    """Return if the services can start on the database that the settings name, or on files.

    Raises:
        Stop: it is not reached, too old, another county's, or its role can neither find nor make the schemas.
    """
    url = settings.database
    if url is None:
        return
    first = f"{settings.county}_{SERVICES[0]}"
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
            refuse_old(connection)
            wanted = [f"{settings.county}_{service}" for service in SERVICES]
            missing = set(wanted) - {str(name) for (name,) in connection.execute(_SCHEMAS, (wanted,)).fetchall()}
            if missing:
                refuse_foreign_cells(connection, first)
                _refuse_without_rights(connection, settings, missing)
    except WrongSchema as error:
        raise Stop(f"{error}.") from None
    except psycopg.Error as error:
        raise Stop(said_plainly(error, url)) from None


def refuse_old(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Raise Stop where the server is older than what Xingqi is tested on."""
    if connection.info.server_version < OLDEST_SERVER:
        raise Stop(f"the PostgreSQL server has version {connection.info.server_version // 10_000}; Xingqi needs 15 or later.")


def _refuse_without_rights(connection: psycopg.Connection[tuple[object, ...]], settings: Settings, missing: set[str]) -> None:
    row = connection.execute(_RIGHTS).fetchone()
    if row is None or not row[0]:
        raise Stop(
            f"the database {connection.info.dbname} has no cell of the county {settings.county} ({', '.join(sorted(missing))} missing), "
            f"and the role {connection.info.user} may not make one. Run xingqi migrate, or name another XINGQI_COUNTY."
        )


def said_plainly(error: psycopg.Error, url: str = "") -> str:
    """What the database said, for an operator: where, why, what to do. It never holds a password."""
    text = str(error).strip()
    parts = conninfo_to_dict(url) if url else {}
    user, name = str(parts.get("user") or "of this process"), str(parts.get("dbname") or parts.get("user") or "")
    host, port = str(parts.get("host") or "this machine"), str(parts.get("port") or "5432")
    server = f"the PostgreSQL server at {host}:{port}" if url else "the PostgreSQL server"
    for words, sentence in _SENTENCES.items():
        if words in text:
            return f"{server} refuses: {sentence.format(user=user)}."
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return f"{server} refuses: {text.splitlines()[0]}. Run xingqi migrate, which gives the role its rights."
    if text.endswith("does not exist"):
        what = f"the role {user}" if "role" in text.rpartition("FATAL")[2] else f"the database {name}"
        return f"{server} has no such thing as {what}. Make it, or correct XINGQI_DATABASE_URL."
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return f"{server} is not reached. Start it, or correct XINGQI_DATABASE_URL. It was said: {text.splitlines()[-1].strip()}"
    return f"{server} refuses: {text.splitlines()[0]}."
