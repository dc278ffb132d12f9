"""Leads from the log: which there are, one with its life, its details opened."""

from __future__ import annotations

from services.evaluation.domain import lead_life
from services.evaluation.domain.ballots import seal_name
from services.evaluation.domain.lead_details import Details, from_sealed_form
from services.evaluation.domain.lead_life import LeadFile
from services.evaluation.events.leads import LeadFound
from shared.store import Loaded, Log

PAGE = 5000


async def load_lead(log: Log, lead_id: str) -> Loaded[LeadFile]:
    """The lead's file; an empty one where it was never found."""
    return await log.load(f"lead/{lead_id}", LeadFile(), lead_life.evolve)


def known_leads(log: Log) -> set[str]:
    """The ids of all leads that were ever found; for a thread."""
    known: set[str] = set()
    position = 0
    while rows := log.page(position, PAGE, (LeadFound.topic,)):
        position = rows[-1].position
        known |= {row.stream.partition("/")[2] for row in rows}
    return known


def lead_binding(lead_id: str) -> bytes:
    """What a lead's details are sealed to."""
    return f"lead/{lead_id}".encode()


def opened(log: Log, found: LeadFound) -> Details:
    """What lies behind a lead, with its labels. For the county's supervisor, and no further: `people` is for an unsealing alone.

    Raises KeyGone once the key of the ballots is destroyed: the lead keeps no score longer than they do.
    """
    return from_sealed_form(log.keys.open(seal_name(found.review_id), found.details, lead_binding(found.lead_id)))
