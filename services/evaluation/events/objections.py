"""Objections (spec, section 6): somebody doubts a published thing with reasons, and is answered.

Streams:

- `objection/<objection>`: one objection, from its raising to its decision.
- `objections-of/<about>`: which objections to one thing (a review, a pledge, a notice, a finding) are open.
"""

from __future__ import annotations

from decimal import Decimal

from shared.events import Event, TextRef, event


@event("objections.objection-raised.v1")
class ObjectionRaised(Event, frozen=True, kw_only=True):
    """An objection was raised. `kind`: `result` (`about_id` a review), `pledge`, `notice` or `finding`.

    `member_id` is the member whose result or pledge it is about, None where it is about the whole. `raised_by`: the member that objects;
    None for the public and for what came on paper. `contact`: how somebody of the public wants to be answered, under a key of this
    objection alone. `working_days`: within how many it is answered, counted from the day after its recording.
    """

    objection_id: str
    reference: str
    kind: str
    about_id: str
    member_id: str | None
    organization_id: str
    text: TextRef
    contact: TextRef | None
    raised_by: str | None
    on_paper: bool
    working_days: int
    recorded_by: str


@event("objections.objection-decided.v1")
class ObjectionDecided(Event, frozen=True, kw_only=True):
    """It was answered: `decision` is `upheld` or `dismissed`. `score`: the corrected result of `member_id`, during publicity."""

    objection_id: str
    kind: str
    about_id: str
    member_id: str | None
    organization_id: str
    decision: str
    reason: TextRef
    score: Decimal | None
    recorded_by: str


@event("objections.objection-listed.v1")
class ObjectionListed(Event, frozen=True, kw_only=True):
    """The thing has one more open objection. Stream `objections-of/<about>`."""

    objection_id: str
    about_id: str


@event("objections.objection-delisted.v1")
class ObjectionDelisted(Event, frozen=True, kw_only=True):
    """The objection was decided. Stream `objections-of/<about>`."""

    objection_id: str
    about_id: str
