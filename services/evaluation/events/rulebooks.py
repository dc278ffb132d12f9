"""What happened to a rulebook: a version was proposed, and a version was published (spec, section 3).

`Rules` and its parts are the rules' JSON of the REST contract, field by field. Scores are exact decimals with at most two places;
shares are exact fractions in text, `"1/3"` (read them with `domain.rulebooks.share`).
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from shared.events import Event, event


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the rules: frozen, and nothing beside its fields."""


class Dimension(_Part, frozen=True):
    """One of the dimensions by which people are scored, from 0 to `max` points."""

    code: str
    title: str
    max: Decimal


class PointRange(_Part, frozen=True):
    """Whoever records an entry chooses its points between `least` and `most`, both included (JSON: `from`, `to`)."""

    least: Decimal = msgspec.field(name="from")
    most: Decimal = msgspec.field(name="to")


class Item(_Part, frozen=True):
    """A deed that counts: `kind` (base, bonus, deduction), its points (always positive) and its `cap` in points per half-year."""

    code: str
    title: str
    kind: str
    points: Decimal | PointRange
    cap: Decimal
    evidence: bool


class Caps(_Part, frozen=True):
    """The most that base points, and that bonus points, may count in a half-year."""

    base: Decimal
    bonus: Decimal


class Band(_Part, frozen=True):
    """Rounded scores from `least` (JSON: `from`) up to the band above give `stars`."""

    least: Decimal = msgspec.field(name="from")
    stars: int


class Flags(_Part, frozen=True):
    """How stars become flags: `accrual` is `year`, `half_year` or `lifetime`."""

    stars_per_flag: int
    accrual: str


class Peer(_Part, frozen=True, omit_defaults=True):
    """The peer review: who scores whom, how scores become one, and how many are needed.

    `smallest_group`: under scope `group`, a Party group with fewer rating members does not score by itself. It is written only where it is
    not 6, so that rules without it stay the same bytes.
    """

    scope: str
    aggregate: str
    trim_from: int
    quorum: str
    minimum_shown: int
    smallest_group: int = 6


class Committee(_Part, frozen=True):
    """The committee review: `mode` is `agreed` or `mean`; a deviation above `deviation_limit` needs a reason."""

    mode: str
    deviation_limit: Decimal
    minimum_members: int


class Weights(_Part, frozen=True):
    """The weights of the three parts; together one. The reference score uses `points` and `peer`, scaled to one."""

    points: Decimal
    peer: Decimal
    committee: Decimal


class ResultRule(_Part, frozen=True):
    """What the result is: `formula` is `committee` or `weighted`."""

    formula: str
    weights: Weights


class Publicity(_Part, frozen=True):
    """How long results lie open to objections; 0 working days means no publicity period at all."""

    working_days: int
    readable_share_of_day: str
    restart_on_correction: bool


class Objections(_Part, frozen=True):
    """The term in which an objection is answered, in working days."""

    answer_within_working_days: int


class Schedule(_Part, frozen=True):
    """By which day after the half-year's (the year's) end each step is done, in calendar days."""

    opened_by: int
    peer_closed_by: int
    committee_by: int
    published_by: int
    confirmed_by: int
    annual_by: int


class Annual(_Part, frozen=True):
    """The annual review meeting: the shares of excellent grades, of attendance, and of votes that decide."""

    excellent_share: str
    attendance: str
    majority: str


class BoardRule(_Part, frozen=True):
    """What the disclosure board shows beyond stars and flags."""

    raw_scores: bool


class FindingDeductions(_Part, frozen=True):
    """What each kind of finding takes from the responsibility score."""

    poor_implementation: Decimal
    falsification: Decimal
    unfair_selection: Decimal
    late_disclosure: Decimal


class Responsibility(_Part, frozen=True):
    """The branch's yearly responsibility score: where it starts, and what findings deduct."""

    start: Decimal
    deductions: FindingDeductions


class Rules(_Part, frozen=True):
    """Every number of the method, as one version of a rulebook holds it."""

    dimensions: tuple[Dimension, ...]
    items: tuple[Item, ...]
    caps: Caps
    late_entries: str
    bands: tuple[Band, ...]
    rounding: str
    flags: Flags
    peer: Peer
    committee: Committee
    result: ResultRule
    publicity: Publicity
    objections: Objections
    schedule: Schedule
    annual: Annual
    board: BoardRule
    responsibility: Responsibility


@event("rulebooks.version-proposed.v1")
class VersionProposed(Event, frozen=True, kw_only=True):
    """A later version was proposed; it holds nothing until a second officer adopts it. Stream `rulebook/<organization_id>`."""

    rulebook_id: str
    organization_id: str
    code: str
    title: str
    version: int
    from_period: str
    rules: Rules
    recorded_by: str


@event("rulebooks.version-published.v1")
class VersionPublished(Event, frozen=True, kw_only=True):
    """A version holds from now on, beginning with `from_period` (None: from ever). Stream `rulebook/<organization_id>`.

    A rulebook's first version is published at once; a later one by its adoption, then `recorded_by` is who adopted it.
    """

    rulebook_id: str
    organization_id: str
    code: str
    title: str
    version: int
    from_period: str | None
    rules: Rules
    recorded_by: str
