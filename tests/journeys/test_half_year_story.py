"""A branch's half-year from its pledges to its stars on the board, told step by step on three real services."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.processes import CellSettings
from tests.journeys.stories import FULL, Branch, Town, names, story_town

pytestmark = pytest.mark.timeout(180)


CELLS = ("sqlite-2", "postgresql-2")


@pytest.fixture(scope="module")
def town(cell_settings: CellSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with story_town(tmp_path_factory.mktemp("story"), **cell_settings()) as made:
        yield made


def board(town: Town, branch: Branch) -> str:
    """The branch's board as JSON text, once it has seen all that evaluation stored."""
    answer = town.send(
        "GET", f"notice/boards/{branch.id}", headers={"Accept": "application/json"}, query={"min_position": town.position("evaluation")}
    )
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_half_year_from_pledges_to_stars(town: Town) -> None:
    branch = town.branch(names(8))
    li = list(branch.members)[5]

    # It pledges; the branch returns the pledge once, approves it, announces it; the board shows it.
    pledge = {"member_id": branch.member(li), "period": "2026-H2", "theme": "helping", "due_on": "2026-12-20"}
    pledge |= {"action": "结对帮扶一户老人", "target": "尽力"}
    pledged = town.do("POST", "evaluation/pledges", branch.tokens[li], pledge)["id"]
    town.do("POST", f"evaluation/pledges/{pledged}/review", branch.secretary, {"decision": "returned", "reason": "目标不具体"})
    town.do("PUT", f"evaluation/pledges/{pledged}", branch.tokens[li], {**pledge, "target": "每月上门不少于2次"})
    town.do("POST", f"evaluation/pledges/{pledged}/submission", branch.tokens[li], {})
    town.do("POST", f"evaluation/pledges/{pledged}/review", branch.secretary, {"decision": "approved"})
    town.do("POST", "evaluation/announcements", branch.secretary, {"branch_id": branch.id, "on": "2026-07-02", "pledge_ids": [pledged]})
    assert "每月上门不少于2次" in board(town, branch)

    # Its deeds: an activity with all, one from afar; a good deed; a mistake that is reversed.
    attendees = [{"member_id": member, "remote": name == li, "badge": True} for name, member in branch.members.items()]
    body = {"branch_id": branch.id, "item": "study", "title": "固定日学习", "held_on": "2026-06-10", "attendees": attendees}
    town.do("POST", "evaluation/activities", branch.secretary, body)
    town.entry(branch, li, "help", points=12.25)
    mistaken = town.entry(branch, li, "help", on="2026-06-02", points=20)
    town.do("POST", f"evaluation/entries/{mistaken}/reversal", branch.secretary, {"reason": "记错了人"})
    points = town.read(
        f"evaluation/members/{branch.member(li)}/points", branch.tokens[li], period="2026-H1", min_position=town.position("evaluation")
    )
    assert (points["base"], points["bonus"], points["total"]) == (5, 12.25, 17.25)

    # The review: opened, one excused, self review, ballots of seven.
    excused = list(branch.members)[7]
    town.open(branch, excused=[{"member_id": branch.member(excused), "reason": "长期住院"}])
    own = {"achievements": "按时学习", "shortcomings": "不够主动", "pledges": [], "scores": FULL}
    town.do("PUT", f"evaluation/reviews/{branch.review}/self-reviews/{branch.member(li)}", branch.tokens[li], own)
    town.to(branch, "peer_review")
    for name in list(branch.members)[:7]:
        sheet = branch.sheet(name, without=[excused])
        place = f"evaluation/reviews/{branch.review}/ballots/{branch.member(name)}"
        answer = town.do("PUT", place, branch.tokens[name], {"scores": sheet})
        assert (answer["scores"], answer["number"]) == (6, 1)

    # Closed: the committee sees points, peers and the reference; its score decides.
    town.to(branch, "committee_review")
    sheet = town.read(f"evaluation/reviews/{branch.review}/committee-sheet", branch.committee)
    (row,) = [row for row in sheet["items"] if row["member_id"] == branch.member(li)]
    assert (row["points"]["total"], row["peer"], row["reference"]) == (17.25, 90, 53.63)
    branch.members.pop(excused)
    town.score_all(branch, 89.5)
    town.to(branch, "publicity")

    # The board shows the stars for five working days: 3, 6, 7, 8 and 9 July. Then they count.
    assert "result" in board(town, branch)
    town.refused((409, "publicity_running"), "POST", f"evaluation/reviews/{branch.review}/phase", branch.secretary, {"to": "confirmed"})
    town.now("2026-07-09T15:59:00Z")
    town.refused((409, "publicity_running"), "POST", f"evaluation/reviews/{branch.review}/phase", branch.secretary, {"to": "confirmed"})
    assert town.read(f"evaluation/members/{branch.member(li)}/standing", branch.tokens[li])["stars"] == 0
    town.now("2026-07-09T16:00:00Z")
    town.to(branch, "confirmed")
    standing = town.read(f"evaluation/members/{branch.member(li)}/standing", branch.tokens[li], min_position=town.position("evaluation"))
    assert (standing["stars"], standing["flags"], standing["flags_by_year"]) == (3, 1, {"2026": 1})
    (notice,) = town.read("notice/notices", kind="result", organization_id=branch.id, min_position=town.position("evaluation"))["items"][
        -1:
    ]
    certificate = town.read(f"notice/notices/{notice['id']}/certificate")
    assert certificate["counted"] == ["2026-07-03", "2026-07-06", "2026-07-07", "2026-07-08", "2026-07-09"]


