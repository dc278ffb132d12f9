"""Texts for services: reasons and places that events refer to."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import Field

from shared.web import Body, Door, Id, Router, json_answer

MOST_TEXTS = 1000
router = Router(tags=["Texts"])


class TextsBody(Body):
    """The ids of texts, as they stand in events."""

    ids: Annotated[list[Id], Field(max_length=MOST_TEXTS)]


@router.post("/texts/read", response_model=dict[str, str])
async def post_texts(body: TextsBody, door: Door) -> Response:
    """The texts by id, for services; those that were erased, or never were, are absent. Profiles are no texts."""
    await door.require()
    return json_answer(await door.log.texts.read(body.ids))
