"""The fairness examination as records: what it finds in sealed ballots, what it stores, that it can be repeated, that it moves no star."""

from __future__ import annotations

from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from services.evaluation.commands.examinations import ToExamine, begin_examination
from services.evaluation.domain.ballots import seal_name
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.scoring import band_of
from services.evaluation.events.corrections import Cause, ResultsCorrected
from services.evaluation.events.results import Result, ResultsPublished
from shared.events import TextRef
from shared.store import Write
from tests.evaluation.builders import found, running_town
from tests.evaluation.sealed_town import H1, Sealed, sitting, straight

CLOCK = "manual:2026-08-01T02:00:00Z"


@pytest.fixture
async def sealed(tmp_path: Path) -> AsyncIterator[Sealed]:
    """Two branches with a review each, one straight ballot in `north`, one wrong star in `south`."""
    async with running_town(tmp_path, CLOCK) as town:
        await found(town)
        await town.mirror.catch_up_with_roster()
        made = Sealed(town)
        north, south = sitting(town.places["north"], 100, seed=1), sitting(town.places["south"], 200, seed=2)
        made.planted["straight"] = straight(north)
        made.planted["star"] = south.members[3]
        south.stars = {south.members[3]: 3 if south.final[south.members[3]] < 90 else 1}
        made.write("north", north)
        made.write("south", south)
        yield made


async def test_the_examination_finds_what_was_planted_in_sealed_ballots(sealed: Sealed) -> None:
    told = await sealed.examine()
    assert (told["state"], told["reviews"], told["ballots"], told["scores"]) == ("held", 2, 28, 2 * 14 * 13)
    assert (told["from_period"], told["period"], told["unreadable"], told["gone"], told["seed"]) == ("2026-H1", "2026-H1", 0, 0, 0)
    assert told["rules"] == [{"rulebook_id": "00000000-0000-7000-8000-00000000000b", "version": 1}]
    assert (told["method"], len(told["code"]), len(told["result"])) == ("BCD-1", 64, 64)
    assert told["from_position"] <= told["to_position"] <= told["checkpoint"]["size"]
    listed = await sealed.leads()
    found = {one["indicator"]: one for one in listed if one["level"] != "note"}
    assert (told["leads"], told["leads"] + told["notes"]) == (len([one for one in listed if one["level"] != "note"]), len(listed))
    assert {"A2", "B1"} <= found.keys() <= {"A1", "A2", "B1"}, "nobody innocent"
    assert (found["B1"]["entity"], found["B1"]["effect"], found["B1"]["sample"]) == ("A", 100, 13)
    assert found["B1"]["sentence"]["zh"] == "党员A给出的13个分数中，100%是同一个分数。"


async def test_the_scores_behind_a_lead_are_ten_at_most_and_name_nobody(sealed: Sealed) -> None:
    await sealed.examine()
    lead = await sealed.lead("B1")
    assert 3 <= len(lead["scores"]) <= 10
    assert {one["by"] for one in lead["scores"]} == {"A"}
    assert {one["score"] for one in lead["scores"]} == {85}
    assert all(one["usual"] is not None and one["of"] != "A" for one in lead["scores"])
    assert "eeee" not in str(lead), "ids of members end in eeee"


async def test_neither_the_log_nor_the_feed_says_whom_a_lead_is_about(sealed: Sealed) -> None:
    before = sealed.log.head()
    await sealed.examine()
    rows = [row for row in sealed.log.page(before, 500) if row.topic.startswith("leads.")]
    assert rows
    assert not [row for row in rows if "eeee" in row.state]
    feed = await sealed.town.do("GET", f"/events?after={before}&limit=500&types=leads.*", by=sealed.town.roster.admin)
    for one in feed["items"]:
        assert set(one["data"]) == {"lead_id", "examination_id", "organization_id", "from_period", "period"}
        assert {"details", "indicator", "of_branch", "effect"} <= set(one["sealed"])


