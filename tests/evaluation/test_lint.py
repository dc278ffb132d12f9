from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from services.evaluation.api.rules_json import all_problems, read_rules, rules_of
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.forbidden_inputs import forbidden_input
from services.evaluation.domain.lint import RulesNotSound, lint, require_sound
from services.evaluation.events.rulebooks import Rules
from services.evaluation.pages.lint_words import problem_in_words
from tests.evaluation.builders import rules_json
from tests.journeys.lots import DEFAULT_RULES as RULES_OF_THE_CONTRACT

Change = Callable[[dict[str, Any]], object]


def problems(change: Change) -> list[tuple[str, str]]:
    """What the lint says about the default rules after this change, without the leading `/rules`."""
    raw = copy.deepcopy(rules_json())
    change(raw)
    return [(problem.pointer.removeprefix("/rules"), problem.detail) for problem in all_problems(raw)]


def put(path: str, value: object) -> Change:
    """Set what stands at `path` (`/peer/scope`)."""

    def change(raw: Any) -> None:  # noqa: ANN401 - JSON
        *steps, last = [int(step) if step.isdigit() else step for step in path.strip("/").split("/")]
        for step in steps:
            raw = raw[step]
        raw[last] = value

    return change


def assert_said_in_chinese(change: Change) -> None:
    """The page of a draft says each place and reason in Chinese, and leaves nothing as the contract words it but values and codes."""
    for pointer, detail in problems(change):
        place, reason = problem_in_words({"pointer": f"/rules{pointer}", "detail": detail}, {}, "zh")
        assert re.search(r"[\u4e00-\u9fff].*。$", reason), f"no words for {detail!r}"
        assert re.search(r"[\u4e00-\u9fff]", place) or pointer in UNNAMED, f"no words for {pointer!r}"


UNNAMED = {"/rounding", "/board/names", "/surprise", "/responsibility/deductions/falsification"}
"""Places that no field of the page leads to."""


def test_the_default_rules_are_sound() -> None:
    assert lint(DEFAULT_RULES) == []
    require_sound(DEFAULT_RULES)


@pytest.mark.spec("3.10")
def test_the_rules_of_the_contract_are_read_and_written_exactly() -> None:
    text = msgspec.json.encode(RULES_OF_THE_CONTRACT)
    rules = msgspec.json.decode(text, type=Rules)
    assert msgspec.json.decode(msgspec.json.Encoder(decimal_format="number").encode(rules)) == RULES_OF_THE_CONTRACT
    assert lint(rules) == []


@pytest.mark.spec("2.3", "4.2")
def test_the_default_has_an_item_of_each_kind_and_for_study_meetings_dues_posts_and_duty() -> None:
    assert {item.kind for item in DEFAULT_RULES.items} == {"base", "bonus", "deduction"}
    assert {"study", "meeting", "dues", "post", "duty"} <= {item.code for item in DEFAULT_RULES.items if item.kind == "base"}


BANDS = [{"from": 90, "stars": 3}, {"from": 70, "stars": 2}, {"from": 60, "stars": 1}, {"from": 0, "stars": 0}]


