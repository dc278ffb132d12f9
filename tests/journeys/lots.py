"""What is drawn by lot for a random town: its rules, its people, their scores. The same seed draws the same."""

from __future__ import annotations

import copy
import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

DEFAULT_RULES: dict[str, Any] = {
    "dimensions": [
        {"code": "conviction", "title": "理想信念", "max": 20},
        {"code": "discipline", "title": "纪律规矩", "max": 20},
        {"code": "contribution", "title": "奉献作为", "max": 20},
        {"code": "morality", "title": "道德品行", "max": 20},
        {"code": "conduct", "title": "日常表现", "max": 20},
    ],
    "items": [
        {"code": "study", "title": "固定日集中学习", "kind": "base", "points": 5, "cap": 30, "evidence": False},
        {"code": "breach", "title": "违反村规民约", "kind": "deduction", "points": {"from": 1, "to": 10}, "cap": 100, "evidence": True},
    ],
    "caps": {"base": 60, "bonus": 40},
    "late_entries": "next_half_year",
    "bands": [{"from": 90, "stars": 3}, {"from": 70, "stars": 2}, {"from": 60, "stars": 1}, {"from": 0, "stars": 0}],
    "rounding": "half_up",
    "flags": {"stars_per_flag": 2, "accrual": "year"},
    "peer": {"scope": "branch", "aggregate": "trimmed_mean", "trim_from": 5, "quorum": "1/2", "minimum_shown": 5},
    "committee": {"mode": "agreed", "deviation_limit": 10, "minimum_members": 3},
    "result": {"formula": "committee", "weights": {"points": 0.5, "peer": 0.5, "committee": 0}},
    "publicity": {"working_days": 5, "readable_share_of_day": "1/2", "restart_on_correction": True},
    "objections": {"answer_within_working_days": 10},
    "schedule": {"opened_by": 10, "peer_closed_by": 25, "committee_by": 35, "published_by": 42, "confirmed_by": 70, "annual_by": 90},
    "annual": {"excellent_share": "1/3", "attendance": "1/2", "majority": "1/2"},
    "board": {"raw_scores": False},
    "responsibility": {
        "start": 100,
        "deductions": {"poor_implementation": 5, "falsification": 10, "unfair_selection": 10, "late_disclosure": 5},
    },
}

FINDING_KINDS = tuple(DEFAULT_RULES["responsibility"]["deductions"])

DEEDS = [
    ("meeting", "参加组织生活会", "base"),
    ("dues", "按时缴纳党费", "base"),
    ("post", "履行岗位职责", "base"),
    ("volunteer", "参加志愿服务", "base"),
    ("mediation", "化解邻里纠纷", "bonus"),
    ("donation", "捐资助学", "bonus"),
    ("rescue", "抢险救灾", "bonus"),
    ("absence", "无故缺席会议", "deduction"),
    ("litter", "乱倒垃圾", "deduction"),
]
WEIGHTS = [("0.5", "0.5", "0"), ("0.3", "0.3", "0.4"), ("0.25", "0.35", "0.4"), ("0.2", "0.6", "0.2")]
BANDS = [
    [(90, 3), (70, 2), (60, 1), (0, 0)],
    [(95, 5), (85, 4), (75, 3), (60, 2), (40, 1), (0, 0)],
    [(50, 1), (0, 0)],
    [(88, 4), (66, 2), (0, 1)],
]


def rules(lot: random.Random) -> dict[str, Any]:
    """A rulebook within the lint: everything that a town can change, changed at random."""
    drawn = copy.deepcopy(DEFAULT_RULES)
    drawn["dimensions"] = _dimensions(lot)
    drawn["items"] = [_item(lot, *deed) for deed in _deeds(lot)]
    base, bonus = lot.choice([("60", "40"), ("70", "30"), ("50", "50"), ("40.5", "20")])
    drawn["caps"] = {"base": Decimal(base), "bonus": Decimal(bonus)}
    drawn["late_entries"] = lot.choice(["next_half_year", "next_half_year", "refused"])
    drawn["bands"] = [{"from": start, "stars": stars} for start, stars in lot.choice(BANDS)]
    drawn["flags"] = {"stars_per_flag": lot.choice([2, 3]), "accrual": lot.choice(["year", "half_year", "lifetime"])}
    drawn["peer"] = {
        "scope": lot.choice(["branch", "group"]),
        "aggregate": lot.choice(["mean", "median", "trimmed_mean", "trimmed_mean"]),
        "trim_from": lot.choice([5, 5, 3, 7]),
        "quorum": lot.choice(["1/2", "1/2", "2/3", "1/3"]),
        "minimum_shown": lot.choice([5, 5, 3, 4, 6]),
    }
    drawn["committee"] = {
        "mode": lot.choice(["agreed", "mean"]),
        "deviation_limit": lot.choice([Decimal(10), Decimal(5), Decimal("12.5")]),
        "minimum_members": lot.choice([3, 2, 1]),
    }
    points, peer, committee = lot.choice(WEIGHTS)
    weights = {"points": Decimal(points), "peer": Decimal(peer), "committee": Decimal(committee)}
    drawn["result"] = {"formula": lot.choice(["committee", "weighted"]), "weights": weights}
    drawn["publicity"] = {**drawn["publicity"], "working_days": lot.choice([0, 1, 3, 5])}
    drawn["publicity"]["readable_share_of_day"] = lot.choice(["1/2", "1/2", "3/4", "1/4"])
    drawn["board"] = {"raw_scores": lot.random() < 0.5}
    drawn["annual"] = {
        "excellent_share": lot.choice(["1/3", "1/3", "1/4"]),
        "attendance": lot.choice(["1/2", "1/2", "2/3"]),
        "majority": lot.choice(["1/2", "1/2", "2/3"]),
    }
    amounts = {kind: lot.choice([Decimal(5), Decimal("7.5"), Decimal(20), Decimal(0)]) for kind in FINDING_KINDS}
    drawn["responsibility"] = {"start": lot.choice([Decimal(100), Decimal(100), Decimal(40)]), "deductions": amounts}
    return drawn


