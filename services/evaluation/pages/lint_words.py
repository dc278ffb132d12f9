"""What the page of a draft says for the problems that the lint finds: the place in the form's words, the reason as a sentence of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from services.evaluation.pages.rule_forms import CHOICES, NUMBERS, value_at
from shared.web.languages import message, translated
from shared.web.sheet_words import in_words

WHOLE = r"must be a whole number from (?P<a>\d+) to (?P<b>\d+)"
REASONS = {
    r"there is no dimension to score people by": message("没有评分维度，没法打分。"),
    r"the maxima add up to (?P<a>\S+); they must add up to 100": message("各项满分加起来是%(a)s，要正好是100。"),
    r"the range is reversed: `from` is above `to`": message("范围反了：最少的分比最多的还大。"),
    r"a code is 1 to 64 characters without spaces": message("代码写1到64个字符，不能有空格。"),
    r"a title is 1 to 200 characters": message("名称写1到200个字。"),
    r"denunciations may not feed an assessment: .*": message("积分办法不收集对别人的指控，请删掉这一项。"),
    r".+ may not feed an assessment: .*": message("登录、在线时长、点赞、转发、网络投票不能计分：整治形式主义的规定不允许。请删掉这一项。"),
    r"two (?:items|dimensions)[^:]*: the same code stands at .*": message("代码与前面的一项相同，请改一个。"),
    r"two (?:items|dimensions)[^:]*: the same title stands at .*": message("名称与前面的一项相同：同一件事只能有一项，请改名或删掉一项。"),
    r"there is no band: no score would give any stars": message("没有评星档次，谁也评不到星。"),
    r"scores are rounded to whole points before banding; .*": message("得分先四舍五入成整数再分档，这里请填整数。"),
    r"this band overlaps the one before it: .*": message("这一档与上一档重叠：从高到低排，每一档的起点要比上一档低。"),
    r"a lower band gives more stars than the one above it": message("这一档分数低，星却比上一档多。"),
    r"a gap: scores below (?P<a>\S+) fall into no band; .*": message("有缺口：%(a)s分以下不属于任何一档；最后一档请从0分起。"),
    r"the weights add up to (?P<a>\S+); they must add up to 1": message("三个权重加起来是%(a)s，要正好是1。"),
    r"points and peer both weigh nothing: .*": message("积分和互评的权重不能都是0：参考分要靠它们。"),
    r"the period does not fit between published_by and confirmed_by .*": message("公示期放不进“公示的期限”和“确认的期限”之间。"),
    r"this step is due before .*": message("这一步的期限早于前一步的期限。"),
    WHOLE + r": dropping .*": message("请填%(a)s到%(b)s的整数：不到3个分数，去掉最高最低就没有了。"),
    WHOLE + r": fewer than 3 .*": message("请填%(a)s到%(b)s的整数：少于3个会让人看出是谁打的。"),
    WHOLE + r": who is alone .*": message("请填%(a)s到%(b)s的整数：小组里只有一个人，没有人可评。"),
    WHOLE: message("请填%(a)s到%(b)s的整数。"),
    r"not a share; write an exact fraction such as .*": message("请写成分数，如1/3。"),
    r"a share is above 0 and at most 1": message("这个比例要大于0，不超过1。"),
    r"must be above (?P<a>\S+) and at most (?P<b>\S+)": message("要大于%(a)s，不超过%(b)s。"),
    r"must be from (?P<a>\S+) to (?P<b>\S+)": message("请填%(a)s到%(b)s。"),
    r"has more than two decimals": message("最多两位小数。"),
    r"not known; one of: (?P<a>.+)": message("不认识这个写法，只能是：%(a)s。"),
    r"is no field of the rules": message("积分办法里没有这一栏。"),
    r"an item needs a cap in points per half-year": message("每一项都要填半年上限。"),
    r"is missing": message("这里要填。"),
    r"must be a JSON number, not a text|Expected .*|Invalid decimal.*": message("这里的写法不对：要填数字的请填数字。"),
}
"""The lint's sentences, and ours."""
SECTIONS = {
    "dimensions": message("评分维度"),
    "items": message("积分事项"),
    "bands": message("评星档次"),
    "result/weights": message("积分、互评、商评的权重"),
    "peer/quorum": message("互评投票人数的最低比例"),
    "peer/smallest_group": message("单独互评的党小组的最少人数"),
    "publicity/readable_share_of_day": message("一天里公告至少可读的比例"),
    "annual/excellent_share": message("优秀的最高比例"),
    "annual/attendance": message("总评会议到会的最低比例"),
    "annual/majority": message("总评通过所需的比例"),
    "responsibility/start": message("责任书的起始分"),
}
PARTS = {
    "code": message("代码"),
    "title": message("名称"),
    "kind": message("种类"),
    "points": message("分值"),
    "points/from": message("最少"),
    "points/to": message("最多"),
    "cap": message("半年上限"),
    "evidence": message("要佐证"),
    "max": message("满分"),
    "from": message("起点"),
    "stars": message("红星"),
}
"""What the parts of an item, a dimension or a band are called."""
_LABELS = SECTIONS | dict(NUMBERS) | {path: text for path, text, _ in CHOICES}
_ONE_OF_MANY = re.compile(r"(items|dimensions|bands)/(\d+)(?:/(.+))?")


def problem_in_words(problem: Mapping[str, str], rules: Mapping[str, Any], language: str) -> tuple[str, str]:
    """The place and the reason of one problem, in the reader's language; what we have no word for stays as the contract says it."""
    path = problem["pointer"].removeprefix("/rules").lstrip("/")
    return _place(path, rules, language), in_words(problem["detail"], language, REASONS)


def _place(path: str, rules: Mapping[str, Any], language: str) -> str:
    if path in _LABELS:
        return translated(language, _LABELS[path])
    if found := _ONE_OF_MANY.fullmatch(path):
        section, number, part = found[1], int(found[2]), found[3]
        words: dict[str, object] = {
            "section": translated(language, SECTIONS[section]),
            "number": number + 1,
            "title": _title(rules, section, number),
        }
        if part not in PARTS:
            return translated(language, message("%(section)s第%(number)s项%(title)s"), **words)
        words["part"] = translated(language, PARTS[part])
        return translated(language, message("%(section)s第%(number)s项%(title)s：%(part)s"), **words)
    return path


def _title(rules: Mapping[str, Any], section: str, number: int) -> str:
    """The title of an item or a dimension, in brackets; nothing where it has none."""
    things = value_at(rules, section)
    one = things[number] if isinstance(things, list) and number < len(things) else None
    title = one.get("title") if isinstance(one, dict) else None
    return f"（{title}）" if title else ""
