"""The burden meter (spec, section 10): fields, forms and minutes that a rulebook asks of a branch in a half-year.

A form is one body that somebody fills in, a field one value in it. Minutes are an estimate, the same for everybody, so that a change which
adds to the burden is seen **[default]**: one minute for each form, to find and send it, and a quarter of a minute for each field.
Asked for and not required (a self review, a pledge) counts too: somebody is asked. Only what cannot be done with less is counted: optional
fields and single entries of deeds are not, for a rulebook asks for no number of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.evaluation.events.rulebooks import Rules

MINUTES_A_FORM = Decimal(1)
MINUTES_A_FIELD = Decimal("0.25")
PHASE_MOVES = 4
REFERENCE_MEMBERS = 49
"""The branch for which a rulebook's burden is shown: the average one of the source, 884 members in 18 branches."""


@dataclass(frozen=True)
class Form:
    """One kind of form: `count` of them in the half-year, with `fields` values in all of them together."""

    form: str
    count: int
    fields: int

    @property
    def minutes(self) -> Decimal:
        """What all of them take together."""
        return self.count * MINUTES_A_FORM + self.fields * MINUTES_A_FIELD


@dataclass(frozen=True)
class Burden:
    """What a half-year asks of a branch of so many members."""

    members: int
    forms: tuple[Form, ...]

    @property
    def form_count(self) -> int:
        """All forms."""
        return sum(one.count for one in self.forms)

    @property
    def field_count(self) -> int:
        """All fields."""
        return sum(one.fields for one in self.forms)

    @property
    def minutes(self) -> Decimal:
        """All minutes, exact: rounding would hide a field that was added."""
        return sum((one.minutes for one in self.forms), Decimal(0))


def burden(rules: Rules, members: int, fields: Mapping[str, int]) -> Burden:
    """The burden for a branch of so many rated members. `fields`: the required fields of each form's body, without repeated parts.

    Peer ballots are counted for the whole branch as one circle, which is the most there can be under either scope.
    """
    return Burden(
        members, (*_pledge_forms(members, fields), *_activity_forms(rules, members, fields), *_review_forms(rules, members, fields))
    )


def _pledge_forms(members: int, fields: Mapping[str, int]) -> Sequence[Form]:
    """A pledge of each member, its review, its report and its evaluation; one meeting that announces them all."""
    each = [Form(form, members, members * fields[form]) for form in ("pledge", "pledge_review", "progress", "pledge_evaluation")]
    return [*each, Form("announcement", 1, fields["announcement"] + members)]


def _activity_forms(rules: Rules, members: int, fields: Mapping[str, int]) -> Sequence[Form]:
    """One meeting with everybody for each base item: without it nobody has its points."""
    meetings = sum(item.kind == "base" for item in rules.items)
    return [Form("activity", meetings, meetings * (fields["activity"] + members * fields["attendee"]))]


def _review_forms(rules: Rules, members: int, fields: Mapping[str, int]) -> Sequence[Form]:
    """The review from its opening to its confirmation: four moves from phase to phase, a ballot and a self review of each member."""
    dimensions, team = len(rules.dimensions), rules.committee.minimum_members
    scores = members * (team if rules.committee.mode == "mean" else 1)
    return [
        Form("review", 1, fields["review"]),
        Form("phase", PHASE_MOVES, PHASE_MOVES * fields["phase"]),
        Form("self_review", members, members * (fields["self_review"] + dimensions)),
        Form("ballot", members if members > 1 else 0, members * max(members - 1, 0) * dimensions),
        Form("committee_scores", 1, team + scores),
    ]
