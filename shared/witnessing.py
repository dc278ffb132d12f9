"""A witness's book: the last checkpoint that it saw of each log it watches, kept so that no two forks are ever cosigned.

Check and store are one transaction, and what was seen is durable before the answer leaves (C2SP tlog-witness).
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from time import time

from shared.store.sql import Database, upsert
from shared.transparency.notes import Checkpoint, Note, PublicKey, Signer, note_of, signatures_in
from shared.transparency.witness import Refused, accept, submission_of

TABLE = "CREATE TABLE IF NOT EXISTS witnessed (origin TEXT PRIMARY KEY, size BIGINT NOT NULL, root TEXT NOT NULL, note TEXT NOT NULL)"


class Book:
    """The book of the witness `signer` in `database`, for the logs of these verifier keys (by origin)."""

    def __init__(self, database: Database, signer: Signer, logs: Mapping[str, PublicKey]) -> None:
        self._database = database
        self.signer = signer
        self.logs = dict(logs)
        with database.transaction() as connection:
            connection.execute(TABLE)

    def cosign(self, body: bytes) -> str:
        """Take a submission and return the signature line.

        Raises:
            Refused: 400, 403, 404, 409 or 422, as the protocol says.
        """
        submission = submission_of(body)
        key = self.logs.get(submission.checkpoint.origin)
        if key is None:
            raise Refused(404, "this log is not watched here\n")
        checkpoint = submission.checkpoint
        with self._database.transaction() as connection:
            row = connection.execute("SELECT size, root FROM witnessed WHERE origin = ?", (checkpoint.origin,)).fetchone()
            seen = Checkpoint(checkpoint.origin, int(row[0]), bytes.fromhex(row[1])) if row else None
            accept(submission, key, seen)
            line = self.signer.cosignature(submission.note.text, int(time()))
            note = Note(submission.note.text, (*submission.note.signatures, *signatures_in(line)))
            statement = upsert("witnessed", ("origin", "size", "root", "note"), ("origin",))
            connection.execute(statement, (checkpoint.origin, checkpoint.size, checkpoint.root.hex(), str(note)))
        return line

    def seen(self, origin_hash: str) -> Note | None:
        """The last note that was cosigned of the log whose origin has this SHA-256 (hex)."""
        for origin in self.logs:
            if sha256(origin.encode()).hexdigest() == origin_hash:
                row = self._database.connection().execute("SELECT note FROM witnessed WHERE origin = ?", (origin,)).fetchone()
                return note_of(str(row[0])) if row else None
        return None
