"""What the page of the import says for the reasons with which rows of the spreadsheet of entries are refused."""

from __future__ import annotations

from shared.web.languages import message

REASONS = {
    r"There are no rows below the headings; write one row a deed\.": message("列名下面没有内容：请一行写一件事。"),
    r"This must be filled in where an activity begins; .*": message("活动的第一行要填活动、事项和日期；下面的行可以空着。"),
    r"Write activity, item and day into its first row\.": message("请在活动的第一行写上活动、事项和日期。"),
    r"An activity has at most (?P<a>\d+) attendees\.": message("一次活动最多%(a)s人。"),
    r"A name has at most (?P<a>\d+) characters\.": message("姓名最多%(a)s个字。"),
    r"There is no such member in this branch; look at the spelling, or write the member's id\.": message(
        "本支部没有这个人，请核对姓名，或写上党员编号。"
    ),
    r"The branch has a member of this name, but what stands beside it fits nobody; .*": message(
        "有这个姓名，但旁边写的小组或后四位对不上。"
    ),
    r"Several members of the branch have this name; write the group, .*": message("有同名的人：请在旁边写上小组，或身份证后四位。"),
    r"The member does not belong to this branch; its own branch records its deeds\.": message("他不是本支部的，由他所在的支部记。"),
    r"The rulebook of this half-year has no such item; .*": message("这个半年的办法里没有这一项，请从列表里选。"),
    r"Several items of this half-year have this title; write the item's code\.": message("有几项同名，请写事项的代码。"),
    r"It is the same deed as (?P<a>.*)row (?P<b>\d+): .*": message("与第%(b)s行是同一件事。"),
    r"Entry .* holds this deed already: .*": message("这件事已经记过：请删掉这一行，或勾“已经记过的行跳过”，或在依据里写明是另一件。"),
    r"A deed can't be dated in the future; record it when it was done\.": message("日期还没有到。"),
    r"The deed is dated before the member joined the Party; check the date\.": message("日期早于他入党的日子。"),
    r"This item asks for evidence; .*": message("这一项要有依据。"),
    r"This item has a range of points; .*": message("这一项要填分值。"),
    r"This item has fixed points; .*": message("这一项分值固定，请空着。"),
    r"These points lie outside the item's range\.": message("分值不在这一项的范围里。"),
    r"The peer review of this half-year is closed and the rulebook refuses later entries\.": message("这个半年的互评已经结束，不再补记。"),
}
