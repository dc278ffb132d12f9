"""What happens when the fairness examination is held (spec, section 8; design: fairness.md).

Stream `examination/<examination>`: it was begun over a range of half-years and of the log, and was held, or failed. What it found stands in
the streams of the leads (`events/leads.py`), stored in the same transaction as `ExaminationHeld`.
"""

from __future__ import annotations

import msgspec

from shared.events import Event, event


@event("examinations.examination-begun.v1")
class ExaminationBegun(Event, frozen=True, kw_only=True):
    """Somebody had the branches of an organisation examined, from the half-year `from_period` through `period`.

    `to_position`: the last event that it reads, so that it can be repeated. `branches`: their ids, 16 bytes each, ascending.
    """

    examination_id: str
    organization_id: str
    from_period: str
    period: str
    to_position: int
    branches: bytes
    recorded_by: str


class RuleVersion(msgspec.Struct, frozen=True):
    """A version of a rulebook under which one of the reviews was held."""

    rulebook_id: str
    version: int


@event("examinations.examination-held.v1")
class ExaminationHeld(Event, frozen=True, kw_only=True):
    """The examination has come to its end; repeating it over the same positions gives the same `result`.

    `from_position`: the first event that it rests on. `checkpoint_size`, `checkpoint_root`: the newest signed checkpoint of the log that it
    was held under. `method` names the rules by which leads are found, `code` the hash of the program; `seed` is what chance began with.
    `unreadable`: ballots whose key is destroyed. `leads` and `notes` count what was found, `gone` what was found before and is no more.
    `result`: a keyed hash of all leads with their details, which tells nothing to who has not the key.
    """

    examination_id: str
    organization_id: str
    from_period: str
    period: str
    from_position: int
    to_position: int
    checkpoint_size: int
    checkpoint_root: str
    rules: tuple[RuleVersion, ...]
    method: str
    code: str
    seed: int
    reviews: int
    ballots: int
    unreadable: int
    scores: int
    leads: int
    notes: int
    gone: int
    result: str


@event("examinations.examination-failed.v1")
class ExaminationFailed(Event, frozen=True, kw_only=True):
    """The examination ended without a result; `cause` is the kind of the error. Nothing was found or changed by it."""

    examination_id: str
    organization_id: str
    cause: str
