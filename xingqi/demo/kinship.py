"""A recusal in the demonstration: three of five of the team are a member's kin, two are too few, so the town scores that member."""

from __future__ import annotations

from xingqi.demo.client import Client
from xingqi.demo.review import BranchReview
from xingqi.demo.told import Told, result_notice
from xingqi.demo.town import Branch, Person
from xingqi.stop import Stop

SINCE = "2009-10-01"


async def declare_kin(client: Client, branch: Branch) -> None:
    """Three of the committee team name the same member of their branch: a spouse, a brother, a cousin."""
    related = next(person for person in branch.people if person.post is None and not person.works_away_in)
    for declarer in _kin_in_team(branch):
        declarer.kin = related
        body = {"kin": [{"member_id": related.id, "from": SINCE}]}
        await client.do("PUT", f"roster/members/{declarer.id}/kin", declarer.token, body)


def _kin_in_team(branch: Branch) -> list[Person]:
    return branch.team[2:]


async def tell_of_recusal(review: BranchReview) -> Told:
    """What came of it, as the member itself can read it.

    Raises:
        Stop: the explanation does not say that the case went up to the town.
    """
    recused = _kin_in_team(review.branch)
    related = recused[0].kin
    if related is None:
        raise Stop("nobody has named its kin")
    why = await review.client.read(f"evaluation/members/{related.id}/explanation", related.token, period=review.half.period)
    committee = why["committee"]
    if not (committee["by_town"] and committee["went_up"] and {person.id for person in recused} <= {*committee["recused"]}):
        raise Stop(f"the explanation does not tell of the recusal: {committee}")
    notice = await result_notice(review.client, review.id)
    team = len(review.branch.team)
    return Told(
        review.half.deliberated,
        f"{review.branch.name}：班子 {team} 人中 {len(recused)} 人是党员{related.name}的亲属，自动回避，不足三人，班子评分被拒，"
        f"由镇党委评 {committee['shown']:g} 分并写明理由，本人可查",
        f"{len(recused)} of {team} of a committee team are a member's kin and were recused; too few were left, "
        f"so the team's score was refused and the town put {committee['shown']:g}, with a reason that the member can read",
        f"notices/{notice['id']}",
    )
