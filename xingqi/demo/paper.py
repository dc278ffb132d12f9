"""Ballots on paper in the demonstration: the secretary keys the sheet, the deputy keys the same sheet again; then it counts."""

from __future__ import annotations

from copy import deepcopy

from xingqi.demo.review import BranchReview
from xingqi.demo.told import Told, result_notice
from xingqi.demo.town import Branch, Person

SHEETS = 3
Sheet = dict[str, dict[str, int]]


def who_votes_on_paper(branch: Branch) -> tuple[Person, ...]:
    """The oldest members at home that hold no post."""
    at_home = [person for person in branch.people if person.post is None and not person.works_away_in]
    return tuple(sorted(at_home, key=lambda person: person.joined_on)[:SHEETS])


async def vote_on_paper(review: BranchReview) -> None:
    """Key all sheets twice. In the first the deputy misreads one cell, is told which, looks at the paper and keys it again."""
    for number, person in enumerate(review.on_paper, start=1):
        sheet = review.sheet(person)
        body = {"rater_id": person.id, "sheet": f"{number:02}", "scores": sheet}
        made = await review.client.do("POST", f"evaluation/reviews/{review.id}/paper-ballots", review.branch.secretary, body)
        again = f"evaluation/paper-ballots/{made['id']}/confirmation"
        if number == 1:
            await review.client.refused("sheets_differ", "POST", again, review.branch.committee, {"scores": _misread(sheet)})
        await review.client.do("POST", again, review.branch.committee, {"scores": sheet})
        review.ballots += 1


def _misread(sheet: Sheet) -> Sheet:
    read = deepcopy(sheet)
    row = next(iter(read.values()))
    row["morality"] -= 1
    return read


async def tell_of_paper(review: BranchReview) -> Told:
    """What came of it, and the results that it went into."""
    notice = await result_notice(review.client, review.id)
    return Told(
        review.half.voted,
        f"{review.branch.name}：{len(review.on_paper)} 位老党员用纸票互评，书记录入、副书记照纸票再录一遍；"
        "有一格录得不同，系统指出是哪一格，重录一致后才计票",
        f"{len(review.on_paper)} elders voted on paper, each sheet keyed by two persons; "
        "where a cell differed it was named, and the sheet counted once both agreed",
        f"notices/{notice['id']}",
    )
