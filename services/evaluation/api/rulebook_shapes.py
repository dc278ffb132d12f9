"""Bodies and answers about rulebooks."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from services.evaluation.api.burdens import BurdenAnswer
from services.evaluation.api.rules_json import RulesJson
from shared.web import Body, HalfYearText, Id, ShortText

State = Literal["published", "proposed"]


class RulebookBody(Body):
    """A rulebook's first version: it holds at once, from `from_period` on (left out: from ever)."""

    organization_id: Id
    code: ShortText
    title: ShortText
    rules: RulesJson
    from_period: HalfYearText | None = None


class VersionBody(Body):
    """A further version, from `from_period` on (left out: the next half-year); what is left out stays as it was."""

    rules: RulesJson
    organization_id: Id | None = None
    code: ShortText | None = None
    title: ShortText | None = None
    from_period: HalfYearText | None = None


class NoBody(Body):
    """Nothing has to be said."""


class LintBody(Body):
    """Rules to be examined, as the contract writes them."""

    rules: dict[str, Any]


class Place(BaseModel):
    """One thing wrong with the rules: where (a JSON pointer into the body) and why."""

    pointer: str
    detail: str


class LintAnswer(BaseModel):
    """Everything wrong with the rules; nothing: they may be published."""

    problems: list[Place]


class VersionMade(BaseModel):
    """The version that was made or adopted; `from_period` is null where it holds from ever."""

    id: str
    version: int
    from_period: str | None
    state: State


class VersionLine(BaseModel):
    """One version among others."""

    version: int
    from_period: str | None
    state: State


class RulebookLine(BaseModel):
    """A rulebook in a list; code and title are those of its newest published version."""

    id: str
    organization_id: str
    code: str
    title: str
    versions: list[VersionLine]


class RulebookList(BaseModel):
    """A page of rulebooks."""

    items: list[RulebookLine]
    next: str | None


class VersionAnswer(VersionMade):
    """One version with its rules."""

    organization_id: str
    code: str
    title: str
    rules: RulesJson


class WeighedVersion(VersionAnswer):
    """One version with its rules, and the burden that it lays on a branch of average size."""

    burden: BurdenAnswer


class RulebookAnswer(VersionAnswer):
    """A rulebook: the version that holds for the half-year asked for, and all versions there are."""

    versions: list[VersionLine]
