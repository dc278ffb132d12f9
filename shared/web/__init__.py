"""All that knows HTTP: what routers, clients of neighbours and `app.py` of each service build on."""

from shared.web.answers import answered, json_answer
from shared.web.app import create_app
from shared.web.caller import Caller, Grant
from shared.web.door import Door, Doorway
from shared.web.fields import Body, Day, HalfYearText, Id, Instant, Score, ShortText, Text
from shared.web.neighbour import Neighbour, ServiceTokens
from shared.web.paging import Cursor, page_of
from shared.web.permissions import EVERYWHERE, OWN_BRANCH, PUBLIC, PUBLIC_LIMITED, SELF, WITHIN, Granted, allow, permissions
from shared.web.places import Places
from shared.web.problems import PassedOn, TooMany, Unauthenticated, problems
from shared.web.routing import Router

__all__ = [
    "EVERYWHERE",
    "OWN_BRANCH",
    "PUBLIC",
    "PUBLIC_LIMITED",
    "SELF",
    "WITHIN",
    "Body",
    "Caller",
    "Cursor",
    "Day",
    "Door",
    "Doorway",
    "Grant",
    "Granted",
    "HalfYearText",
    "Id",
    "Instant",
    "Neighbour",
    "PassedOn",
    "Places",
    "Router",
    "Score",
    "ServiceTokens",
    "ShortText",
    "Text",
    "TooMany",
    "Unauthenticated",
    "allow",
    "answered",
    "create_app",
    "json_answer",
    "page_of",
    "permissions",
    "problems",
]
