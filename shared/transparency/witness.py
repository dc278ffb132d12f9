"""What a witness decides (C2SP tlog-witness): it cosigns a checkpoint that extends the last one it saw of that log, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.transparency.notes import Checkpoint, Note, PublicKey, checkpoint_of, hashes_of, note_of
from shared.transparency.tree import EMPTY_ROOT, ProofWrong, check_consistency

MOST_PROOF_LINES = 63


class Refused(Exception):
    """The witness does not cosign; `status` is that of the protocol, `body` what it answers."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint with the proof that it extends one of `old` leaves."""

    old: int
    proof: Sequence[bytes]
    note: Note
    checkpoint: Checkpoint


def submission_of(body: bytes) -> Submission:
    """The request `old <size>`, proof lines, a blank line, the checkpoint. Raises Refused 400."""
    head, _, rest = body.partition(b"\n\n")
    try:
        first, *lines = head.decode().split("\n")
        word, _, size = first.partition(" ")
        note = note_of(rest)
        submission = Submission(int(size), hashes_of(lines), note, checkpoint_of(note.text))
    except ValueError as error:
        raise Refused(400, f"{error}\n") from error
    if word != "old" or size != str(submission.old) or submission.old < 0 or len(lines) > MOST_PROOF_LINES:
        raise Refused(400, "the first line is: old, a size; at most 63 lines of proof follow\n")
    return submission


def accept(submission: Submission, log: PublicKey, seen: Checkpoint | None) -> None:
    """Return if a witness that last saw `seen` of this log may cosign. Raises Refused 400, 403, 409 (with the size it saw) or 422."""
    new = submission.checkpoint
    if new.origin != log.name or not submission.note.is_signed_by(log):
        raise Refused(403, "the checkpoint has no good signature of the log's key\n")
    if submission.old > new.size:
        raise Refused(400, "the old size is larger than the checkpoint's\n")
    last = seen.size if seen else 0
    if submission.old != last:
        raise Refused(409, f"{last}\n")
    try:
        check_consistency(last, new.size, (seen.root if seen else EMPTY_ROOT, new.root), submission.proof)
    except ProofWrong as error:
        raise Refused(422, f"{error}\n") from error
