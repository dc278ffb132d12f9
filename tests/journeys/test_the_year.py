"""The year of a branch over three real services: both half-years, a correction, the annual meeting, honours, a flag, a draft, the way.

What must come out is said by `year_reckoning.py`, which knows nothing of the product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest

from tests.journeys import year_reckoning as reckoned
from tests.journeys.processes import CellSettings
from tests.journeys.rest import Json, Query
from tests.journeys.stories import Branch, Town, names, story_town

pytestmark = pytest.mark.timeout(240)
FIRST = {0: 92, 1: 92, 2: 85, 3: 85, 4: 72, 5: 60, 6: 59}
SECOND = {0: 91, 1: 91, 2: 90, 3: 75, 4: 88, 5: 66, 6: 70}
REASON = "集体研究决定。"


@dataclass
class Year:
    """The town, its branch of seven, and the scores of each half-year by member."""

    town: Town
    branch: Branch
    scores: dict[str, list[Fraction]] = field(default_factory=dict)
    reviews: dict[str, str] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        """The members in the order of their joining."""
        return list(self.branch.members.values())

    def read(self, place: str, by: str | None = None, **query: Query) -> Json:
        """What a view of evaluation says once it has seen all."""
        position = self.town.position("evaluation")
        return self.town.read(f"evaluation/{place}", by or self.branch.secretary, min_position=position, **query)

    def live(self, period: str, given: dict[int, int], ends: str) -> None:
        """Review a half-year: opened, voted, scored one by one, published, and confirmed at `ends`."""
        town, branch = self.town, self.branch
        self.reviews[period] = town.open(branch, period=period)
        town.to(branch, "peer_review")
        for name in branch.members:
            town.ballot(branch, name)
        town.to(branch, "committee_review")
        scores = {member: {"score": given[number], "reason": REASON} for number, member in enumerate(self.ids)}
        place = f"evaluation/reviews/{branch.review}/committee-scores"
        others = {member: one for member, one in scores.items() if member not in branch.team}
        town.do("PUT", place, branch.committee, {"attendees": branch.team, "scores": others})
        own = {member: scores[member] for member in branch.team}
        town.do("PUT", place, town.officer, {"attendees": [], "scores": own})
        town.to(branch, "publicity")
        town.now(ends)
        town.to(branch, "confirmed")
        for number, member in enumerate(self.ids):
            self.scores.setdefault(member, []).append(Fraction(given[number]))

    def correct(self, member: str, period: str, score: int) -> None:
        """An objection after confirmation is upheld; a correction names it, and a second officer confirms."""
        town, name = self.town, next(name for name, one in self.branch.members.items() if one == member)
        about = {"kind": "result", "id": self.reviews[period], "member_id": member}
        objection = town.do("POST", "evaluation/objections", self.branch.tokens[name], {"about": about, "text": "漏算抢险救灾。"})["id"]
        decision = {"decision": "upheld", "reason": "情况属实。"}
        town.do("POST", f"evaluation/objections/{objection}/decision", town.second_officer, decision)
        body = {"member_id": member, "score": score, "cause": {"objection_id": objection}, "reason": "按异议更正。"}
        correction = town.do("POST", f"evaluation/reviews/{self.reviews[period]}/corrections", town.officer, body)["id"]
        town.refused((403, "same_person"), "POST", f"evaluation/corrections/{correction}/confirmation", town.officer, {})
        town.do("POST", f"evaluation/corrections/{correction}/confirmation", town.second_officer, {})
        self.scores[member][int(period[-1]) - 1] = Fraction(score)


@pytest.fixture(scope="module")
def year(cell_settings: CellSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    """On 2 March 2027 both half-years of 2026 are confirmed, and one result of the first was corrected."""
    folder: Path = tmp_path_factory.mktemp("year")
    with story_town(folder, **cell_settings()) as town:
        town.do("PUT", "roster/calendar/years/2027", town.admin, {"holidays": ["2027-01-01"], "workdays": [], "source": "2027年放假通知"})
        year = Year(town, town.branch(names(7)))
        year.live("2026-H1", FIRST, "2026-07-10T02:00:00Z")
        town.now("2027-01-05T02:00:00Z")
        year.live("2026-H2", SECOND, "2027-01-14T02:00:00Z")
        year.correct(year.ids[6], "2026-H1", 61)
        town.now("2027-03-02T08:00:00Z")
        yield year


def test_the_list_of_recommendations_is_the_reckoned_one(year: Year) -> None:
    told = year.read(f"branches/{year.branch.id}/recommendations", year=2026)["items"]
    found = {one["member_id"]: (one["place"], one["flags"], one["stars"], Fraction(str(one["mean_score"]))) for one in told}
    expected = reckoned.recommendations(year.scores)
    assert found == {member: (one.place, one.flags, one.stars, one.mean) for member, one in expected.items()}
    assert [one["place"] for one in told] == sorted(one["place"] for one in told)
    assert [one["place"] for one in told][:3] == [1, 1, 3], "the first two are tied"


def votes(year: Year, excellent: int) -> dict[str, dict[str, int]]:
    """Six of seven present: the first so many get five votes for excellent, the others five for qualified."""
    return {
        member: {"excellent": 5, "qualified": 1} if number < excellent else {"qualified": 5, "unqualified": 1}
        for number, member in enumerate(year.ids)
    }


def meeting(year: Year, counted: dict[str, dict[str, int]], present: int = 6, **more: Json) -> Json:
    """The body of the annual meeting with the grades that the reckoning finds in these votes."""
    came = reckoned.meet(len(year.ids), present, counted)
    grades = {member: {"grade": grade, "votes": counted[member]} for member, grade in came.grades.items()}
    half_years = {"2026-H1": "corrected", "2026-H2": "confirmed"}
    body = {"branch_id": year.branch.id, "year": 2026, "held_on": "2027-03-02", "present": year.ids[:present], "grades": grades}
    return {**body, "half_years": half_years, **more}


def test_the_annual_meeting_and_what_the_board_shows_of_it(year: Year) -> None:
    town, by, place = year.town, year.branch.secretary, "evaluation/annual-reviews"

    # Three of seven are no quorum: recorded, and nobody is graded.
    few = town.do("POST", place, by, meeting(year, {}, present=3))
    assert (few["state"], reckoned.meet(7, 3, {}).state) == ("no_quorum", "no_quorum")

    # Votes that add up to more than were present, and a half-year that was corrected and is not said to be, are refused.
    wrong = meeting(year, votes(year, 2))
    wrong["grades"][year.ids[0]]["votes"] = {"excellent": 5, "qualified": 2}
    town.refused((422, "more_votes_than_present"), "POST", place, by, wrong)
    unsaid = {"2026-H1": "confirmed", "2026-H2": "confirmed"}
    town.refused((422, "half_years_not_looked_at"), "POST", place, by, meeting(year, votes(year, 2), half_years=unsaid))

    # Three of seven excellent are more than a third: a warning that needs a reason.
    three = votes(year, 3)
    assert reckoned.meet(7, 6, three).needs_reason
    assert not reckoned.meet(7, 6, votes(year, 2)).needs_reason
    town.refused((422, "excellent_reason_missing"), "POST", place, by, meeting(year, three))
    held = town.do("POST", place, by, meeting(year, three, excellent_reason="抗洪抢险表现突出。"))
    assert (held["state"], [one["code"] for one in held["warnings"]]) == ("held", ["too_many_excellent"])
    town.refused((409, "annual_review_held"), "POST", place, by, meeting(year, votes(year, 2)))
    told = town.read(f"evaluation/annual-reviews/{held['id']}", year.branch.tokens[list(year.branch.members)[4]])
    assert {member: one["grade"] for member, one in told["grades"].items()} == reckoned.meet(7, 6, three).grades
    assert told["half_years"]["2026-H1"]["corrections"] == 1

    # The excellent ones stand on the branch's board; the obligation of the year is met.
    shown = town.read("notice/notices", organization_id=year.branch.id, kind="honour", min_position=town.position("evaluation"))["items"]
    assert len(shown) == 3
    board = town.send("GET", f"notice/boards/{year.branch.id}", headers={"Accept": "text/html"}).text
    assert all(name in board for name in list(year.branch.members)[:3])
    owed = year.read("obligations", organization_id=year.branch.id, limit=500)["items"]
    assert {(one["about"]["period"], one["state"]) for one in owed if one["kind"] == "annual_review_held"} == {("2026", "met")}


@pytest.mark.spec("7.11")
def test_a_rotating_flag_goes_on_and_its_chain_is_kept(year: Year) -> None:
    town, place = year.town, "evaluation/rotating-flags"
    other = town.branch(names(3), tokens=False)
    last = town.do("POST", place, town.officer, {"holder": {"branch_id": other.id}, "year": 2025, "organization_id": town.id})
    body = {"holder": {"branch_id": year.branch.id}, "year": 2026, "organization_id": town.id}
    town.refused((403, "not_allowed"), "POST", place, year.branch.secretary, body)
    now = town.do("POST", place, town.officer, body)
    assert now["taken_over_from"] == [last["id"]]
    chain = year.read("rotating-flags", town.officer, organization_id=town.id)["items"]
    assert [(one["year"], one["holder"]["branch_id"], one["is_held"]) for one in chain] == [
        (2025, other.id, False), (2026, year.branch.id, True),
    ]  # fmt: skip
    shown = town.read("notice/notices", organization_id=year.branch.id, kind="flag", min_position=town.position("evaluation"))["items"]
    assert [one["title"] for one in shown] == ["2026年流动红旗"]


def test_a_draft_is_tried_out_compared_and_adopted(year: Year) -> None:
    town = year.town
    bands = [{"from": 92, "stars": 3}, {"from": 75, "stars": 2}, {"from": 60, "stars": 1}, {"from": 0, "stars": 0}]
    draft = {**town.rules, "bands": bands}
    told = town.do("POST", "evaluation/rulebooks/simulate", town.officer, {"rules": draft, "organization_id": town.id, "period": "2026-H2"})
    expected = {}
    for member, (_, score) in year.scores.items():
        under = next(band["stars"] for band in bands if score >= band["from"])
        if under != reckoned.stars_of(score):
            expected[member] = (reckoned.stars_of(score), under)
    assert {one["member_id"]: (one["was"]["stars"], one["would_be"]["stars"]) for one in told["changes"]} == expected
    assert {reason["part"] for one in told["changes"] for reason in one["reasons"]} == {"bands"}

    version = town.do("POST", f"evaluation/rulebooks/{town.id}/versions", town.officer, {"rules": draft})
    assert (version["state"], version["from_period"]) == ("proposed", "2027-H2")
    said = town.read(f"evaluation/rulebooks/{town.id}/versions/2/comparison")["items"]
    assert [(one["pointer"], one["new"]) for one in said] == [("/bands", bands)]
    adoption = f"evaluation/rulebooks/{town.id}/versions/2/adoption"
    town.refused((403, "same_person"), "POST", adoption, town.officer, {})
    assert town.do("POST", adoption, town.second_officer, {})["state"] == "published"


def test_the_way_to_every_star_is_computed_anew_while_the_services_run(year: Year) -> None:
    for number, member in enumerate((year.ids[0], year.ids[6])):
        for half, period in enumerate(("2026-H1", "2026-H2")):
            said = year.town.cell.command_here("explain", member, period)
            score = year.scores[member][half]
            assert f"{score}, {reckoned.stars_of(score)} star" in said
            assert "the view agrees with the events" in said
            assert ("because of objection" in said) == (number == 1 and period == "2026-H1")