async def test_repeating_it_gives_the_same_bytes_whatever_has_happened_since(sealed: Sealed) -> None:
    told = await sealed.examine()
    again = sitting(sealed.town.places["north"], 100, seed=9, period=H1.next())
    straight(again, 2)
    sealed.write("later", again)
    path, head = f"/examinations/{told['id']}/repetition", sealed.log.head()
    answer = await sealed.town.do("POST", path, by=sealed.supervisor)
    assert answer == {"same": True, "result": told["result"], "repeated": told["result"]}
    assert sealed.log.head() == head, "nothing was stored"
    another = await sealed.examine()
    assert another["result"] == told["result"], "nothing of these half-years has changed"


async def test_a_lead_that_is_found_again_keeps_its_life_and_stores_nothing(sealed: Sealed) -> None:
    await sealed.examine()
    lead = await sealed.lead("B1")
    await sealed.town.do("POST", f"/leads/{lead['id']}/look", by=sealed.supervisor)
    before = sealed.log.head()
    await sealed.examine()
    assert [row.topic for row in sealed.log.page(before, 50)] == ["examinations.examination-begun.v1", "examinations.examination-held.v1"]
    assert (await sealed.lead("B1"))["state"] == "looked_at"


async def test_a_lead_that_a_correction_has_ended_is_gone_and_stays(sealed: Sealed) -> None:
    await sealed.examine()
    lead = await sealed.lead("A2")
    await correct_the_star(sealed)
    (listed,) = [one for one in await sealed.leads() if one["id"] == lead["id"]]
    assert listed["gone"], "a fact that the log says no more is shown as gone at once"
    told = await sealed.examine()
    assert told["gone"] == 1
    after = await sealed.whole(lead["id"])
    assert (after["gone"], after["state"]) == (True, "open")
    assert (await sealed.town.do("POST", f"/leads/{lead['id']}/closing", {}, sealed.supervisor))["state"] == "closed"


async def correct_the_star(sealed: Sealed) -> None:
    """The results stand anew, with the stars of the bands."""
    history = await sealed.log.history(f"phase/{sealed.reviews['south']}")
    (published,) = [event for one in history if isinstance(event := one.event, ResultsPublished)]
    bands, who = DEFAULT_RULES.bands, sealed.planted["star"]
    right = [Result(one.member_id, one.result, band_of(Fraction(one.result or 0), bands).stars) for one in published.results]
    corrected = ResultsCorrected(
        review_id=published.review_id,
        branch_id=published.branch_id,
        period=published.period,
        working_days=5,
        raw_scores=False,
        without_peer_quorum=False,
        results=tuple(right),
        member_id=who,
        was=next(one for one in published.results if one.member_id == who),
        cause=Cause(finding_id="f"),
        reason=TextRef("text", "0" * 64),
        correction_id="c",
        proposed_by="one",
        recorded_by="other",
    )
    await sealed.log.append([Write(history[0].stream, history[-1].version, [corrected])])


async def test_an_examination_moves_no_star(sealed: Sealed) -> None:
    def standings() -> Any:  # noqa: ANN401
        path = f"/branches/{sealed.town.places['north']}/standings?min_position={sealed.log.head()}"
        return sealed.town.do("GET", path, by=sealed.town.secretary)

    before = await standings()
    await sealed.examine()
    lead = await sealed.lead("B1")
    for step, body in (("look", None), ("explanation", {"reason": "已核实"}), ("closing", {})):
        await sealed.town.do("POST", f"/leads/{lead['id']}/{step}", body, sealed.supervisor)
    assert await standings() == before


async def test_ballots_of_a_peer_review_that_goes_on_stay_sealed(sealed: Sealed) -> None:
    running = sitting(sealed.town.places["north"], 300, seed=4, period=H1.next())
    straight(running)
    sealed.write("running", running, is_closed=False)
    await sealed.town.move_clock("2026-08-02T02:00:00Z")
    told = await sealed.examine("2026-H2")
    assert (told["reviews"], told["ballots"], told["scores"], told["leads"]) == (1, 0, 0, 0)


