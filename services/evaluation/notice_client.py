"""What this service asks notice, and nothing more: whether the publicity period of a review's results has run."""

from __future__ import annotations

import msgspec

from services.evaluation.events.results import Certificate
from shared.errors import Invalid, Unavailable, Unknown
from shared.web import Neighbour


class ResultsNotShownYet(Unavailable):
    """Notice has not put these results up."""

    code = "results_not_shown_yet"
    sentence = "The notice service has not put these results up yet; try again in a moment."


class _Notice(msgspec.Struct, frozen=True):
    id: str
    replaced_by: str | None = None


class _Notices(msgspec.Struct, frozen=True):
    items: tuple[_Notice, ...]


class _Certificate(msgspec.Struct, frozen=True):
    number: str
    notice_id: str
    content_hash: str


class NoticeClient:
    """Asks notice. Every method raises Unavailable where it is away, slow, or talks nonsense."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour

    async def close(self) -> None:
        """Close the connections."""
        await self._neighbour.close()

    async def certificate(self, review_id: str, position: int) -> Certificate:
        """The certificate that the results which we published at `position` of our log lay open for the whole period.

        Raises:
            PassedOn: notice's own refusal, `notice_withdrawn`, `publicity_running` or `objection_open`.
            ResultsNotShownYet: it has no notice of these results.
        """
        try:
            query: dict[str, str | int] = {"kind": "result", "review_id": review_id, "min_position": position}
            notices = await self._neighbour.get("/notices", query, into=_Notices)
            newest = [notice for notice in notices.items if notice.replaced_by is None]
            if not newest:
                raise ResultsNotShownYet
            told = await self._neighbour.get(f"/notices/{newest[-1].id}/certificate", into=_Certificate)
        except (Unknown, Invalid) as error:
            raise ResultsNotShownYet from error
        return Certificate(told.number, told.notice_id, told.content_hash)