@pytest.mark.spec("3.9", "3.19", "3.34a", "3.34b", "3.34c", "3.34d")
@pytest.mark.parametrize(
    ("change", "places"),
    [
        (put("/bands", []), ["/bands"]),
        (put("/bands/3/from", 10), ["/bands/3/from"]),
        (put("/bands", BANDS[:3]), ["/bands/2/from"]),
        (put("/bands/1/from", 90), ["/bands/1/from"]),
        (put("/bands/1/from", 95), ["/bands/1/from"]),
        (put("/bands/0/from", 101), ["/bands/0/from"]),
        (put("/bands/0/from", 89.5), ["/bands/0/from"]),
        (put("/bands/1/stars", 4), ["/bands/1/stars"]),
        (put("/bands/3/stars", -1), ["/bands/3/stars"]),
        (put("/dimensions/0/max", 21), ["/dimensions"]),
        (put("/dimensions", []), ["/dimensions"]),
        (put("/dimensions/1/code", "conviction"), ["/dimensions/1/code"]),
        (put("/items/0/kind", "extra"), ["/items/0/kind"]),
        (put("/items/0/points", 0), ["/items/0/points"]),
        (put("/items/0/points", -5), ["/items/0/points"]),
        (put("/items/0/points", 5.005), ["/items/0/points"]),
        (put("/items/0/points", {"from": 6, "to": 5}), ["/items/0/points"]),
        (put("/items/0/points", {"from": 0, "to": 5}), ["/items/0/points/from"]),
        (put("/items/0/cap", 0), ["/items/0/cap"]),
        (put("/items/0/code", "two words"), ["/items/0/code"]),
        (put("/items/0/title", " "), ["/items/0/title"]),
        (put("/items/1/code", "study"), ["/items/1/code"]),
        (put("/items/1/code", "STUDY"), ["/items/1/code"]),
        (put("/items/1/title", "固定日 集中学习"), ["/items/1/title"]),
        (put("/caps/base", 101), ["/caps/base"]),
        (put("/caps/bonus", -1), ["/caps/bonus"]),
        (put("/late_entries", "ignored"), ["/late_entries"]),
        (put("/rounding", "half_even"), ["/rounding"]),
        (put("/flags/accrual", "month"), ["/flags/accrual"]),
        (put("/flags/stars_per_flag", 0), ["/flags/stars_per_flag"]),
        (put("/peer/scope", "village"), ["/peer/scope"]),
        (put("/peer/aggregate", "mode"), ["/peer/aggregate"]),
        (put("/peer/trim_from", 2), ["/peer/trim_from"]),
        (put("/peer/quorum", "0.5"), ["/peer/quorum"]),
        (put("/peer/quorum", "3/2"), ["/peer/quorum"]),
        (put("/peer/quorum", "0/2"), ["/peer/quorum"]),
        (put("/peer/quorum", "1/0"), ["/peer/quorum"]),
        (put("/peer/minimum_shown", 2), ["/peer/minimum_shown"]),
        (put("/peer/smallest_group", 1), ["/peer/smallest_group"]),
        (put("/committee/mode", "secret"), ["/committee/mode"]),
        (put("/committee/minimum_members", 0), ["/committee/minimum_members"]),
        (put("/committee/deviation_limit", -1), ["/committee/deviation_limit"]),
        (put("/result/formula", "points"), ["/result/formula"]),
        (put("/result/weights", {"points": 0.5, "peer": 0.4, "committee": 0}), ["/result/weights"]),
        (put("/result/weights", {"points": 0, "peer": 0, "committee": 1}), ["/result/weights"]),
        (put("/result/weights/points", -0.5), ["/result/weights/points", "/result/weights"]),
        (put("/publicity/working_days", -1), ["/publicity/working_days"]),
        (put("/publicity/working_days", 29), ["/publicity/working_days"]),
        (put("/publicity/readable_share_of_day", "half"), ["/publicity/readable_share_of_day"]),
        (put("/objections/answer_within_working_days", 0), ["/objections/answer_within_working_days"]),
        (put("/schedule/committee_by", 20), ["/schedule/committee_by"]),
        (put("/schedule/annual_by", 60), ["/schedule/annual_by"]),
        (put("/annual/excellent_share", "4/3"), ["/annual/excellent_share"]),
        (put("/annual/majority", "1/2 "), ["/annual/majority"]),
        (put("/responsibility/start", 0), ["/responsibility/start"]),
        (put("/responsibility/deductions/falsification", -10), ["/responsibility/deductions/falsification"]),
    ],
)
def test_each_contradiction_is_named_with_its_place(change: Change, places: list[str]) -> None:
    assert [pointer for pointer, _ in problems(change)] == places
    assert_said_in_chinese(change)


def remove(*path: str) -> Change:
    """Leave out what stands at the end of the path."""

    def change(raw: Any) -> None:  # noqa: ANN401 - JSON
        for step in path[:-1]:
            raw = raw[int(step) if step.isdigit() else step]
        del raw[path[-1]]

    return change


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (remove("items", "2", "cap"), "/items/2/cap"),
        (put("/items/2/cap", None), "/items/2/cap"),
        (remove("bands"), "/bands"),
        (remove("result", "weights", "peer"), "/result/weights/peer"),
        (put("/bands/0/stars", 1.5), "/bands/0/stars"),
        (put("/bands/0/stars", "3"), "/bands/0/stars"),
        (put("/caps/base", "60"), "/caps/base"),
        (put("/items/0/points", {"from": "1", "to": 5}), "/items/0/points/from"),
        (put("/items/0/evidence", "no"), "/items/0/evidence"),
        (put("/peer/quorum", 0.5), "/peer/quorum"),
        (put("/board/names", "true"), "/board/names"),
        (put("/surprise", 1), "/surprise"),
        (put("/items", {}), "/items"),
        (put("/dimensions", "five"), "/dimensions"),
    ],
)
def test_what_has_not_the_shape_of_rules_is_named_with_its_place(change: Change, place: str) -> None:
    assert [pointer for pointer, _ in problems(change)] == [place]
    assert_said_in_chinese(change)


