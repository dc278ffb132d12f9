"""Who lives in the demonstration: a Xuanhua of invented names, the same for the same seed.

The numbers are those of the case report (spec, section 1): 18 branches, one of them the town's own organs, 57 Party groups and
884 members. Every name of a person or a village is made up.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date

VILLAGES = [
    "柳泉村", "双沟村", "沙井湾村", "红柳滩村", "上清水村", "下清水村", "白杨堡村", "高崖村", "乐善村",
    "永丰寨村", "台子村", "新渠村", "北坝村", "南岔村", "三棵树村", "月牙泉台村", "石桥头村",
]  # fmt: skip
ORGANS = "镇机关党支部"
MEMBERS, GROUPS, ORGAN_MEMBERS = 884, 57, 48
SMALLEST_VILLAGE = 30

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
RARE_SURNAMES = ["仝", "逄", "亓", "麴", "䶮", "欧阳", "司徒", "尉迟"]
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂文辉玉兰萍建国华红梅春生福德荣贵英海山天祥世昌永宁"
RARE_GIVEN = ["堃", "喆", "昉", "燚", "犇", "翀", "旻", "祎", "赟", "瀞", "𬍛", "𣲗", "𫍯", "㛃"]
RARE = 0.03
DUTIES = ["secretary", "deputy", "committee", "committee", "village_committee"]


@dataclass(eq=False)
class Person:
    """One member. `merit` (0 to 1) is how it is at heart: it steers deeds, scores and pledges, and is never shown.

    `mistakes` counts its entries that were reversed; `kin` is whom it has named as spouse. Its chances are drawn
    from its own `lot`, so that they don't depend on whose call is answered first.
    """

    name: str
    joined_on: date
    status: str
    merit: float
    group: int
    lot: random.Random
    works_away_in: str | None = None
    post: str | None = None
    kin: Person | None = None
    id: str = ""
    token: str = ""
    mistakes: int = 0


@dataclass(eq=False)
class Branch:
    """A branch: its people, the team first (secretary, deputy, two members, one of the village committee)."""

    name: str
    code: str
    people: list[Person]
    groups: int
    id: str = ""
    group_ids: list[str] = field(default_factory=list)
    secretary: str = ""
    committee: str = ""
    lot: random.Random = field(default_factory=random.Random)

    @property
    def team(self) -> list[Person]:
        """Those who hold the committee review."""
        return [person for person in self.people if person.post is not None]


@dataclass(eq=False)
class Town:
    """The whole town; `lot` is what its chances are drawn from."""

    branches: list[Branch]
    lot: random.Random
    county_id: str = ""
    id: str = ""
    officers: list[str] = field(default_factory=list)
    supervisor: str = ""

    @property
    def people(self) -> list[Person]:
        """All members, branch by branch."""
        return [person for branch in self.branches for person in branch.people]


def make_town(seed: int) -> Town:
    """The town of this seed: 884 members in 57 groups of 18 branches."""
    lot = random.Random(seed)
    sizes = [ORGAN_MEMBERS, *_village_sizes(lot)]
    groups = _group_counts(sizes)
    names = [ORGANS, *(f"{village}党支部" for village in VILLAGES)]
    branches = [
        _branch(name, f"XH{number:02}", size, count, seed)
        for number, (name, size, count) in enumerate(zip(names, sizes, groups, strict=True), start=1)
    ]
    return Town(branches, lot)


def _village_sizes(lot: random.Random) -> list[int]:
    """Sizes of the villages' branches, from 30 up, that add up to the whole."""
    sizes = [SMALLEST_VILLAGE] * len(VILLAGES)
    for _ in range(MEMBERS - ORGAN_MEMBERS - sum(sizes)):
        sizes[min(lot.randrange(len(sizes)), lot.randrange(len(sizes) + 6) % len(sizes))] += 1
    return sizes


def _group_counts(sizes: list[int]) -> list[int]:
    """Three groups for each branch, one more for the largest until all are given."""
    counts = [3] * len(sizes)
    for index in sorted(range(len(sizes)), key=lambda index: -sizes[index])[: GROUPS - sum(counts)]:
        counts[index] += 1
    return counts


def _branch(name: str, code: str, size: int, groups: int, seed: int) -> Branch:
    lot = random.Random(f"{seed}/{code}")
    taken: set[str] = set()
    people = [_person(lot, taken, number, groups, f"{seed}/{code}/{number}") for number in range(size)]
    for person, post in zip(people, DUTIES, strict=False):
        person.post, person.works_away_in, person.status = post, None, "full"
        person.joined_on = min(person.joined_on, date(2018, 7, 1))
        person.merit = max(person.merit, 0.72)
    return Branch(name, code, people, groups, lot=lot)


def _person(lot: random.Random, taken: set[str], number: int, groups: int, seed: str) -> Person:
    name = _name(lot)
    while name in taken:
        name = _name(lot)
    taken.add(name)
    is_new = lot.random() < 0.025
    joined = (
        date(2025, lot.randint(7, 12), lot.randint(1, 28))
        if is_new
        else date(lot.randint(1972, 2024), lot.randint(1, 12), lot.randint(1, 28))
    )
    away = lot.choice(["兰州", "西安", "乌鲁木齐", "酒泉", "银川", "杭州", "东莞"]) if lot.random() < 0.22 else None
    merit = min(max(lot.gauss(0.72, 0.17), 0.05), 1.0)
    status = "probationary" if is_new else "full"
    return Person(name, joined, status, merit, number % groups, random.Random(seed), works_away_in=away)


def _name(lot: random.Random) -> str:
    surname = lot.choice(RARE_SURNAMES) if lot.random() < RARE else lot.choice(SURNAMES)
    given = [lot.choice(RARE_GIVEN) if lot.random() < RARE else lot.choice(GIVEN) for _ in range(lot.choice([1, 2, 2, 2]))]
    return surname + "".join(given)
