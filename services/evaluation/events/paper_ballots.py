"""Ballots on paper, and codes by which a member votes from afar (spec, section 6).

Streams:

- `paper-ballot/<paper>`: one sheet, from its first keying to its second.
- `papers-of/<review>`: which sheets of a review wait for their second keying.
- `remote-code/<review>/<rater>`: the one-time codes that were handed to a member; the newest holds.
"""

from __future__ import annotations

from shared.events import Event, TextRef, event


@event("ballots.paper-ballot-entered.v1", sealed=("cells",))
class PaperBallotEntered(Event, frozen=True, kw_only=True):
    """The secretary keyed in a sheet; it counts nothing yet. `cells`: its scores, sealed; `sheet`: what tells it from others."""

    paper_id: str
    review_id: str
    rater_id: str
    sheet: TextRef
    cells: bytes
    recorded_by: str


@event("ballots.paper-ballot-confirmed.v1")
class PaperBallotConfirmed(Event, frozen=True, kw_only=True):
    """A second person keyed in the same; from now on it is the rater's ballot."""

    paper_id: str
    review_id: str
    rater_id: str
    recorded_by: str


@event("ballots.paper-listed.v1")
class PaperListed(Event, frozen=True, kw_only=True):
    """The rater's sheet waits for its second keying, in place of an earlier one of it. Stream `papers-of/<review>`."""

    review_id: str
    rater_id: str
    paper_id: str


@event("ballots.paper-delisted.v1")
class PaperDelisted(Event, frozen=True, kw_only=True):
    """The rater's sheet waits no more. Stream `papers-of/<review>`."""

    review_id: str
    rater_id: str
    paper_id: str


@event("ballots.remote-code-issued.v1")
class RemoteCodeIssued(Event, frozen=True, kw_only=True):
    """A code was made for this member and review; earlier ones are void. `code_hash`: hex SHA-256, the code itself is kept nowhere."""

    review_id: str
    rater_id: str
    code_hash: str
    recorded_by: str


@event("ballots.remote-code-used.v1")
class RemoteCodeUsed(Event, frozen=True, kw_only=True):
    """The member voted with the code; it opens nothing any more."""

    review_id: str
    rater_id: str
    code_hash: str
