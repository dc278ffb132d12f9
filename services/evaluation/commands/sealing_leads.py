"""An examination's leads made ready for the log: their ids, their labels, their level among each other, their details sealed."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from services.evaluation.commands.lead_files import lead_binding
from services.evaluation.domain import leads
from services.evaluation.domain.ballots import seal_name
from services.evaluation.domain.lead_details import Details, labelled, sealed_form
from services.evaluation.domain.reviews import Review
from services.evaluation.events.examinations import ExaminationBegun
from services.evaluation.events.leads import LeadFound
from shared.store import KeyGone, Log
from shared.store.mapper import encode

if TYPE_CHECKING:  # numpy comes with it: see `commands.examinations`
    from services.evaluation.fairness.records import FoundLead

KEY = "mac/leads"


class Sealed(NamedTuple):
    """The leads as the log will hold them, the keyed hash of all of them with their details, and the hash of the program."""

    leads: list[LeadFound]
    fingerprint: str
    code: str


class Hashing:
    """Keyed hashes for ids, labels and fingerprints: the same lead is found to be the same, and nobody else can guess whom it is about."""

    def __init__(self, log: Log) -> None:
        self._secret = log.keys.secret(KEY)

    def of(self, *parts: str | bytes) -> bytes:
        """The hash of these parts."""
        data = msgspec.json.encode([part if isinstance(part, str) else part.hex() for part in parts])
        return hmac.new(self._secret, data, sha256).digest()

    def lead_id(self, key: Sequence[str]) -> str:
        """The id of the lead that is about this."""
        return str(uuid.UUID(bytes=self.of("id", *key)[:16]))


def seal(log: Log, begun: ExaminationBegun, found: Iterable[FoundLead], reviews: Iterable[Review]) -> Sealed:
    """Facts (family A) of these reviews and what the engine found, graded together, in the order of their ids."""
    hashing = Hashing(log)
    drafts = [_fact(hashing, begun, fact) for review in reviews for fact in leads.facts_of(review)]
    drafts += [_found(hashing, begun, one) for one in found]
    drafts.sort(key=lambda one: one.event.lead_id)
    made = [sealed for one in _graded(drafts) if (sealed := _sealed(log, hashing, one)) is not None]
    whole = hashing.of("result", *(part for one in made for part in (_plain(one), one.fingerprint)))
    return Sealed(made, whole.hex(), code_hash())


class _Draft(NamedTuple):
    """A lead before it is sealed."""

    event: LeadFound
    details: Details


def _fact(hashing: Hashing, begun: ExaminationBegun, fact: leads.Lead) -> _Draft:
    person = fact.member_id
    details = Details(
        entity=fact.entity if person else None,
        second=None,
        people={fact.entity: person} if person else {},
        concerned=(person,) if person else (),
        rows=(),
        rests_on=dict(fact.rests_on),
        sentence=fact.sentence,
    )
    event = LeadFound(
        lead_id=hashing.lead_id(fact.key),
        examination_id=begun.examination_id,
        organization_id=begun.organization_id,
        of_branch=fact.branch_id,
        review_id=fact.review_id or "",
        from_period=fact.period,
        period=fact.period,
        indicator=fact.indicator,
        level=fact.level,
        effect=fact.effect,
        q=leads.NO_ERROR,
        sample=1,
        details=b"",
        fingerprint="",
    )
    return _Draft(event, details)


def _found(hashing: Hashing, begun: ExaminationBegun, one: FoundLead) -> _Draft:
    lead_id = hashing.lead_id(one.key)
    details = labelled(
        one.rows,
        entity=one.entity,
        second=one.second,
        concerned=one.concerned,
        count=one.count,
        order=lambda member: hashing.of("label", lead_id, member).hex(),
    )
    event = LeadFound(
        lead_id=lead_id,
        examination_id=begun.examination_id,
        organization_id=begun.organization_id,
        of_branch=one.branch_id,
        review_id=one.review_id,
        from_period=one.from_period,
        period=one.period,
        indicator=one.indicator,
        level=one.level,
        effect=one.effect,
        q=one.q,
        sample=one.sample,
        details=b"",
        fingerprint="",
    )
    return _Draft(event, details)


def _graded(drafts: Sequence[_Draft]) -> list[_Draft]:
    """`formal` where the same person or branch has another lead, of another half-year or indicator; notes stay notes."""
    seen: dict[str, set[tuple[str, str]]] = {}
    for event, details in drafts:
        if event.level != "note":
            for who in _about(event, details):
                seen.setdefault(who, set()).add((event.indicator, event.period))

    def level(event: LeadFound, details: Details) -> str:
        if event.level == "note":
            return "note"
        return "formal" if any(len(seen[who]) > 1 for who in _about(event, details)) else "look"

    return [_Draft(msgspec.structs.replace(event, level=level(event, details)), details) for event, details in drafts]


def _about(event: LeadFound, details: Details) -> list[str]:
    """Whom a lead is about: the branch, or the members whom it names as its entities."""
    return [details.people[label] for label in (details.entity, details.second) if label is not None] or [event.of_branch]


def _sealed(log: Log, hashing: Hashing, draft: _Draft) -> LeadFound | None:
    """The event with its details sealed; None where the key of its ballots is destroyed: then nothing is kept of it."""
    plain, lead_id = sealed_form(draft.details), draft.event.lead_id
    try:
        details = log.keys.seal(seal_name(draft.event.review_id), plain, lead_binding(lead_id))
    except KeyGone:
        return None
    return msgspec.structs.replace(draft.event, details=details, fingerprint=hashing.of("details", lead_id, plain).hex())


def _plain(event: LeadFound) -> bytes:
    """The event without what differs from one examination to the next."""
    return encode(msgspec.structs.replace(event, examination_id="", details=b""))


@cache
def code_hash() -> str:
    """SHA-256 over the sources of the engine, in hex: which program found the leads."""
    sources = sorted(resources.files("services.evaluation.fairness").iterdir(), key=lambda one: one.name)
    digest = sha256()
    for one in sources:
        if one.name.endswith(".py"):
            digest.update(one.name.encode() + b"\0" + one.read_bytes())
    return digest.hexdigest()
