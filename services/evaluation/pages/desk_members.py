"""The members of a branch on the desk: each one's scores as a strip, its distance to the lines of the stars, committee against peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from statistics import median
from typing import Any, NamedTuple

from markupsafe import Markup

from services.evaluation.commands.spread import Spread
from services.evaluation.domain.reviews import Review
from services.evaluation.pages import charts
from services.evaluation.pages.charts import Dot, Strip
from services.evaluation.pages.desk_tables import Heading, Sheet
from services.evaluation.pages.desk_visits import Desk
from shared.web.languages import message, written_score

HEADINGS = (
    Heading("branch_id", "", is_for="programs"),
    Heading("member_id", "", is_for="programs"),
    Heading("name", message("姓名"), is_for="people"),
    Heading("peer_scores", message("打分人数"), "count"),
    Heading("points", message("积分"), "score"),
    Heading("peer", message("互评"), "score"),
    Heading("reference", message("参考分"), "score"),
    Heading("committee", message("商评"), "score"),
    Heading("committee_less_peer", message("商评减互评"), "score"),
    Heading("result", message("得分"), "score"),
    Heading("stars", message("红星"), "count"),
    Heading("above", message("高出本档"), "score"),
    Heading("below", message("离上一档"), "score"),
)
OF_SPREAD = (
    Heading("low", message("互评四分之一"), "count"),
    Heading("half", message("互评中位"), "count"),
    Heading("high", message("互评四分之三"), "count"),
)


class Rated(NamedTuple):
    """A member of the review: its results as the contract tells them, its strip, and its distance to the lines.

    `above`: how far the result lies above the line of its star (None without one); `below`: how far below the next (None at the top).
    """

    member_id: str
    name: str
    row: Mapping[str, Any]
    strip: Strip
    above: Decimal | None
    below: Decimal | None
    picture: Markup


def rated_members(
    desk: Desk, review: Review, rows: Mapping[str, Mapping[str, Any]], spread: Mapping[str, Spread], lines: Sequence[Decimal]
) -> list[Rated]:
    """Whom the review rates, in the order of their names; before the results are published nobody."""
    return [_rated(desk, member, rows[member], spread.get(member), lines) for member in desk.visit.by_name(review.rated) if member in rows]


def _rated(desk: Desk, member_id: str, row: Mapping[str, Any], spread: Spread | None, lines: Sequence[Decimal]) -> Rated:
    score = {name: _decimal(row[name]) for name in ("points", "peer", "reference", "committee", "result")}
    strip = Strip(
        score["points"], score["peer"], score["committee"], score["result"], (spread.low, spread.half, spread.high) if spread else None
    )
    above, below = distances(score["result"], lines)
    name = desk.visit.name(member_id)
    return Rated(member_id, name, {**row, **score}, strip, above, below, charts.strip(strip, lines, _strip_in_words(desk, name, strip)))


def distances(result: Decimal | None, lines: Sequence[Decimal]) -> tuple[Decimal | None, Decimal | None]:
    """How far a result lies above the nearest line below it, and below the nearest one above it; None where there is none."""
    if result is None:
        return None, None
    reached, ahead = [line for line in lines if line <= result], [line for line in lines if line > result]
    return (result - max(reached) if reached else None), (min(ahead) - result if ahead else None)


class Against(NamedTuple):
    """The picture of committee against peers, and by how much the branch's committee usually differs (the median)."""

    picture: Markup
    usual: Decimal
    limit: Decimal
    apart: int


def against_peers(desk: Desk, rated: Sequence[Rated], review: Review) -> Against | None:
    """Committee against peers; None where nobody has both.

    Who lies further from the branch's own usual difference than a committee may from the reference without a reason stands out.
    """
    limit, lines = review.rules.committee.deviation_limit, [band.least - Decimal("0.5") for band in review.rules.bands if band.least > 0]
    both = [
        (one, peer, committee) for one in rated if (peer := one.strip.peer) is not None and (committee := one.strip.committee) is not None
    ]
    if not both:
        return None
    usual = median(committee - peer for _, peer, committee in both)
    dots = [Dot(peer, committee, _dot_says(desk, one), abs(committee - peer - usual) > limit) for one, peer, committee in both]
    apart = sum(dot.stands_out for dot in dots)
    words = message("%(count)s名党员的商评分与互评分；%(apart)s名与本支部通常的差别相差超过%(limit)s分。表格列出每一名。")
    axes = desk.visit.say(message("互评")), desk.visit.say(message("商评"))
    return Against(
        charts.scatter(dots, (usual, limit), lines, axes, desk.visit.say(words, count=len(dots), apart=apart, limit=limit)),
        usual,
        limit,
        apart,
    )


def _dot_says(desk: Desk, one: Rated) -> str:
    words = message("%(name)s：互评%(peer)s，商评%(committee)s")
    return desk.visit.say(words, name=one.name, peer=_shown(desk, one.strip.peer), committee=_shown(desk, one.strip.committee))


def member_sheet(desk: Desk, branch_id: str, rated: Sequence[Rated]) -> Sheet:
    """The members as a table, a row each, by name."""
    headings = (*HEADINGS, *OF_SPREAD) if desk.is_county else HEADINGS
    return Sheet(f"members-{desk.period}", message("党员得分"), headings, [_line(branch_id, one) for one in rated])


def _line(branch_id: str, one: Rated) -> dict[str, Any]:
    same = {name: one.row[name] for name in ("points", "peer", "reference", "committee", "result", "stars", "peer_scores")}
    strip = one.strip
    apart = strip.committee - strip.peer if strip.committee is not None and strip.peer is not None else None
    low, half, high = strip.middle or (None, None, None)
    who = {"branch_id": branch_id, "member_id": one.member_id, "name": one.name}
    more = {"committee_less_peer": apart, "above": one.above, "below": one.below, "low": low, "half": half, "high": high}
    return who | same | more


def _strip_in_words(desk: Desk, name: str, strip: Strip) -> str:
    titles = (message("积分"), message("互评"), message("商评"), message("得分"))
    values = (strip.points, strip.peer, strip.committee, strip.result)
    told = [(title, value) for title, value in zip(titles, values, strict=True) if value is not None]
    parts = [f"{desk.visit.say(title)} {_shown(desk, value)}" for title, value in told]
    if strip.middle:
        words = message("互评的中间一半在%(low)s至%(high)s")
        parts.append(desk.visit.say(words, low=strip.middle[0], high=strip.middle[2]))
    return f"{name}: {', '.join(parts)}"


def _shown(desk: Desk, score: Decimal | None) -> str:
    return written_score(score, desk.visit.language)


def _decimal(value: Decimal | int | None) -> Decimal | None:
    return None if value is None else Decimal(value)
