"""A rulebook as a form: the numbers that towns change, items and bands as tables; what it does not show goes along as it is."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

from shared.web.forms import Fields, number_in
from shared.web.languages import message

NUMBERS: tuple[tuple[str, str], ...] = (
    ("caps/base", message("基础积分的半年上限")),
    ("caps/bonus", message("正向加分的半年上限")),
    ("flags/stars_per_flag", message("每面红旗所需的红星数")),
    ("peer/trim_from", message("去掉最高分和最低分所需的最少评分数")),
    ("peer/minimum_shown", message("公布互评得分所需的最少评分数")),
    ("committee/deviation_limit", message("商评无需说明理由的最大偏差")),
    ("committee/minimum_members", message("商评所需的最少人数")),
    ("result/weights/points", message("积分的权重")),
    ("result/weights/peer", message("互评的权重")),
    ("result/weights/committee", message("商评的权重")),
    ("publicity/working_days", message("公示期的工作日数")),
    ("objections/answer_within_working_days", message("答复异议的工作日数")),
    ("schedule/opened_by", message("开启评议的期限（天）")),
    ("schedule/peer_closed_by", message("互评结束的期限（天）")),
    ("schedule/committee_by", message("商评完成的期限（天）")),
    ("schedule/published_by", message("公示的期限（天）")),
    ("schedule/confirmed_by", message("确认的期限（天）")),
    ("schedule/annual_by", message("年度总评的期限（天）")),
)
CHOICES: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "flags/accrual",
        message("红星折算红旗的范围"),
        {"year": message("按年累计"), "half_year": message("按半年计算"), "lifetime": message("长期累计")},
    ),
    ("peer/scope", message("互评范围"), {"branch": message("全支部"), "group": message("党小组内")}),
    (
        "peer/aggregate",
        message("互评得分的算法"),
        {"trimmed_mean": message("去掉一个最高分和一个最低分后平均"), "mean": message("平均"), "median": message("中位数")},
    ),
    ("committee/mode", message("商评方式"), {"agreed": message("集体商定一个分数"), "mean": message("平均")}),
    ("result/formula", message("结果的算法"), {"committee": message("以商评分为准"), "weighted": message("按权重计算")}),
    ("late_entries", message("互评结束后补记的积分"), {"next_half_year": message("计入下一个半年"), "refused": message("不予记入")}),
)
SPARE_ROWS = 3
ITEM_FIELDS = ("code", "title", "kind", "least", "most", "cap", "evidence")


def value_at(rules: Any, path: str) -> Any:  # noqa: ANN401 - JSON of any shape
    """The value at this place of the rules; None where there is none."""
    for step in path.split("/"):
        rules = rules.get(step) if isinstance(rules, dict) else None
    return rules


def rows_of(rules: dict[str, Any]) -> list[dict[str, Any]]:
    """The items as rows of a table, and some empty ones for new items."""
    rows = [_row(item) for item in rules.get("items", [])]
    return [*rows, *(dict.fromkeys(ITEM_FIELDS, "") for _ in range(SPARE_ROWS))]


def _row(item: dict[str, Any]) -> dict[str, Any]:
    points = item["points"]
    least, most = (points["from"], points["to"]) if isinstance(points, dict) else (points, "")
    return {**{field: item[field] for field in ("code", "title", "kind", "cap", "evidence")}, "least": least, "most": most}


def rules_in(said: Fields, base: dict[str, Any]) -> dict[str, Any]:
    """The rules that a form describes: those of `base`, with what the form says in its places."""
    rules = deepcopy(base)
    for path, _ in NUMBERS:
        if (number := said.number(f"n.{path}")) is not None:
            _put(rules, path, number)
    for path, _, options in CHOICES:
        if said.get(f"c.{path}") in options:
            _put(rules, path, said.get(f"c.{path}"))
    if items := _items(said):
        rules["items"] = items
    for place, band in enumerate(rules.get("bands", [])):
        if (least := said.number(f"band.{place}")) is not None:
            band["from"] = least
    return rules


def _items(said: Fields) -> list[dict[str, Any]]:
    items = []
    for number in range(len(said.under("item.")) + SPARE_ROWS):
        of = {field: said.get(f"item.{number}.{field}") for field in ITEM_FIELDS}
        if of["title"] or of["code"]:
            points: Any = number_in(of["least"])
            if of["most"]:
                points = {"from": points, "to": number_in(of["most"])}
            item = {"code": of["code"], "title": of["title"], "kind": of["kind"], "points": points, "evidence": bool(of["evidence"])}
            items.append(item | ({"cap": number_in(of["cap"])} if of["cap"] else {}))
    return items


def _put(rules: dict[str, Any], path: str, value: Decimal | str) -> None:
    *steps, last = path.split("/")
    for step in steps:
        rules = rules.setdefault(step, {})
    is_whole = isinstance(value, Decimal) and value == value.to_integral_value()
    rules[last] = int(value) if is_whole else value
