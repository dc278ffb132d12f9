"""The pages of evaluation: all their routers, in the order in which they are tried."""

from __future__ import annotations

from services.evaluation.pages import (
    branch_committee,
    branch_entries,
    branch_imports,
    branch_objections,
    branch_papers,
    branch_pledges,
    branch_results,
    branch_reviews,
    branch_year,
    branches,
    my,
    my_objections,
    my_pledges,
    my_reviews,
    receipts,
    voting,
)

PAGES = (
    voting.router,
    receipts.router,
    my.router,
    my_pledges.router,
    my_reviews.router,
    my_objections.router,
    branches.router,
    branch_pledges.router,
    branch_entries.router,
    branch_imports.router,
    branch_papers.router,
    branch_committee.router,
    branch_results.router,
    branch_reviews.router,
    branch_objections.router,
    branch_year.router,
)
