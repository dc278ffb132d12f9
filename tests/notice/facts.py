"""What evaluation tells in the tests of the boards, in its own shapes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from msgspec import structs

from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.events.honours import HonourGiven
from services.evaluation.events.pledges import AnnouncedPledge, PledgeEvaluated, PledgesAnnounced
from services.evaluation.events.points import EntryReversed, StoryTold
from services.evaluation.events.results import Certificate, Result, ResultsPublished, ReviewConfirmed
from services.evaluation.events.reviews import ReviewAnnulled, ReviewOpened
from services.evaluation.events.rulebooks import Rules, VersionPublished
from tests.notice.house import House

SECRETARY = "0198b000-0000-7000-8000-0000000000ff"
PERIOD = "2026-H1"


def identity(word: str, branch: str = "", number: int = 1) -> str:
    """The id of the branch's first (second, ...) review, entry, ...: the same whenever a test asks for it."""
    return str(uuid5(NAMESPACE_OID, f"{word} {branch} {number}"))


def rules_with(**publicity: object) -> Rules:
    """The default rules with other words about publicity."""
    return structs.replace(DEFAULT_RULES, publicity=structs.replace(DEFAULT_RULES.publicity, **publicity))


def results_published(
    branch: str, stars: dict[str, int | None], *, number: int = 1, days: int = 5, raw: bool = False, period: str = PERIOD
) -> ResultsPublished:
    rows = tuple(Result(member_id=member, result=Decimal("88.50"), stars=count) for member, count in stars.items())
    return ResultsPublished(
        review_id=identity("review", branch, number),
        branch_id=branch,
        period=period,
        working_days=days,
        raw_scores=raw,
        without_peer_quorum=False,
        results=rows,
        recorded_by=SECRETARY,
    )


def results_corrected(branch: str, stars: dict[str, int]) -> tuple[str, dict[str, Any]]:
    """An objection was upheld: the whole list anew."""
    rows = [{"member_id": member, "result": 70, "stars": count} for member, count in stars.items()]
    facts = {"review_id": identity("review", branch), "branch_id": branch, "period": PERIOD, "working_days": 5, "raw_scores": False}
    data = {
        **facts,
        "without_peer_quorum": False,
        "results": rows,
        "cause": {"objection_id": identity("objection", branch)},
        "recorded_by": SECRETARY,
    }
    return "reviews.results-corrected.v1", data


def review_opened(branch: str, rules: Rules = DEFAULT_RULES) -> ReviewOpened:
    return ReviewOpened(
        review_id=identity("review", branch),
        branch_id=branch,
        period=PERIOD,
        electorate_on=date(2026, 6, 30),
        rulebook_id=identity("rulebook"),
        version=1,
        rules=rules,
        eligible=(),
        committee=(),
        excused=(),
        circles=(),
        recorded_by=SECRETARY,
    )


def review_confirmed(branch: str) -> ReviewConfirmed:
    certificate = Certificate(number="XH-01-2026-1", notice_id=identity("notice", branch), hash="0" * 64)
    return ReviewConfirmed(
        review_id=identity("review", branch), branch_id=branch, period=PERIOD, certificate=certificate, recorded_by=SECRETARY
    )


def review_annulled(house: House, branch: str) -> ReviewAnnulled:
    reason = house.told.text("误开")
    return ReviewAnnulled(review_id=identity("review", branch), branch_id=branch, period=PERIOD, reason=reason, recorded_by=SECRETARY)


def pledges_announced(house: House, branch: str, *promises: tuple[str, str, str]) -> PledgesAnnounced:
    """Promises as (member, what, period)."""
    pledges = tuple(
        AnnouncedPledge(
            pledge_id=identity("pledge", branch, number),
            member_id=member,
            period=period,
            theme="mediation",
            action=house.told.text(what),
            target=house.told.text("调解成功 3 起"),
            due_on=date(2026, 12, 20),
        )
        for number, (member, what, period) in enumerate(promises, start=1)
    )
    return PledgesAnnounced(
        announcement_id=identity("announcement", branch), branch_id=branch, on=date(2026, 9, 28), pledges=pledges, recorded_by=SECRETARY
    )


def pledge_evaluated(house: House, branch: str, member: str, outcome: str) -> PledgeEvaluated:
    return PledgeEvaluated(
        pledge_id=identity("pledge", branch),
        member_id=member,
        branch_id=branch,
        period=PERIOD,
        outcome=outcome,
        reason=house.told.text("有记录"),
        recorded_by=SECRETARY,
    )


def story_told(house: House, branch: str, member: str, until: date | None = None) -> StoryTold:
    return StoryTold(
        entry_id=identity("entry", branch),
        member_id=member,
        branch_id=branch,
        period="2026-H2",
        title=house.told.text("雨夜抢险"),
        text=house.told.text("连夜疏通水渠，保住了三十亩地。"),
        until=until,
        recorded_by=SECRETARY,
    )


def entry_reversed(house: House, branch: str, member: str) -> EntryReversed:
    return EntryReversed(
        entry_id=identity("entry", branch),
        reversal_id=identity("entry", branch, 2),
        member_id=member,
        branch_id=branch,
        period="2026-H2",
        reason=house.told.text("记错了"),
        recorded_by=SECRETARY,
    )


def rulebook_published(town: str, version: int = 1) -> VersionPublished:
    return VersionPublished(
        rulebook_id=identity("rulebook", town),
        organization_id=town,
        code="XH341",
        title="宣化镇党员积分管理办法",
        version=version,
        from_period=None if version == 1 else "2027-H1",
        rules=DEFAULT_RULES,
        recorded_by=SECRETARY,
    )


def circular_issued(house: House, branch: str) -> tuple[str, dict[str, Any]]:
    text = house.told.text("经查，该支部上半年评星结果公开不及时，予以通报。")
    data = {
        "circular_id": identity("circular", branch),
        "branch_id": branch,
        "text": {"id": text.id, "hash": text.hash},
        "recorded_by": SECRETARY,
    }
    return "supervision.circular-issued.v1", data


def circular_corrected(house: House, branch: str, says: str) -> tuple[str, dict[str, Any]]:
    """One of its findings was reversed, others stand."""
    text = house.told.text(says)
    _, data = circular_issued(house, branch)
    return "supervision.circular-corrected.v1", {**data, "text": {"id": text.id, "hash": text.hash}}


def circular_withdrawn(branch: str) -> tuple[str, dict[str, Any]]:
    """All of its findings were reversed."""
    return "supervision.circular-withdrawn.v1", {"circular_id": identity("circular", branch), "branch_id": branch, "recorded_by": SECRETARY}


def flag_handed_on(organization: str, *, member: str | None = None, branch: str | None = None) -> tuple[str, dict[str, Any]]:
    data = {
        "award_id": identity("flag", branch or organization),
        "organization_id": organization,
        "year": 2026,
        "member_id": member,
        "branch_id": branch,
    }
    return "honours.flag-handed-on.v1", {**data, "recorded_by": SECRETARY}


def honour_given(branch: str, member: str) -> HonourGiven:
    return HonourGiven(
        award_id=identity("honour", branch),
        organization_id=branch,
        year=2026,
        member_id=member,
        branch_id=None,
        annual_review_id=identity("annual", branch),
        recorded_by=SECRETARY,
    )


def objection(kind: str, about: str, number: int = 1) -> tuple[str, dict[str, Any]]:
    """`raised` or `decided`."""
    data = {"objection_id": identity("objection", about, number), "about_id": about, "organization_id": about, "recorded_by": SECRETARY}
    return f"objections.objection-{kind}.v1", data
