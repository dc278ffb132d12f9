"""The two half-years of the demonstration: what happens on which day (Asia/Shanghai)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

FOUNDED = date(2026, 1, 5)
CLOCK = "manual:2026-01-05T01:00:00Z"
"""The clock of the demonstration's data, as XINGQI_CLOCK wants it."""


@dataclass(frozen=True, kw_only=True)
class Half:
    """One half-year: its name, its activities by item, and the days of its review."""

    period: str
    pledged: date
    announced: date
    middle: date
    end: date
    activities: tuple[tuple[str, str, date], ...]
    opened: date
    voted: date
    closed: date
    deliberated: date
    published: date
    confirmed: date


HALVES = (
    Half(
        period="2026-H1",
        pledged=date(2026, 1, 12),
        announced=date(2026, 1, 16),
        middle=date(2026, 4, 2),
        end=date(2026, 6, 29),
        activities=(
            ("study", "固定日集中学习：全会精神", date(2026, 1, 20)),
            ("study", "固定日集中学习：党章党规", date(2026, 2, 10)),
            ("meeting", "春节前组织生活会", date(2026, 2, 12)),
            ("study", "固定日集中学习：春耕备耕政策", date(2026, 3, 10)),
            ("dues", "上半年党费收缴", date(2026, 3, 20)),
            ("study", "固定日集中学习：节水灌溉", date(2026, 4, 10)),
            ("study", "固定日集中学习：移风易俗", date(2026, 5, 10)),
            ("meeting", "五月组织生活会", date(2026, 5, 20)),
            ("study", "固定日集中学习：防汛知识", date(2026, 6, 10)),
        ),
        opened=date(2026, 7, 2),
        voted=date(2026, 7, 6),
        closed=date(2026, 7, 14),
        deliberated=date(2026, 7, 16),
        published=date(2026, 7, 20),
        confirmed=date(2026, 7, 28),
    ),
    Half(
        period="2026-H2",
        pledged=date(2026, 8, 3),
        announced=date(2026, 8, 6),
        middle=date(2026, 10, 9),
        end=date(2026, 12, 30),
        activities=(
            ("study", "固定日集中学习：七一讲话", date(2026, 7, 10)),
            ("study", "固定日集中学习：乡村振兴", date(2026, 8, 10)),
            ("meeting", "八月组织生活会", date(2026, 8, 20)),
            ("study", "固定日集中学习：秸秆禁烧", date(2026, 9, 10)),
            ("dues", "下半年党费收缴", date(2026, 9, 22)),
            ("study", "固定日集中学习：秋粮收储", date(2026, 10, 12)),
            ("study", "固定日集中学习：冬季用火用气", date(2026, 11, 10)),
            ("meeting", "十一月组织生活会", date(2026, 11, 20)),
            ("study", "固定日集中学习：年终总结", date(2026, 12, 10)),
        ),
        opened=date(2027, 1, 5),
        voted=date(2027, 1, 8),
        closed=date(2027, 1, 15),
        deliberated=date(2027, 1, 18),
        published=date(2027, 1, 20),
        confirmed=date(2027, 1, 30),
    ),
)


def morning(day: date) -> datetime:
    """Nine in the morning of `day` in Asia/Shanghai, as an instant in UTC."""
    return datetime.combine(day, time(1), UTC)
