"""The life of a lead by REST: who sees what of it, who is asked and answers, how it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.builders import found, running_town
from tests.evaluation.sealed_town import Sealed, sitting, straight

SAID = "他平时在外，对情况不了解"


@pytest.fixture
async def sealed(tmp_path: Path) -> AsyncIterator[Sealed]:
    """One branch, in which `wang` gave everybody the same; examined."""
    async with running_town(tmp_path, "manual:2026-07-05T02:00:00Z") as town:
        await found(town)
        await town.mirror.catch_up_with_roster()
        made = Sealed(town)
        one = sitting(town.places["north"], 100, seed=1)
        ours = {one.members[5]: town.members["wang"], one.members[6]: town.members["li"]}
        one.members = [ours.get(member, member) for member in one.members]
        one.scores = {ours.get(a, a): {ours.get(b, b): score for b, score in given.items()} for a, given in one.scores.items()}
        one.final = {ours.get(member, member): score for member, score in one.final.items()}
        made.planted["straight"] = straight(one, 5)
        made.write("north", one)
        await made.examine()
        yield made


async def moved(sealed: Sealed, lead_id: str, step: str, body: object = None, by: str | None = None) -> dict[str, Any]:
    told: dict[str, Any] = await sealed.town.do("POST", f"/leads/{lead_id}/{step}", body, by or sealed.supervisor)
    return told


async def asked(sealed: Sealed, *whom: str) -> str:
    """The straight ballot's lead, looked at, and these asked."""
    lead_id = str((await sealed.lead("B1"))["id"])
    await moved(sealed, lead_id, "look")
    await moved(sealed, lead_id, "questions", {"asked": whom})
    return lead_id


@pytest.mark.spec("8.6")
async def test_from_open_to_closed_with_the_answers_of_those_concerned(sealed: Sealed) -> None:
    town, lead_id = sealed.town, await asked(sealed, "members", "secretary", "committee")
    assert (await sealed.whole(lead_id))["asked"] == ["committee", "members", "secretary"]
    committee = town.roster.token("committee_member", "north", town.members["li"])
    for by, text in ((town.of("wang"), SAID), (town.secretary, "支部已谈话"), (committee, "班子了解")):
        await moved(sealed, lead_id, "answers", {"text": text}, by)
    lead = await sealed.whole(lead_id)
    assert [(one["role"], one["text"]) for one in lead["answers"]] == [
        ("member", SAID),
        ("secretary", "支部已谈话"),
        ("committee", "班子了解"),
    ]
    assert lead["answers"][0]["by"] == "A", "the member by its label alone"
    assert (await moved(sealed, lead_id, "explanation", {"reason": "新转入，尚不熟悉"}))["state"] == "explained"
    assert (await moved(sealed, lead_id, "closing", {}))["state"] == "closed"
    lead = await sealed.whole(lead_id)
    assert (lead["state"], lead["explanation"], lead["closing_reason"]) == ("closed", "新转入，尚不熟悉", None)
    assert [one["event"].split(".")[1] for one in lead["history"]] == [
        "lead-found", "lead-looked-at", "lead-asked-about", "lead-answered", "lead-answered", "lead-answered", "lead-explained",
        "lead-closed",
    ]  # fmt: skip


async def test_below_the_county_only_those_who_were_asked_know_of_it(sealed: Sealed) -> None:
    town, lead_id = sealed.town, (await sealed.lead("B1"))["id"]
    everybody = [
        town.of("wang"),
        town.of("li"),
        town.secretary,
        town.officer,
        town.roster.admin,
        town.roster.token("county_supervisor", "south"),
    ]
    for by in everybody:
        await town.refused("unknown_lead", "GET", f"/leads/{lead_id}", by=by)
        await town.refused("unknown_lead", "POST", f"/leads/{lead_id}/answers", {"text": "x"}, by)
    await asked(sealed, "members")
    for by in everybody[1:]:
        await town.refused("unknown_lead", "GET", f"/leads/{lead_id}", by=by)
    await town.refused("unknown_lead", "GET", f"/leads/{town.members['wang']}", by=sealed.supervisor)
    assert await town.send("GET", f"/leads/{lead_id}") is not None
    assert (await town.send("GET", f"/leads/{lead_id}")).status_code == 401


