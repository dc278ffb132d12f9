"""What the boards say for the words of the contract: each is translated where it is shown."""

from __future__ import annotations

from shared.web.languages import message

KINDS = {
    "pledges": message("党员承诺"),
    "result": message("评星结果"),
    "story": message("好人好事"),
    "flag": message("流动红旗"),
    "honour": message("表彰"),
    "circular": message("通报"),
    "rulebook": message("积分办法"),
}
THEMES = {
    "theory_study": message("理论学习"),
    "industry": message("产业调整"),
    "mediation": message("矛盾调解"),
    "helping": message("帮扶济困"),
    "customs": message("移风易俗"),
    "environment": message("环境保护"),
}
OUTCOMES = {"fulfilled": message("已兑现"), "partly": message("部分兑现"), "unfulfilled": message("未兑现"), None: message("践诺中")}
STATES = {
    "current": message("有效"),
    "corrected": message("已更正"),
    "withdrawn": message("已撤下"),
    "expired": message("已到期"),
}
REASONS = {
    "withdrawn": message("公告曾被撤下"),
    "service_away": message("公开栏无法访问"),
    "no_screen_alive": message("公开屏没有显示"),
}
WHY_UNKNOWN = {
    "calendar_unknown": message("待定：那一年的放假安排尚未录入，录入后自动算出"),
    "notice_withdrawn": message("公告已撤下，恢复后继续计算"),
    "notice_corrected": message("公告已更正，按新公告计算"),
    "notice_revoked": message("公告已撤下，不再计算"),
    "not_readable_yet": message("尚未开始：公告还没有在公开栏上显示"),
}
ITEM_KINDS = {"base": message("基础积分"), "bonus": message("正向加分"), "deduction": message("反向扣分")}
ACCRUALS = {
    "year": message("一年内的星数相加，每满%(stars)s颗得一面红旗。"),
    "half_year": message("每半年的星数，每满%(stars)s颗得一面红旗。"),
    "lifetime": message("历年星数累计，每满%(stars)s颗得一面红旗。"),
}
