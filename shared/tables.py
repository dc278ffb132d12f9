"""Tables of views: declared once, created, written by pages and read by snapshots. On any database the same.

A table with history keeps each version of a row with the positions between which it held: `from_position` (included) and
`to_position` (not included; NULL while it holds). Scores are stored as decimal text, days and instants as ISO text, lists and
dicts as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from shared.store.leaf import instant_of, instant_text
from shared.store.sql import Connection, Database, equals, upsert

Values = dict[str, Any]
_json = msgspec.json.Encoder(decimal_format="number").encode


def _dump(value: object) -> str:
    return _json(value).decode()


def _load(text: str) -> object:
    return json.loads(text, parse_float=Decimal)


_TO_SQL: dict[type, Callable[[Any], object]] = {
    str: str, int: int, bool: int, Decimal: str, date: date.isoformat, datetime: instant_text, dict: _dump, list: _dump,
}  # fmt: skip
_FROM_SQL: dict[type, Callable[[Any], object]] = {
    str: str, int: int, bool: bool, Decimal: Decimal, date: date.fromisoformat, datetime: instant_of, dict: _load, list: _load,
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table's name, key, columns with their types, indexes, and whether it keeps history.

    `reading_indexes` serve only those who read; a rebuild makes them when all rows are there, which is faster.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, type]
    indexes: Sequence[tuple[str, ...]] = ()
    reading_indexes: Sequence[tuple[str, ...]] = ()
    history: bool = False
    all_columns: tuple[str, ...] = field(init=False)
    _stored: tuple[tuple[str, Callable[[Any], object]], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        unknown = {*self.key, *(name for index in (*self.indexes, *self.reading_indexes) for name in index)} - set(self.columns)
        if unknown:
            raise ValueError(f"{self.name}: no such columns: {sorted(unknown)}")
        extra = ("from_position", "to_position") if self.history else ()
        if taken := set(extra) & set(self.columns):
            raise ValueError(f"{self.name}: history has columns of these names itself: {sorted(taken)}")
        object.__setattr__(self, "all_columns", (*self.columns, *extra))
        object.__setattr__(self, "_stored", tuple((column, _TO_SQL[kind]) for column, kind in self.columns.items()))

    def __hash__(self) -> int:
        return hash(self.name)

    def create(self, database: Database, name: str, *, for_readers: bool = True) -> None:
        """Create the table and its indexes (those of readers too, if `for_readers`) under `name` where they are missing."""
        kinds = {int: "BIGINT", bool: "INTEGER"}
        columns = [f"{column} {kinds.get(kind, 'TEXT')}" for column, kind in self.columns.items()]
        columns += ["from_position BIGINT NOT NULL", "to_position BIGINT"] if self.history else []
        primary = (*self.key, "from_position") if self.history else self.key
        connection = database.connection()
        keyed = f"{', '.join(columns)}, PRIMARY KEY ({', '.join(primary)})"
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({keyed}){database.table_options}")
        for index in (*self.indexes, *(self.reading_indexes if for_readers else ())):
            connection.execute(f"CREATE INDEX IF NOT EXISTS {name}__{'_'.join(index)} ON {name} ({', '.join(index)})")

    def to_row(self, values: Values) -> tuple[object, ...]:
        """The values as stored, in the order of the columns; raises KeyError for one that is no column."""
        if len(values) > len(self.columns) or not values.keys() <= self.columns.keys():
            raise KeyError(f"{self.name}: no such columns: {sorted(values.keys() - self.columns.keys())}")
        return tuple([None if (value := values.get(column)) is None else stored(value) for column, stored in self._stored])

    def to_values(self, row: Sequence[Any]) -> Values:
        """A stored row (all columns in order) as values."""
        values: Values = {
            column: None if value is None else _FROM_SQL[kind](value)
            for (column, kind), value in zip(self.columns.items(), row, strict=False)
        }
        if self.history:
            values["from_position"], values["to_position"] = row[-2], row[-1]
        return values

    def to_sql(self, column: str, value: object) -> object:
        """One value as stored."""
        return None if value is None else _TO_SQL[self.columns[column]](value)


class Page:
    """The rows that a page of events writes: buffered, and written with the position in one transaction by `flush`."""

    def __init__(self, connection: Connection, names: Mapping[Table, str]) -> None:
        self._connection = connection
        self._names = names
        self._rows: dict[Table, dict[tuple[object, ...], list[tuple[int, Values | None]]]] = {}
        self._new: dict[Table, set[tuple[object, ...]]] = {}
        self._flushed: set[Table] = set()
        self.position = 0

    def add(self, table: Table, **values: object) -> None:
        """Insert a row whose key never stood in the table, such as that of a new id: nothing has to be looked for and closed."""
        key = tuple([values[column] for column in table.key])
        self._new.setdefault(table, set()).add(key)
        self._write(table, key, values)

    def put(self, table: Table, **values: object) -> None:
        """Insert the row, or replace the one with the same key, as of the event that is being projected."""
        self._write(table, tuple(values[column] for column in table.key), values)

    def drop(self, table: Table, *key: object) -> None:
        """Remove the row with this key as of the event that is being projected; nothing happens where there is none."""
        self._write(table, key, None)

    def get(self, table: Table, *key: object) -> Values | None:
        """The row with this key as it now stands, this page's writes included."""
        versions = self._rows.get(table, {}).get(key)
        if versions:
            return None if versions[-1][1] is None else dict(versions[-1][1])
        return self._stored(table, key)

    def find(self, table: Table, **equal: object) -> list[Values]:
        """The present rows whose columns equal these, this page's writes included; in the order of their keys."""
        self.flush(table)
        where = [equals(column, value) for column, value in equal.items()] + (["to_position IS NULL"] if table.history else [])
        condition = f" WHERE {' AND '.join(where)}" if where else ""
        columns = ", ".join(table.all_columns)
        statement = f"SELECT {columns} FROM {self._names[table]}{condition} ORDER BY {', '.join(table.key)}"
        values = [table.to_sql(column, value) for column, value in equal.items() if value is not None]
        return [_without_positions(table.to_values(row)) for row in self._connection.execute(statement, values)]

    def flush(self, table: Table | None = None) -> None:
        """Write what is buffered (of `table` alone, where it is named) within the open transaction."""
        for one in [table] if table else list(self._rows):
            rows = self._rows.pop(one, None)
            if rows:
                (self._flush_history if one.history else self._flush_plain)(one, rows)

    def _write(self, table: Table, key: tuple[object, ...], values: Values | None) -> None:
        versions = self._rows.setdefault(table, {}).setdefault(key, [])
        if versions and (versions[-1][0] == self.position or not table.history):
            versions.pop()
        versions.append((self.position, values))

    def _stored(self, table: Table, key: tuple[object, ...]) -> Values | None:
        where = " AND ".join(f"{column}=?" for column in table.key) + (" AND to_position IS NULL" if table.history else "")
        values = [table.to_sql(column, value) for column, value in zip(table.key, key, strict=True)]
        columns = ", ".join(table.all_columns)
        row = self._connection.execute(f"SELECT {columns} FROM {self._names[table]} WHERE {where}", values).fetchone()
        return _without_positions(table.to_values(row)) if row else None

    def _flush_plain(self, table: Table, rows: dict[tuple[object, ...], list[tuple[int, Values | None]]]) -> None:
        name = self._names[table]
        puts = [table.to_row(versions[-1][1]) for versions in rows.values() if versions[-1][1] is not None]
        drops = [self._key(table, key) for key, versions in rows.items() if versions[-1][1] is None]
        self._connection.executemany(upsert(name, tuple(table.columns), table.key), puts)
        where = " AND ".join(f"{column}=?" for column in table.key)
        self._connection.executemany(f"DELETE FROM {name} WHERE {where}", drops)

    def _flush_history(self, table: Table, rows: dict[tuple[object, ...], list[tuple[int, Values | None]]]) -> None:
        name, where = self._names[table], " AND ".join(f"{column}=?" for column in table.key)
        new = self._new.pop(table, set())
        firsts = [(versions[0][0], self._key(table, key)) for key, versions in rows.items() if key not in new]
        if table in self._flushed:  # then this very event may have written the row already
            same = [(*key, position) for position, key in firsts]
            self._connection.executemany(f"DELETE FROM {name} WHERE {where} AND from_position=?", same)
        self._flushed.add(table)
        closed = [(position, *key) for position, key in firsts]
        self._connection.executemany(f"UPDATE {name} SET to_position=? WHERE {where} AND to_position IS NULL", closed)
        inserts = []
        for versions in rows.values():
            ends = [position for position, _ in versions[1:]] + [None]
            inserts += [
                (*table.to_row(values), position, end) for (position, values), end in zip(versions, ends, strict=True) if values is not None
            ]
        marks = ",".join("?" * len(table.all_columns))
        self._connection.executemany(f"INSERT INTO {name} ({', '.join(table.all_columns)}) VALUES ({marks})", inserts)

    @staticmethod
    def _key(table: Table, key: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(table.to_sql(column, value) for column, value in zip(table.key, key, strict=True))


def _without_positions(values: Values) -> Values:
    values.pop("from_position", None)
    values.pop("to_position", None)
    return values


_FILL = re.compile(r"\{(holds:)?(\w+)\}")


def filled_in(statement: str, at: int | None) -> str:
    """`{table}` becomes the table's name and `{holds:alias}` the condition that the alias' row held at position `at`."""

    def fill(match: re.Match[str]) -> str:
        if not match[1]:
            return match[2]
        alias = match[2]
        if at is None:
            return f"{alias}.to_position IS NULL"
        return f"({alias}.from_position <= {at} AND ({alias}.to_position IS NULL OR {alias}.to_position > {at}))"

    return _FILL.sub(fill, statement)
