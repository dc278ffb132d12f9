"""A receipt is checked (design: trust.md): its voter types it, and the page says whether the ballot stands in the log and was counted.

The voter is who is signed in, or who holds the used code of a vote from afar. A receipt shows no score, so nothing more can be learnt.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import Response

from services.evaluation.domain.ballots import NoBallot
from services.evaluation.domain.paper_ballots import code_meant
from services.evaluation.pages.unsealed import unsealed_ballots
from services.evaluation.pages.visits import Visit
from services.evaluation.pages.voting import WRONG_CODE
from services.evaluation.projections.remote_codes import opened_by
from shared.transparency.tree import ProofWrong, check_inclusion
from shared.web import Caller, Door, Grant, Router
from shared.web.forms import fields_of
from shared.web.own_routes import OwnRoutes, Refused

router = Router(tags=["Pages"], include_in_schema=False)
RECEIPT = re.compile(r"[0-9]{1,18}-[0-9a-f]{64}")
NO_SUCH = Refused(HTTPStatus.NOT_FOUND, NoBallot.code, NoBallot.sentence)


@router.get("/receipt", response_model=None)
async def get_receipt_page(door: Door) -> Response:
    """The page that asks for a receipt."""
    return Visit(door).draw("receipt.html", receipt="", found=None)


@router.post("/receipt", response_model=None)
async def post_receipt_page(door: Door) -> Response:
    """What became of the ballot of this receipt."""
    visit, fields = Visit(door), await fields_of(door)
    receipt = re.sub(r"\s", "", fields.get("receipt")).lower()
    try:
        if not RECEIPT.fullmatch(receipt):
            raise NO_SUCH
        checked = await _found(visit, receipt, fields.text("code"))
    except Refused as refused:
        return visit.refuse("receipt.html", refused, receipt=fields.get("receipt"), found=None)
    found, of_voter = checked.found, await unsealed_ballots(visit, checked.rater_id)
    unsealings = [one for one in of_voter if (one["review_id"], one["number"]) == (checked.review_id, found["number"])]
    return visit.draw("receipt.html", receipt=receipt, found=found, is_proven=_is_proven(receipt, found), unsealings=unsealings)


class Checked(NamedTuple):
    """What the contract answers on a receipt, and whose ballot it is."""

    review_id: str
    rater_id: str
    found: dict[str, Any]


async def _found(visit: Visit, receipt: str, code: str | None) -> Checked:
    """The ballot of this receipt. Raises Refused where it is none of who asks."""
    if code is not None:
        opened = await opened_by(await visit.door.snapshot(is_current=True), code_meant(code))
        if opened is None:
            raise WRONG_CODE
        voter = Caller(opened.rater_id, opened.rater_id, (Grant("member"),))
        found = await _asked(OwnRoutes(visit.door, caller=voter), opened.review_id, receipt)
        return Checked(opened.review_id, opened.rater_id, found)
    if visit.door.visitor is None or visit.door.visitor.member_id is None:
        raise NO_SUCH
    for review in await visit.own.every("/reviews"):
        try:
            return Checked(review["id"], visit.member_id, await _asked(visit.own, review["id"], receipt))
        except Refused as refused:
            if refused.status != HTTPStatus.NOT_FOUND:
                raise
    raise NO_SUCH


async def _asked(routes: OwnRoutes, review_id: str, receipt: str) -> dict[str, Any]:
    found: dict[str, Any] = await routes.get(f"/reviews/{review_id}/receipts/{receipt}")
    return found


def _is_proven(receipt: str, found: dict[str, Any]) -> bool:
    """Whether the receipt's hash, with the hashes of the proof, comes to the root of the checkpoint."""
    proof = found["proof"]
    if proof is None:
        return False
    leaf = bytes.fromhex(receipt.partition("-")[2])
    path = [bytes.fromhex(each) for each in proof["hashes"]]
    try:
        check_inclusion(proof["index"], proof["size"], leaf, path, bytes.fromhex(proof["root"]))
    except ProofWrong:
        return False
    return True
