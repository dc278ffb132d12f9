"""Texts for services: notice puts them in when it makes a page, and keeps none."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import Field, RootModel

from shared.web import Body, Door, Id, Router, json_answer

MOST_TEXTS = 1000
router = Router(tags=["Texts"])


class TextsBody(Body):
    """The ids of texts, as they stand in events."""

    ids: Annotated[tuple[Id, ...], Field(max_length=MOST_TEXTS)]


class TextsAnswer(RootModel[dict[str, str]]):
    """The texts by id; those that were erased, or never were, are absent."""


@router.post("/texts/read", response_model=TextsAnswer)
async def post_texts_read(body: TextsBody, door: Door) -> Response:
    """Texts that stand in events as references."""
    await door.require()
    return json_answer(await door.log.texts.read(body.ids))
