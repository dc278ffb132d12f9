"""The fairness examination as a record (spec, section 8; design: fairness.md): over what it was begun, and what it came to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from services.evaluation.events.examinations import ExaminationBegun, ExaminationFailed, ExaminationHeld
from shared.calendar import HalfYear
from shared.errors import Conflict, Invalid, Unknown
from shared.events import Recorded

MOST_HALF_YEARS = 8
MOST_BRANCHES = 2500
ID_BYTES = 16


class UnknownExamination(Unknown):
    """No examination under this id."""

    code = "unknown_examination"
    sentence = "There is no examination under this id; POST /examinations begins one and answers with its id."


class HalfYearsReversed(Invalid):
    """The first half-year lies after the last, or too far before it."""

    code = "half_years_reversed"
    sentence = f"`from_period` must not lie after `period`, nor more than {MOST_HALF_YEARS} half-years be examined at once."


class HalfYearNotBegun(Invalid):
    """What lies in the future can't be examined."""

    code = "half_year_not_begun"
    sentence = "This half-year has not begun; name one that has."


class NoBranches(Invalid):
    """There is nothing to examine."""

    code = "no_branches"
    sentence = "No branch lies below this organisation; name a county, a town or a branch."


class TooManyBranches(Invalid):
    """More than one examination takes."""

    code = "too_many_branches"
    sentence = f"More than {MOST_BRANCHES} branches lie below this organisation; examine its towns one by one."


class NotHeld(Conflict):
    """The examination has no result to compare with."""

    code = "examination_not_held"
    sentence = "This examination has no result (yet); read GET /examinations/{id} and wait until its state is `held`."


@dataclass(frozen=True)
class Examination:
    """An examination as its stream tells it; `begun` is None where there is none."""

    begun: ExaminationBegun | None = None
    begun_at: datetime | None = None
    held: ExaminationHeld | None = None
    failed: ExaminationFailed | None = None
    ended_at: datetime | None = None

    @property
    def fact(self) -> ExaminationBegun:
        """How it was begun; raises UnknownExamination where there is none."""
        if self.begun is None:
            raise UnknownExamination
        return self.begun

    @property
    def state(self) -> str:
        """`running`, `held` or `failed`."""
        if self.held is not None:
            return "held"
        return "running" if self.failed is None else "failed"

    @property
    def result(self) -> ExaminationHeld:
        """What it came to; raises NotHeld."""
        if self.held is None:
            raise NotHeld(state=self.state)
        return self.held


def evolve(examination: Examination, recorded: Recorded) -> Examination:
    """The examination after one more event of its stream."""
    match recorded.event:
        case ExaminationBegun() as e:
            return replace(examination, begun=e, begun_at=recorded.recorded_at)
        case ExaminationHeld() as e:
            return replace(examination, held=e, ended_at=recorded.recorded_at)
        case ExaminationFailed() as e:
            return replace(examination, failed=e, ended_at=recorded.recorded_at)
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to an examination")


def half_years(from_period: str, period: str) -> list[str]:
    """The half-years from the one through the other. Raises HalfYearsReversed."""
    first, last = HalfYear.parse(from_period), HalfYear.parse(period)
    found: list[str] = []
    while first <= last and len(found) <= MOST_HALF_YEARS:
        found.append(str(first))
        first = first.next()
    if not 0 < len(found) <= MOST_HALF_YEARS:
        raise HalfYearsReversed(errors=[("/from_period", HalfYearsReversed.sentence)])
    return found


def earliest_by_default(period: str) -> str:
    """Four half-years that end with `period`: a pair or a group shows over time."""
    last = HalfYear.parse(period)
    return str(HalfYear(last.year - 2, 2) if last.half == 1 else HalfYear(last.year - 1, 1))


def begin(begun: ExaminationBegun, count: int, current: HalfYear) -> list[ExaminationBegun]:
    """An examination of `count` branches begins. Raises HalfYearsReversed, HalfYearNotBegun, NoBranches, TooManyBranches."""
    half_years(begun.from_period, begun.period)
    if HalfYear.parse(begun.period) > current:
        raise HalfYearNotBegun(errors=[("/period", HalfYearNotBegun.sentence)])
    if not count:
        raise NoBranches(errors=[("/organization_id", NoBranches.sentence)])
    if count > MOST_BRANCHES:
        raise TooManyBranches(errors=[("/organization_id", TooManyBranches.sentence)])
    return [begun]


def packed(ids: Iterable[str]) -> bytes:
    """Ids in 16 bytes each, ascending."""
    return b"".join(sorted(bytes.fromhex(one.replace("-", "")) for one in set(ids)))


def unpacked(ids: bytes) -> list[str]:
    """The ids that were packed."""
    return [_written(ids[start : start + ID_BYTES].hex()) for start in range(0, len(ids), ID_BYTES)]


def _written(digits: str) -> str:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
