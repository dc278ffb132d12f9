"""The pictures of the desk: plain SVG made on the server, without script or inline style; each says in words what it shows.

A picture is given its facts in plain values and knows nothing of the method. Its colours are classes of `desk.css`, and no fact is told by
colour alone: shape, place or a word says the same. Beside each picture stands its table (`desk_tables.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from markupsafe import Markup

Number = int | float | Decimal
BIN = 2
"""How many points a bar of the histogram is wide."""


@dataclass(frozen=True)
class Scale:
    """From values to places: `low` lies at `begin`, `high` at `end`; what lies outside is put on the edge."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: Number) -> float:
        """Where the value lies, to a tenth of a unit."""
        share = (min(max(float(value), self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.begin + share * (self.end - self.begin), 1)


class Tick(NamedTuple):
    """A step of a half-year: the last day on which it is in time, the day on which it came (None: it has not), what it is called."""

    name: str
    due_on: date
    on: date | None
    is_late: bool


class Dot(NamedTuple):
    """A point of the scatter: its place, what it is, and whether it stands out."""

    x: Decimal
    y: Decimal
    says: str
    stands_out: bool


class Strip(NamedTuple):
    """One member's scores on one line; what is absent is not drawn. `middle`: quarter, half, three quarters of the peers' scores."""

    points: Decimal | None
    peer: Decimal | None
    committee: Decimal | None
    result: Decimal | None
    middle: tuple[int, int, int] | None


class Mark(NamedTuple):
    """Something that was recorded on a day, on one of the rows of a course."""

    on: date
    row: int
    says: str


def element(name: str, *inside: Markup | str, **attributes: object) -> Markup:
    """An element of SVG; `_` in the name of an attribute is a hyphen, `class_` is `class`. Texts and values are escaped."""
    named = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None)
    written = [Markup(' {}="{}"').format(key, value) for key, value in named]
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), Markup("").join(written), Markup("").join(inside))  # noqa: S704 - our own names


def picture(says: str, width: int, height: int, kind: str, *inside: Markup) -> Markup:
    """The whole picture, one image for who can't see it, as wide as its place allows."""
    return element("svg", *inside, viewBox=f"0 0 {width} {height}", class_=f"picture {kind}", role="img", aria_label=says)


def _text(x: float, y: float, text: str, kind: str = "label", anchor: str = "middle") -> Markup:
    return element("text", text, x=x, y=y, class_=kind, text_anchor=anchor)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def _titled(shape: str, says: str, **attributes: object) -> Markup:
    return element(shape, element("title", says), **attributes)


