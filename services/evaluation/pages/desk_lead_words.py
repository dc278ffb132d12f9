"""What the desk says of each indicator (fairness.md): its name, its effect and its sample in words; and the steps of a lead."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from services.evaluation.pages.visits import Visit
from shared.web.languages import message, written_score

NAMES = {
    "A1": message("晚了"),
    "A2": message("红星与分数档次不符"),
    "A3": message("不该计入的选票"),
    "B1": message("一张选票几乎全是同一个分"),
    "B2": message("两张选票几乎一样"),
    "B3": message("打分一贯偏严或偏松"),
    "B4": message("打分忽高忽低"),
    "B5": message("几个人一起把一个人压低"),
    "C1": message("一群人互相抬高"),
    "C2": message("两个人互相抬高"),
    "C3": message("对流动党员看法分歧"),
    "D1": message("商评与互评说的差得多"),
    "D2": message("刚好过线的人多"),
    "D3": message("班子对流动党员不一样"),
    "D4": message("班子对自己人不一样"),
}
EFFECTS = {
    "A1": message("晚了%(effect)s天"),
    "A2": message("差%(effect)s星"),
    "A3": message("%(effect)s张选票"),
    "B1": message("%(effect)s%%的分数相同"),
    "B2": message("%(effect)s%%的分数相差不到1分"),
    "B4": message("与别人看法的偏差散布%(effect)s分"),
    "C3": message("分歧是正常情况的%(effect)s倍"),
    "D2": message("比预期多%(effect)s人过线"),
}
LOWER, HIGHER = message("低%(effect)s分"), message("高%(effect)s分")
SAMPLES = {
    "B1": message("打了%(count)s个分"),
    "B2": message("两人共同评了%(count)s人"),
    "B3": message("打了%(count)s个分"),
    "B4": message("打了%(count)s个分"),
    "B5": message("%(count)s人给他打分"),
    "C1": message("支部共%(count)s人"),
    "C2": message("%(count)s个半年"),
    "C3": message("%(count)s人打分"),
    "D1": message("%(count)s个互评分"),
    "D2": message("线附近%(count)s个结果"),
    "D3": message("组内%(count)s人"),
    "D4": message("组内%(count)s人"),
}
EXACT = message("这是事实，不是推断")
STEPS = {
    "leads.lead-found.v1": message("检验发现"),
    "leads.lead-gone.v1": message("后来的检验没有再发现"),
    "leads.lead-looked-at.v1": message("有人看过"),
    "leads.lead-asked-about.v1": message("询问有关的人"),
    "leads.lead-answered.v1": message("有人答复"),
    "leads.lead-explained.v1": message("说清了"),
    "leads.lead-followed.v1": message("转为检查发现"),
    "leads.lead-closed.v1": message("了结"),
}
ASKED = {"secretary": message("支部书记"), "committee": message("班子"), "members": message("疑点说到的党员本人")}
ROLES = {"secretary": message("支部书记"), "committee": message("班子成员"), "member": message("党员")}
RESTS_ON = {
    "step": message("哪一步"),
    "due_on": message("期限"),
    "on": message("实际日期"),
    "score": message("得分"),
    "stars": message("公布的红星"),
    "stars_due": message("应评的红星"),
    "position": message("日志位置"),
    "counted": message("计入的选票"),
    "electorate": message("名册人数"),
}


class Figures(NamedTuple):
    """A lead's figures in words: how large, on how many it rests, how sure."""

    effect: str
    sample: str


def figures_of(visit: Visit, lead: dict[str, Any]) -> Figures:
    """The effect and the sample of a lead."""
    indicator, effect = lead["indicator"], Decimal(lead["effect"])
    shown = written_score(abs(effect), visit.language)
    sample = SAMPLES.get(indicator)
    return Figures(
        visit.say(EFFECTS.get(indicator, LOWER if effect < 0 else HIGHER), effect=shown),
        visit.say(EXACT) if sample is None else visit.say(sample, count=lead["sample"]),
    )
