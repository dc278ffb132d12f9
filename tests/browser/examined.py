"""A branch for the supervisor's desk: twelve people, opened late; one ballot says the same of all, one result is far from the peers'."""

from __future__ import annotations

import random

from tests.browser.village import DIMENSIONS, Village

KEY, NAME, COUNT = "examined", "石板滩村党支部", 12
NAMES = ("沈建平", "韩桂花", "杨树林", "朱凤英", "秦海生", "尤爱华", "许志明", "何玉珍", "吕长贵", "施小兰", "张德厚", "孔繁荣")
OPENED, PERIOD = "2026-07-25T02:00:00Z", "2026-H1"
STRAIGHT = 11
"""The member whose ballot gives everybody 80."""
LIFTED = 3
"""The member whom the committee puts far above its peers' score."""


def examine(village: Village) -> list[str]:
    """Let the branch live its half-year, late, and have the county examined; the ids of the leads that were found."""
    _join(village)
    village.cell.command("clock", OPENED)
    _hold_review(village)
    body = {"organization_id": village.ids["county"], "period": PERIOD}
    examination = village.send("POST", "evaluation/examinations", "supervisor", body)["id"]
    for _ in range(100):
        if village.send("GET", f"evaluation/examinations/{examination}", "supervisor")["state"] == "held":
            break
    path = f"evaluation/audits/fairness?organization_id={village.ids['county']}&period={PERIOD}"
    return [one["id"] for one in village.send("GET", path, "supervisor")["items"] if one["branch_id"] == village.ids[KEY]]


def _join(village: Village) -> None:
    body = {"kind": "branch", "name": NAME, "parent_id": village.ids["town"]}
    village.ids[KEY] = village.send("POST", "roster/organizations", "admin", body)["id"]
    cell = village.cell
    village.tokens[f"{KEY}/secretary"] = cell.token("branch_secretary", organization=village.ids[KEY])
    entry = {"branch_id": village.ids[KEY], "joined_on": "2010-07-01", "status": "full"}
    village.members[KEY] = [village.send("POST", "roster/members", "admin", {**entry, "name": name})["id"] for name in NAMES]
    for member in village.members[KEY][:4]:
        post = {"organization_id": village.ids[KEY], "from": "2020-01-01", "post": "committee"}
        village.send("POST", f"roster/members/{member}/posts", "admin", post)
    for number, token in enumerate(cell.tokens(["member"], members=village.members[KEY])):
        village.tokens[village.of(KEY, number)] = token
    team = cell.token("committee_member", organization=village.ids[KEY], member=village.members[KEY][0])
    village.tokens[f"{KEY}/committee"] = team


def _hold_review(village: Village) -> None:
    secretary = f"{KEY}/secretary"
    opened = village.send("POST", "evaluation/reviews", secretary, {"branch_id": village.ids[KEY], "period": PERIOD})
    review = f"evaluation/reviews/{opened['id']}"
    village.send("POST", f"{review}/phase", secretary, {"to": "peer_review"})
    for number, member in enumerate(village.members[KEY]):
        village.send("PUT", f"{review}/ballots/{member}", village.of(KEY, number), {"scores": _ballot(village, number)})
    village.send("POST", f"{review}/phase", secretary, {"to": "committee_review"})
    scores = {
        member: {"score": 96 if number == LIFTED else 62 + number % 6 * 5, "reason": "班子集体研究"}
        for number, member in enumerate(village.members[KEY])
    }
    body = {"attendees": village.members[KEY][:4], "scores": scores}
    village.send("PUT", f"{review}/committee-scores", f"{KEY}/committee", body)
    village.send("POST", f"{review}/phase", secretary, {"to": "publicity"})


def _ballot(village: Village, rater: int) -> dict[str, dict[str, float]]:
    """What the rater gives: by who is scored, and a little by who scores; one makes no difference."""
    lot = random.Random(rater)  # noqa: S311 - lots for a test
    rated = [(number, member) for number, member in enumerate(village.members[KEY]) if number != rater]
    return {
        member: dict.fromkeys(DIMENSIONS, 16 if rater == STRAIGHT else 13 + number % 6 + lot.randrange(-8, 8) / 4)
        for number, member in rated
    }
