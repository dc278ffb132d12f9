"""Forms that come from our own pages: each carries a mark that only this service could have made for who is signed in.

The mark is bound to the person, not to one sign-in: a form that was open while the session ended can be sent after signing in anew, and
nothing that was written is lost. It is good for some hours. The browser's own word about where a form came from is asked first.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.requests import Request

from shared.errors import NotAllowed

FIELD = "csrf"
GOOD_FOR_SECONDS = 12 * 3600
STEP_SECONDS = 3600
"""A page that is drawn again within the hour has the same mark, so that its bytes are the same."""
LONGEST_MARK = 100


class StaleForm(NotAllowed):
    """The form lacks its mark, or has one of somebody else or of yesterday."""

    code = "stale_form"
    sentence = "This form is too old, or was opened by somebody else: go back, load the page again and send it once more."


class ForeignForm(NotAllowed):
    """The browser says that the form came from another site."""

    code = "foreign_form"
    sentence = "This form was sent from another site; open the page here and send it from there."


class Forms:
    """Makes and checks the marks of one service, whose pages browsers find at `url`."""

    def __init__(self, secret: bytes, url: str, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._own = urlsplit(url)
        self._clock = clock

    def mark_of(self, subject: str) -> str:
        """The mark for whoever is signed in as `subject`, or for a browser that nobody has signed in at, by its own secret."""
        now = int(self._clock())
        return self._made(subject, now - now % STEP_SECONDS)

    def check(self, request: Request, mark: str, subject: str) -> None:
        """Return if the form came from a page that this service gave to `subject` not long ago. Raises ForeignForm, StaleForm."""
        self.check_origin(request)
        made_at, _, _ = mark.partition(".")
        is_number = made_at.isascii() and made_at.isdigit() and len(mark) <= LONGEST_MARK
        if not is_number or not 0 <= self._clock() - int(made_at) <= GOOD_FOR_SECONDS:
            raise StaleForm
        if not mark.isascii() or not hmac.compare_digest(mark, self._made(subject, int(made_at))):
            raise StaleForm

    def check_origin(self, request: Request) -> None:
        """Return unless the browser says that this comes from elsewhere. Raises ForeignForm."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site is not None and site != "same-origin":
            raise ForeignForm
        if site is not None or origin is None:
            return
        asked = urlsplit(origin)
        is_ours = (asked.scheme, asked.netloc) == (self._own.scheme, self._own.netloc)
        if not is_ours and asked.netloc != request.headers.get("host"):
            raise ForeignForm

    def _made(self, subject: str, at: int) -> str:
        made = hmac.new(self._secret, f"form\x00{at}\x00{subject}".encode(), sha256).hexdigest()
        return f"{at}.{made}"
