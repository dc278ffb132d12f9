"""What the views say: the file they lie in, and consistent reading of it, now or as of a position of the log."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from shared.store.sql import Connection, Database, equals, upsert
from shared.tables import Table, Values, filled_in

_POSITIONS = "CREATE TABLE IF NOT EXISTS positions (name TEXT PRIMARY KEY, version INTEGER NOT NULL, position BIGINT NOT NULL)"


class ViewDatabase:
    """A database of views or of a mirror, and the positions that its tables stand for."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.transaction() as connection:
            connection.execute(_POSITIONS + database.table_options)

    def connection(self) -> Connection:
        """The calling thread's connection."""
        return self.database.connection()

    def position(self, name: str) -> tuple[int, int]:
        """The version and the position of the tables kept under `name`; (0, 0) where there are none."""
        found = self.connection().execute("SELECT version, position FROM positions WHERE name=?", (name,)).fetchone()
        return tuple(found) if found else (0, 0)

    def positions(self) -> dict[str, int]:
        """The positions of all tables by the name under which they are kept."""
        return dict(self.connection().execute("SELECT name, position FROM positions").fetchall())

    def set_position(self, name: str, version: int, position: int) -> None:
        """Say what the tables under `name` stand for; within the transaction that writes their rows."""
        self.connection().execute(upsert("positions", ("name", "version", "position"), ("name",)), (name, version, position))

    async def rows(self, statement: str, params: Sequence[object]) -> list[tuple[Any, ...]]:
        """Read in a worker thread."""
        return await asyncio.to_thread(lambda: self.connection().execute(statement, tuple(params)).fetchall())


class Snapshot:
    """What the views say: now, or as of the position `at`."""

    def __init__(self, database: ViewDatabase, at: int | None = None) -> None:
        self._database = database
        self.at = at

    async def rows(
        self,
        table: Table,
        *,
        order_by: Sequence[str] = (),
        limit: int | None = None,
        after: tuple[object, ...] | None = None,
        **equal: Any,  # noqa: ANN401 - each column has its own type
    ) -> list[Values]:
        """The rows whose columns equal these, in `order_by` (by default the key's order).

        `after` continues behind the row with these values of the order's columns (a cursor); `limit` bounds the number.
        """
        order = tuple(order_by) or table.key
        where = [equals(f"t.{column}", value) for column, value in equal.items()]
        params = [table.to_sql(column, value) for column, value in equal.items() if value is not None]
        if after is not None:
            where.append(f"({', '.join(f't.{column}' for column in order)}) > ({', '.join('?' * len(after))})")
            params += [table.to_sql(column, value) for column, value in zip(order, after, strict=True)]
        if table.history:
            where.append("{holds:t}")
        condition = f" WHERE {' AND '.join(where)}" if where else ""
        bound = f" LIMIT {int(limit)}" if limit is not None else ""
        columns, ordered = (", ".join(f"t.{name}" for name in names) for names in (table.all_columns, order))
        statement = f"SELECT {columns} FROM {table.name} t{condition} ORDER BY {ordered}{bound}"
        return [table.to_values(row) for row in await self._database.rows(filled_in(statement, self.at), params)]

    async def row(self, table: Table, **equal: Any) -> Values | None:  # noqa: ANN401 - the same
        """The one row with these values, or None."""
        found = await self.rows(table, limit=1, **equal)
        return found[0] if found else None

    async def sql(self, statement: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows as stored of a statement with `{table}` and `{holds:alias}`; for what `rows` can't say."""
        return await self._database.rows(filled_in(statement, self.at), params)
