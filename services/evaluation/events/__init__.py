"""What happened in evaluation. Importing this package registers every topic."""

from services.evaluation.events import (
    activities,
    ballots,
    committee,
    corrections,
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
    "ballots",
    "committee",
    "corrections",
    "objections",
    "paper_ballots",
    "pledges",
    "points",
    "results",
    "reviews",
    "rulebooks",
    "supervision",
]
