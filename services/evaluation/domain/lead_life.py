"""The life of a lead (spec, section 8): open -> looked at -> explained, or followed by a finding -> closed. "Look here", never "guilty".

An examination finds it, a supervisor looks, those concerned are asked and answer, a person explains it or records a finding of its own. A
lead that a later examination does not find any more stays, and says so. Nothing here touches a result or a star.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.evaluation.events.leads import (
    LeadAnswered,
    LeadAskedAbout,
    LeadClosed,
    LeadExplained,
    LeadFollowed,
    LeadFound,
    LeadGone,
    LeadLookedAt,
)
from shared.errors import Conflict, Invalid, NotAllowed, Unknown
from shared.events import Event, Recorded, TextRef

ROLES = {"secretary": "secretary", "committee": "committee", "members": "member"}
"""Whom one may ask, and as what they answer."""


class UnknownLead(Unknown):
    """No lead under this id."""

    code = "unknown_lead"
    sentence = "There is no lead under this id; GET /audits/fairness lists those of a half-year."


class WrongLeadState(Conflict):
    """The step does not follow from where the lead stands."""

    code = "wrong_lead_state"
    sentence = "The lead's state does not allow this: it is looked at first, then explained or followed by a finding, then closed."


class NobodyAsked(Invalid):
    """Somebody is asked, or nobody needs to be."""

    code = "nobody_asked"
    sentence = "Name whom to ask: `secretary`, `committee`, `members`."


class NotAsked(NotAllowed):
    """Only who was asked about a lead answers it."""

    code = "not_asked"
    sentence = "Only those whom the county's supervisor has asked about this lead see its sentence and answer it."


class ReasonNeeded(Invalid):
    """A lead that is gone may be closed as it is; for a note nobody needs a reason; else say why."""

    code = "closing_reason_missing"
    sentence = "Say why the lead is closed; only one that is explained, followed by a finding or gone is closed without a reason."


@dataclass(frozen=True)
class Answer:
    """What one of those concerned said."""

    fact: LeadAnswered
    at: datetime


@dataclass(frozen=True)
class LeadFile:
    """A lead as its stream tells it; `found` is None where there is none. `history` holds every step."""

    found: LeadFound | None = None
    state: str = "open"
    is_gone: bool = False
    asked: frozenset[str] = frozenset()
    answers: tuple[Answer, ...] = ()
    explanation: LeadExplained | None = None
    finding_id: str | None = None
    closing: LeadClosed | None = None
    history: tuple[Recorded, ...] = ()

    @property
    def fact(self) -> LeadFound:
        """How it was found last; raises UnknownLead where it never was."""
        if self.found is None:
            raise UnknownLead
        return self.found

    def require_state(self, *states: str) -> None:
        """Raises WrongLeadState unless the lead is in one of these."""
        if self.state not in states:
            raise WrongLeadState(state=self.state)

    @property
    def ids(self) -> dict[str, str]:
        """What every event of its stream names."""
        return {"lead_id": self.fact.lead_id, "organization_id": self.fact.organization_id}


STATE_AFTER: Mapping[type[Event], str] = {
    LeadLookedAt: "looked_at",
    LeadExplained: "explained",
    LeadFollowed: "finding",
    LeadClosed: "closed",
}
"""Which state each step of people begins; an examination's steps change none."""


def evolve(lead: LeadFile, recorded: Recorded) -> LeadFile:
    """The lead after one more event of its stream."""
    seen = replace(lead, history=(*lead.history, recorded), state=STATE_AFTER.get(type(recorded.event), lead.state))
    match recorded.event:
        case LeadFound() as e:
            return replace(seen, found=e, is_gone=False)
        case LeadGone():
            return replace(seen, is_gone=True)
        case LeadAnswered() as e:
            return replace(seen, answers=(*seen.answers, Answer(e, recorded.recorded_at)))
        case other:
            return _by_supervisor(seen, other)


def _by_supervisor(seen: LeadFile, event: Event) -> LeadFile:
    match event:
        case LeadLookedAt():
            return seen
        case LeadAskedAbout() as e:
            return replace(seen, asked=seen.asked | {*e.asked})
        case LeadExplained() as e:
            return replace(seen, explanation=e)
        case LeadFollowed() as e:
            return replace(seen, finding_id=e.finding_id)
        case LeadClosed() as e:
            return replace(seen, closing=e)
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to a lead")


