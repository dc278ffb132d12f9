"""The rules of a rulebook as JSON: read with every misshapen place named, shown, and described for the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin

import msgspec
from pydantic import WithJsonSchema

from services.evaluation.domain.lint import Problem, RulesNotSound, lint
from services.evaluation.events.rulebooks import Rules
from shared.web.problems import pointer_of

_PATH = re.compile(r" - at `\$(.*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_MISSING = re.compile(r"Object missing required field `(.+?)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`", re.DOTALL)
_SECTIONS = {field.encode_name: field.type for field in msgspec.structs.fields(Rules)}


def read_rules(raw: Mapping[str, Any]) -> tuple[Rules | None, list[Problem]]:
    """The rules, or None with every problem of their shape; problems of what they say are `lint`'s."""
    problems = [Problem(pointer_of([name]), "is no field of the rules") for name in raw.keys() - _SECTIONS.keys()]
    for name, kind in _SECTIONS.items():
        if name in raw:
            problems += _misshapen((name,), raw[name], kind)
        else:
            problems.append(Problem(f"/{name}", "is missing"))
    return (None, problems) if problems else (msgspec.convert(raw, Rules), [])


def all_problems(raw: Mapping[str, Any]) -> list[Problem]:
    """Every problem of shape, or where there is none every problem of what the rules say; places begin with `/rules`."""
    rules, problems = read_rules(raw)
    found = problems if rules is None else lint(rules)
    return [Problem(f"/rules{problem.pointer}", problem.detail) for problem in found]


def rules_of(raw: Mapping[str, Any]) -> Rules:
    """The rules; raises RulesNotSound where they have not the shape of rules."""
    rules, problems = read_rules(raw)
    if rules is None:
        raise RulesNotSound(errors=[(f"/rules{problem.pointer}", problem.detail) for problem in problems])
    return rules


def _misshapen(place: tuple[str | int, ...], value: object, kind: Any) -> Iterator[Problem]:  # noqa: ANN401 - any type of a field
    if get_origin(kind) is tuple and isinstance(value, list):
        for number, part in enumerate(value):
            yield from _misshapen((*place, number), part, get_args(kind)[0])
        return
    try:
        converted = msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        yield _problem(place, str(error))
        return
    for inner in _texts_for_scores(value, converted):
        yield Problem(pointer_of((*place, *inner)), "must be a JSON number, not a text")


def _problem(place: tuple[str | int, ...], message: str) -> Problem:
    steps: list[str | int] = list(place)
    if found := _PATH.search(message):
        steps += [name or int(number) for name, number in _STEP.findall(found[1])]
        message = message[: found.start()]
    if missing := _MISSING.search(message):
        name = missing[1]
        return Problem(pointer_of([*steps, name]), "an item needs a cap in points per half-year" if name == "cap" else "is missing")
    if unknown := _UNKNOWN.search(message):
        return Problem(pointer_of([*steps, unknown[1]]), "is no field of the rules")
    return Problem(pointer_of(steps), message)


def _texts_for_scores(value: object, converted: object) -> Iterator[tuple[str | int, ...]]:
    """The places where a text was given for a number: msgspec would read it."""
    if isinstance(converted, msgspec.Struct) and isinstance(value, dict):
        for field in msgspec.structs.fields(converted):
            for inner in _texts_for_scores(value.get(field.encode_name), getattr(converted, field.name)):
                yield (field.encode_name, *inner)
    elif isinstance(value, str) and not isinstance(converted, str):
        yield ()


def _described() -> dict[str, Any]:
    (schema,), parts = msgspec.json.schema_components([Rules], ref_template="{name}")
    inlined: dict[str, Any] = _inlined(schema, parts)
    return inlined


def _inlined(schema: Any, parts: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON Schema of any depth
    if isinstance(schema, list):
        return [_inlined(part, parts) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"]], parts)
    if schema.get("format") == "decimal":
        return {"type": "number"}
    return {name: _inlined(part, parts) for name, part in schema.items()}


RulesJson = Annotated[dict[str, Any], WithJsonSchema(_described())]
"""The rules in a body or an answer, as the contract writes them."""
