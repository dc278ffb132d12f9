"""What a browser sends by a form: texts by their names, read once; empty fields are left out, so that "nothing written" has one shape."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any
from unicodedata import normalize
from urllib.parse import parse_qsl

from shared.errors import TooLarge
from shared.web.door import Doorway

MOST_FORM_BYTES = 1_500_000
MOST_FIELDS = 60_000


class Fields:
    """The fields of one form. What was written stays as it was, so that a page can show it again beside what is wrong with it."""

    def __init__(self, written: list[tuple[str, str]]) -> None:
        self._all: dict[str, list[str]] = {}
        for name, value in written:
            text = value.replace("\r\n", "\n").strip()
            if text:
                self._all.setdefault(name, []).append(text)

    def text(self, name: str) -> str | None:
        """What was written there; None where nothing was."""
        found = self._all.get(name)
        return found[0] if found else None

    def get(self, name: str, otherwise: str = "") -> str:
        """As `text`, for templates: the empty text where nothing was written."""
        return self.text(name) or otherwise

    def all(self, name: str) -> list[str]:
        """Every value under this name: the ticked boxes of a list."""
        return list(self._all.get(name, []))

    def is_ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return name in self._all

    def number(self, name: str) -> Decimal | str | None:
        """A number as people write it (full-width digits too), or the very text where it is none: the rule then says what is wrong."""
        written = self.text(name)
        return None if written is None else number_in(written)

    def under(self, prefix: str) -> dict[str, str]:
        """The first values of all fields whose names begin so, by the rest of their names."""
        return {name[len(prefix) :]: values[0] for name, values in self._all.items() if name.startswith(prefix)}

    def sheet(self, prefix: str) -> dict[str, dict[str, Decimal | str]]:
        """A table of numbers whose fields are named `<prefix><row>.<column>`."""
        rows: dict[str, dict[str, Decimal | str]] = {}
        for name, value in self.under(prefix).items():
            row, _, column = name.partition(".")
            rows.setdefault(row, {})[column] = number_in(value)
        return rows

    def without_nothing(self, *names: str) -> dict[str, Any]:
        """Those of these fields in which something was written."""
        return {name: self._all[name][0] for name in names if name in self._all}


def number_in(written: str) -> Decimal | str:
    """The number that was written; the text itself where it is none."""
    try:
        number = Decimal(normalize("NFKC", written).replace("。", "."))
    except InvalidOperation:
        return written
    return number if number.is_finite() else written


async def fields_of(door: Doorway) -> Fields:
    """The form that was sent. Raises TooLarge."""
    body = await door.request.body()
    if len(body) > MOST_FORM_BYTES:
        raise TooLarge
    try:
        return Fields(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=False, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise TooLarge from error
