"""The contact of somebody of the public who objected: kept until the answer's term has run, then destroyed for good."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from services.evaluation.commands.contacts import Contacts
from services.evaluation.commands.objections import load_objection
from tests.evaluation.builders_review import Half, running_half
from tests.evaluation.test_objections_api import about, decided


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        await half.open()
        yield half


@pytest.mark.spec("9.11")
async def test_the_contact_of_the_public_is_destroyed_once_it_was_answered_and_the_term_has_run(half: Half) -> None:
    await half.published()
    town, log = half.town, half.town.app.state.service.log
    body = about(half, None, organization_id=town.places["north"], name="张三", contact="13900000000")
    made = await town.do("POST", "/objections", body, town.roster.issuer.token(["service"]))
    fact = (await load_objection(log, made["id"])).state.fact
    assert fact.contact is not None
    contacts, key = Contacts(log, town.mirror.mirror.calendar), f"member/{made['id']}"

    async def shown() -> str | None:
        told: dict[str, str | None] = await town.do("GET", f"/objections/{made['id']}", by=town.officer)
        return told["contact"]

    # Overdue and not answered: whoever answers still needs it. Answered late: kept to the end of that day.
    day_after = date.fromisoformat(made["answer_by"]) + timedelta(days=1)
    await town.move_clock(f"{day_after}T02:00:00Z")
    assert (await contacts.destroy_due(), await shown()) == (0, "张三, 13900000000")
    await decided(half, made, "dismissed")
    assert (await contacts.destroy_due(), await shown()) == (0, "张三, 13900000000")

    # From the next day on nobody reads it, and its key is gone for good; the objection's own text stays.
    await town.move_clock(f"{day_after + timedelta(days=1)}T02:00:00Z")
    assert await shown() is None
    await contacts.destroy_due()
    assert log.keys.is_destroyed(key)
    assert await log.texts.read([fact.contact.id, fact.text.id]) == {fact.text.id: "分数与事实不符"}
    assert await contacts.destroy_due() == 0
    assert await Contacts(log, town.mirror.mirror.calendar).destroy_due() == 0, "a later start finds nothing left to destroy"


async def test_a_contact_stays_until_the_last_day_of_the_term_of_an_early_answer(half: Half) -> None:
    await half.published()
    town, log = half.town, half.town.app.state.service.log
    body = about(half, None, organization_id=town.places["north"], contact="13900000000")
    made = await town.do("POST", "/objections", body, town.roster.issuer.token(["service"]))
    await decided(half, made, "dismissed")
    await town.move_clock(f"{made['answer_by']}T15:00:00Z")
    assert (await town.do("GET", f"/objections/{made['id']}", by=town.officer))["contact"] == "13900000000"
    await town.move_clock(f"{made['answer_by']}T16:00:00Z")
    for _ in range(200):
        if log.keys.is_destroyed(f"member/{made['id']}"):
            break
        await asyncio.sleep(0.05)
    assert log.keys.is_destroyed(f"member/{made['id']}"), "the service does it by itself"
