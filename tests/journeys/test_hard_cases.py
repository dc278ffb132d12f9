"""The hard cases that towns really meet, told over three real processes: objections, paper, codes, recusal, no quorum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.processes import CellSettings
from tests.journeys.stories import Branch, Town, names, story_town

pytestmark = pytest.mark.timeout(240)
CELLS = ("sqlite-1", "postgresql-2")
START = "manual:2026-07-02T02:00:00Z"
"""Thursday 2 July 2026, 10:00 in Shanghai."""


@pytest.fixture(scope="module")
def town(cell_settings: CellSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One town for all cases, whose clock goes forward only: they stand in the order of their dates."""
    with story_town(tmp_path_factory.mktemp("hard-cases"), START, **cell_settings()) as made:
        yield made


def last(branch: Branch) -> str:
    """Somebody of the branch who is not of its committee."""
    return list(branch.members)[-1]


def notices(town: Town, branch: Branch) -> list[dict[str, Any]]:
    seen = town.position("evaluation")
    found: list[dict[str, Any]] = town.read("notice/notices", kind="result", review_id=branch.review, min_position=seen)["items"]
    return found


def standing(town: Town, branch: Branch, name: str) -> dict[str, Any]:
    place = f"evaluation/members/{branch.member(name)}/standing"
    found: dict[str, Any] = town.read(place, branch.tokens[name], min_position=town.position("evaluation"))
    return found


def object_to(town: Town, branch: Branch, by: str, about: str) -> str:
    body = {"about": {"kind": "result", "id": branch.review, "member_id": branch.member(about)}, "text": "加分漏记，请复核。"}
    return str(town.do("POST", "evaluation/objections", branch.tokens[by], body)["id"])


def decide(town: Town, objection: str, **decision: object) -> None:
    town.do("POST", f"evaluation/objections/{objection}/decision", town.second_officer, {"reason": "经核实。", **decision})


def test_a_sheet_keyed_twice_and_a_ballot_from_afar_count_like_any_other(town: Town) -> None:
    branch = town.branch(names(7))
    on_paper, afar = list(branch.members)[-2:]
    town.open(branch)
    town.to(branch, "peer_review")
    for name in list(branch.members)[:-2]:
        town.ballot(branch, name)
    review, sheet = f"evaluation/reviews/{branch.review}", branch.sheet(on_paper)
    body = {"rater_id": branch.member(on_paper), "sheet": "07", "scores": sheet}
    paper = town.do("POST", f"{review}/paper-ballots", branch.secretary, body)["id"]
    again = f"evaluation/paper-ballots/{paper}/confirmation"
    town.refused((403, "same_person"), "POST", again, branch.secretary, {"scores": sheet})
    town.refused((409, "paper_ballots_unconfirmed"), "POST", f"{review}/phase", branch.secretary, {"to": "committee_review"})
    other = {member: dict(row) for member, row in sheet.items()}
    other[branch.team[0]]["morality"] -= 1
    problem = town.refused((409, "sheets_differ"), "POST", again, branch.committee, {"scores": other})
    assert problem["cells"] == [f"/scores/{branch.team[0]}/morality"]
    town.do("POST", again, branch.committee, {"scores": sheet})

    code = town.do("POST", f"{review}/remote-codes", branch.secretary, {"member_id": branch.member(afar)})["code"]
    cast = {"code": code, "scores": branch.sheet(afar)}
    town.refused((403, "code_not_valid"), "POST", f"{review}/remote-ballots/{branch.member(on_paper)}", None, cast)
    assert town.send("POST", f"{review}/remote-ballots/{branch.member(afar)}", None, cast).status_code == 200
    town.refused((409, "code_used"), "POST", f"{review}/remote-ballots/{branch.member(afar)}", None, cast)
    town.to(branch, "committee_review")
    town.refused((409, "code_used"), "POST", f"{review}/remote-ballots/{branch.member(afar)}", None, cast)
    town.score_all(branch, 85)
    town.to(branch, "publicity")
    assert {row["peer_scores"] for row in town.read(f"{review}/results", branch.secretary)["items"]} == {6}


