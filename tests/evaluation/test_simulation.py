"""A draft on a past half-year (spec, section 3): whose stars would change, and why; and what two versions differ in, in words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.api.comparison import FIELDS, in_words
from services.evaluation.domain.ballots import OpenedBallot
from services.evaluation.domain.comparison import differences
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.points import Ledger
from services.evaluation.domain.simulation import Changed, notes_of, revalued, simulate
from services.evaluation.domain.totals import total
from services.evaluation.events.rulebooks import Band, Rules, Weights
from tests.evaluation.builders import entry, item, ledger, rules_json
from tests.evaluation.builders import rules as rules_with_items
from tests.evaluation.builders_review import Course, Half, members, rules, running_half

STRICT = {"bands": [{"from": 95, "stars": 3}, {"from": 80, "stars": 2}, {"from": 60, "stars": 1}, {"from": 0, "stars": 0}]}


def bands(*least: int) -> tuple[Band, ...]:
    return tuple(Band(Decimal(one), stars) for one, stars in zip((*least, 0), (3, 2, 1, 0), strict=True))


def with_bands(*least: int, **parts: Mapping[str, Any]) -> Rules:
    return msgspec.structs.replace(rules(**parts), bands=bands(*least))


def weighted(**parts: Mapping[str, Any]) -> Rules:
    """The result by weights: half the points, half the peers."""
    return rules(result={"formula": "weighted", "weights": Weights(Decimal("0.5"), Decimal("0.5"), Decimal(0))}, **parts)


def course(in_force: Rules = DEFAULT_RULES, points: int = 16, score: str = "85", ledger_points: int = 0) -> Course:
    """Seven members, each given `points` in every dimension and the score by the town; published."""
    return Course(7, in_force).opened_for_peers().all_cast(points).closed().scored(score).published(ledger_points)


def changes(of: Course, draft: Rules, ledgers: Mapping[str, Ledger] | None = None) -> dict[str, Changed]:
    ballots = [OpenedBallot(rater, number, sheet) for rater, (number, sheet) in of.sheets.items()]
    found = simulate(of.review, ledgers or dict.fromkeys(of.review.rated, Ledger()), of.scores, ballots, draft)
    return {one.member_id: one for one in found}


# Whose stars, and why


@given(score=st.integers(0, 100), points=st.integers(0, 20))
def test_the_rules_that_held_change_nobodys_stars(score: int, points: int) -> None:
    assert changes(course(points=points, score=str(score)), DEFAULT_RULES) == {}


@pytest.mark.spec("3.36")
def test_stricter_bands_take_stars_and_say_so() -> None:
    found = changes(course(score="85"), with_bands(95, 90, 60))
    assert found.keys() == set(members(7))
    one = found["m1"]
    assert (one.was.stars, one.would_be.stars, one.would_be.score, one.reasons) == (2, 1, Decimal(85), ("bands",))


def test_a_bands_line_looks_at_the_unrounded_score() -> None:
    assert changes(course(score="89.49"), with_bands(89, 70, 60))["m1"].would_be.stars == 3
    assert changes(course(score="88.49"), with_bands(89, 70, 60)) == {}


def test_under_weights_points_and_peers_are_reasons() -> None:
    before = weighted()
    ledgers = dict.fromkeys(members(7), ledger(*(entry("study", f"2026-03-0{n}", n) for n in range(1, 7))))
    of = course(before, points=20, ledger_points=30)
    draft = msgspec.structs.replace(before, items=rules_with_items(item("study", worth="20", cap="60")).items)
    one = changes(of, draft, ledgers)["m1"]
    assert [one.was.points, one.would_be.points] == [30, 60]
    assert (one.was.stars, one.would_be.stars) == (1, 2)
    assert one.reasons == ("points",)


def test_another_formula_is_a_reason() -> None:
    ledgers = dict.fromkeys(members(7), ledger(*(entry("study", f"2026-03-0{n}", n) for n in range(1, 5))))
    one = changes(course(points=20, score="50", ledger_points=20), weighted(), ledgers)["m1"]
    assert (one.was.score, one.would_be.score, one.reasons) == (Decimal(50), Decimal(60), ("result",))


def test_another_aggregate_is_counted_from_the_ballots() -> None:
    of = Course(7, weighted()).opened_for_peers()
    for rater, points in zip(members(7), (20, 20, 20, 20, 20, 0, 0), strict=True):
        of.cast(rater, points)
    of.closed().scored("80").published(0)
    found = changes(of, weighted(peer={"aggregate": "median"}))
    assert all(one.reasons == ("peer",) for one in found.values())
    assert all(one.would_be.peer == Decimal(100) for one in found.values())


def test_a_quorum_that_the_draft_does_not_see_takes_the_peer_part() -> None:
    of = Course(7, weighted()).opened_for_peers()
    for rater in members(7)[:6]:
        of.cast(rater, 20)
    of.closed().scored("80").published(70)
    one = next(iter(changes(of, weighted(peer={"quorum": "1/1"})).values()))
    assert (one.would_be.peer, one.would_be.stars, "peer" in one.reasons) == (None, 0, True)


def test_what_was_kept_from_everybody_stays_unseen_under_any_draft() -> None:
    of = Course(4, weighted()).opened_for_peers().all_cast(20).closed().scored("80").published(0)
    assert of.review.peer_scores["m1"].aggregate is None
    assert changes(of, weighted(peer={"minimum_shown": 3})) == {}


def test_what_can_not_be_tried_out_is_noted() -> None:
    of = course()
    draft = rules(peer={"scope": "group", "smallest_group": 3}, committee={"mode": "mean"})
    draft = msgspec.structs.replace(draft, dimensions=draft.dimensions[1:])
    assert notes_of(of.review, None, draft) == ["dimensions", "scope", "committee_mode", "ballots_erased"]
    assert notes_of(of.review, [], DEFAULT_RULES) == []


def test_entries_are_worth_what_the_draft_gives() -> None:
    kept = ledger(entry("study", number=1), entry("helping", number=2, points=Decimal(8)), entry("rescue", number=3))
    draft = rules_with_items(item("study", worth="7"), item("helping", "bonus", ("1", "5"), "20"))
    assert total(revalued(kept, draft), draft).total == 12
    assert revalued(kept, rules_with_items()) == kept


# Versions in words


@pytest.mark.parametrize(
    ("part", "fields", "said"),
    [
        ("peer", {"aggregate": "median"}, "互评得分的算法由去掉一个最高分和一个最低分后平均改为中位数。"),
        ("caps", {"base": Decimal(50)}, "基础积分的半年上限由60改为50。"),
        ("board", {"raw_scores": True}, "公示分数由否改为是。"),
        ("annual", {"excellent_share": "1/4"}, "优秀等次的最高比例由1/3改为1/4。"),
    ],
)
def test_a_change_is_said_in_one_sentence_with_its_place(part: str, fields: Mapping[str, Any], said: str) -> None:
    (one,) = differences(DEFAULT_RULES, rules(**{part: fields}))
    assert (one.pointer, in_words(one, "zh")) == (f"/{part}/{next(iter(fields))}", said)


def test_items_come_go_and_change() -> None:
    old = rules_with_items(item("study"), item("post", worth=("1", "5")))
    new = rules_with_items(item("post", worth=("1", "8")), item("duty", worth="4", cap="16"))
    found = differences(old, new)
    assert [(one.pointer, in_words(one, "zh")) for one in found] == [
        ("/items/0", "取消积分事项“事项study”。"),
        ("/items/0/points", "积分事项“事项post”的分值由1至5改为1至8。"),
        ("/items/1", "新增积分事项“事项duty”：4分，半年上限16分。"),
    ]
    assert in_words(found[1], "en") == "Item “事项post”, points: from 1 to 5 to 1 to 8."


def test_bands_are_said_as_a_whole() -> None:
    (one,) = differences(DEFAULT_RULES, with_bands(95, 70, 60))
    assert in_words(one, "zh") == "评星档次由90分起3星、70分起2星、60分起1星、0分起0星改为95分起3星、70分起2星、60分起1星、0分起0星。"
    assert in_words(one, "en").startswith("The star bands: from 3 stars from 90, 2 stars from 70")


def test_every_place_of_the_rules_has_its_words() -> None:
    """A changed copy of every leaf is said without a KeyError, so that no field is forgotten."""

    def leaves(kind: type[msgspec.Struct], before: str = "") -> list[str]:
        found = []
        for field in msgspec.structs.fields(kind):
            inner = field.type
            name = f"{before}{field.encode_name}"
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                found += leaves(inner, f"{name}/")
            else:
                found.append(name)
        return found

    assert set(leaves(Rules)) - {"dimensions", "items"} <= FIELDS.keys()
    assert differences(DEFAULT_RULES, DEFAULT_RULES) == []


# By REST


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path, count=6, publicity={"working_days": 0}) as half:
        await half.open()
        await half.published(91)
        await half.to("confirmed")
        yield half


def body(half: Half, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    return {"rules": {**rules_json(), **STRICT}, "organization_id": half.town.places["town"], "period": "2026-H1", **changed}


@pytest.mark.spec("3.36")
async def test_a_draft_is_tried_out_on_a_past_half_year(half: Half) -> None:
    head = half.town.app.state.service.log.head()
    told = await half.town.do("POST", "/rulebooks/simulate", body(half), half.town.officer)
    assert (told["reviews"], told["members"], told["untouched"], told["notes"]) == (1, 6, 0, [])
    assert {one["member_id"] for one in told["changes"]} == {half.id(name) for name in members(6)}
    one = told["changes"][0]
    assert (one["was"]["stars"], one["would_be"]["stars"], one["review_id"]) == (3, 2, half.review)
    assert one["reasons"] == [{"part": "bands", "sentence": "评星档次不同：91分评2星。"}]
    assert half.town.app.state.service.log.head() == head
    english = await half.town.do("POST", "/rulebooks/simulate", body(half), half.town.officer, **{"Accept-Language": "en"})
    assert english["changes"][0]["reasons"][0]["sentence"] == "Other star bands: 91 points make 2 stars."


async def test_a_branch_with_rules_of_its_own_is_not_touched(half: Half) -> None:
    supervisor = half.town.roster.token("county_supervisor", "county")
    county = body(half, organization_id=half.town.places["county"])
    told = await half.town.do("POST", "/rulebooks/simulate", county, supervisor)
    assert (told["reviews"], told["untouched"], told["changes"]) == (0, 1, [])


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("half_year_not_past", {"period": "2026-H2"}),
        ("half_year_not_past", {"period": "2027-H1"}),
        ("rules_not_sound", {"rules": {}}),
        ("rules_not_sound", {"rules": {**rules_json(), "bands": [{"from": 0, "stars": 0}, {"from": 90, "stars": 3}]}}),
        ("unknown_organization", {"organization_id": "01995f00-0000-7000-8000-0000000000a1"}),
    ],
)
async def test_what_can_not_be_simulated_is_refused(half: Half, code: str, changed: dict[str, Any]) -> None:
    await half.town.refused(code, "POST", "/rulebooks/simulate", body(half, **changed), half.town.officer)


async def test_only_who_keeps_the_rulebook_simulates(half: Half) -> None:
    for by in (half.town.secretary, half.of("m1")):
        await half.town.refused("not_allowed", "POST", "/rulebooks/simulate", body(half), by)


async def test_a_proposal_is_compared_in_words_and_adopted_by_another_officer(half: Half) -> None:
    town, path = half.town, f"/rulebooks/{half.town.places['town']}/versions"
    proposed = await town.do("POST", path, {"rules": {**rules_json(), **STRICT}}, town.officer_named("m1"))
    assert (proposed["state"], proposed["from_period"]) == ("proposed", "2027-H1")
    told = await town.do("GET", f"{path}/2/comparison?with=1")
    assert {one["pointer"] for one in told["items"]} == {"/bands", "/publicity/working_days"}
    (bands_,) = [one for one in told["items"] if one["pointer"] == "/bands"]
    assert bands_["new"] == STRICT["bands"]
    assert bands_["sentence"].startswith("评星档次由90分起3星")
    back = await town.do("GET", f"{path}/1/comparison?with=2", **{"Accept-Language": "en"})
    assert back["items"][0]["sentence"].startswith("The star bands: from 3 stars from 95")
    await town.refused("same_person", "POST", f"{path}/2/adoption", {}, town.officer_named("m1"))
    assert (await town.do("POST", f"{path}/2/adoption", {}, town.officer_named("m2")))["state"] == "published"
    await town.refused("unknown_version", "GET", f"{path}/2/comparison?with=9")
    await town.refused("unknown_rulebook", "GET", f"/rulebooks/{half.id('m1')}/versions/1/comparison")


@pytest.mark.spec("3.34e")
async def test_a_change_that_reaches_back_is_refused(half: Half) -> None:
    path = f"/rulebooks/{half.town.places['town']}/versions"
    await half.town.refused("half_year_begun", "POST", path, {"rules": rules_json(), "from_period": "2026-H2"}, half.town.officer)
