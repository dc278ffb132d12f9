"""A notice as JSON: the same fields whether it is read from the view (in lists) or from its stream (by its id)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from services.notice.domain.notices import Notice
from services.notice.events.contents import content_hash
from services.notice.pages.titles import title_of
from services.notice.projections.notices import label_of, state_of_row
from shared.projections import Values
from shared.web.languages import CHINESE


def summary_of_row(row: Values, organization: str, today: date, language: str = CHINESE) -> dict[str, Any]:
    """A row of the view of notices, without its content."""
    return _summary(
        row,
        title_of(
            row["kind"],
            organization=organization,
            period=row["period"],
            label=row["label"],
            is_correction=row["replaces"] is not None,
            is_in_publicity=row["has_term"] and not row["is_final"],
            language=language,
        ),
        state_of_row(row, today),
    )


def summary_of_notice(notice: Notice, organization: str, today: date, language: str = CHINESE) -> dict[str, Any]:
    """A notice from its stream, without its content, with its hash."""
    published = notice.published
    row = {
        "notice_id": published.notice_id,
        "number": published.number,
        "organization_id": published.organization_id,
        "kind": published.kind,
        "subject_id": published.subject_id,
        "period": published.period,
        "version": notice.version,
        "replaces": published.replaces,
        "replaced_by": notice.replaced_by,
        "is_final": notice.is_final,
        "until": notice.until,
        "published_at": notice.published_at,
        "changed_at": notice.changed_at,
    }
    title = title_of(
        published.kind,
        organization=organization,
        period=published.period,
        label=label_of(notice.content),
        is_correction=published.replaces is not None,
        is_in_publicity=published.term is not None and not notice.is_final,
        language=language,
    )
    return {**_summary(row, title, notice.state(today)), "content_hash": content_hash(notice.content)}


def _summary(row: Values, title: str, state: str) -> dict[str, Any]:
    published_at: datetime = row["published_at"]
    return {
        "id": row["notice_id"],
        "number": row["number"],
        "organization_id": row["organization_id"],
        "kind": row["kind"],
        "title": title,
        "period": row["period"],
        "review_id": row["subject_id"] if row["kind"] == "result" else None,
        "state": state,
        "version": row["version"],
        "is_final": row["is_final"],
        "replaces": row["replaces"],
        "replaced_by": row["replaced_by"],
        "published_at": published_at,
        "changed_at": row["changed_at"],
        "until": row["until"],
    }