def test_kin_are_recused_and_with_too_few_left_the_town_scores_and_the_explanation_says_so(town: Town) -> None:
    branch = town.branch(names(7))
    name, reviewer = last(branch), branch.team[1]
    token = branch.tokens[list(branch.members)[1]]
    town.do("PUT", f"roster/members/{reviewer}/kin", token, {"kin": [{"member_id": branch.member(name), "from": "2010-01-01"}]})
    town.open(branch)
    town.to(branch, "peer_review")
    for one in branch.members:
        town.ballot(branch, one)
    town.to(branch, "committee_review")
    place = f"evaluation/reviews/{branch.review}/committee-scores"
    body = {"attendees": branch.team, "scores": {branch.member(name): {"score": 85, "reason": "集体研究。"}}}
    town.refused((409, "escalated"), "PUT", place, branch.committee, body)
    others = {member: {"score": 85, "reason": "集体研究。"} for one, member in branch.members.items() if one != name}
    outside = {member: given for member, given in others.items() if member not in branch.team}
    town.do("PUT", place, branch.committee, {"attendees": branch.team, "scores": outside})
    own = {member: others[member] for member in branch.team} | {branch.member(name): {"score": 88, "reason": "班子回避，镇里评定。"}}
    town.do("PUT", place, town.officer, {"attendees": [], "scores": own})
    town.to(branch, "publicity")
    explained = town.read(f"evaluation/members/{branch.member(name)}/explanation", branch.tokens[name], period="2026-H1")["committee"]
    assert (explained["by_town"], explained["went_up"], explained["recused"]) == (True, True, [reviewer])


def test_an_objection_upheld_during_publicity_puts_the_corrected_result_up_for_a_full_period_anew(town: Town) -> None:
    branch = town.published(town.branch(names(7)))
    name = last(branch)
    (first,) = notices(town, branch)
    assert town.read(f"notice/notices/{first['id']}/publicity")["ends_on"] == "2026-07-09"
    objection = object_to(town, branch, name, name)
    town.now("2026-07-06T02:00:00Z")
    own = {"decision": "upheld", "reason": "应改", "score": 95}
    town.refused((403, "own_case"), "POST", f"evaluation/objections/{objection}/decision", branch.secretary, own)
    decide(town, objection, decision="upheld", score=95)

    second = [one for one in notices(town, branch) if one["replaced_by"] is None]
    assert [one["replaces"] for one in second] == [first["id"]]
    assert town.read(f"notice/notices/{second[0]['id']}/publicity")["ends_on"] == "2026-07-13"
    town.now("2026-07-10T00:00:00Z")
    town.refused((409, "publicity_running"), "POST", f"evaluation/reviews/{branch.review}/phase", branch.secretary, {"to": "confirmed"})
    town.now("2026-07-13T16:00:00Z")
    town.to(branch, "confirmed")
    assert standing(town, branch, name)["stars"] == 3


@pytest.mark.spec("6.28b")
def test_a_branch_without_quorum_goes_on_or_is_closed_by_the_town_and_the_board_says_so(town: Town) -> None:
    branch = town.branch(names(7))
    town.open(branch)
    town.to(branch, "peer_review")
    town.ballot(branch, last(branch))
    review = f"evaluation/reviews/{branch.review}"
    town.refused((409, "quorum_not_reached"), "POST", f"{review}/phase", branch.secretary, {"to": "committee_review"})
    town.now("2026-07-20T02:00:00Z")
    town.ballot(branch, next(iter(branch.members)))
    town.to(branch, "committee_review", town.officer, without_quorum="多数党员外出务工，两次延期仍不足半数。")
    town.score_all(branch, 85)
    town.to(branch, "publicity")
    results = town.read(f"{review}/results", branch.secretary)
    assert (results["without_peer_quorum"], {row["peer"] for row in results["items"]}) == (True, {None})
    (shown,) = notices(town, branch)
    assert town.read(f"notice/notices/{shown['id']}")["content"]["without_peer_quorum"] is True


def test_after_confirmation_an_upheld_objection_is_the_cause_of_a_correction_that_a_second_person_confirms(town: Town) -> None:
    branch = town.published(town.branch(names(7)))
    name = last(branch)
    notices(town, branch)
    town.now("2026-07-27T16:00:00Z")
    town.to(branch, "confirmed")
    objection = object_to(town, branch, name, name)
    decide(town, objection, decision="upheld")
    assert standing(town, branch, name)["stars"] == 2
    body = {"member_id": branch.member(name), "score": 95, "cause": {"objection_id": objection}, "reason": "补记加分。"}
    town.refused((422, "cause_missing"), "POST", f"evaluation/reviews/{branch.review}/corrections", branch.secretary, body | {"cause": {}})
    correction = town.do("POST", f"evaluation/reviews/{branch.review}/corrections", branch.secretary, body)["id"]
    town.do("POST", f"evaluation/corrections/{correction}/confirmation", town.second_officer)

    held = standing(town, branch, name)
    assert (held["stars"], held["flags"], held["periods"][0]["original"]) == (3, 1, {"score": 85, "stars": 2})
    first, second = sorted(notices(town, branch), key=lambda one: one["version"])
    assert (first["replaced_by"], second["replaces"]) == (second["id"], first["id"])