# What an examination does to leads


def find_again(known: Mapping[str, LeadFile], found: Iterable[LeadFound]) -> list[LeadFound]:
    """What must be recorded of an examination's leads: those that are new, back, or have other figures. The same needs no event."""
    return [one for one in found if not _is_same(known.get(one.lead_id, LeadFile()), one)]


def _is_same(before: LeadFile, now: LeadFound) -> bool:
    same = (
        "organization_id",
        "of_branch",
        "review_id",
        "from_period",
        "period",
        "indicator",
        "level",
        "effect",
        "q",
        "sample",
        "fingerprint",
    )
    return before.found is not None and not before.is_gone and all(getattr(before.found, name) == getattr(now, name) for name in same)


def gone(
    known: Mapping[str, LeadFile], found: Collection[str], *, examination_id: str, organization_id: str, from_period: str, period: str
) -> list[LeadGone]:
    """The leads of this organisation and these half-years that were not found any more.

    One that rests on several half-years is compared only with an examination of just these: another one asks another question.
    """
    missing = []
    for lead_id, one in known.items():
        if one.found is None or one.is_gone or lead_id in found or one.found.organization_id != organization_id:
            continue
        is_within = from_period <= one.found.from_period == one.found.period <= period
        if is_within or (one.found.from_period, one.found.period) == (from_period, period):
            missing.append(LeadGone(lead_id=lead_id, examination_id=examination_id, organization_id=organization_id))
    return missing


# What people do with a lead


def look(lead: LeadFile, by: str) -> list[Event]:
    """A supervisor looks at it. Raises UnknownLead, WrongLeadState."""
    ids = lead.ids
    lead.require_state("open")
    return [LeadLookedAt(**ids, recorded_by=by)]


def ask(lead: LeadFile, whom: Collection[str], by: str) -> list[Event]:
    """Those concerned are asked. Raises UnknownLead, WrongLeadState, NobodyAsked."""
    ids = lead.ids
    lead.require_state("looked_at")
    if not whom or not ROLES.keys() >= {*whom}:
        raise NobodyAsked(errors=[("/asked", NobodyAsked.sentence)])
    return [LeadAskedAbout(**ids, asked=tuple(sorted({*whom})), recorded_by=by)]


def answer(lead: LeadFile, answer_id: str, role: str, text: TextRef, by: str) -> list[Event]:
    """One of those who were asked answers. Raises UnknownLead, NotAsked, WrongLeadState."""
    ids = lead.ids
    if role not in {ROLES[one] for one in lead.asked}:
        raise NotAsked
    lead.require_state("looked_at", "explained", "finding")
    return [LeadAnswered(**ids, answer_id=answer_id, role=role, text=text, recorded_by=None if role == "member" else by)]


def explain(lead: LeadFile, reason: TextRef, by: str) -> list[Event]:
    """It has an innocent explanation. Raises UnknownLead, WrongLeadState."""
    ids = lead.ids
    lead.require_state("looked_at")
    return [LeadExplained(**ids, reason=reason, recorded_by=by)]


def follow(lead: LeadFile, finding_id: str, by: str) -> list[Event]:
    """A person recorded a finding on it. Raises UnknownLead, WrongLeadState where the lead is closed."""
    ids = lead.ids
    lead.require_state("open", "looked_at", "explained", "finding")
    return [LeadFollowed(**ids, finding_id=finding_id, recorded_by=by)]


def close(lead: LeadFile, reason: TextRef | None, by: str) -> list[Event]:
    """It is done with. Raises UnknownLead, WrongLeadState, ReasonNeeded."""
    ids = lead.ids
    lead.require_state("looked_at", "explained", "finding", *(["open"] if lead.is_gone else []))
    if reason is None and lead.state == "looked_at" and not lead.is_gone:
        raise ReasonNeeded(errors=[("/reason", ReasonNeeded.sentence)])
    return [LeadClosed(**ids, reason=reason, recorded_by=by)]
