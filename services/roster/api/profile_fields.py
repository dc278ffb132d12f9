"""The fields of a profile beside the name, as requests bring them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.roster.api.shapes import Gender
from shared.web import Body, Day, ShortText

Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 -]{4,19}$", description="Digits, spaces and hyphens, 5 to 20 of them.")]


class ProfileFields(Body):
    """What may be known of a person; every field may be absent."""

    phone: Phone | None = None
    identity_number: ShortText | None = None
    gender: Gender | None = None
    birth_date: Day | None = None
    ethnicity: ShortText | None = None
    education: ShortText | None = None
    occupation: ShortText | None = None
    address: ShortText | None = None

    def profile(self) -> dict[str, object]:
        """The fields that the request named, null ones too."""
        return {name: getattr(self, name) for name in ProfileFields.model_fields if name in self.model_fields_set}
