"""How leads are shown: in a list, whole to the county's supervisor, and to those who were asked about one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.evaluation.commands.leads import answers_of, details_of
from services.evaluation.domain.lead_details import Details
from services.evaluation.domain.lead_life import LeadFile
from services.evaluation.domain.lead_words import Figures, Words, words_of
from services.evaluation.domain.leads import Lead
from shared.store import Log

FACTS_VERSION = "A-1"
"""The version of the rules by which leads of family A are found; a change of theirs changes it."""
OTHERS_VERSION = "BCD-1"
"""The same for B to D: `fairness.records.METHOD`."""
NOTHING = Details(None, None, {}, (), (), {})
EXACT = ("A", "B1")


def line_of_fact(lead_id: str, fact: Lead) -> dict[str, Any]:
    """A fact that no examination has recorded yet."""
    figures = Figures(fact.indicator, fact.effect, fact.effect * 0, 1, fact.entity, None)
    return {
        "id": lead_id,
        "examination_id": None,
        "indicator": fact.indicator,
        "level": fact.level,
        "from_period": fact.period,
        "period": fact.period,
        "branch_id": fact.branch_id,
        "review_id": fact.review_id,
        "entity": fact.entity,
        "entity2": None,
        "effect": fact.effect,
        "q": 0,
        "sample": 1,
        "error_bound": "exact",
        **_said(words_of(figures, fact.sentence)),
        "rests_on": fact.rests_on,
        "rule_version": FACTS_VERSION,
        "state": "open",
        "gone": False,
    }


def line(log: Log, lead: LeadFile, row: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded lead as `row` of the view says it stands; its labels and sentence from what was sealed with it."""
    return _line(row, details_of(log, lead) or NOTHING)


def words(row: Mapping[str, Any], details: Details) -> Words:
    """The words of a lead: figures from `row` (or the event), labels from its details."""
    said = row["indicator"], row["effect"], row["q"], row["sample"]
    figures = Figures(*said, details.entity or "?", details.second or "?", details.count)
    return words_of(figures, details.sentence)


def _line(row: Mapping[str, Any], details: Details) -> dict[str, Any]:
    is_fact, is_exact = row["indicator"].startswith("A"), row["indicator"].startswith(EXACT)
    same = ("examination_id", "indicator", "level", "from_period", "period", "branch_id", "effect", "q", "sample", "state")
    return {
        "id": row["lead_id"],
        **{name: row[name] for name in same},
        "review_id": row["review_id"] if is_fact else None,
        "entity": details.entity or row["branch_id"],
        "entity2": details.second,
        "error_bound": "exact" if is_exact else f"false discovery rate {row['q']}",
        **_said(words(row, details)),
        "rests_on": details.rests_on,
        "rule_version": FACTS_VERSION if is_fact else OTHERS_VERSION,
        "gone": row["is_gone"],
    }


def _said(found: Words) -> dict[str, Any]:
    texts = {
        "sentence": found.sentence,
        "certainty": found.certainty,
        "innocent_explanations": found.innocent,
        "refuted_by": found.refuted_by,
    }
    return {name: {"zh": zh, "en": en} for name, (zh, en) in texts.items()}


def row_of(lead: LeadFile) -> dict[str, Any]:
    """What the view says of a lead, from its own stream: always current."""
    fact = lead.fact
    same = ("lead_id", "examination_id", "indicator", "level", "from_period", "period", "review_id", "effect", "q", "sample")
    return {**{name: getattr(fact, name) for name in same}, "branch_id": fact.of_branch, "state": lead.state, "is_gone": lead.is_gone}


def asked_portrait(log: Log, lead: LeadFile, member_id: str | None) -> dict[str, Any]:
    """For those who were asked: the sentence with its labels, what speaks against it, whether it is about themselves; no scores."""
    details = details_of(log, lead) or NOTHING
    you = details.label_of(member_id) if member_id is not None else None
    nothing: dict[str, Any] = {"scores": [], "answers": [], "explanation": None, "closing_reason": None, "finding_id": None, "history": []}
    return {**_line(row_of(lead), details), "you": you, "asked": sorted(lead.asked), **nothing}


async def whole_portrait(log: Log, lead: LeadFile) -> dict[str, Any]:
    """For the county's supervisor: the scores behind it, the answers, every step; people by their labels."""
    details = details_of(log, lead) or NOTHING
    refs = [step.reason for step in (lead.explanation, lead.closing) if step is not None and step.reason is not None]
    texts = await log.texts.read(ref.id for ref in refs)
    explanation, closing = lead.explanation, lead.closing
    return {
        **_line(row_of(lead), details),
        "scores": [{name: getattr(one, name) for name in ("by", "of", "period", "score", "usual")} for one in details.rows],
        "you": None,
        "asked": sorted(lead.asked),
        "answers": await _answers(log, lead, details),
        "explanation": texts.get(explanation.reason.id) if explanation else None,
        "closing_reason": texts.get(closing.reason.id) if closing and closing.reason else None,
        "finding_id": lead.finding_id,
        "history": [
            {"event": one.event.topic, "recorded_at": one.recorded_at, "recorded_by": getattr(one.event, "recorded_by", None)}
            for one in lead.history
        ],
    }


async def _answers(log: Log, lead: LeadFile, details: Details) -> list[dict[str, Any]]:
    said = await answers_of(log, lead)
    return [
        {
            "id": one.answer_id,
            "role": one.role,
            "by": (details.label_of(one.by) if one.by else None) if one.role == "member" else one.by,
            "text": one.text,
            "recorded_at": given.at,
        }
        for one, given in zip(said, lead.answers, strict=True)
    ]