def test_every_misshapen_part_is_named_not_only_the_first() -> None:
    def change(raw: dict[str, Any]) -> None:
        del raw["items"][0]["cap"]
        del raw["items"][3]["cap"]
        raw["peer"]["scope"] = 7

    assert [pointer for pointer, _ in problems(change)] == ["/items/0/cap", "/items/3/cap", "/peer/scope"]


@pytest.mark.spec("3.34b")
def test_an_item_without_a_cap_is_told_that_it_needs_one() -> None:
    ((_, detail),) = problems(remove("items", "0", "cap"))
    assert detail == "an item needs a cap in points per half-year"


def test_misshapen_rules_are_refused_with_the_places_in_the_body() -> None:
    with pytest.raises(RulesNotSound) as refused:
        rules_of({**rules_json(), "bands": 3})
    assert refused.value.errors[0][0] == "/rules/bands"
    assert read_rules(rules_json()) == (DEFAULT_RULES, [])


@pytest.mark.spec("3.34d")
def test_contradictions_are_refused_with_the_places_in_the_body() -> None:
    with pytest.raises(RulesNotSound) as refused:
        require_sound(msgspec.structs.replace(DEFAULT_RULES, rounding="down"))
    assert refused.value.errors[0][0] == "/rules/rounding"


@pytest.mark.spec("3.35")
@pytest.mark.parametrize(
    ("code", "title", "what"),
    [
        ("login_days", "学习", "log-ins"),
        ("a", "学习强国登录次数", "log-ins"),
        ("a", "每日登陆", "log-ins"),
        ("a", "Number of logins", "log-ins"),
        ("online_minutes", "学习", "minutes online"),
        ("a", "APP在线学习时长", "minutes online"),
        ("a", "网络学习时间", "minutes online"),
        ("a", "Hours spent online", "minutes online"),
        ("likes", "互动", "likes"),
        ("a", "朋友圈点 赞", "likes"),
        ("a", "點讚", "likes"),
        ("a", "Thumbs-up received", "likes"),
        ("forward", "宣传", "forwards"),
        ("a", "转发公众号文章", "forwards"),
        ("a", "Reposting articles", "forwards"),
        ("onlineVote", "评选", "online votes"),
        ("a", "微信投票得票", "online votes"),
        ("a", "网上票选", "online votes"),
        ("a", "Web poll", "online votes"),
        ("a", "\uff2c\uff4f\uff47\uff29\uff2e", "log-ins"),
    ],
)
def test_what_the_rules_against_formalism_forbid_is_found_by_its_words(code: str, title: str, what: str) -> None:
    assert forbidden_input(code, title) == what


@pytest.mark.spec("10.1")
@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("a", "举报违法犯罪线索"),
        ("a", "检 举他人"),
        ("jubao", "贡献"),
        ("a", "提供涉黑线索"),
        ("a", "Whistle-blowing"),
        ("denunciation", "贡献"),
    ],
)
def test_an_item_for_denunciations_is_no_item(code: str, title: str) -> None:
    assert forbidden_input(code, title) == "denunciations"
    ((place, why),) = problems(put("/items/0", {**rules_json()["items"][0], "code": code, "title": title}))
    assert (place, "no place for them" in why) == ("/items/0", True)


@pytest.mark.parametrize(
    "title",
    [
        "固定日集中学习",
        "民主投票选举大会",
        "线下志愿服务",
        "Deeds like helping neighbours",
        "在线下参加会议",
        "Catalogue of duties",
        "提供就业信息线索",
    ],
)
def test_what_is_honest_work_is_left_alone(title: str) -> None:
    assert forbidden_input("deed", title) is None


@pytest.mark.spec("3.35")
def test_a_forbidden_input_is_an_error_in_items_and_dimensions() -> None:
    assert problems(put("/items/0/title", "微信点赞"))[0][0] == "/items/0"
    assert problems(put("/dimensions/0/code", "likes"))[0][0] == "/dimensions/0"
    assert "formalism" in problems(put("/items/0/title", "微信点赞"))[0][1]
