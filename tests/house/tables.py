"""The tables of docs/ that say what the code says: settings, error codes, event topics, permissions; and which test shows what.

`python -m tests.house.tables` prints them; `--write` puts them into docs/ between their marks; a test fails while they differ.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import msgspec

import services
import shared
from shared.errors import Refusal
from shared.events import RETIRED, TOPICS
from shared.settings import PREFIX, SERVICES, Settings
from shared.web import common, subscriptions
from shared.web.permissions import Rule
from shared.web.problems import status_of
from tests.house.files import ROOT
from tests.house.spec import spec_table

BEGIN = "<!-- made by `make tables` from the code: edit there -->"
END = "<!-- end -->"
Row = tuple[str, ...]


def all_modules() -> Iterator[ModuleType]:
    """Every module of shared and of the services, imported; an app is not: importing it opens its store."""
    for package in (shared, services):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(".app"):
                yield import_module(found.name)


def refusals() -> list[type[Refusal]]:
    """Every class of refusal of the product that has a code of its own, by code."""
    modules = {module.__name__ for module in all_modules()}
    ours = (kind for kind in _below(Refusal) if "code" in vars(kind) and kind.__module__ in modules)
    return sorted(ours, key=lambda kind: (kind.code, kind.__module__))


def settings_table() -> list[Row]:
    """Variable, default, meaning."""
    meanings = _attribute_docstrings(Settings)
    rows = [(f"`{PREFIX}{name.upper()}`", _default(field.default), meanings.get(name, "")) for name, field in Settings.model_fields.items()]
    return [("variable", "default", "meaning"), *rows]


def errors_table() -> list[Row]:
    """Code, status, sentence, where the rule is."""
    rows = {(kind.code, kind.sentence, _owner(kind)): kind for kind in refusals()}
    return [
        ("code", "status", "what it says", "from"),
        *((f"`{code}`", str(status_of(kind)), sentence, owner) for (code, sentence, owner), kind in sorted(rows.items())),
    ]


def events_table() -> list[Row]:
    """Topic, fields, meaning; by topic."""
    list(all_modules())
    kinds = {**TOPICS, **{topic: retired.shape for topic, retired in RETIRED.items()}}
    product = {topic: kind for topic, kind in kinds.items() if kind.__module__.partition(".")[0] in {"services", "shared"}}
    return [
        ("topic", "service", "fields", "what happened"),
        *(
            (f"`{topic}`", _service_of(kind), _fields(kind), (kind.__doc__ or "").strip().splitlines()[0])
            for topic, kind in sorted(product.items())
        ),
    ]


def _service_of(kind: type) -> str:
    room, service, *_ = kind.__module__.split(".")
    return service if room == "services" else "all"


def permissions_table() -> list[Row]:
    """Route, service, who may call it and how far each reaches; the common routes once."""
    tables = {service: import_module(f"services.{service}.permissions").TABLE for service in SERVICES}
    lines = [(*route.split(" "), service, _who(rule)) for service, table in tables.items() for route, rule in table.items()]
    lines += [(*route.split(" "), "all", _who(rule)) for route, rule in (*common.TABLE.items(), *subscriptions.TABLE.items())]
    return [("route", "service", "who"), *((f"`{method} {path}`", service, who) for method, path, service, who in lines)]


TABLES: dict[str, Callable[[], list[Row]]] = {
    "docs/configuration.md": settings_table,
    "docs/errors.md": errors_table,
    "docs/events.md": events_table,
    "docs/permissions.md": permissions_table,
    "docs/spec-table.md": spec_table,
}


def written(rows: list[Row]) -> str:
    """The rows as a Markdown table; the first row is its head."""
    head, *body = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *body])


def brought_up_to_date(text: str, table: str) -> str:
    """`text` with `table` between its marks. Raises ValueError where the marks are missing."""
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"put the marks {BEGIN} and {END} where the table belongs")
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def stale() -> list[str]:
    """The documents whose table says something else than the code."""
    return [name for name, rows in TABLES.items() if (ROOT / name).read_text() != _expected(ROOT / name, rows)]


def _expected(path: Path, rows: Callable[[], list[Row]]) -> str:
    return brought_up_to_date(path.read_text(), written(rows()))


def _below(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)


def _owner(kind: type[Refusal]) -> str:
    room = kind.__module__.split(".")
    return room[1] if room[0] == "services" else "all"


def _who(rule: Rule) -> str:
    if rule.is_public:
        return "everybody, so often from one address" if rule.is_limited else "everybody"
    return ", ".join(f"{role} ({' or '.join(scope.value for scope in scopes)})" for role, scopes in rule.scopes.items())


def _default(value: object) -> str:
    return "" if value is None else f"`{value}`"


def _fields(kind: type[msgspec.Struct]) -> str:
    return ", ".join(f"`{field.encode_name}`" for field in msgspec.structs.fields(kind))


def _attribute_docstrings(kind: type) -> dict[str, str]:
    """The string under each attribute of a class."""
    (definition,) = ast.parse(inspect.getsource(kind)).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    found = {}
    for node, following in pairwise(body):
        match node, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(text.split())
    return found


def main(arguments: list[str]) -> int:
    """Print the tables, or with `--write` put them into docs/."""
    for name, rows in TABLES.items():
        if "--write" in arguments:
            (ROOT / name).write_text(_expected(ROOT / name, rows))
        else:
            print(f"{name}\n\n{written(rows())}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
