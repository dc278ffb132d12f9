"""What the pages say for the words of the contract: each is translated where it is shown."""

from __future__ import annotations

from shared.web.languages import message

PHASES = {
    "self_review": message("自评"),
    "peer_review": message("互评"),
    "committee_review": message("商评"),
    "publicity": message("公示"),
    "confirmed": message("已确认"),
    "annulled": message("已作废"),
}
COURSE = ("self_review", "peer_review", "committee_review", "publicity", "confirmed")
"""The phases in their order, for the picture of where a review stands."""
DEADLINES = {
    "review_opened": message("开启评议"),
    "peer_review_closed": message("结束互评"),
    "committee_review_held": message("完成商评"),
    "results_published": message("公布结果"),
    "review_confirmed": message("确认结果"),
    "annual_review_held": message("年度总评"),
    "pledge_reported": message("通报承诺"),
    "objection_answered": message("答复异议"),
    "circular_issued": message("发出通报"),
    "opened": message("开启评议"),
    "peer_closed": message("结束互评"),
    "committee": message("完成商评"),
    "published": message("公布结果"),
    "confirmed": message("确认结果"),
}
THEMES = {
    "theory_study": message("理论学习"),
    "industry": message("产业调整"),
    "mediation": message("矛盾调解"),
    "helping": message("帮扶济困"),
    "customs": message("移风易俗"),
    "environment": message("环境保护"),
}
PLEDGE_STATES = {
    "drafted": message("草稿，还没有交"),
    "submitted": message("已交，等支部审核"),
    "returned": message("退回修改"),
    "approved": message("已通过，等会上公布"),
    "announced": message("已公布，践诺中"),
    "evaluated": message("已评定"),
}
PLEDGE_STEPS = {
    "drafted": message("写下"),
    "changed": message("修改"),
    "submitted": message("提交"),
    "returned": message("退回"),
    "approved": message("通过"),
    "announced": message("公布"),
    "progress": message("报告进展"),
    "evaluated": message("评定"),
}
OUTCOMES = {"fulfilled": message("已兑现"), "partly": message("部分兑现"), "unfulfilled": message("未兑现")}
KINDS = {"base": message("基础积分"), "bonus": message("正向加分"), "deduction": message("反向扣分")}
STATUSES = {"full": message("正式党员"), "probationary": message("预备党员")}
OBJECTION_STATES = {"open": message("待答复"), "upheld": message("已采纳"), "dismissed": message("未采纳")}
ABOUTS = {"result": message("评星结果"), "pledge": message("承诺"), "notice": message("公告"), "finding": message("检查发现")}
CAUSES = {"rated_elsewhere": message("在别的支部参评"), "stated": message("支部说明")}
GRADES = {
    "excellent": message("优秀"),
    "qualified": message("合格"),
    "basically_qualified": message("基本合格"),
    "unqualified": message("不合格"),
}
AGGREGATES = {
    "trimmed_mean": message("去掉一个最高分和一个最低分后平均"),
    "mean": message("平均"),
    "median": message("中位数"),
}
WHY_NO_PEERS = {
    "not_closed": message("互评还没有结束，谁也看不到分数。"),
    "no_quorum": message("投票的人不够，这次没有互评得分。"),
    "too_few_scores": message("给他打分的人太少，为了不让人猜出是谁打的，这一部分不算。"),
}
FORMULAS = {"committee": message("以商评分为准"), "weighted": message("积分、互评、商评按权重计算")}
OBLIGATION_STATES = {"open": message("未到期"), "overdue": message("已逾期"), "met": message("已完成")}
FINDINGS = {
    "poor_implementation": message("工作落实不力"),
    "falsification": message("弄虚作假"),
    "unfair_selection": message("评选过程不公正"),
    "late_disclosure": message("结果不及时公开"),
}
TRAIL = {
    "points.entry-recorded.v1": message("记录一条积分"),
    "points.entry-reversed.v1": message("撤销一条积分"),
    "points.story-told.v1": message("好人好事上公开栏"),
    "pledges.pledge-drafted.v1": message("写下承诺"),
    "pledges.pledge-changed.v1": message("修改承诺"),
    "pledges.pledge-submitted.v1": message("提交承诺"),
    "pledges.pledge-returned.v1": message("退回承诺"),
    "pledges.pledge-approved.v1": message("通过承诺"),
    "pledges.pledge-announced.v1": message("公布承诺"),
    "pledges.progress-reported.v1": message("报告承诺的进展"),
    "pledges.pledge-evaluated.v1": message("评定承诺"),
    "reviews.review-opened.v1": message("开启评议"),
    "reviews.self-review-written.v1": message("写自评"),
    "reviews.peer-review-opened.v1": message("互评开始"),
    "reviews.member-excused.v1": message("列为不参评"),
    "ballots.ballot-cast.v1": message("本人投票"),
    "reviews.peer-review-closed.v1": message("互评结束"),
    "committee.scores-given.v1": message("商评评分"),
    "reviews.committee-review-closed.v1": message("商评结束"),
    "reviews.results-published.v1": message("结果公布"),
    "reviews.results-corrected.v1": message("结果更正"),
    "reviews.review-confirmed.v1": message("结果确认"),
    "reviews.review-annulled.v1": message("评议作废"),
    "objections.objection-decided.v1": message("异议答复"),
    "corrections.correction-proposed.v1": message("提出更正"),
    "corrections.correction-confirmed.v1": message("确认更正"),
}
"""What happened, by the topic of the event: for the trail."""
LEAD_STATES = {
    "open": message("还没有看"),
    "looked_at": message("已看过"),
    "explained": message("已说清"),
    "finding": message("已转为检查发现"),
    "closed": message("已了结"),
}
READS = {
    "explanation": message("结果是怎么来的"),
    "points": message("积分"),
    "entry": message("一条积分记录"),
    "entries": message("积分记录的列表"),
    "self_review": message("自评"),
    "committee_sheet": message("商评表"),
    "trail": message("经过（每一条记录）"),
    "ballot": message("拆封的选票"),
    "held": message("查看全部记录"),
}
"""What an officer saw of a member, as evaluation keeps it."""
PROPOSALS = {
    "correction": message("更正已确认的结果"),
    "unsealing": message("拆封选票"),
    "rulebook_version": message("积分办法的新一版"),
    "paper_ballot": message("纸质选票的第二遍录入"),
}
"""What waits for a second person."""
UNSEALING_STATES = {
    "proposed": message("等另一个单位的人决定"),
    "expired": message("过了30天没有人决定，作废"),
    "approved": message("已同意，两人可以看"),
    "over": message("已同意，14天已过，不能再看"),
    "rejected": message("没有同意"),
}
DONE = {
    "examined": message("检验已完成，疑点已更新。"),
    "lead_look": message("已记下：您看过这条疑点。"),
    "lead_ask": message("已向有关的人询问；他们只看到这句话和代号，看不到分数。"),
    "lead_explain": message("已记下说明，这条疑点已说清。"),
    "lead_find": message("检查发现已记录；写进通报以后才扣分。"),
    "lead_close": message("这条疑点已了结，记录都留着。"),
    "pledge": message("承诺已提交，等支部审核。审核结果会显示在这一页。"),
    "draft": message("草稿已保存，交了以后支部才看得到。"),
    "progress": message("进展已记下。"),
    "self_review": message("自评已保存。互评开始之前还可以改。"),
    "objection": message("异议已登记，答复会显示在这一页。"),
    "pledge_reviewed": message("已审核。"),
    "announced": message("已记下公布的会议，承诺会自动上公开栏。"),
    "evaluated": message("已评定，公开栏会跟着更新。"),
    "recorded": message("已记录。"),
    "reversed": message("已撤销；原来的记录还看得到，不再计分。"),
    "told": message("好人好事已上公开栏。"),
    "held": message("活动已记录，到场的人都记了分。"),
    "imported": message("整个文件已收下。"),
    "opened": message("评议已开启，党员现在可以写自评。"),
    "excused": message("已列为不参评。"),
    "annulled": message("这次评议已作废。"),
    "moved": message("评议已进入下一步。"),
    "paper": message("第一遍已录好；请另一个人对着纸再录一遍，录完才算数。"),
    "paper_confirmed": message("两遍一致，这张选票已经算数。"),
    "scored": message("商评分已保存。"),
    "decided": message("答复已保存。"),
    "corrected": message("更正已提出，要由镇里另一个人确认才生效。"),
    "correction_confirmed": message("更正已确认，结果、红星和红旗已经更新。"),
    "annual": message("总评会议已记录。"),
    "flag": message("流动红旗已颁发，公开栏会跟着更新。"),
    "unsealing_proposed": message("拆封已提出，什么也没有打开；要由另一个单位的人决定，两个单位中有一个是县里。"),
    "unsealing_approved": message("已同意拆封。投票人会看到拆封的理由和两个人的名字。"),
    "unsealing_rejected": message("没有同意，选票仍然封着。"),
    "proposed": message("新的一版已提出，要由镇里另一个人确认才生效。"),
    "adopted": message("这一版已确认，从写明的半年起生效。"),
}
"""What a page says after something was done: `?done=` names it."""