def test_publicity_over_the_national_day(town: Town) -> None:
    """The spec's example: published on Monday 28 September 2026, it ends on Saturday 10 October, a make-up working day."""
    branch = town.branch(names(6))
    town.now("2026-09-28T02:00:00Z")
    town.published(branch)

    (notice,) = town.read("notice/notices", kind="result", organization_id=branch.id, min_position=town.position("evaluation"))["items"]
    publicity = town.read(f"notice/notices/{notice['id']}/publicity")
    assert (publicity["state"], publicity["ends_on"]) == ("running", "2026-10-10")

    town.now("2026-10-10T15:59:59Z")
    town.refused((409, "publicity_running"), "POST", f"evaluation/reviews/{branch.review}/phase", branch.secretary, {"to": "confirmed"})
    town.now("2026-10-10T16:00:00Z")
    town.to(branch, "confirmed")


def test_a_branch_without_quorum_is_closed_by_the_town_and_has_no_peer_part(town: Town) -> None:
    branch = town.branch(names(7))
    town.open(branch)
    town.to(branch, "peer_review")
    for name in list(branch.members)[:3]:
        town.ballot(branch, name)
    phase = f"evaluation/reviews/{branch.review}/phase"
    town.refused((409, "quorum_not_reached"), "POST", phase, branch.secretary, {"to": "committee_review"})
    town.to(branch, "committee_review", by=town.officer, without_quorum="外出务工")

    sheet = town.read(f"evaluation/reviews/{branch.review}/committee-sheet", branch.committee)
    assert {(row["peer"], row["reference"]) for row in sheet["items"]} == {(None, None)}


@pytest.mark.spec("6.14a", "6.14c")
def test_an_annulled_review_counts_nothing_and_the_half_year_opens_again(town: Town) -> None:
    branch = town.branch(names(6))
    first = town.open(branch)
    town.to(branch, "peer_review")
    town.do("POST", f"evaluation/reviews/{first}/annulment", town.officer, {"reason": "名单有误"})

    assert town.read(f"evaluation/reviews/{first}", branch.secretary)["phase"] == "annulled"
    town.refused((409, "wrong_phase"), "POST", f"evaluation/reviews/{first}/phase", branch.secretary, {"to": "committee_review"})
    assert town.open(branch) != first
