"""The one table: which role may call which route of notice, and how far it reaches (design: trust.md)."""

from __future__ import annotations

from shared.web import PUBLIC, PUBLIC_LIMITED, WITHIN, allow, permissions

KEEPERS_OF_THE_BOARD = allow(town_officer=WITHIN, branch_secretary=WITHIN)
KEEPERS_OF_SCREENS = allow(admin=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN)

TABLE = permissions(
    {
        "GET /": PUBLIC,
        "GET /boards/{organization_id}": PUBLIC,
        "GET /boards/{organization_id}/feed.json": PUBLIC,
        "GET /boards/{organization_id}/feed.atom": PUBLIC,
        "GET /boards/{organization_id}/stream": PUBLIC,
        "GET /notices": PUBLIC,
        "GET /notices/{notice_id}": PUBLIC,
        "GET /notices/{notice_id}.pdf": PUBLIC,
        "GET /notices/{notice_id}/objection": PUBLIC,
        "POST /notices/{notice_id}/objection": PUBLIC_LIMITED,
        "POST /notices/{notice_id}/objections": PUBLIC_LIMITED,
        "GET /notices/{notice_id}/content": PUBLIC,
        "GET /notices/{notice_id}/publicity": PUBLIC,
        "GET /notices/{notice_id}/certificate": PUBLIC,
        "POST /notices/{notice_id}/withdrawal": KEEPERS_OF_THE_BOARD,
        "POST /notices/{notice_id}/return": KEEPERS_OF_THE_BOARD,
        "GET /register": PUBLIC,
        "POST /screens": KEEPERS_OF_SCREENS,
        "DELETE /screens/{screen_id}": KEEPERS_OF_SCREENS,
        "POST /screens/{screen_id}/heartbeats": allow(
            admin=WITHIN, town_officer=WITHIN, branch_secretary=WITHIN, platform=WITHIN, service=WITHIN
        ),
    }
)