async def test_who_is_asked_sees_the_sentence_with_labels_and_no_score(sealed: Sealed) -> None:
    lead_id = await asked(sealed, "members", "secretary")
    for by, you in ((sealed.town.of("wang"), "A"), (sealed.town.secretary, None)):
        seen = await sealed.town.do("GET", f"/leads/{lead_id}", by=by)
        assert (seen["entity"], seen["you"], seen["scores"], seen["answers"], seen["history"]) == ("A", you, [], [], [])
        assert seen["sentence"]["en"].startswith("Of the 13 scores that member A gave")
        assert sealed.town.members["wang"] not in str(seen)
    await sealed.town.refused("not_asked", "POST", f"/leads/{lead_id}/answers", {"text": "x"}, sealed.supervisor)


async def test_only_the_supervisor_moves_it(sealed: Sealed) -> None:
    lead_id = await asked(sealed, "secretary", "members")
    bodies: dict[str, object] = {"look": None, "questions": {"asked": ["committee"]}, "explanation": {"reason": "x"}, "closing": {}}
    for by in (sealed.town.officer, sealed.town.secretary, sealed.town.of("wang"), sealed.town.roster.admin):
        for step, body in bodies.items():
            await sealed.town.refused("not_allowed", "POST", f"/leads/{lead_id}/{step}", body, by)


async def test_steps_out_of_order_are_refused(sealed: Sealed) -> None:
    lead_id, do = (await sealed.lead("B1"))["id"], sealed.town.refused
    early: dict[str, Any] = {"questions": {"asked": ["members"]}, "explanation": {"reason": "x"}, "closing": {"reason": "x"}}
    for step, body in early.items():
        await do("wrong_lead_state", "POST", f"/leads/{lead_id}/{step}", body, sealed.supervisor)
    await do("invalid", "POST", f"/leads/{lead_id}/questions", {"asked": ["neighbours"]}, sealed.supervisor)
    await moved(sealed, lead_id, "look")
    await do("wrong_lead_state", "POST", f"/leads/{lead_id}/look", None, sealed.supervisor)
    await do("closing_reason_missing", "POST", f"/leads/{lead_id}/closing", {}, sealed.supervisor)
    await moved(sealed, lead_id, "closing", {"reason": "不再追查"})
    late: dict[str, Any] = {"look": None, "explanation": {"reason": "x"}, "closing": {}}
    for step, body in late.items():
        await do("wrong_lead_state", "POST", f"/leads/{lead_id}/{step}", body, sealed.supervisor)


@pytest.mark.spec("8.6")
async def test_a_person_turns_it_into_a_finding_and_never_the_software(sealed: Sealed) -> None:
    town, lead_id = sealed.town, (await sealed.lead("B1"))["id"]
    inspection = await town.do(
        "POST", "/inspections", {"branch_id": town.places["north"], "year": 2026, "on": "2026-07-05"}, sealed.supervisor
    )
    body = {"kind": "unfair_selection", "text": "x", "evidence": [{"kind": "text", "value": "x"}], "lead_id": lead_id}
    made = await town.do("POST", f"/inspections/{inspection['id']}/findings", body, sealed.supervisor)
    lead = await sealed.whole(lead_id)
    assert (lead["state"], lead["finding_id"]) == ("finding", made["id"])
    (row,) = [one for one in await sealed.leads() if one["id"] == lead_id]
    assert row["state"] == "finding"
    await moved(sealed, lead_id, "closing", {})
    await town.refused("wrong_lead_state", "POST", f"/inspections/{inspection['id']}/findings", body, sealed.supervisor)


async def test_what_a_member_answered_stands_nowhere_in_the_clear_and_goes_with_the_member(sealed: Sealed) -> None:
    lead_id = await asked(sealed, "members")
    await moved(sealed, lead_id, "answers", {"text": SAID}, sealed.town.of("wang"))
    wang = sealed.town.members["wang"]
    rows = sealed.log.page(0, 5000, ["leads.lead-answered.v1", "leads.lead-found.v1", "leads.lead-asked-about.v1"])
    assert rows
    assert all(wang not in str(row.state) for row in rows)
    owners = {row[0] for row in sealed.log.connection().execute("SELECT owner FROM texts").fetchall()}
    assert wang not in owners, "nor beside it"
    sealed.log.texts.erase(wang)
    (answer,) = (await sealed.whole(lead_id))["answers"]
    assert (answer["by"], answer["text"]) == (None, None)
    await sealed.town.refused("erased", "POST", f"/leads/{lead_id}/answers", {"text": "x"}, sealed.town.of("wang"))


async def test_the_same_key_looks_once(sealed: Sealed) -> None:
    lead_id, key = (await sealed.lead("B1"))["id"], {"Idempotency-Key": "once"}
    answers = [await sealed.town.send("POST", f"/leads/{lead_id}/look", None, sealed.supervisor, **key) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json() == {"id": lead_id, "state": "looked_at"}
