"""Commands on a lead (spec, section 8): look at it, ask those concerned, answer, explain, close. Texts lie beside the log, sealed.

Texts about a lead are sealed under the branch's id. A member's answer is sealed twice, inside with the member's own key: with it who
answered lies in the text alone, and an erasure takes the answer away.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec

from services.evaluation.commands.lead_files import lead_binding, load_lead, opened
from services.evaluation.domain import lead_life
from services.evaluation.domain.lead_details import Details
from services.evaluation.domain.lead_life import LeadFile
from shared.store import KeyGone, Log, Reply, Stored, Write, again_when_stale

__all__ = [
    "answer_lead",
    "answers_of",
    "ask_about_lead",
    "close_lead",
    "details_of",
    "explain_lead",
    "following",
    "load_lead",
    "look_at_lead",
    "opened",
]


class SaidBy(msgspec.Struct, frozen=True):
    """A member's answer as its text holds it: who said it, and the words, sealed with the member's own key (base64)."""

    by: str
    sealed: str


class Said(NamedTuple):
    """An answer, opened: `by` None where it can't be read any more."""

    answer_id: str
    role: str
    by: str | None
    text: str | None


@again_when_stale
async def look_at_lead(log: Log, lead_id: str, *, by: str, reply: Reply | None = None) -> Stored:
    """A supervisor looks at it: a `LeadLookedAt`. Raises UnknownLead, WrongLeadState."""
    lead = await load_lead(log, lead_id)
    return await log.append([lead.then(*lead_life.look(lead.state, by))], reply=reply)


@again_when_stale
async def ask_about_lead(log: Log, lead_id: str, whom: Collection[str], *, by: str, reply: Reply | None = None) -> Stored:
    """Those concerned are asked: a `LeadAskedAbout`. Raises UnknownLead, WrongLeadState, NobodyAsked."""
    lead = await load_lead(log, lead_id)
    return await log.append([lead.then(*lead_life.ask(lead.state, whom, by))], reply=reply)


@again_when_stale
async def answer_lead(log: Log, lead_id: str, role: str, text: str, *, by: str, reply: Reply | None = None) -> Stored:
    """One of those asked answers as `role`: a `LeadAnswered`.

    Raises UnknownLead, NotAsked, WrongLeadState, and KeyGone for an erased member.
    """
    lead = await load_lead(log, lead_id)
    branch_id = lead.state.fact.of_branch
    sealed = log.texts.seal(branch_id, _by_member(log, lead_id, by, text) if role == "member" else text)
    events = lead_life.answer(lead.state, log.new_id(), role, sealed.ref, by)
    return await log.append([lead.then(*events)], texts=[sealed], reply=reply)


def _by_member(log: Log, lead_id: str, member_id: str, text: str) -> str:
    sealed = log.keys.seal(f"member/{member_id}", text.encode(), lead_binding(lead_id))
    return msgspec.json.encode(SaidBy(member_id, base64.b64encode(sealed).decode())).decode()


@again_when_stale
async def explain_lead(log: Log, lead_id: str, reason: str, *, by: str, reply: Reply | None = None) -> Stored:
    """It has an innocent explanation: a `LeadExplained`. Raises UnknownLead, WrongLeadState."""
    lead = await load_lead(log, lead_id)
    sealed = log.texts.seal(lead.state.fact.of_branch, reason)
    return await log.append([lead.then(*lead_life.explain(lead.state, sealed.ref, by))], texts=[sealed], reply=reply)


@again_when_stale
async def close_lead(log: Log, lead_id: str, reason: str | None, *, by: str, reply: Reply | None = None) -> Stored:
    """It is done with: a `LeadClosed`. Raises UnknownLead, WrongLeadState, ReasonNeeded."""
    lead = await load_lead(log, lead_id)
    sealed = log.texts.seal(lead.state.fact.of_branch, reason) if reason is not None else None
    events = lead_life.close(lead.state, sealed.ref if sealed else None, by)
    return await log.append([lead.then(*events)], texts=[sealed] if sealed else [], reply=reply)


async def following(log: Log, lead_id: str | None, finding_id: str, by: str) -> Iterable[Write]:
    """What a finding adds to the lead that it follows, in its own transaction; nothing where no examination ever found that lead.

    Raises WrongLeadState where the lead is closed.
    """
    lead = await load_lead(log, lead_id) if lead_id is not None else None
    if lead is None or lead.state.found is None:
        return ()
    return (lead.then(*lead_life.follow(lead.state, finding_id, by)),)


async def answers_of(log: Log, lead: LeadFile) -> list[Said]:
    """The answers, opened, in order. For the county's supervisor: a member's answer names the member."""
    texts = await log.texts.read(one.fact.text.id for one in lead.answers)
    found = []
    for one in lead.answers:
        text = texts.get(one.fact.text.id)
        by, said = one.fact.recorded_by, text
        if one.fact.role == "member":
            by, said = _opened_answer(log, lead.fact.lead_id, text)
        found.append(Said(one.fact.answer_id, one.fact.role, by, said))
    return found


def _opened_answer(log: Log, lead_id: str, text: str | None) -> tuple[str | None, str | None]:
    if text is None:
        return None, None
    said = msgspec.json.decode(text, type=SaidBy)
    try:
        return said.by, log.keys.open(f"member/{said.by}", base64.b64decode(said.sealed), lead_binding(lead_id)).decode()
    except KeyGone:
        return None, None


def details_of(log: Log, lead: LeadFile) -> Details | None:
    """What lies behind the lead; None once the key of its ballots is destroyed. Raises UnknownLead."""
    try:
        return opened(log, lead.fact)
    except KeyGone:
        return None