async def test_ballots_whose_key_is_destroyed_are_counted_as_unreadable(sealed: Sealed) -> None:
    await sealed.examine()
    lead = await sealed.lead("B1")
    sealed.log.keys.destroy(seal_name(sealed.reviews["north"]))
    told = await sealed.examine()
    assert (told["state"], told["unreadable"], told["ballots"]) == ("held", 14, 14)
    after = await sealed.whole(lead["id"])
    assert (after["scores"], after["gone"]) == ([], True), "a lead keeps no score longer than the ballots"


async def test_one_that_a_stopped_process_left_behind_is_held_at_the_next_start(tmp_path: Path) -> None:
    async with running_town(tmp_path, CLOCK) as town:
        await found(town)
        await town.mirror.catch_up_with_roster()
        made = Sealed(town)
        made.write("north", sitting(town.places["north"], 100, seed=1))
        wanted = ToExamine(town.places["county"], [town.places["north"]], "2026-H1", "2026-H1")
        begun = (await begin_examination(made.log, wanted, by="somebody")).recorded[0]
        identity = begun.stream.partition("/")[2]
        examiner = town.app.state.examiner
        async with examiner.working():
            await examiner.drained()
        told = await town.do("GET", f"/examinations/{identity}", by=made.supervisor)
        assert (told["state"], told["ballots"]) == ("held", 14)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("unknown_organization", {"organization_id": "00000000-0000-7000-8000-000000000000"}),
        ("invalid", {"period": "2026"}),
        ("half_years_reversed", {"from_period": "2026-H2"}),
        ("half_years_reversed", {"from_period": "2020-H1"}),
        ("half_year_not_begun", {"period": "2027-H1", "from_period": "2027-H1"}),
    ],
)
async def test_an_examination_that_can_not_be(sealed: Sealed, code: str, change: dict[str, str]) -> None:
    body = {"organization_id": sealed.town.places["county"], "period": "2026-H1", **change}
    await sealed.town.refused(code, "POST", "/examinations", body, sealed.supervisor)


async def test_only_the_countys_supervisor_examines(sealed: Sealed) -> None:
    body = {"organization_id": sealed.town.places["town"], "period": "2026-H1"}
    told = await sealed.examine()
    for by in (sealed.town.officer, sealed.town.secretary, sealed.town.of("wang"), sealed.town.roster.admin):
        await sealed.town.refused("not_allowed", "POST", "/examinations", body, by)
        await sealed.town.refused("not_allowed", "GET", f"/examinations/{told['id']}", by=by)
    await sealed.town.refused("unknown_examination", "GET", f"/examinations/{sealed.reviews['north']}", by=sealed.supervisor)


async def test_the_view_says_what_it_said_on_an_earlier_day(sealed: Sealed) -> None:
    await sealed.examine()
    lead = await sealed.lead("B1")
    await sealed.town.move_clock("2026-08-05T02:00:00Z")
    await sealed.town.do("POST", f"/leads/{lead['id']}/look", by=sealed.supervisor)
    (now,) = [one for one in await sealed.leads() if one["id"] == lead["id"]]
    (then,) = [one for one in await sealed.leads(query="&as_of=2026-08-03T00:00:00Z") if one["id"] == lead["id"]]
    assert (now["state"], then["state"]) == ("looked_at", "open")


async def test_the_responsibility_answer_has_the_leads_of_the_year_for_the_supervisor(sealed: Sealed) -> None:
    await sealed.examine()
    path = f"/branches/{sealed.town.places['north']}/responsibility?year=2026&min_position={sealed.log.head()}"
    told = await sealed.town.do("GET", path, by=sealed.supervisor)
    assert "B1" in {one["indicator"] for one in told["leads"]}
    assert "leads" not in await sealed.town.do("GET", path, by=sealed.town.officer)
