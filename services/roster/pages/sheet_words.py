"""What the page of the roster's import says for the reasons with which rows are refused."""

from __future__ import annotations

from shared.web.languages import message

REASONS = {
    r"There are no rows below the headings; write one row a member\.": message("列名下面没有内容：请一行写一个人。"),
    r"There is no such branch among those you keep; choose from the list\.": message("没有这个支部，请从列表里选。"),
    r"The branch has no such group; choose from the list\.": message("这个支部没有这个小组，请从列表里选。"),
    r"Several are called so; write code and name as the list has them\.": message("有几个同名的，请照列表写上代码和名称。"),
    r"This is no id; leave it empty for a new member, or keep the one of the export\.": message(
        "这不是编号：新党员请空着，老党员请保留导出时的编号。"
    ),
    r"There is no such member in this branch; leave the id empty for a new member\.": message("这个支部没有这个编号；新党员请把编号空着。"),
    r"A phone number has digits, spaces and hyphens, 5 to 20 of them\.": message("电话只写数字、空格和短横线，5到20位。"),
    r"A new member is full or probationary\.": message("新录入的只能是正式党员或预备党员。"),
    r"Several members of the branch have this name and day; .*": message("有同名、同一天入党的人：请写上导出表里的编号。"),
    r"Row (?P<a>\d+) means the same person.*": message("与第%(a)s行是同一个人。"),
    r"The member belongs to another branch, or there is none; .*": message("他在另一个支部；转支部请另办，不在这张表里改。"),
    r"The member belongs to another group; .*": message("他在另一个小组；调小组请另办，不在这张表里改。"),
    r"The member has another status; .*": message("他的状态不同；改状态要写日期和原因，不在这张表里改。"),
    r"The member entered the Party on another day; .*": message("入党日期与名册不同，不能用表格改。"),
    r"The member came to its branch on another day; .*": message("进入支部的日期与名册不同，不能用表格改。"),
}
