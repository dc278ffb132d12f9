"""The roster as a spreadsheet: its columns, what its words mean, and the sheet that explains them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from services.roster.api.shapes import Gender
from services.roster.domain.imports import RosterRow, RowError
from services.roster.domain.members import Member, placed_on, status_on
from services.roster.domain.profiles import Profile
from shared.sheets import Book, Cell, CellRefused, Column, Note, Place, Row, SheetRefused, choice, day, digits, read_table, text

SHEET, EXPLAINS = "党员名册", "填写说明"
STATUSES = {"正式党员": "full", "预备党员": "probationary", "停止党籍": "suspended"}
GENDERS: Mapping[str, Gender] = {"男": "male", "女": "female"}
PHONE = re.compile(r"\+?[0-9][0-9 -]{4,19}", re.ASCII)
MEMBER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
LONGEST_FIELD = 200
NOTES = (
    Note("怎样填", "一行一名党员,从第二行填起;带*的列必填。不要合并单元格,不要写公式,不要改动第一行的标题。"),
    Note("编号", "新党员留空;从系统导出的名册带有编号,请保留。"),
    Note("党支部、党小组", "从下拉框里选,或只写代码。"),
    Note("日期", "写成 2026-06-30、2026/6/30 或 2026年6月30日。"),
    Note("党员状态", "正式党员或预备党员。状态变化、组织关系转接要写明日期和理由,请在系统里办理,不能用表格改。"),
    Note("身份证号、电话", "单元格格式请设为文本,否则后几位会丢失。"),
    Note("空单元格", "已在册党员的空单元格表示不改动。"),
    Note("整表生效", "有一行不对,整张表都不导入;系统会指出每一处的工作表、行、列和原因。同一张表导入两次,第二次什么也不会改变。"),
)


@dataclass(frozen=True)
class Unit:
    """A branch or group as the sheet writes it: its code, a space, its name."""

    id: str
    parent_id: str
    code: str
    name: str

    @property
    def label(self) -> str:
        """As the drop-down offers it."""
        return f"{self.code} {self.name}"


@dataclass(frozen=True)
class Units:
    """The branches that the caller keeps, and their groups."""

    branches: Sequence[Unit]
    groups: Sequence[Unit]

    def branch(self, written: str) -> str:
        """The branch that is meant; raises CellRefused."""
        return _meant(self.branches, written, "There is no such branch among those you keep; choose from the list.")

    def group(self, written: str, branch_id: str) -> str:
        """The group of the branch that is meant; raises CellRefused."""
        of_branch = [one for one in self.groups if one.parent_id == branch_id]
        return _meant(of_branch, written, "The branch has no such group; choose from the list.")


def columns(units: Units) -> list[Column]:
    """The columns of the sheet in their order."""
    return [
        Column("id", "编号", _member_id, width=38),
        Column("name", "姓名", text, is_required=True),
        Column("branch", "党支部", digits, is_required=True, options=[one.label for one in units.branches], width=30),
        Column("group", "党小组", digits, options=[one.label for one in units.groups], width=26),
        Column("joined_on", "入党日期", day, is_required=True),
        Column("in_branch_since", "进入支部日期", day),
        Column("status", "党员状态", choice(STATUSES), is_required=True, options=list(STATUSES)),
        Column("identity_number", "身份证号", digits, width=22),
        Column("phone", "电话", _phone, width=18),
        Column("gender", "性别", choice(GENDERS), options=list(GENDERS), width=8),
        Column("birth_date", "出生日期", day),
        Column("ethnicity", "民族", _field, width=10),
        Column("education", "学历", _field),
        Column("occupation", "职业", _field),
        Column("address", "住址", _field, width=30),
    ]


def read_rows(book: Book, units: Units) -> list[RosterRow]:
    """The rows of the sheet; raises SheetRefused with every cell that can't be taken."""
    rows, places = read_table(book, SHEET, columns(units))
    bad = {place.row for place in places}
    found = [_roster_row(row, units, places) for row in rows if row.number not in bad]
    if not rows and not places:
        places.append(Place(SHEET, 0, "", "There are no rows below the headings; write one row a member."))
    if places:
        raise SheetRefused(places)
    return [row for row in found if row is not None]


def refused(errors: Sequence[RowError], units: Units) -> SheetRefused:
    """What the rules refuse, in the sheet's own words."""
    titles = {column.field: column.title for column in columns(units)} | {"branch_id": "党支部", "group_id": "党小组"}
    return SheetRefused([Place(SHEET, error.number, titles.get(error.field, ""), error.reason) for error in errors])


def record_of(member: Member, profile: Profile, units: Mapping[str, Unit], today: date) -> dict[str, object]:
    """A member as a row: what the import takes back unchanged."""
    at = max(today, member.in_branch_since)
    place = placed_on(member, at) or member.moves[0]
    fields = msgspec.structs.asdict(profile)
    words = {code: word for word, code in STATUSES.items()}
    return {
        **fields,
        "id": member.id,
        "branch": units[place.branch_id].label,
        "group": units[place.group_id].label if place.group_id else None,
        "joined_on": member.joined_on,
        "in_branch_since": member.in_branch_since,
        "status": words[status_on(member, at) or "full"],
        "gender": next((word for word, code in GENDERS.items() if code == profile.gender), None),
    }


def _roster_row(row: Row, units: Units, places: list[Place]) -> RosterRow | None:
    values = dict(row.values)
    branch, group = str(values.pop("branch")), values.pop("group", None)
    title = "党支部"
    try:
        branch_id = units.branch(branch)
        title = "党小组"
        group_id = units.group(str(group), branch_id) if group else None
    except CellRefused as error:
        places.append(Place(SHEET, row.number, title, str(error)))
        return None
    facts = {name: values.pop(name, None) for name in ("joined_on", "in_branch_since", "status")}
    placed = {"number": row.number, "branch_id": branch_id, "group_id": group_id, "member_id": values.pop("id", None)}
    return msgspec.convert({**placed, **facts, "profile": values}, RosterRow)


def _meant(units: Sequence[Unit], written: str, unknown: str) -> str:
    found = [one for one in units if written in {one.label, one.code, one.name}]
    if not found:
        raise CellRefused(unknown)
    if len(found) > 1:
        raise CellRefused("Several are called so; write code and name as the list has them.")
    return found[0].id


def _member_id(cell: Cell) -> str:
    written = digits(cell).lower()
    if not MEMBER_ID.fullmatch(written):
        raise CellRefused("This is no id; leave it empty for a new member, or keep the one of the export.")
    return written


def _phone(cell: Cell) -> str:
    written = digits(cell)
    if not PHONE.fullmatch(written):
        raise CellRefused("A phone number has digits, spaces and hyphens, 5 to 20 of them.")
    return written


def _field(cell: Cell) -> str:
    written = text(cell)
    if len(written) > LONGEST_FIELD:
        raise CellRefused(f"At most {LONGEST_FIELD} characters may stand here.")
    return written
