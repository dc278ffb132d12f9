"""How the eventsourcing library reads and writes the same table on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.postgres import PostgresFactory, PostgresProcessRecorder
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from shared.store.library import insert_by
from shared.store.postgres.writing import PostgresWriter


def library_settings(url: str, schema: str) -> dict[str, str]:
    """The library's settings for the same server and schema."""
    parts = conninfo_to_dict(url)
    names = {
        "POSTGRES_DBNAME": "dbname",
        "POSTGRES_HOST": "host",
        "POSTGRES_PORT": "port",
        "POSTGRES_USER": "user",
        "POSTGRES_PASSWORD": "password",
    }
    environment = {name: unquote(str(parts.get(part) or "")) for name, part in names.items()}
    return {
        **environment,
        "POSTGRES_PORT": environment["POSTGRES_PORT"] or "5432",
        "POSTGRES_POOL_SIZE": "0",  # opened when they are needed: one that is still connecting when the pool closes is never closed
        "POSTGRES_SCHEMA": schema,
        "ORIGINATOR_ID_TYPE": "text",
        "CREATE_TABLE": "no",
        "PERSISTENCE_MODULE": "shared.store.postgres.library:Factory",
    }


class Recorder(PostgresProcessRecorder):
    """The library's recorder over our table; appending goes through the writer, which knows guards, keys and positions."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: object) -> Sequence[int]:
        """Insert by the same lock, look and write as everybody; returns the positions. Raises IntegrityError on a conflict."""
        datastore = self.datastore
        with datastore.get_connection() as connection:
            connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(datastore.schema)))
            writer = PostgresWriter(lambda: connection, datastore.schema)
            return insert_by(writer, stored_events)

    def select_events(
        self, originator_id: object, *, gt: int | None = None, lte: int | None = None, desc: bool = False, limit: int | None = None
    ) -> Sequence[StoredEvent]:
        """A stream's events, as the library asks for them."""
        statement = sql.SQL(
            "SELECT originator_id, originator_version, topic, state FROM {}.stored_events WHERE originator_id = %s"
            " AND originator_version > %s AND originator_version <= %s ORDER BY originator_version {} LIMIT %s"
        ).format(sql.Identifier(self.datastore.schema), sql.SQL("DESC" if desc else "ASC"))
        values = (str(originator_id), gt or 0, 2**62 if lte is None else lte, limit)
        with self.datastore.get_connection() as connection, connection.cursor() as cursor:
            found = cursor.execute(statement, values).fetchall()
        return [StoredEvent(r["originator_id"], r["originator_version"], r["topic"], r["state"].encode()) for r in found]

    def select_notifications(
        self, start: int | None, limit: int, stop: int | None = None, topics: Sequence[str] = (), *, inclusive_of_start: bool = True
    ) -> Sequence[Notification]:
        """A section of the log, as the library asks for it."""
        statement = sql.SQL(
            "SELECT notification_id, originator_id, originator_version, topic, state FROM {}.stored_events"
            " WHERE notification_id >= %s AND notification_id <= %s AND (%s::text[] = '{{}}' OR topic = ANY(%s)) ORDER BY 1 LIMIT %s"
        ).format(sql.Identifier(self.datastore.schema))
        first = (start or 1) + (0 if inclusive_of_start or start is None else 1)
        values = (first, 2**62 if stop is None else stop, list(topics), list(topics), limit)
        with self.datastore.get_connection() as connection, connection.cursor() as cursor:
            found = cursor.execute(statement, values).fetchall()
        return [
            Notification(r["originator_id"], r["originator_version"], r["topic"], r["state"].encode(), id=r["notification_id"])
            for r in found
        ]


class Factory(PostgresFactory):
    """The library's factory with our recorder."""

    application_recorder_class = Recorder
    process_recorder_class = Recorder
