"""Publishes a service's log: hashes what is committed, keeps the tiles, signs checkpoints (design: log.md, "Who appends, and when").

One thread a process. In the transaction of the events only the rows are stored; everything kept here can be made again from them.
Several workers of one service take turns: who has the lock of the tiles' database goes on where the last one stopped. What was
signed is never contradicted: before each signature the tree is held against the last signed one, and against the file `checkpoint` in
the data folder. If it does not extend them, the thread says so, and signs nothing more; reading goes on.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from time import monotonic, time

from shared.published import Published, tile_bytes, tree_size
from shared.store.leaf import Row
from shared.store.log import Log
from shared.store.sql import Connection, upsert
from shared.transparency.edge import Edge
from shared.transparency.notes import (
    LOG_KEY,
    WITNESS_KEY,
    Checkpoint,
    Note,
    NoteWrong,
    PublicKey,
    Signer,
    checkpoint_of,
    note_of,
    signatures_in,
)
from shared.transparency.tiles import WIDTH, node_from
from shared.transparency.tree import HASH_BYTES, leaf_hash, root

logger = logging.getLogger(__name__)
SIGN_EVERY_SECONDS = 0.8  # an acknowledged event is covered within a second
LOOK_EVERY_SECONDS = 0.8  # for what other workers have committed
MOST_A_TURN = 20_000
PAGE = 1000


class LogForked(RuntimeError):
    """The rows are not those whose tree was published; the message names the first position that differs."""


class Publisher:
    """The public side of `log`, under the name `origin`; `folder` is where the file `checkpoint` lies.

    Raises:
        WrongCounty: the store was published under another name.
    """

    def __init__(self, log: Log, origin: str, folder: Path) -> None:
        self._log = log
        self._file = folder / "checkpoint"
        self.published = Published(log, origin)
        self._database = self.published.database
        number = self.published.number
        name = "log/signing" if number == 1 else f"log/signing/{number}"  # a key is used for one log and for nothing else
        self._signer = Signer(self.published.origin, LOG_KEY, log.keys.secret(name))
        self._witness = Signer(f"{origin}/witness", WITNESS_KEY, log.keys.secret("log/witness"))
        self._edge: Edge | None = None
        self._bell = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self.fault: str | None = None

    @property
    def key(self) -> PublicKey:
        """The log's verifier key."""
        return self._signer.key

    @property
    def witness(self) -> Signer:
        """The key with which this service cosigns others' logs; it signs nothing else."""
        return self._witness

    def start(self) -> None:
        """Check the rows against what was published, then publish, until `close`."""
        self._log.on_commit(lambda _: self._bell.set())
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Publish what is committed, end the thread, give the connections back."""
        self._closing.set()
        self._bell.set()
        if self._thread is not None:
            self._thread.join()
        self._database.close()

    def _run(self) -> None:
        is_checked, signed = False, float("-inf")
        while self.fault is None:
            is_last = self._closing.is_set()
            self._bell.clear()
            try:
                if not is_checked:
                    self.check()
                    is_checked = True
                if self.publish():
                    signed = monotonic()
            except LogForked as error:
                self.fault = str(error)
                logger.error("the log of this service is not signed any more: %s", error)  # noqa: TRY400 - the place says all
            except Exception as error:  # noqa: BLE001 - a full disk, a database that restarts: the next look may go well
                logger.warning("the log can't be published at the moment: %s", type(error).__name__)
            if is_last:
                break
            self._bell.wait(LOOK_EVERY_SECONDS)
            self._closing.wait(max(0.0, signed + SIGN_EVERY_SECONDS - monotonic()))
        self._database.close()

    # Writing

    def publish(self) -> bool:
        """Take in what is committed, and sign if there is more than at the last signature. Whether it signed.

        Raises:
            LogForked: the rows, or the tiles, are not those of the last signed tree.
        """
        if self._edge is not None and self._log.head() == self._edge.size and self.published.latest():
            return False
        note, is_more = None, True
        while is_more:
            with self._database.transaction() as connection:
                edge = self._edge_now(connection)
                rows = list(self._rows_after(edge.size))
                self._take_in(connection, edge, rows)
                is_more = len(rows) == MOST_A_TURN
                note = None if is_more else self._sign(connection, edge, self.published.latest())
        if note is not None:
            self._keep(note)
        return note is not None

    def _rows_after(self, size: int) -> Iterator[Row]:
        """At most MOST_A_TURN rows. Raises LogForked at a hole."""
        for start in range(size, size + MOST_A_TURN, PAGE):
            rows = self._log.page(start, PAGE)
            for expected, row in enumerate(rows, start=start + 1):
                if row.position != expected:
                    raise LogForked(f"position {expected} is missing; the next row is {row.position}")
                yield row
            if len(rows) < PAGE:
                return

    def _edge_now(self, connection: Connection) -> Edge:
        """The edge as the database has it, which another worker may have moved on."""
        size = tree_size(connection)
        if self._edge is None or self._edge.size != size:
            self._edge = Edge(size, lambda level, number: tile_bytes(self._database.connection(), level, number))
        return self._edge

    @staticmethod
    def _take_in(connection: Connection, edge: Edge, rows: Sequence[Row]) -> None:
        changed: dict[tuple[int, int], bytes] = {}
        for row in rows:
            for level, number, hashes in edge.append(leaf_hash(row.leaf())):
                changed[level, number] = hashes
        if rows:
            changed |= {(level, number): hashes for level, number, hashes in edge.unfilled()}
            statement = upsert("tiles", ("level", "number", "hashes"), ("level", "number"))
            connection.executemany(statement, [(*place, hashes) for place, hashes in changed.items()])

    def _sign(self, connection: Connection, edge: Edge, last: Checkpoint | None) -> Note | None:
        if last is not None and last.size == edge.size:
            return None
        for known in (last, self._kept()):
            if known is not None and (known.size > edge.size or edge.root(known.size) != known.root):
                raise LogForked(f"the log has {edge.size} events, and they don't extend the tree of {known.size} that was signed")
        checkpoint = Checkpoint(self.published.origin, edge.size, edge.root())
        line = self._signer.line(checkpoint.text)
        values = (checkpoint.size, checkpoint.root.hex(), line, int(time()))
        connection.execute("INSERT INTO checkpoints (size, root, lines, signed_at) VALUES (?, ?, ?, ?)", values)
        return Note(checkpoint.text, signatures_in(line))

    def _keep(self, note: Note) -> None:
        """Put the note beside the database: whoever cuts the database back has to find this too."""
        made = self._file.with_name(f".checkpoint.{os.getpid()}")  # its own: another worker may be writing too
        self._file.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(str(note), encoding="utf-8")
        made.replace(self._file)

    def _kept(self) -> Checkpoint | None:
        note = self._kept_note()
        return checkpoint_of(note.text) if note else None

    def _kept_note(self) -> Note | None:
        """The note in the file beside the database; None where that is one of an earlier log in this place."""
        try:
            note = note_of(self._file.read_bytes())
            origin = checkpoint_of(note.text).origin
        except FileNotFoundError:
            return None
        except NoteWrong as error:
            raise LogForked(f"the file {self._file.name} beside the database is no checkpoint") from error
        return None if origin in self.published.earlier else note

    def last_known(self) -> Note | None:
        """The note that covers most of what this log signed, of those in the database and beside it."""
        known = filter(None, (self.published.note(), self._kept_note()))
        return max(known, key=lambda note: checkpoint_of(note.text).size, default=None)

    def put_away(self, last: Note) -> None:
        """Keep the last note of a log that ends here as `checkpoint-<its number>`, beside the database."""
        self._file.with_name(f"checkpoint-{self.published.number}").write_text(str(last), encoding="utf-8")

    # Checking

    def check(self) -> None:
        """Hold every row against the tiles, and both against the last signed tree.

        Raises:
            LogForked: naming the first position that differs.
        """
        self._check_key()
        connection = self._database.connection()
        size = tree_size(connection)
        for number in range(-(-size // WIDTH)):
            self._check_rows(number * WIDTH, tile_bytes(connection, 0, number), size)
        node = node_from(lambda level, number: tile_bytes(connection, level, number))
        for known in (self.published.latest(), self._kept()):
            if known is None:
                continue
            if known.size > size:
                self._check_beyond(size, known)
            elif root(known.size, node) != known.root:
                raise LogForked(f"the tiles of the first {known.size} events are not those that were signed")

    def _check_key(self) -> None:
        """Whether the key store still has the key by which this log is known."""
        for note in filter(None, (self.published.note(), self._kept_note())):
            if not note.is_signed_by(self.key):
                raise LogForked("the last checkpoint was not signed by the key that the key store holds: put the right keys back")

    def _check_beyond(self, size: int, known: Checkpoint) -> None:
        """The tree was signed further than it is kept, as after a restore of the database beside a newer checkpoint: ask the rows."""
        filled: dict[tuple[int, int], bytes] = {}
        connection = self._database.connection()
        edge = Edge(size, lambda level, number: filled.get((level, number)) or tile_bytes(connection, level, number))
        while edge.size < known.size:
            rows = list(islice(self._rows_after(edge.size), known.size - edge.size))
            if not rows:
                raise LogForked(f"position {edge.size + 1} is missing; a tree of {known.size} events was signed")
            for row in rows:
                filled |= {(level, number): hashes for level, number, hashes in edge.append(leaf_hash(row.leaf()))}
        if edge.root() != known.root:
            raise LogForked(f"the first {known.size} events are not those that were signed")

    def _check_rows(self, before: int, published: bytes, size: int) -> None:
        rows = self._log.page(before, len(published) // HASH_BYTES)
        for place, row in enumerate(rows):
            expected = before + place + 1
            if row.position != expected:
                raise LogForked(f"position {expected} is missing; the next row is {row.position}")
            if leaf_hash(row.leaf()) != published[place * HASH_BYTES : (place + 1) * HASH_BYTES]:
                raise LogForked(f"position {expected} is not the row that was published")
        if len(rows) * HASH_BYTES < len(published):
            raise LogForked(f"position {before + len(rows) + 1} is missing; {size} events were published")
