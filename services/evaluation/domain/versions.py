"""How a version of a rulebook comes to hold (spec, section 3): the first at once, every later one by a second person's adoption."""

from __future__ import annotations

from datetime import datetime

from services.evaluation.domain.proposals import require_not_expired
from services.evaluation.domain.rulebooks import Rulebook, UnknownRulebook
from services.evaluation.events.rulebooks import Rules, VersionProposed, VersionPublished
from shared.calendar import HalfYear, day_of
from shared.errors import Conflict, Invalid, NotAllowed


class RulebookExists(Conflict):
    """An organisation has one rulebook (spec, section 3: one document per town, in versions)."""

    code = "rulebook_exists"
    sentence = "This organisation has a rulebook already; propose a new version of it."


class HalfYearBegun(Invalid):
    """A change would reach back: rules hold from a half-year that has not begun (spec, section 3)."""

    code = "half_year_begun"
    sentence = "A later version begins with a half-year that has not begun; name a later one."


class NoRulebookForGroups(Invalid):
    """Rules hold for whole branches: a Party group has none of its own."""

    code = "no_rulebook_for_groups"
    sentence = "A Party group follows the rulebook of its branch; name a branch, a town or a county."


class OtherOrganization(Invalid):
    """A version belongs to the rulebook's own organisation."""

    code = "other_organization"
    sentence = "This rulebook belongs to another organisation; leave `organization_id` out or name that one."


class AlreadyAdopted(Conflict):
    """The version holds already."""

    code = "already_adopted"
    sentence = "This version has been adopted already."


class AdoptionTooLate(Conflict):
    """The half-year with which the proposal was to begin has begun meanwhile."""

    code = "adoption_too_late"
    sentence = "The half-year of this proposal has begun meanwhile; propose the version again with a later one."


class SamePersonAdopts(NotAllowed):
    """A proposal is adopted by a second person."""

    code = "same_person"
    sentence = "Who proposed a version can't adopt it; a second officer does."


def beginning_of_first(from_period: HalfYear | None, this_period: HalfYear, *, has_rules_above: bool) -> HalfYear | None:
    """With which half-year a rulebook's first version begins (None: from ever).

    With any, where there was no rule before; an organisation that has followed the rulebook above it leaves that with a half-year
    that has not begun. Raises HalfYearBegun.
    """
    return _not_begun(from_period, this_period) if has_rules_above else from_period


def _not_begun(from_period: HalfYear | None, this_period: HalfYear) -> HalfYear:
    begins = from_period or this_period.next()
    if begins <= this_period:
        raise HalfYearBegun(errors=[("/from_period", HalfYearBegun.sentence)])
    return begins


def publish_first(
    rulebook: Rulebook, *, organization_id: str, code: str, title: str, rules: Rules, from_period: HalfYear | None, by: str
) -> list[VersionPublished]:
    """A new rulebook, whose first version holds at once and begins with any half-year (None: from ever). Raises RulebookExists.

    `rules` have passed `lint`.
    """
    if rulebook.versions:
        raise RulebookExists(rulebook_id=rulebook.id)
    return [
        VersionPublished(
            rulebook_id=organization_id,
            organization_id=organization_id,
            code=code,
            title=title,
            version=1,
            from_period=str(from_period) if from_period else None,
            rules=rules,
            recorded_by=by,
        )
    ]


def propose_version(
    rulebook: Rulebook, *, code: str, title: str, rules: Rules, from_period: HalfYear | None, this_period: HalfYear, by: str
) -> list[VersionProposed]:
    """A further version as a proposal, beginning with `from_period` (None: the next half-year after `this_period`).

    Raises UnknownRulebook, and HalfYearBegun where it would reach back. `rules` have passed `lint`.
    """
    if not rulebook.versions:
        raise UnknownRulebook
    begins = _not_begun(from_period, this_period)
    return [
        VersionProposed(
            rulebook_id=rulebook.id,
            organization_id=rulebook.organization_id,
            code=code,
            title=title,
            version=len(rulebook.versions) + 1,
            from_period=str(begins),
            rules=rules,
            recorded_by=by,
        )
    ]


def adopt_version(rulebook: Rulebook, number: int, now: datetime, by: str) -> list[VersionPublished]:
    """A proposal is adopted by a second person, and holds from its half-year on.

    Raises UnknownVersion, AlreadyAdopted, SamePersonAdopts, ProposalExpired, and AdoptionTooLate where its half-year has begun meanwhile.
    """
    version = rulebook.version(number)
    if version.is_published:
        raise AlreadyAdopted
    if version.proposed_by == by:
        raise SamePersonAdopts
    if version.from_period is not None and version.from_period <= HalfYear.of(day_of(now)):
        raise AdoptionTooLate
    require_not_expired(version.proposed_at, now)
    return [
        VersionPublished(
            rulebook_id=rulebook.id,
            organization_id=rulebook.organization_id,
            code=version.code,
            title=version.title,
            version=number,
            from_period=str(version.from_period),
            rules=version.rules,
            recorded_by=by,
        )
    ]
