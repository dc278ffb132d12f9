"""The types of request fields: parsed at the edge, trusted from there on. Each says in its docstring what it accepts.

Numbers arrive exact: the request's JSON is read with decimals (`routing.py`), never through a binary float.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.calendar import HalfYear, NoHalfYear

LARGEST_SCORE = Decimal(1_000_000)
CENT = Decimal("0.01")
_PLAIN_EXPONENTS = frozenset({0, -1, -2})
FIRST_YEAR, LAST_YEAR = 1900, 2200
LONGEST_TEXT, LONGEST_SHORT_TEXT = 4000, 200
_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII)
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_BARE_TYPES = {"float": "Score", "decimal": "Score", "date": "Day", "datetime": "Instant", "uuid": "Id"}


def _make_strict(schema: Any, owner: str) -> None:  # noqa: ANN401 - pydantic's schemas are nested dicts of any shape
    if isinstance(schema, dict):
        kind = schema.get("type")
        if not isinstance(kind, str):
            kind = ""
        if kind in _BARE_TYPES:
            raise TypeError(f"{owner} has a bare {kind} field: use {_BARE_TYPES[kind]} of shared.web.fields")
        if kind in {"int", "bool", "str"}:
            schema["strict"] = True
        for part in schema.values():
            _make_strict(part, owner)
    elif isinstance(schema, list):
        for part in schema:
            _make_strict(part, owner)


class Body(BaseModel):
    """The base of request bodies: unknown fields are refused; whole numbers, booleans and texts come as such, never as one another.

    Scores, days, instants and ids use the types of this file; a bare float, Decimal, date, datetime or UUID is refused when the
    class is made, since pydantic would take them from other kinds of values too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _make_strict(schema, cls.__name__)
        return schema


class _Parsed:
    """An annotation whose values are made by one function from the JSON value, and by nothing else."""

    def __init__(self, parse: Callable[[Any], object], json_schema: dict[str, object]) -> None:
        self._parse = parse
        self._json_schema = json_schema

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._parse)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, object]:
        return dict(self._json_schema)


def parse_score(value: object) -> Decimal:
    """A JSON number with at most two decimals, exactly."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("score", "This must be a JSON number.")
    score = Decimal(value)
    if not score.is_finite() or abs(score) > LARGEST_SCORE:
        raise PydanticCustomError("score", "This number is too large.")
    exact = score.quantize(CENT)
    if exact != score:
        raise PydanticCustomError("score", "A score has at most two decimals.")
    return exact if score.as_tuple().exponent not in _PLAIN_EXPONENTS else score


def parse_id(value: object) -> str:
    """A UUID as text, lower case from here on."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise PydanticCustomError("id", "An id is a UUID.")
    return value.lower()


def parse_text(value: object) -> str:
    """1 to 4000 characters, trimmed, at least one of them visible; line breaks and tabs are allowed, other controls are not."""
    return _text(value, LONGEST_TEXT)


def parse_short_text(value: object) -> str:
    """1 to 200 characters on one line, trimmed, at least one of them visible."""
    text = _text(value, LONGEST_SHORT_TEXT)
    if "\n" in text or "\t" in text:
        raise PydanticCustomError("text", "This must be on one line.")
    return text


def parse_half_year(value: object) -> str:
    """A half-year like 2026-H1, as text."""
    try:
        return str(HalfYear.parse(value if isinstance(value, str) else ""))
    except NoHalfYear as error:
        raise PydanticCustomError("half_year", "A half-year is written like 2026-H1 or 2026-H2.") from error


def parse_day(value: object) -> date:
    """A calendar day (Asia/Shanghai) like 2026-06-30."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise PydanticCustomError("day", "A day is written like 2026-06-30.")
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise PydanticCustomError("day", "There is no such day.") from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PydanticCustomError("day", f"The year must lie within {FIRST_YEAR} and {LAST_YEAR}.")
    return day


def parse_instant(value: object) -> datetime:
    """An RFC 3339 instant with its offset, like 2026-06-30T08:00:00Z; UTC from here on."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise PydanticCustomError("instant", "An instant is written like 2026-06-30T08:00:00Z.")
    try:
        instant = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise PydanticCustomError("instant", "There is no such instant.") from error
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise PydanticCustomError("instant", f"The year must lie within {FIRST_YEAR} and {LAST_YEAR}.")
    return instant


Score = Annotated[Decimal, _Parsed(parse_score, {"type": "number", "multipleOf": 0.01, "description": "At most two decimals."})]
Id = Annotated[str, _Parsed(parse_id, {"type": "string", "format": "uuid"})]
Text = Annotated[str, _Parsed(parse_text, {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT})]
ShortText = Annotated[str, _Parsed(parse_short_text, {"type": "string", "minLength": 1, "maxLength": LONGEST_SHORT_TEXT})]
HalfYearText = Annotated[str, _Parsed(parse_half_year, {"type": "string", "pattern": "^[0-9]{4}-H[12]$", "examples": ["2026-H1"]})]
Day = Annotated[date, _Parsed(parse_day, {"type": "string", "format": "date"})]
Instant = Annotated[datetime, _Parsed(parse_instant, {"type": "string", "format": "date-time"})]


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("text", "This must be a text.")
    text = value.replace("\r\n", "\n").strip()
    if not text or not any(character.isprintable() and not character.isspace() for character in text):
        raise PydanticCustomError("text", "This must not be empty.")
    if len(text) > longest:
        raise PydanticCustomError("text", f"This must have at most {longest} characters.")
    if _FORBIDDEN.search(text):
        raise PydanticCustomError("text", "This must not hold control characters.")
    return text
