"""Evidence as it comes and goes: a text, a link, or a file's hash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from services.evaluation.commands.evidence import EvidenceText
from services.evaluation.events.points import Evidence
from shared.events import TextRef
from shared.web import Body, Text

MOST_PIECES = 20
EvidenceKind = Literal["text", "link", "file"]


class EvidenceBody(Body):
    """One piece: a `text`, a `link` (http or https), or the hash of a `file`."""

    kind: EvidenceKind
    value: Text

    @model_validator(mode="after")
    def _is_a_web_link(self) -> Self:
        if self.kind == "link" and not self.value.lower().startswith(("http://", "https://")):
            raise PydanticCustomError("link", "A link begins with http:// or https://.")
        return self


class EvidenceAnswer(BaseModel):
    """One piece; `value` is null once the member was erased."""

    kind: EvidenceKind
    value: str | None


EvidenceList = Annotated[tuple[EvidenceBody, ...], Field(max_length=MOST_PIECES)]


def pieces(given: Sequence[EvidenceBody]) -> list[EvidenceText]:
    """The evidence for a command."""
    return [EvidenceText(piece.kind, piece.value) for piece in given]


def shown(evidence: Sequence[Evidence], texts: Mapping[str, str]) -> list[dict[str, object]]:
    """The evidence of an event with its texts, as far as they can still be read."""
    return [{"kind": piece.kind, "value": texts.get(piece.value.id)} for piece in evidence]


def text_of(ref: TextRef | None, texts: Mapping[str, str]) -> str | None:
    """The text behind a reference; None where there is none, or it was erased."""
    return None if ref is None else texts.get(ref.id)
