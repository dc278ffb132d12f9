"""What the pages say for the reasons with which a spreadsheet's cells are refused: a sentence of the contract -> a text of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.web.languages import message, translated

REASONS = {
    r"This must be filled in\.": message("这里要填。"),
    r"This column is not known; remove it, or use the template's heading\.": message("不认识这一列：请删掉，或用模板里的列名。"),
    r"This column stands here twice; remove one\.": message("这一列有两个，请删掉一个。"),
    r"This column is missing; use the template\.": message("缺这一列，请用模板。"),
    r"This cell has no heading above it; empty it, or use the template\.": message("这一格上面没有列名：请清空，或用模板。"),
    r"There is no sheet called (?P<a>.+); use the template\.": message("没有名为“%(a)s”的工作表，请用模板。"),
    r"Cells are merged here; split them and write the value into each row\.": message("这里有合并的单元格：请拆开，每一行都填上。"),
    r"A formula stands here; copy the cell and paste its value only\.": message("这里是公式：请复制后“只粘贴值”。"),
    r"An error value stands here; write what is meant\.": message("这里是错误值，请写上真正的内容。"),
    r"A truth value stands here; write what is meant as text\.": message("这里是逻辑值，请改写成文字。"),
    r"This day can be read in two ways; write year, month and day, as in 2026-06-30\.": message("日期有两种读法，请写成2026-06-30这样。"),
    r"This is no day; write year, month and day, as in 2026-06-30\.": message("这不是日期，请写成2026-06-30这样。"),
    r"This number is no day; write year, month and day, as in 2026-06-30\.": message("这个数字不是日期，请写成2026-06-30这样。"),
    r"There is no such day in the calendar; look at month and day\.": message("没有这一天，请核对月和日。"),
    r"This is no number; write digits, with at most two decimals\.": message("这不是数字，请写数字，最多两位小数。"),
    r"This is no number that can be read\.": message("这个数字读不出来。"),
    r"The number is too long, its last digits are lost; .*": message("数字太长，末尾几位已经丢了：请把这一列设成“文本”再填。"),
    r"Write one of: (?P<a>.+)\.": message("只能写：%(a)s。"),
    r"A cell holds at most (?P<a>\d+) characters\.": message("一格最多%(a)s个字。"),
    r"At most (?P<a>\d+) characters may stand here\.": message("这里最多%(a)s个字。"),
    r"A text that begins with =, .*": message("以=、+、-、@开头会被当成公式，请去掉这个符号。"),
    r"A line break or another character .*": message("这里有换行或看不见的字符，请写在一行里。"),
    r"A sheet holds at most (?P<a>\d+) rows; send the rest in a file of its own\.": message("一张表最多%(a)s行，其余的请另存一个文件。"),
}


def in_words(reason: str, language: str, more: Mapping[str, str]) -> str:
    """The reason in the reader's language; `more`: those of the one sheet. A sentence that is not known is shown as it is."""
    for pattern, text in {**REASONS, **more}.items():
        if found := re.fullmatch(pattern, reason):
            return translated(language, text, **found.groupdict())
    return reason