def histogram(scores: Iterable[Decimal], lines: Sequence[Decimal], says: str) -> Markup:
    """How many results lie where, 40 to 100, against the scores at which a star begins; what lies below 40 stands at the left edge."""
    width, base, top = 240, 62, 6
    across = Scale(40, 100, 4, 236)
    counted = Counter(min(max(int(score) // BIN * BIN, 40), 100 - BIN) for score in scores)
    most = max(counted.values(), default=1)
    bars = [
        element("rect", x=across(start) + 0.5, y=round(base - tall, 1), width=round(across(start + BIN) - across(start) - 1, 1),
                height=round(tall, 1), class_=f"bar reached-{sum(start + BIN / 2 >= line for line in lines)}")
        for start, count in sorted(counted.items())
        for tall in [max((base - top) * count / most, 2)]
    ]  # fmt: skip
    starts = [part for line in lines for part in (_line(across(line), 2, across(line), base, "star-line"),)]
    names = [_text(across(line), 74, f"{line.normalize():f}") for line in lines]
    return picture(says, width, 78, "histogram", *starts, *bars, _line(4, base, 236, base, "axis"), *names)


def ticks(begins: date, steps: Sequence[Tick], today: date, says: str) -> Markup:
    """The steps against the schedule, in days after the half-year's end: a stroke where one was due, a dot where it came."""
    last = max([*(step.due_on for step in steps), *(step.on or today for step in steps)], default=begins)
    across = Scale(0, max((last - begins).days, 75), 6, 234)
    parts = [_line(6, 12, 234, 12, "axis")]
    for step in sorted(steps, key=lambda one: one.is_late):
        due = across((step.due_on - begins).days)
        parts.append(_line(due, 4, due, 20, "due"))
        if step.on is None and step.is_late:
            parts.append(_line(due, 12, across((today - begins).days), 12, "overrun"))
            parts.append(_cross(across((today - begins).days), 12, step.name))
        elif step.on is not None:
            at = across((step.on - begins).days)
            parts += [_line(due, 12, at, 12, "overrun")] if step.is_late else []
            parts.append(_came(step, at, 12, 4))
    return picture(says, 240, 24, "ticks", *parts)


def _came(step: Tick, x: float, y: float, radius: int) -> Markup:
    """A dot; a ring around it, where it was late: so that two on the same day are both seen."""
    return _titled(
        "circle", step.name, cx=x, cy=y, r=radius + 2 if step.is_late else radius, class_="came late" if step.is_late else "came"
    )


def _cross(x: float, y: float, says: str) -> Markup:
    return _titled("path", says, d=f"M{x - 4} {y - 4}L{x + 4} {y + 4}M{x - 4} {y + 4}L{x + 4} {y - 4}", class_="missing")


def strip(one: Strip, lines: Sequence[Decimal], says: str) -> Markup:
    """One member: the middle half of the peers' scores as a bar, the scores that made the result as marks, the lines of the stars."""
    across, mid = Scale(40, 100, 8, 392), 12
    parts = [_line(8, mid, 392, mid, "axis"), *(_line(across(line), 2, across(line), 22, "star-line") for line in lines)]
    if one.middle is not None:
        low, half, high = (across(value) for value in one.middle)
        parts.append(element("rect", x=low, y=mid - 6, width=max(round(high - low, 1), 2), height=12, class_="middle-half"))
        parts.append(_line(half, mid - 6, half, mid + 6, "half"))
    if one.points is not None:
        x = across(one.points)
        parts.append(element("path", d=f"M{x} {mid - 5}L{x + 5} {mid}L{x} {mid + 5}L{x - 5} {mid}Z", class_="of-points"))
    if one.peer is not None:
        parts.append(element("circle", cx=across(one.peer), cy=mid, r=4.5, class_="of-peers"))
    if one.committee is not None:
        parts.append(element("rect", x=across(one.committee) - 4, y=mid - 4, width=8, height=8, class_="of-committee"))
    if one.result is not None and one.result != one.committee:
        x = across(one.result)
        parts.append(element("path", d=f"M{x} {mid + 4}L{x + 5} {mid + 11}L{x - 5} {mid + 11}Z", class_="of-result"))
    return picture(says, 400, 24, "strip", *parts)


def scatter(dots: Sequence[Dot], around: tuple[Decimal, Decimal], lines: Sequence[Decimal], axes: tuple[str, str], says: str) -> Markup:
    """Committee (upwards) against peers (across), which say the same on the thin diagonal.

    `around`: how far from it the thick line lies, and how far from that the dashed ones.
    """
    usual, limit = around
    low = float(min([Decimal(60), *(value for dot in dots for value in (dot.x, dot.y))]) // 10 * 10)
    across, up = Scale(low, 100, 42, 350), Scale(low, 100, 308, 10)
    parts = [element("rect", x=42, y=10, width=308, height=298, class_="field-of-dots")]
    for value in range(int(low), 101, 10):
        parts += [_text(across(value), 324, str(value)), _text(36, up(value) + 4, str(value), anchor="end")]
    parts += [_line(42, up(line), 350, up(line), "star-line") for line in lines if line > low]
    shifts = {0.0: "diagonal", float(usual - limit): "limit", float(usual + limit): "limit", float(usual): "usual"}
    for shift, kind in shifts.items():
        begin, end = max(low, low - shift), min(100.0, 100.0 - shift)
        if begin < end:
            parts.append(_line(across(begin), up(begin + shift), across(end), up(end + shift), kind))
    for dot in sorted(dots, key=lambda one: one.stands_out):
        kind = "dot stands-out" if dot.stands_out else "dot"
        parts.append(_titled("circle", dot.says, cx=across(dot.x), cy=up(dot.y), r=6 if dot.stands_out else 4.5, class_=kind))
    upright = element("text", axes[1], x=12, y=160, class_="label", text_anchor="middle", transform="rotate(-90 12 160)")
    return picture(says, 360, 344, "scatter", *parts, _text(196, 340, axes[0]), upright)


def course(begins: date, steps: Sequence[Tick], marks: Sequence[Mark], rows: Sequence[str], says: str) -> Markup:
    """The half-year from its end on: above by when each step was due and when it came, below what was recorded on which day.

    What was recorded while the half-year still ran stands at the left edge.
    """
    days = [(day - begins).days for day in (*(step.due_on for step in steps), *(mark.on for mark in marks))]
    across = Scale(-6, max([75, *days]) + 2, 70, 712)
    height = 62 + 26 * len(rows)
    parts = [_line(70, 34, 712, 34, "axis"), _line(across(0), 28, across(0), height - 16, "end-of-half")]
    for number, step in sorted(enumerate(steps), key=lambda one: one[1].is_late):
        due = across((step.due_on - begins).days)
        parts += [_line(due, 24, due, height - 16, "due-through"), _text(due, 12 if number % 2 == 0 else 22, step.name)]
        if step.on is not None:
            at = across((step.on - begins).days)
            parts += [_line(due, 34, at, 34, "overrun")] if step.is_late else []
            parts.append(_came(step, at, 34, 5))
    for number, name in enumerate(rows):
        y = 60 + 26 * number
        parts += [_text(62, y + 4, name, anchor="end"), _line(70, y, 712, y, "row")]
        for mark in marks:
            if mark.row == number:
                parts.append(_titled("rect", mark.says, x=across((mark.on - begins).days) - 3, y=y - 7, width=6, height=14, class_="mark"))
    return picture(says, 720, height, "course-picture", *parts)


def scores_of_lead(rows: Sequence[tuple[str, Sequence[tuple[Decimal, str]]]], lines: Sequence[Decimal], says: str) -> Markup:
    """The few scores behind a lead, a row each: the score, and joined to it what is usual. `rows`: label, then (score, what it is)."""
    values = [float(score) for _, scores in rows for score, _ in scores]
    low = min([60.0, *values]) // 10 * 10
    left = 24 + 11 * max((len(label) for label, _ in rows), default=0)
    across, height = Scale(low, 100, left, 588), 34 + 26 * len(rows)
    parts = [_line(across(line), 6, across(line), height - 22, "star-line") for line in lines if line > low]
    parts += [_text(across(value), height - 6, str(value)) for value in range(int(low), 101, 10)]
    for number, (label, scores) in enumerate(rows):
        y, places = 18 + 26 * number, [across(score) for score, _ in scores]
        parts += [_text(left - 8, y + 4, label, anchor="end"), _line(left, y, 588, y, "row"), _line(places[0], y, places[-1], y, "apart")]
        for (_, what), x, kind in reversed([*zip(scores, places, ("this-score", "usual-score"), strict=False)]):
            parts.append(_titled("circle", what, cx=x, cy=y, r=6 if kind == "this-score" else 4.5, class_=kind))
    return picture(says, 600, height, "lead-scores", *parts)
