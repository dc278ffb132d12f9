"""Entries as a spreadsheet: its two sheets, what their words mean, and the sheet that explains them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple, cast

from services.evaluation.api.activity_shapes import MOST_ATTENDEES
from services.evaluation.domain.entry_imports import Place, RowError, Table
from shared.sheets import Book, Cell, CellRefused, Column, Note, Row, SheetRefused, choice, day, digits, read_table, score, text
from shared.sheets import Place as CellPlace

SHEETS: dict[Table, str] = {"deeds": "积分记录", "attendance": "活动考勤"}
EXPLAINS = "填写说明"
YES = {"是": True, "否": False}
MEMBER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
LONGEST_NAME, LONGEST_TITLE, MOST_ROWS = 60, 200, 2000
ACTIVITY = ("title", "item", "held_on")
BEGINS = "This must be filled in where an activity begins; leave all three empty where the row belongs to the one above."
NOTES = (
    Note("怎样填", "从第二行填起;带*的列必填。不要合并单元格,不要写公式,不要改动第一行的标题。不用的那张表空着就行。"),
    Note("积分记录", "一行一件事:谁、做了什么、哪一天。加分、扣分、基础分都填在这里。"),
    Note("活动考勤", "一行一名到会党员。活动、事项、日期写在该活动的第一行,下面各行空着就表示同一个活动;下一个活动再写一次。"),
    Note("党员", "写姓名,只认本支部的党员;也可以写系统里的编号。"),
    Note("小组或后四位", "支部里有同名的党员时必填:写党小组的名称或代码,或身份证号后四位。没有同名可不填。"),
    Note("事项", "从下拉框里选,或只写事项的代码或名称。"),
    Note("日期", "写成 2026-06-30、2026/6/30 或 2026年6月30日。"),
    Note("分值", "只有分值有幅度的事项才填;固定分值的事项请空着。"),
    Note("依据", "写清楚做了什么、谁能证明。同一人、同一事项、同一天、同样的依据,系统视为同一件事,不会重复记分。"),
    Note("远程参加、佩戴党徽", "填是或否;远程参加空着表示到场,佩戴党徽空着表示未记录。"),
    Note("整表生效", "有一行不对,整张表都不记录;系统会指出每一处的工作表、行、列和原因。已经记录过的,会指出第一次记录的编号。"),
)


class Person(NamedTuple):
    """Who is meant in a row: a name, with what stands beside it, or an id."""

    place: Place
    written: str
    beside: str | None

    @property
    def is_id(self) -> bool:
        """Whether the member's id was written."""
        return MEMBER_ID.fullmatch(self.written) is not None


class Deed(NamedTuple):
    """A row of the first sheet."""

    person: Person
    item: str
    occurred_on: date
    points: Decimal | None
    evidence: str | None


class Attendance(NamedTuple):
    """One who took part."""

    person: Person
    remote: bool
    badge: bool | None


@dataclass
class Meeting:
    """An activity and those who took part."""

    title: str
    item: str
    held_on: date
    attendance: list[Attendance] = field(default_factory=list)


@dataclass
class Written:
    """What stands in the two sheets, and every cell that can't be taken."""

    deeds: list[Deed] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    places: list[CellPlace] = field(default_factory=list)
    _bad: set[tuple[str, int]] = field(default_factory=set)

    def refuse(self, *places: CellPlace) -> None:
        """These cells can't be taken."""
        self.places += places
        self._bad |= {(place.sheet, place.row) for place in places}

    def takes(self, table: Table, row: Row) -> bool:
        """Whether nothing is wrong with the row."""
        return (SHEETS[table], row.number) not in self._bad

    @property
    def people(self) -> list[Person]:
        """Everybody who is named, a person a row."""
        return [*(deed.person for deed in self.deeds), *(one.person for meeting in self.meetings for one in meeting.attendance)]


def columns(table: Table, items: Sequence[str] = ()) -> list[Column]:
    """The columns of a sheet in their order; `items` are offered as a drop-down."""
    member = [Column("member", "党员", _person, is_required=True), Column("beside", "小组或后四位", _at_most(LONGEST_TITLE), width=16)]
    item = _at_most(LONGEST_TITLE)
    if table == "deeds":
        return [
            *member,
            Column("item", "事项", item, is_required=True, options=items, width=36),
            Column("occurred_on", "日期", day, is_required=True),
            Column("points", "分值", score, width=8),
            Column("evidence", "依据", text, width=50),
        ]
    return [
        Column("title", "活动", _at_most(LONGEST_TITLE), width=30),
        Column("item", "事项", item, options=items, width=36),
        Column("held_on", "日期", day),
        *member,
        Column("remote", "远程参加", choice(YES), options=list(YES), width=10),
        Column("badge", "佩戴党徽", choice(YES), options=list(YES), width=10),
    ]


