"""What happened in evaluation. Importing this package registers every topic."""

from services.evaluation.events import (
    activities,
    annual,
    ballots,
    committee,
    corrections,
    examinations,
    honours,
    leads,
    objections,
    paper_ballots,
    pledges,
    points,
    results,
    reviews,
    rulebooks,
    supervision,
)

__all__ = [
    "activities",
    "annual",
    "ballots",
    "committee",
    "corrections",
    "examinations",
    "honours",
    "leads",
    "objections",
    "paper_ballots",
    "pledges",
    "points",
    "results",
    "reviews",
    "rulebooks",
    "supervision",
]
