"""A correction after confirmation in the demonstration: an upheld objection is its cause, a second person confirms it."""

from __future__ import annotations

from datetime import date

from xingqi.demo import texts
from xingqi.demo.objecting import CORRECTED, best_below, object_to_own
from xingqi.demo.review import BranchReview
from xingqi.demo.told import Told, result_notice

CORRECTED_ON = date(2026, 9, 7)


async def correct(review: BranchReview, officer: str) -> Told:
    """The objection is upheld, the secretary proposes the corrected result, the officer confirms it: the first stays visible."""
    row = await best_below(review, CORRECTED)
    member, client = row["member_id"], review.client
    objection = await object_to_own(review, member)
    upheld = {"decision": "upheld", "reason": texts.UPHELD}
    await client.do("POST", f"evaluation/objections/{objection}/decision", officer, upheld)
    body = {"member_id": member, "score": CORRECTED, "cause": {"objection_id": objection}, "reason": texts.UPHELD}
    proposed = await client.do("POST", f"evaluation/reviews/{review.id}/corrections", review.branch.secretary, body)
    await client.do("POST", f"evaluation/corrections/{proposed['id']}/confirmation", officer, {})
    notice = await result_notice(client, review.id)
    return Told(
        CORRECTED_ON,
        f"{review.branch.name}：确认后又有异议成立，书记提出更正、镇里第二人确认，{row['result']:g} 分改为 {CORRECTED} 分，"
        f"{'★' * row['stars']} 改为 ★★★，原结果仍可查",
        "after confirmation an upheld objection led to a correction that a second person confirmed: "
        f"{row['result']:g} became {CORRECTED}, and the first result stays visible",
        f"notices/{notice['id']}",
    )
