"""Two versions of a rulebook compared, place by place, in words (spec, section 3): in Chinese, or in English for who asks for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from services.evaluation.domain.comparison import Difference
from services.evaluation.events.rulebooks import Dimension, Item, PointRange
from shared.web.languages import message, translated

FIELDS = {
    "dimensions/title": message("名称"),
    "dimensions/max": message("满分"),
    "items/title": message("名称"),
    "items/kind": message("种类"),
    "items/points": message("分值"),
    "items/cap": message("半年上限"),
    "items/evidence": message("佐证要求"),
    "caps/base": message("基础积分的半年上限"),
    "caps/bonus": message("正向加分的半年上限"),
    "late_entries": message("互评结束后补记的积分"),
    "bands": message("评星档次"),
    "rounding": message("评星前的取整"),
    "flags/stars_per_flag": message("每面红旗所需的红星数"),
    "flags/accrual": message("红星折算红旗的范围"),
    "peer/scope": message("互评范围"),
    "peer/aggregate": message("互评得分的算法"),
    "peer/trim_from": message("去掉最高分和最低分所需的最少评分数"),
    "peer/quorum": message("互评有效所需的参评比例"),
    "peer/minimum_shown": message("公布互评得分所需的最少评分数"),
    "peer/smallest_group": message("党小组单独互评所需的最少人数"),
    "committee/mode": message("商评方式"),
    "committee/deviation_limit": message("商评无需说明理由的最大偏差"),
    "committee/minimum_members": message("商评所需的最少人数"),
    "result/formula": message("结果的算法"),
    "result/weights/points": message("积分的权重"),
    "result/weights/peer": message("互评的权重"),
    "result/weights/committee": message("商评的权重"),
    "publicity/working_days": message("公示期的工作日数"),
    "publicity/readable_share_of_day": message("公示日须可查看的时间比例"),
    "publicity/restart_on_correction": message("更正后重新公示"),
    "objections/answer_within_working_days": message("答复异议的工作日数"),
    "schedule/opened_by": message("开启评议的期限（天）"),
    "schedule/peer_closed_by": message("互评结束的期限（天）"),
    "schedule/committee_by": message("商评完成的期限（天）"),
    "schedule/published_by": message("公示的期限（天）"),
    "schedule/confirmed_by": message("确认的期限（天）"),
    "schedule/annual_by": message("年度总评的期限（天）"),
    "annual/excellent_share": message("优秀等次的最高比例"),
    "annual/attendance": message("总评会议的最低到会比例"),
    "annual/majority": message("总评表决须超过的比例"),
    "board/raw_scores": message("公示分数"),
    "responsibility/start": message("党建责任书的起始分"),
    "responsibility/deductions/poor_implementation": message("工作落实不力的扣分"),
    "responsibility/deductions/falsification": message("弄虚作假的扣分"),
    "responsibility/deductions/unfair_selection": message("评选过程不公正的扣分"),
    "responsibility/deductions/late_disclosure": message("结果不及时公开的扣分"),
}
"""What each place of the rules is called."""
VALUES = {
    "next_half_year": message("计入下一个半年"),
    "refused": message("不予记入"),
    "half_up": message("四舍五入"),
    "year": message("按年累计"),
    "half_year": message("按半年计算"),
    "lifetime": message("长期累计"),
    "branch": message("全支部"),
    "group": message("党小组内"),
    "trimmed_mean": message("去掉一个最高分和一个最低分后平均"),
    "mean": message("平均"),
    "median": message("中位数"),
    "agreed": message("集体商定一个分数"),
    "committee": message("以商评分为准"),
    "weighted": message("按权重计算"),
    "base": message("基础积分"),
    "bonus": message("正向加分"),
    "deduction": message("反向扣分"),
}
"""What the words are called that a place may hold."""


def in_words(difference: Difference, language: str) -> str:
    """One sentence that says what differs."""
    field, old, new = difference.field, difference.old, difference.new
    if field in {"dimensions", "items"}:
        return _coming_and_going(difference, language)
    words = {"what": translated(language, FIELDS[field]), "old": value_in_words(old, language), "new": value_in_words(new, language)}
    if difference.of is None:
        return translated(language, message("%(what)s由%(old)s改为%(new)s。"), **words)
    title = difference.of.title
    if isinstance(difference.of, Item):
        return translated(language, message("积分事项“%(title)s”的%(what)s由%(old)s改为%(new)s。"), title=title, **words)
    return translated(language, message("评分维度“%(title)s”的%(what)s由%(old)s改为%(new)s。"), title=title, **words)


def _coming_and_going(difference: Difference, language: str) -> str:
    one = difference.of
    if isinstance(one, Item):
        words = {"title": one.title, "points": value_in_words(one.points, language), "cap": f"{one.cap:f}"}
        if difference.new is None:
            return translated(language, message("取消积分事项“%(title)s”。"), title=one.title)
        return translated(language, message("新增积分事项“%(title)s”：%(points)s分，半年上限%(cap)s分。"), **words)
    if not isinstance(one, Dimension):
        raise TypeError("only dimensions and items come and go")
    if difference.new is None:
        return translated(language, message("取消评分维度“%(title)s”。"), title=one.title)
    return translated(language, message("新增评分维度“%(title)s”：满分%(max)s分。"), title=one.title, max=f"{one.max:f}")


def value_in_words(value: object, language: str) -> str:
    """A value of the rules as a reader writes it."""
    match value:
        case bool():
            return translated(language, message("是") if value else message("否"))
        case Decimal():
            return f"{value:f}"
        case PointRange(least, most):
            return translated(language, message("%(least)s至%(most)s"), least=f"{least:f}", most=f"{most:f}")
        case tuple():
            bands = [translated(language, message("%(least)s分起%(stars)s星"), least=f"{one.least:f}", stars=one.stars) for one in value]
            return translated(language, message("、")).join(bands)
        case str() if value in VALUES:
            return translated(language, VALUES[value])
        case _:
            return str(value)


def as_json(value: object) -> Any:  # noqa: ANN401 - any part of the rules
    """A value of the rules as the contract writes it."""
    return msgspec.to_builtins(value, builtin_types=(Decimal,))