def revised(lot: random.Random, old: dict[str, Any]) -> dict[str, Any]:
    """A later version: other points, caps and bands; the items, the flags and what late entries do stay."""
    new = copy.deepcopy(old)
    for item in new["items"]:
        if not isinstance(item["points"], dict):
            item["points"] += Decimal("0.5")
            item["cap"] += Decimal(1)
    new["caps"] = {"base": Decimal(55), "bonus": Decimal("35.25")}
    new["peer"]["minimum_shown"] = lot.choice([3, 5])
    new["result"]["formula"] = lot.choice(["committee", "weighted"])
    new["responsibility"]["deductions"]["late_disclosure"] += Decimal("1.25")
    return new


def _deeds(lot: random.Random) -> list[tuple[str, str, str]]:
    def some(kind: str, known: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        fitting = [deed for deed in known if deed[2] == kind]
        return lot.sample(fitting, lot.randint(1, len(fitting)))

    return DEEDS[:1] + some("base", DEEDS[1:]) + some("bonus", DEEDS) + some("deduction", DEEDS)


def _item(lot: random.Random, code: str, title: str, kind: str) -> dict[str, Any]:
    """An item of fixed points, or with a range; the first base item is always fixed (activities need one)."""
    if code == "meeting" or (kind == "base" and lot.random() < 0.7):
        points: Any = lot.choice([Decimal(5), Decimal("2.5"), Decimal("7.25"), Decimal(10)])
        cap = points * lot.choice([1, 2, 3, 4])
    else:
        points = {"from": Decimal(1), "to": Decimal(lot.choice([6, 10, 20]))}
        cap = Decimal(lot.choice([20, 25, 40]))
    return {"code": code, "title": title, "kind": kind, "points": points, "cap": min(cap, Decimal(100)), "evidence": lot.random() < 0.5}


def _dimensions(lot: random.Random) -> list[dict[str, Any]]:
    shares = lot.choice([[20, 20, 20, 20, 20], [30, 25, 20, 15, 10], [40, 30, 30]])
    named = DEFAULT_RULES["dimensions"][: len(shares)]
    return [{**dimension, "max": share} for dimension, share in zip(named, shares, strict=True)]


def worth(lot: random.Random, item: dict[str, Any]) -> Decimal | None:
    """Points for an entry of `item`, where it has a range."""
    if not isinstance(item["points"], dict):
        return None
    return score(lot, item["points"]["from"], item["points"]["to"])


def score(lot: random.Random, lowest: Decimal | int, highest: Decimal | int) -> Decimal:
    """A score between the two, with no, one or two decimals."""
    step = Decimal(1).scaleb(-lot.choice([0, 0, 1, 2]))
    first, last = int(Decimal(lowest) / step), int(Decimal(highest) / step)
    return lot.randint(first, last) * step


def row(lot: random.Random, dimensions: list[dict[str, Any]], merit: float) -> dict[str, Decimal]:
    """One row of a ballot: a score in each dimension, around the member's merit (0 to 1)."""
    drawn = {}
    for dimension in dimensions:
        around = min(max(lot.gauss(merit, 0.12), 0), 1)
        step = Decimal(1).scaleb(-lot.choice([0, 0, 1, 2]))
        drawn[dimension["code"]] = min(Decimal(round(around * dimension["max"] / float(step))) * step, Decimal(dimension["max"]))
    return drawn


def day(lot: random.Random, first: date, last: date) -> date:
    """A day between the two, both included."""
    return first + timedelta(days=lot.randint(0, (last - first).days))


def name(lot: random.Random) -> str:
    """An invented name, now and then with a rare character."""
    return lot.choice("赵钱孙李周吴郑王冯陈褚卫䶮𠅤") + "".join(
        lot.choice("文明建国春秀兰玉芳军强喆堃昉𬍛") for _ in range(lot.choice([1, 2, 2]))
    )
