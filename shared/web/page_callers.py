"""Who calls a page: whoever its session says; and what a form must bring before it may change anything."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from shared.web.caller import Caller
from shared.web.csrf import FIELD
from shared.web.door import Service
from shared.web.permissions import Rule
from shared.web.problems import Unauthenticated
from shared.web.sessions import IN_SCOPE, Session

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SignInFirst(Unauthenticated):
    """A page for those who are signed in; a browser is led to the issuer and comes back."""

    code = "sign_in_first"
    sentence = "Sign in first: your session has ended, or there was none."


async def caller_in_session(service: Service, rule: Rule, request: Request) -> Caller | None:
    """Who is signed in; None on a public page without a session. What a form changes it changes only with its mark.

    Raises:
        SignInFirst: nobody is signed in, and the page is not public.
        ForeignForm, StaleForm: the form did not come from a page of ours.
        Unavailable: the session has to be renewed and the issuer is away.
    """
    session = await service.sessions.of(request)
    if session is None:
        if rule.is_public:
            return None
        raise SignInFirst
    if request.method not in SAFE:
        service.sessions.forms.check(request, await _mark_of(request), session.caller.subject)
    request.scope[IN_SCOPE] = session
    return session.caller


def hand_over(service: Service, request: Request, response: Response) -> None:
    """Give the browser a session that was renewed; and let nobody but this browser keep what is shown to who is signed in."""
    session: Session | None = request.scope.get(IN_SCOPE)
    if session is None:
        return
    if session.is_new:
        service.sessions.put(response, session)
    if "no-store" not in response.headers.get("cache-control", ""):
        response.headers["Cache-Control"] = "private, no-cache"


async def _mark_of(request: Request) -> str:
    """The form's mark; it is taken out of the form, so that a handler sees its own fields alone."""
    await request.body()  # kept by the request, so that a handler may read it in its own way
    form = await request.form()
    request._form = FormData([(name, value) for name, value in form.multi_items() if name != FIELD])  # noqa: SLF001 - starlette has no other way
    mark = form.get(FIELD)
    return mark if isinstance(mark, str) else ""
