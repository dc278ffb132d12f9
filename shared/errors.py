"""The kinds of refusal, without a word of HTTP: a rule's own error is a subclass of one of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class Refusal(Exception):
    """A rule said no. `code` is stable and one per cause; `detail` says what to do next.

    `extra` holds further members of the answer (ids, dates, counts; never a name or a text that a person wrote).
    """

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = "refused"

    def __init__(self, detail: str | None = None, **extra: object) -> None:
        self.detail = detail or self.sentence
        self.extra: Mapping[str, object] = extra
        super().__init__(self.detail)


class Invalid(Refusal):
    """The input can't be right in any state of the world. `errors` names each place (a JSON pointer) and reason."""

    code = "invalid"
    sentence = "The input is not valid; the errors say where."

    def __init__(self, detail: str | None = None, errors: Sequence[tuple[str, str]] = (), **extra: object) -> None:
        super().__init__(detail, **extra)
        self.errors = tuple(errors)


class NotAllowed(Refusal):
    """The caller is known but may not do this."""

    code = "not_allowed"
    sentence = "Your roles do not allow this here; ask who holds the role for this organisation."


class Unknown(Refusal):
    """There is no such thing, or the caller may not know that there is."""

    code = "not_found"
    sentence = "There is nothing here under this id."


class Conflict(Refusal):
    """The present state does not allow this; another state might."""

    code = "conflict"
    sentence = "The present state does not allow this; look at it again."


class Unavailable(Refusal):
    """A neighbour or the database is away; nothing was done, try again."""

    code = "unavailable"
    sentence = "Something that is needed for this is away for the moment; nothing was stored, try again."


class TooLarge(Refusal):
    """More than may be stored or sent at once."""

    code = "too_large"
    sentence = "This is too large; send less at once."
