"""A lead in words (fairness.md): one sentence, what may explain it without any fault, what would refute it; in Chinese and English.

"Look here, because ...", never "guilty". People stand in it by the labels made for that lead.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

Both = tuple[str, str]
ONE, PERCENT = Decimal(1), 100


class Words(NamedTuple):
    """The words of a lead, each in Chinese and in English. `certainty` says q in words."""

    sentence: Both
    certainty: Both
    innocent: Both
    refuted_by: Both


class Figures(NamedTuple):
    """The figures of a lead and the labels of those whom it is about; `low`: the low scores of a B5, the members of a C1."""

    indicator: str
    effect: Decimal
    q: Decimal
    sample: int
    entity: str | None
    second: str | None
    low: int = 0


ABOUT_A_RATER: Both = (
    "平时接触少、对被评人了解有限，或者认真但标准与众不同。",
    "Little contact with those scored, or a standard of one's own, honestly held.",
)
INNOCENT: dict[str, Both] = {
    "A1": ("停电断网、灾情或节假日都可能造成延误。", "An outage, a disaster or holidays may have caused the delay."),
    "A2": ("结果更正后尚未重新公布。", "A corrected result that has not been published anew."),
    "A3": ("名册在评议期间有变动。", "The roster changed while the review went on."),
    "B1": (
        "支部整体表现确实相近，或不愿得罪人，不会用评分表。",
        "People who really are alike, fear of offending, or a form not understood.",
    ),
    "B2": (
        "两人一起讨论过、代填过，或者工作上看法一致。",
        "The two talked it over, one filled in for the other, or they work together and think alike.",
    ),
    "B3": ABOUT_A_RATER,
    "B4": ABOUT_A_RATER,
    "B5": ("这几位确实目睹了同一件事。", "The few have seen the same real event."),
    "C1": ("同组共事、同村近邻，彼此确实更了解优点。", "They work or live side by side and know each other's merits."),
    "C2": ("两人长期合作，彼此确实更了解。", "The two have long worked together and know each other better."),
    "C3": (
        "流动党员见面少，各人了解程度不同。",
        "Floating members are seen little, and some know them better than others.",
    ),
    "D1": (
        "班子掌握同志们不知道的事实，理由写在评分里。",
        "The committee knows a fact that peers do not; its reason stands with the score.",
    ),
    "D2": ("班子习惯把接近整数的分数凑整。", "A committee that rounds scores near a whole number."),
    "D3": ("流动党员参加活动确实较少。", "Floating members really took part less."),
    "D4": ("班子成员承担的工作确实更多。", "Members of the committee really carry more work."),
}  # fmt: skip
REFUTED_BY: dict[str, Both] = {
    "A1": ("镇里书面同意的延期。", "A postponement that the town agreed to in writing."),
    "A2": ("按星级分段重新计算结果相符。", "A recomputation by the bands that agrees."),
    "A3": ("开评时的名册。", "The electorate as it stood at the opening."),
    "B1": ("本人能逐个说明打分理由，或下一个半年恢复差别。", "Reasons given one by one, or scores that differ in the next half-year."),
    "B2": ("下一个半年两张票不再一致。", "Two ballots that differ in the next half-year."),
    "B3": ("下一个半年与同志们的水平相近。", "A level like the others' in the next half-year."),
    "B4": ("本人能说明与众不同的依据，并有事实印证。", "Grounds for the differences that facts bear out."),
    "B5": ("有会议记录或其他事实支持这几个低分。", "Minutes or other facts that bear the low scores out."),
    "C1": ("积分和班子评分同样支持这些高分。", "Points and the committee's scores that bear the high scores out."),
    "C2": ("积分和班子评分同样支持这些高分。", "Points and the committee's scores that bear the high scores out."),
    "C3": ("各评分人都说得出流动党员参加了什么。", "Raters who can say what floating members took part in."),
    "D1": ("班子写明的理由有记录可查。", "A written reason that the records bear out."),
    "D2": ("下一个半年线上线下分布自然。", "Results on both sides of the line in the next half-year."),
    "D3": ("活动记录和积分显示同样的差距。", "Attendance and points that show the same gap."),
    "D4": ("活动记录和积分显示同样的差距。", "Attendance and points that show the same gap."),
}


def words_of(figures: Figures, said: Both | None = None) -> Words:
    """The words of a lead; `said`: the sentence of a fact, which comes with it."""
    innocent, refuted = INNOCENT[figures.indicator], REFUTED_BY[figures.indicator]
    return Words(said or _sentence(figures), certainty(figures.indicator, figures.q), innocent, refuted)


def certainty(indicator: str, q: Decimal) -> Both:
    """The error bound in words: of leads with such a q, what share would be found by chance."""
    if indicator.startswith("A") or indicator == "B1":
        return "这是按记录数出来的事实，不是统计推断。", "A fact that was counted from the records, no inference."
    for bound, zh, en in ((Decimal("0.001"), "一千", "1,000"), (Decimal("0.01"), "一百", "100"), (Decimal("0.05"), "二十", "20")):
        if q <= bound:
            return f"这样的疑点里，因偶然出现的每{zh}条不超过一条。", f"Of {en} such leads at most one would be found by chance."
    return "偶然出现的可能性较大，只作提示。", "It may well be chance: a note, no more."


def _points(value: Decimal) -> str:
    return str(abs(value).quantize(Decimal("0.1"), ROUND_HALF_UP))


def _sentence(f: Figures) -> Both:
    """What was seen, with its figures."""
    a, n, x = f.entity or "", f.sample, _points(f.effect)
    match f.indicator:
        case "B1" | "B2":
            return _of_ballots(f, a, f"{abs(f.effect).quantize(ONE, ROUND_HALF_UP)}")
        case "B3":
            zh, en = ("低", "below") if f.effect < 0 else ("高", "above")
            return (
                f"对同样的{n}个人，党员{a}打的分比同志们通常打的{zh}{x}分。",
                f"Member {a} scores {x} points {en} the colleagues for the same {n} people.",
            )
        case "B4":
            zh = f"党员{a}评{n}人，分数在同志们的看法上下波动{x}分，看不出依据。"
            return zh, f"The {n} scores of member {a} scatter {x} points about what the colleagues say, on no visible ground."
        case "B5":
            zh = f"{n}位评分人中有{f.low}位给党员{a}的分数平均低于其他人{x}分。"
            return zh, f"Of {n} raters {f.low} scored member {a} {x} points below the others on average."
        case _:
            return _of_groups(f, a, f.second or "", x)


def _of_ballots(f: Figures, a: str, share: str) -> Both:
    n, b = f.sample, f.second or ""
    if f.indicator == "B1":
        return (
            f"党员{a}给出的{n}个分数中，{share}%是同一个分数。",
            f"Of the {n} scores that member {a} gave, {share} % are one and the same.",
        )
    zh = f"党员{a}和党员{b}共同评了{n}人，{share}%的分数相差不到1分，与众不同之处也相同。"
    both = f"Members {a} and {b} both scored {n} people: {share} % of the scores lie within a point"
    return zh, f"{both}, and they differ from the rest alike."


def _of_groups(f: Figures, a: str, b: str, x: str) -> Both:
    n = f.sample
    match f.indicator:
        case "C1":
            zh = f"支部{n}人中有{f.low}人互相打分，平均高出其他人给他们的分数{x}分。"
            return zh, f"Of the branch's {n} members {f.low} score one another {x} points above what the others give them."
        case "C2":
            zh = f"党员{a}和党员{b}在{n}个半年里互相打分，双方都至少高出{x}分。"
            return zh, f"Members {a} and {b} scored each other at least {x} points too high, both ways, in {n} half-years."
        case "C3":
            zh = f"{n}位评分人对流动党员的看法相差很大，是通常差异的{x}倍。"
            return zh, f"The {n} raters differ over the floating members {x} times as much as is usual."
        case _:
            return _of_committee(f, a, x)


def _of_committee(f: Figures, a: str, x: str) -> Both:
    n, up = f.sample, f.effect > 0
    match f.indicator:
        case "D1":
            zh = f"党员{a}的结果比{n}位同志评分所对应的{'高' if up else '低'}{x}分。"
            return zh, f"Member {a}'s result lies {x} points {'above' if up else 'below'} what the scores of {n} peers imply."
        case "D2":
            zh = f"星级线附近有{n}个结果，刚好过线的比应有的多{x}个。"
            return zh, f"Of {n} results near a star line, {x} more than expected landed just above one."
        case "D3":
            zh = f"{n}名流动党员的结果与同志评分相比，平均比其他人低{x}分。"
            return zh, f"The results of {n} floating members lie {x} points below the others', given what their peers say."
        case "D4":
            zh = f"班子成员{n}人的结果与同志评分相比，平均比其他人高{x}分。"
            return zh, f"The results of the {n} members of the committee lie {x} points above the others', given what their peers say."
        case other:
            raise ValueError(f"no such indicator: {other}")
