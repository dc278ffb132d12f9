"""One request for each route, made from its OpenAPI document: the ids of the world for its parameters, a body by its schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.web.permissions import Rule
from shared.web.routing import Route
from tests.doors.world import World
from tests.evaluation.builders_review import members, scores

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


CALLER = "the caller"
Target = tuple[str | None, str | None]
"""A place, and a person (or `CALLER`), by their names in the world."""


@dataclass(frozen=True)
class Asked:
    """A request that reaches the question whether its caller may."""

    service: str
    key: str
    path: str
    rule: Rule
    target: Target
    sent: Mapping[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return self.key.partition(" ")[0]

    @property
    def name(self) -> str:
        return f"{self.service}: {self.key}"


def requests(world: World, targets: Mapping[str, Target], beginnings: Mapping[str, Target], bodies: Mapping[str, Any]) -> Iterator[Asked]:
    """The requests of all routes.

    `targets`: what a route is about, where that is neither `north` nor `m1`; `beginnings`: the same by how paths begin; `bodies`: what is
    sent where the schema says too little.
    """
    for service, app in world.apps.items():
        document = app.openapi()
        world.ids["subscription_id"] = world.ids[f"{service}/subscription_id"]
        for route in app.router.routes:
            if isinstance(route, Route):
                method = route.key.partition(" ")[0]
                said = document["paths"].get(route.path_format, {}).get(method.lower()) or _hidden(route)
                rule, path = app.state.service.table[route.key], path_of(world, route.path_format, said)
                sent = sent_with(world, document, said, bodies.get(route.key))
                begun = next((beginnings[one] for one in beginnings if f"{route.path}/".startswith(f"{one}/")), ("north", "m1"))
                yield Asked(service, route.key, path, rule, targets.get(route.key, begun), sent)


def _hidden(route: Route) -> dict[str, Any]:
    """What a page takes, which the document leaves out."""
    query = [_described(one) | {"in": "query", "schema": {"type": "string"}} for one in route.dependant.query_params]
    fields = [_described(one) for one in route.dependant.body_params]
    schema = {
        "type": "object",
        "properties": {one["name"]: {"type": "string"} for one in fields},
        "required": [one["name"] for one in fields if one["required"]],
    }
    return {"parameters": query} | ({"requestBody": {"content": {FORM: {"schema": schema}}}} if fields else {})


def _described(one: Any) -> dict[str, Any]:  # noqa: ANN401 - FastAPI's own
    return {"name": one.alias, "required": one.field_info.is_required()}


def path_of(world: World, path: str, said: Mapping[str, Any]) -> str:
    """The path with the ids of the world, and the query that the route must have."""
    filled = re.sub(r"{(\w+)}", lambda found: in_path(world, found[1]), path)
    wanted = [one for one in said.get("parameters", []) if one["in"] == "query" and (one.get("required") or one["name"] in ALWAYS)]
    query = "&".join(f"{one['name']}={value_of(world, one['name'], one['schema'])}" for one in wanted)
    return f"{filled}?{query}" if query else filled


def in_path(world: World, name: str) -> str:
    """What stands in a path for this parameter. Raises LookupError where the world has no such thing."""
    if name not in NAMED and name not in world.ids:
        raise LookupError(f"the world has no {name}: make one in tests/doors/world.py, or name it in NAMED")
    return str(value_of(world, name, {"type": "string"}))


ALWAYS = frozenset({"organization_id", "branch_id", "period", "year"})
"""Parts of a query that are given though they may be left out, so that the request is about the branch."""


def sent_with(world: World, document: Mapping[str, Any], said: Mapping[str, Any], given: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Body and content type of a request."""
    content = said.get("requestBody", {}).get("content", {})
    if callable(given):
        given = given(world)
    if isinstance(given, bytes):
        return {"content": given, "headers": {"Content-Type": SHEET}}
    if JSON in content:
        return {"json": given if given is not None else value_by_schema(world, document, "", content[JSON]["schema"])}
    if FORM in content:
        return {"data": given if given is not None else value_by_schema(world, document, "", content[FORM]["schema"])}
    return {"data": given} if given is not None else {}


def value_by_schema(world: World, document: Mapping[str, Any], name: str, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """A value that the schema takes, with what must be there."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return value_by_schema(world, document, name, schema[several][0])
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    if schema.get("type") == "object" and "properties" in schema:
        return {one: value_by_schema(world, document, one, schema["properties"][one]) for one in schema.get("required", [])}
    if schema.get("type") == "array":
        return [value_by_schema(world, document, name.removesuffix("s"), schema["items"])] * min(1, schema.get("minItems", 0))
    return value_of(world, name, schema)


def value_of(world: World, name: str, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """A value for a field or parameter of this name."""
    if name in NAMED:
        return NAMED[name](world)
    if name in world.ids:
        return world.ids[name]
    if schema.get("format") == "uuid":
        return world.people["m1"]
    by_format = {"date": "2027-03-01", "date-time": "2027-03-02T09:00:00Z"}
    by_type = {"integer": max(1, schema.get("minimum", 1)), "number": 1, "boolean": False, "object": {}}
    return by_type.get(schema.get("type", ""), by_format.get(schema.get("format", ""), "x"))


NAMED: Mapping[str, Any] = {
    "organization_id": lambda world: world.ids["north"],
    "branch_id": lambda world: world.ids["north"],
    "town_id": lambda world: world.ids["town"],
    "county_id": lambda world: world.ids["county"],
    "parent_id": lambda world: world.ids["north"],
    "group_id": lambda world: world.ids["group"],
    "member_id": lambda world: world.people["m1"],
    "rater_id": lambda world: world.people["m1"],
    "id": lambda world: world.ids["review_id"],
    "member": lambda world: world.people["m1"],
    "period": lambda _: "2027-H1",
    "year": lambda _: 2027,
    "number": lambda _: 2,
    "date": lambda _: "2027-05-01",
    "on": lambda _: "2027-03-01",
    "to": lambda _: "2027-03-02",
    "scores": lambda world: {world.people[one]: scores(16) for one in members(6)[1:]},
    "rules": lambda _: {},
    "limit": lambda _: 10,
    "size": lambda _: 1,
    "origin_hash": lambda _: "0" * 64,
    "path": lambda _: "0/000",
    "sheet": lambda _: "late",
    "kind": lambda _: "xlsx",
    "from": lambda _: "2027-03-01",
    "about": lambda _: "result",
    "rater": lambda world: world.people["m5"],
    "delivery_id": lambda world: world.people["m1"],
}
