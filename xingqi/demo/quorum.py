"""A peer review without a quorum in the demonstration: the secretary may not close it, the town does, and says why."""

from __future__ import annotations

from xingqi.demo.review import BranchReview
from xingqi.demo.told import Told, result_notice
from xingqi.stop import Stop


async def tell_of_quorum(review: BranchReview) -> Told:
    """What the board says of it.

    Raises:
        Stop: the notice does not say that there was no quorum.
    """
    notice = await result_notice(review.client, review.id)
    shown = await review.client.read(f"notice/notices/{notice['id']}")
    if shown["content"]["without_peer_quorum"] is not True:
        raise Stop("the notice of a review without a quorum does not say so")
    return Told(
        review.half.closed,
        f"{review.branch.name}：{len(review.rated)} 人只有 {review.ballots} 人投票，不足半数，书记不能结束互评，"
        "由镇党委说明理由后结束；公告注明互评人数不足半数、不计入",
        f"{review.ballots} of {len(review.rated)} voted: the secretary could not close, "
        "the town did with a reason, and the notice says that there was no quorum",
        f"notices/{notice['id']}",
    )
