"""Supervision over three real services: what never happened, a lead, an inspection, the circular on the board, the score, the trail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest

from tests.evaluation.supervision_reckoning import Ledger
from tests.journeys.processes import CellSettings
from tests.journeys.rest import Json, Query
from tests.journeys.stories import Branch, Town, names, story_town

pytestmark = pytest.mark.timeout(180)
EVIDENCE = [{"kind": "text", "value": "公示栏照片：八月二十日前未张贴结果"}]
STEPS = ("review_opened", "peer_review_closed", "committee_review_held", "results_published")
TEXT = "该支部上半年评星结果公开不及时，予以通报。"


@dataclass
class Story:
    """A town with a branch that never opened its review and one that published late; the county's supervisor, and one of another county."""

    town: Town
    silent: Branch
    late: Branch
    supervisor: str
    stranger: str
    reckoned: Ledger = field(default_factory=Ledger)

    def read(self, place: str, by: str, **query: Query) -> Json:
        """What a view of evaluation says once it has seen all."""
        return self.town.read(f"evaluation/{place}", by, min_position=self.town.position("evaluation"), **query)

    def obligations(self, organization: str, state: str) -> list[Json]:
        """What is owed there, as the supervisor sees it."""
        return list(self.read("obligations", self.supervisor, organization_id=organization, state=state, limit=500)["items"])

    def score(self, branch: Branch, by: str) -> Json:
        """The branch's responsibility score; it must be the reckoned one."""
        told = self.read(f"branches/{branch.id}/responsibility", by, year=2026)
        assert Fraction(told["score"]) == self.reckoned.score(branch.id, 2026)
        return told

    def found(self, inspection: str, kind: str, **more: Json) -> str:
        """A finding about the late branch; its id."""
        body = {"kind": kind, "text": "结果未按期公开", "evidence": EVIDENCE, **more}
        self.town.refused((403, "not_allowed"), "POST", f"evaluation/inspections/{inspection}/findings", self.stranger, body)
        made = self.town.do("POST", f"evaluation/inspections/{inspection}/findings", self.supervisor, body)
        own = more.get("deduction")
        self.reckoned.found(made["id"], self.late.id, 2026, kind, None if own is None else str(own))
        return str(made["id"])


@pytest.fixture(scope="module")
def story(cell_settings: CellSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """On 20 August the late branch has just published, nine days after it was due."""
    folder: Path = tmp_path_factory.mktemp("supervision")
    with story_town(folder, "manual:2026-06-25T02:00:00Z", **cell_settings()) as town:
        silent, late = town.branch(names(5)), town.branch(names(6))
        other = town.do("POST", "roster/organizations", town.admin, {"kind": "county", "name": "邻县"})["id"]
        town.now("2026-08-20T02:00:00Z")
        town.published(late)
        supervisor, stranger = (town.cell.token("county_supervisor", organization=county) for county in (town.county, other))
        yield Story(town, silent, late, supervisor, stranger)


@pytest.mark.spec("8.7")
def test_what_never_happened_is_seen_and_is_a_lead_for_the_supervisor_alone(story: Story) -> None:
    overdue = {(one["who"]["organization_id"], one["kind"]) for one in story.obligations(story.town.id, "overdue")}
    assert {(story.silent.id, kind) for kind in STEPS} <= overdue
    assert story.late.id not in {branch for branch, _ in overdue}
    met = {one["kind"]: one["late"] for one in story.obligations(story.late.id, "met")}
    assert met == dict.fromkeys(STEPS, True)

    leads = story.read("audits/fairness", story.supervisor, organization_id=story.late.id, period="2026-H1")["items"]
    assert [(one["indicator"], one["rests_on"]["step"], one["effect"]) for one in leads] == [("A1", "opened", 41), ("A1", "published", 9)]
    place = f"evaluation/audits/fairness?organization_id={story.late.id}&period=2026-H1"
    for by in (story.late.secretary, story.town.officer, story.stranger):
        story.town.refused((403, "not_allowed"), "GET", place, by)
    assert "leads" not in story.score(story.late, story.late.secretary)
    assert story.score(story.late, story.supervisor)["leads"] == leads


@pytest.mark.spec("8.4")
def test_from_the_inspection_to_the_circular_on_the_board(story: Story) -> None:
    town, late = story.town, story.late
    body = {"branch_id": late.id, "year": 2026, "on": "2026-08-20"}
    town.refused((403, "not_allowed"), "POST", "evaluation/inspections", story.stranger, body)
    inspection = town.do("POST", "evaluation/inspections", story.supervisor, body)["id"]
    place = f"evaluation/inspections/{inspection}"

    # Two findings; the branch answers, and one of them does not stand.
    first, second = story.found(inspection, "late_disclosure"), story.found(inspection, "unfair_selection", deduction=7.5)
    town.do("POST", f"{place}/response", late.secretary, {"text": "因停电延误，已整改。"})
    town.do("POST", f"evaluation/findings/{second}/reversal", story.supervisor, {"reason": "经复查不成立"})
    story.reckoned.reversed(second)
    town.refused((409, "finding_reversed"), "POST", f"{place}/circular", story.supervisor, {"finding_ids": [first, second], "text": TEXT})
    assert story.score(late, late.secretary)["score"] == 100

    # The county owes the circular within ten working days, and is listed like anybody else when it is late.
    (owed,) = story.obligations(town.county, "open")[-1:]
    assert (owed["kind"], owed["who"]["organization_id"]) == ("review_confirmed", late.id)
    assert ("circular_issued", "2026-09-03") in {(one["kind"], one["due_on"]) for one in story.obligations(town.county, "open")}
    town.now("2026-09-04T02:00:00Z")
    circulars = [one for one in story.obligations(town.county, "overdue") if one["kind"] == "circular_issued"]
    assert [(one["who"], one["about"]["id"]) for one in circulars] == [({"organization_id": town.county, "kind": "county"}, first)]

    # It is issued: it stands on the branch's board, and from now on it counts.
    town.do("POST", f"{place}/circular", story.supervisor, {"finding_ids": [first], "text": TEXT})
    story.reckoned.circular(first)
    shown = town.read("notice/notices", kind="circular", organization_id=late.id, min_position=town.position("evaluation"))["items"]
    assert [notice["state"] for notice in shown] == ["current"]
    assert TEXT in town.send("GET", f"notice/boards/{late.id}", headers={"Accept": "text/html"}).text
    told = story.score(late, late.secretary)
    assert (told["score"], [(one["id"], one["counted"]) for one in told["findings"]]) == (95, [(first, 5), (second, 0)])
    assert story.score(story.silent, story.supervisor)["score"] == 100


@pytest.mark.spec("8.9")
def test_the_trail_of_a_star_names_who_recorded_what_under_which_rule(story: Story) -> None:
    member = story.late.member(list(story.late.members)[4])
    trail = story.read("audits/trail", story.supervisor, member_id=member, period="2026-H1")["items"]
    assert trail[0]["event"] == "reviews.review-opened.v1"
    assert [one["about"]["rater_id"] for one in trail if one["event"] == "ballots.ballot-cast.v1"] == [member]
    assert {one["recorded_by"] for one in trail if one["event"] == "reviews.results-published.v1"} == {story.late.team[0]}
    assert all(one["rule"] == {"rulebook_id": story.town.id, "version": 1} for one in trail)
    place = f"evaluation/audits/trail?member_id={member}&period=2026-H1"
    story.town.refused((403, "not_allowed"), "GET", place, story.late.secretary)
