"""Objections as this service heard of them: open ones hold back a certificate. Stream `objections/<about_id>`.

They are raised and decided in evaluation; `about_id` is the review for a result, else the notice or other thing itself.
"""

from __future__ import annotations

from shared.events import Event, event


@event("notices.objection-heard.v1")
class ObjectionHeard(Event, frozen=True, kw_only=True):
    """An objection was raised and is open."""

    objection_id: str
    about_id: str


@event("notices.objection-answered.v1")
class ObjectionAnswered(Event, frozen=True, kw_only=True):
    """The objection was decided."""

    objection_id: str
    about_id: str
