"""The default rules: what a town starts from and edits (spec, section 3).

Most values are the source's or the spec's defaults; the point items are ours, since the source names kinds of deeds but no list.
"""

from __future__ import annotations

from decimal import Decimal

from services.evaluation.events.rulebooks import (
    Annual,
    Band,
    BoardRule,
    Caps,
    Committee,
    Dimension,
    FindingDeductions,
    Flags,
    Item,
    Objections,
    Peer,
    PointRange,
    Publicity,
    Responsibility,
    ResultRule,
    Rules,
    Schedule,
    Weights,
)


def _item(code: str, title: str, kind: str, points: int | tuple[int, int], cap: int, *, evidence: bool = True) -> Item:
    worth = Decimal(points) if isinstance(points, int) else PointRange(Decimal(points[0]), Decimal(points[1]))
    return Item(code, title, kind, worth, Decimal(cap), evidence)


_BASE = (
    _item("study", "固定日集中学习", "base", 5, 30, evidence=False),
    _item("meeting", "参加“三会一课”和组织生活会", "base", 5, 30, evidence=False),
    _item("dues", "按月足额缴纳党费", "base", 1, 6, evidence=False),
    _item("post", "设岗定责履职到位", "base", (1, 5), 20),
    _item("duty", "参加义务劳动和值班值守", "base", 4, 16, evidence=False),
)
_BONUS = (
    _item("helping", "结对帮扶困难群众", "bonus", (1, 10), 20),
    _item("mediation", "化解邻里矛盾纠纷", "bonus", 5, 20),
    _item("industry", "带头调整产业、带领群众增收", "bonus", (1, 10), 20),
    _item("good_deed", "见义勇为、拾金不昧等好人好事", "bonus", (1, 10), 20),
    _item("rescue", "参加抢险救灾", "bonus", 10, 20),
    _item("honour", "受到上级表彰", "bonus", (5, 15), 30),
)
_DEDUCTIONS = (
    _item("breach", "违反村规民约", "deduction", (1, 10), 100),
    _item("absence", "无故缺席组织生活", "deduction", 5, 30),
    _item("dues_late", "无故拖欠党费", "deduction", 3, 18),
    _item("bad_customs", "大操大办、参与陈规陋习", "deduction", (3, 10), 40),
    _item("discipline_breach", "受到批评教育或组织处理", "deduction", (5, 20), 100),
)

DEFAULT_RULES = Rules(
    dimensions=(
        Dimension("conviction", "理想信念", Decimal(20)),
        Dimension("discipline", "纪律规矩", Decimal(20)),
        Dimension("contribution", "奉献作为", Decimal(20)),
        Dimension("morality", "道德品行", Decimal(20)),
        Dimension("conduct", "日常表现", Decimal(20)),
    ),
    items=_BASE + _BONUS + _DEDUCTIONS,
    caps=Caps(base=Decimal(60), bonus=Decimal(40)),
    late_entries="next_half_year",
    bands=(Band(Decimal(90), 3), Band(Decimal(70), 2), Band(Decimal(60), 1), Band(Decimal(0), 0)),
    rounding="half_up",
    flags=Flags(stars_per_flag=2, accrual="year"),
    peer=Peer(scope="branch", aggregate="trimmed_mean", trim_from=5, quorum="1/2", minimum_shown=5),
    committee=Committee(mode="agreed", deviation_limit=Decimal(10), minimum_members=3),
    result=ResultRule(formula="committee", weights=Weights(Decimal("0.5"), Decimal("0.5"), Decimal(0))),
    publicity=Publicity(working_days=5, readable_share_of_day="1/2", restart_on_correction=True),
    objections=Objections(answer_within_working_days=10),
    schedule=Schedule(opened_by=10, peer_closed_by=25, committee_by=35, published_by=42, confirmed_by=70, annual_by=90),
    annual=Annual(excellent_share="1/3", attendance="1/2", majority="1/2"),
    board=BoardRule(raw_scores=False),
    responsibility=Responsibility(
        start=Decimal(100),
        deductions=FindingDeductions(
            poor_implementation=Decimal(5), falsification=Decimal(10), unfair_selection=Decimal(10), late_disclosure=Decimal(5)
        ),
    ),
)
"""The defaults of the spec's table and of the REST contract, with items for study, meetings, dues, posts, duties, good deeds, breaches."""
