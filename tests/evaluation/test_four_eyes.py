"""Four eyes, kind by kind: the same person twice is a 403 whatever role it takes; what waits is listed, expires, and is decided no more.

Persons are compared, not roles: in each case the one who proposed comes back in the very role that may decide.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.builders import rules_json
from tests.evaluation.builders_review import Half, rules, running_half
from tests.evaluation.test_corrections_api import correction, upheld_after_confirmation

AFTER_THIRTY_DAYS = "2026-10-20T02:00:00Z"


@dataclass(frozen=True)
class Waiting:
    """Something that m1 proposed: how it is decided, and by whom."""

    id: str
    path: str
    body: dict[str, Any] | None
    same: str
    other: str
    in_roster: bool = False

    async def decided(self, half: Half, by: str) -> tuple[int, str | None]:
        """Status and code of the answer to the decision."""
        send = half.town.roster.send if self.in_roster else half.town.send
        answer = await send("POST", self.path, self.body or {}, by)
        return answer.status_code, answer.json().get("code")

    async def listed(self, half: Half, state: str) -> bool:
        """Whether the list of what waits names it in this state."""
        do = half.town.roster.do if self.in_roster else half.town.do
        found = await do("GET", f"/proposals?organization_id={half.town.places['town']}&state={state}", by=half.town.officer)
        return any(one["id"] == self.id and (one["expires_at"] is not None) != ("paper" in self.path) for one in found["items"])


async def paper_ballot(half: Half) -> Waiting:
    await half.to("peer_review")
    sheet = {"rater_id": half.id("m6"), "sheet": "1", **half.ballot("m6")}
    made = await half.do("POST", "/paper-ballots", sheet, half.of("m1", "branch_secretary"))
    same, other = half.of("m1", "committee_member"), half.of("m2", "committee_member")
    return Waiting(made["id"], f"/paper-ballots/{made['id']}/confirmation", half.ballot("m6"), same, other)


async def unsealing(half: Half) -> Waiting:
    await half.closed()
    for name in ("s1", "s2"):  # who takes part in the review unseals none of its ballots
        await half.town.join(name, "south")
    body = {"reason": "核对", "rater_ids": [half.id("m3")]}
    made = await half.do("POST", "/unsealings", body, half.town.officer_named("s1"))
    same, other = (half.town.roster.token("county_supervisor", "county", half.id(name)) for name in ("s1", "s2"))
    return Waiting(made["id"], f"/unsealings/{made['id']}/decision", {"decision": "approved"}, same, other)


async def correction_after_confirmation(half: Half) -> Waiting:
    made = await upheld_after_confirmation(half)
    cause = correction(half, {"objection_id": made["id"]})
    proposed = await half.do("POST", "/corrections", cause, half.of("m1", "branch_secretary"))
    same, other = half.town.officer_named("m1"), half.town.officer_named("m2")
    return Waiting(proposed["id"], f"/corrections/{proposed['id']}/confirmation", None, same, other)


async def adoption(half: Half) -> Waiting:
    (book,) = (await half.seen(f"/rulebooks?organization_id={half.town.places['town']}"))["items"]
    body = {"rules": rules_json(rules(publicity={"working_days": 7})), "title": "积分办法", "from_period": "2027-H2"}
    await half.town.do("POST", f"/rulebooks/{book['id']}/versions", body, half.town.officer_named("m1"))
    same, other = half.town.officer_named("m1"), half.town.officer_named("m2")
    return Waiting(book["id"], f"/rulebooks/{book['id']}/versions/2/adoption", None, same, other)


async def erasure(half: Half) -> Waiting:
    own = half.town.roster.issuer.token(["admin"], None, half.id("m1"))
    made = await half.town.roster.do("DELETE", f"/members/{half.id('m5')}/profile", by=own)
    same, other = half.town.officer_named("m1"), half.town.officer_named("m2")
    return Waiting(made["id"], f"/erasures/{made['id']}/confirmation", None, same, other, in_roster=True)


KINDS: dict[str, tuple[Callable[[Half], Awaitable[Waiting]], str]] = {
    "paper ballot": (paper_ballot, "wrong_phase"),
    "unsealing": (unsealing, "proposal_expired"),
    "correction after confirmation": (correction_after_confirmation, "proposal_expired"),
    "rulebook adoption": (adoption, "proposal_expired"),
    "erasure": (erasure, "erasure_expired"),
}


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        await half.open()
        yield half


async def time_passes(half: Half, kind: str) -> None:
    """Thirty days and more; a sheet on paper waits as long as its review, which ends here."""
    if kind == "paper ballot":
        await half.do("POST", "/annulment", {"reason": "开错了"}, half.town.officer)
    await half.town.move_clock(AFTER_THIRTY_DAYS)


@pytest.mark.spec("6.23b", "6.52")
@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_person_is_refused_in_every_role_and_what_expired_is_decided_by_nobody(half: Half, kind: str) -> None:
    propose, code = KINDS[kind]
    waiting = await propose(half)
    assert await waiting.listed(half, "proposed")
    assert await waiting.decided(half, waiting.same) == (403, "same_person")
    await time_passes(half, kind)
    assert not await waiting.listed(half, "proposed")
    assert await waiting.listed(half, "expired") == (kind != "paper ballot")
    assert await waiting.decided(half, waiting.other) == (409, code)


@pytest.mark.parametrize("kind", KINDS)
async def test_another_person_decides_it_in_time(half: Half, kind: str) -> None:
    waiting = await KINDS[kind][0](half)
    status, code = await waiting.decided(half, waiting.other)
    assert (status // 100, code) == (2, None)
    assert not await waiting.listed(half, "proposed")