def read_sheets(book: Book) -> Written:
    """What stands in the sheets; one of them may be missing or empty. Raises SheetRefused where there is no row in either."""
    found = Written()
    deeds, attended = _rows(book, "deeds", found), _rows(book, "attendance", found)
    if not deeds and not attended and not found.places:
        raise SheetRefused([CellPlace(SHEETS["deeds"], 0, "", "There are no rows below the headings; write one row a deed.")])
    found.deeds += [_deed(row) for row in deeds if found.takes("deeds", row)]
    _read_meetings(attended, found)
    return found


def cell_places(errors: Sequence[RowError]) -> list[CellPlace]:
    """What the rules refuse, in the sheets' own words."""
    titles = {table: {column.field: column.title for column in columns(table)} for table in SHEETS}
    return [CellPlace(SHEETS[e.place.table], e.place.number, titles[e.place.table].get(e.field, ""), e.reason) for e in errors]


def _rows(book: Book, table: Table, found: Written) -> list[Row]:
    """The rows of a sheet that is there and not empty; where neither sheet is there, the first is missed."""
    name = SHEETS[table]
    is_there = name in book.sheets and bool(book.sheets[name].rows)
    if not is_there and (table == "attendance" or any(sheet in book.sheets for sheet in SHEETS.values())):
        return []
    try:
        rows, places = read_table(book, name, columns(table))
    except SheetRefused as refused:
        rows, places = [], list(refused.places)
    found.refuse(*places)
    if len(rows) > MOST_ROWS:
        found.refuse(
            CellPlace(name, rows[MOST_ROWS].number, "", f"A sheet holds at most {MOST_ROWS} rows; send the rest in a file of its own.")
        )
    return rows[:MOST_ROWS]


def _deed(row: Row) -> Deed:
    values = row.values
    return Deed(
        _who(row, "deeds"),
        cast(str, values["item"]),
        cast(date, values["occurred_on"]),
        cast(Decimal | None, values.get("points")),
        cast(str | None, values.get("evidence")),
    )


def _read_meetings(rows: Sequence[Row], found: Written) -> None:
    """A row with the activity's cells begins it (or goes on with the same one); rows without them belong to the one above."""
    meeting: Meeting | None = None
    has_begun = False
    for row in rows:
        if any(name in row.values for name in ACTIVITY):
            meeting, has_begun = _meeting(row, found), True
        elif not has_begun:
            found.refuse(CellPlace(SHEETS["attendance"], row.number, "活动", "Write activity, item and day into its first row."))
        if meeting is None or not found.takes("attendance", row):
            continue
        remote, badge = row.values.get("remote", False), row.values.get("badge")
        meeting.attendance.append(Attendance(_who(row, "attendance"), cast(bool, remote), cast(bool | None, badge)))
        if len(meeting.attendance) == MOST_ATTENDEES + 1:
            found.refuse(CellPlace(SHEETS["attendance"], row.number, "", f"An activity has at most {MOST_ATTENDEES} attendees."))


def _meeting(row: Row, found: Written) -> Meeting | None:
    missing = [column for column in columns("attendance") if column.field in ACTIVITY and column.field not in row.values]
    if missing:
        known = {place.column for place in found.places if (place.sheet, place.row) == (SHEETS["attendance"], row.number)}
        found.refuse(*(CellPlace(SHEETS["attendance"], row.number, one.title, BEGINS) for one in missing if one.title not in known))
        return None
    title, item, held_on = (row.values[name] for name in ACTIVITY)
    for meeting in found.meetings:
        if (meeting.title, meeting.item, meeting.held_on) == (title, item, held_on):
            return meeting
    meeting = Meeting(cast(str, title), cast(str, item), cast(date, held_on))
    found.meetings.append(meeting)
    return meeting


def _who(row: Row, table: Table) -> Person:
    beside = row.values.get("beside")
    return Person(Place(table, row.number), cast(str, row.values["member"]), cast(str | None, beside))


def _person(cell: Cell) -> str:
    written = digits(cell)
    if MEMBER_ID.fullmatch(written.lower()):
        return written.lower()
    if len(written) > LONGEST_NAME:
        raise CellRefused(f"A name has at most {LONGEST_NAME} characters.")
    return written


def _at_most(longest: int) -> Callable[[Cell], str]:
    def short(cell: Cell) -> str:
        written = text(cell)
        if len(written) > longest:
            raise CellRefused(f"At most {longest} characters may stand here.")
        return written

    return short
