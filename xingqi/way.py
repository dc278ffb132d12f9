"""The way to a member's stars in lines, as `xingqi explain` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from services.evaluation.domain.explanation import ExplainedCommittee, ExplainedCorrection, ExplainedPoints, ExplainedResult
from services.evaluation.domain.recomputation import Check, Counted, Recomputed
from services.evaluation.domain.scoring import shown

MARGIN = 11


def way(recomputed: Recomputed) -> Iterator[str]:
    """The rules, the entries and their points, the ballots, the committee, the result, the corrections, what differs."""
    told = recomputed.explanation
    yield _line("member", f"{told.member_id}  {told.period}")
    yield _line("rules", f"rulebook {told.rulebook_id} version {told.version}")
    yield from _points(told.points)
    if told.review_id is None:
        yield _line("review", "none rates this member in this half-year")
        return
    quorum = ", without peer quorum" if told.without_peer_quorum else ""
    yield _line("review", f"{told.review_id}  {told.phase}{quorum}")
    for step in told.steps:
        yield _line("", f"{step.at:%Y-%m-%d %H:%M} UTC  {step.phase}  by {step.by}")
    yield from _ballots(recomputed)
    if told.reference is not None and told.committee is not None:
        yield _line("reference", "absent" if told.reference.shown is None else f"{told.reference.score} = {told.reference.shown:f}")
    if told.committee is not None:
        yield from _committee(told.committee)
    if told.result is not None:
        yield from _result(told.result)
    for correction in told.corrections:
        yield from _correction(correction)
    yield from _differences(recomputed.checks)


def _line(word: str, text: str) -> str:
    return f"{word:{MARGIN}}{text}"


def _points(points: ExplainedPoints) -> Iterator[str]:
    for number, entry in enumerate(points.entries):
        sign = "-" if entry.kind == "deduction" else "+"
        state = "reversed" if entry.is_reversed else f"counted {sign}{entry.counted:f}"
        deed = f"{entry.occurred_on}  {entry.item} {entry.title}  {entry.points:f} points, {state}"
        yield _line("" if number else "entries", f"{deed}  recorded {entry.recorded_at:%Y-%m-%d} by {entry.recorded_by}")
    if not points.entries:
        yield _line("entries", "none")
    parts = f"base {points.base:f} of at most {points.caps['base']:f} + bonus {points.bonus:f} of at most {points.caps['bonus']:f}"
    yield _line("points", f"{parts} - deductions {points.deductions:f} = {points.total:f}, held within 0 and 100")


def _ballots(recomputed: Recomputed) -> Iterator[str]:
    peer = recomputed.explanation.peer
    if recomputed.counted is not None:
        yield _line("ballots", _counting(recomputed.counted))
    elif recomputed.is_sealed_for_good:
        yield _line("ballots", "their key was destroyed: they can't be counted again, the aggregate is the one of the closing")
    if peer is None:
        return
    if peer.absent is not None:
        yield _line("peer", f"absent: {peer.absent} ({peer.scores} scores, shown from {peer.minimum_shown} on)")
    else:
        dropped = ", one highest and one lowest dropped" if peer.highest_and_lowest_dropped else ""
        yield _line("peer", f"{peer.aggregate} of {peer.scores} scores{dropped}: {peer.score} = {peer.shown:f}")


def _counting(counted: Counted) -> str:
    verdict = "a quorum" if counted.is_quorate else "no quorum"
    peer = "" if counted.peer is None else f", aggregate {counted.peer}"
    return f"{counted.ballots} counted again of {counted.may_vote} who may vote: {verdict}; {counted.scores} score this member{peer}"


def _committee(committee: ExplainedCommittee) -> Iterator[str]:
    who = "by the town" if committee.by_town else f"by {len(committee.attendees)} attending"
    others = f" and {committee.other_attendees} others" if committee.other_attendees else ""
    by = f", mean of {', '.join(f'{score:f}' for score in committee.by.values())}" if committee.by else ""
    yield _line("committee", f"{committee.score} = {committee.shown:f} {who}{others}{by}  recorded by {committee.recorded_by}")
    if committee.recused:
        yield _line("", f"recused: {', '.join(committee.recused)}")
    if committee.deviation is not None:
        reason = ", with a reason" if committee.reason else ""
        yield _line("", f"{committee.deviation:f} away from the reference, at most {committee.deviation_limit:f} without a reason{reason}")


def _result(result: ExplainedResult) -> Iterator[str]:
    weights = "".join(f", {part} {weight:f}" for part, weight in result.weights.items()) if result.formula == "weighted" else ""
    if result.shown is None:
        yield _line("result", f"{result.formula}{weights}: none")
        return
    rounded = f"rounded {result.rounded}, band from {result.band_from:f}"
    yield _line("result", f"{result.formula}{weights}: {result.score} = {result.shown:f}, {rounded}: {result.stars} stars")


def _correction(one: ExplainedCorrection) -> Iterator[str]:
    cause = f"objection {one.objection_id}" if one.objection_id else f"finding {one.finding_id}"
    was, now = f"{_shown(one.from_score)}, {one.from_stars} stars", f"{_shown(one.to_score)}, {one.to_stars} stars"
    yield _line("corrected", f"{was} -> {now} because of {cause}")
    proposed = f"proposed by {one.proposed_by}, " if one.proposed_by else ""
    yield _line("", f"{proposed}recorded {one.recorded_at:%Y-%m-%d} by {one.recorded_by}")


def _differences(checks: tuple[Check, ...]) -> Iterator[str]:
    differing = [check for check in checks if not check.agrees]
    for check in differing:
        yield _line("DIFFERS", f"{check.step}: computed {_value(check.computed)}, recorded {_value(check.recorded)}")
    if checks and not differing:
        yield _line("events", f"{len(checks)} steps computed anew, each as it was recorded")


def _value(value: object) -> str:
    return f"{value} = {shown(value):f}" if isinstance(value, Fraction) else str(value)


def _shown(score: Decimal | None) -> str:
    return "no score" if score is None else f"{score:f}"
