"""Ballots on paper (spec, section 6): keyed twice by two persons; and one-time codes for who votes from afar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from hmac import compare_digest
from unicodedata import normalize

from services.evaluation.domain.ballots import Ballot, MayNotVote, rows_of
from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.events.paper_ballots import (
    PaperBallotConfirmed,
    PaperBallotEntered,
    PaperDelisted,
    PaperListed,
    RemoteCodeIssued,
    RemoteCodeUsed,
)
from shared.errors import Conflict, NotAllowed, Unknown
from shared.events import Recorded


class UnknownPaperBallot(Unknown):
    """No sheet under this id."""

    code = "unknown_paper_ballot"
    sentence = "There is no paper ballot under this id."


class OwnBallotExists(Conflict):
    """Paper never replaces a ballot that the member cast itself."""

    code = "own_ballot_exists"
    sentence = "This member has cast a ballot itself, which holds; its sheet is not needed."


class SecondKeyingByOther(NotAllowed):
    """A second person keys the sheet again."""

    code = "same_person"
    sentence = "You keyed in this sheet yourself; a second person keys it again from the paper."


class SheetsDiffer(Conflict):
    """The second keying is not as the first."""

    code = "sheets_differ"
    sentence = "The two keyings differ in the `cells`; look at the paper: key it again, or have the secretary enter it anew."


class PaperDone(Conflict):
    """A sheet is confirmed once, and a newer one takes its place."""

    code = "paper_done"
    sentence = "This sheet was confirmed already, or entered anew under another id."


class PaperBallotsUnconfirmed(Conflict):
    """The peer review closes when every sheet was keyed twice."""

    code = "paper_ballots_unconfirmed"
    sentence = "Sheets on paper wait for their second keying: `paper_ballots` names them; have them confirmed, then close."


class CodeNotValid(NotAllowed):
    """The code is of another member or review, or was replaced by a newer one."""

    code = "code_not_valid"
    sentence = "This code does not open a ballot of this member in this review; ask the branch's secretary for another."


class CodeUsed(Conflict):
    """A code is used once."""

    code = "code_used"
    sentence = "This code has been used; ask the branch's secretary for another."


@dataclass(frozen=True)
class Paper:
    """A sheet: how it was keyed first, and whether it was confirmed."""

    fact: PaperBallotEntered
    is_confirmed: bool = False


Waiting = Mapping[str, str]
"""rater -> the sheet of it that waits for its second keying."""


def evolve(paper: Paper | None, recorded: Recorded) -> Paper | None:
    """The sheet after one more event of `paper-ballot/<paper>`."""
    match recorded.event:
        case PaperBallotEntered() as e:
            return Paper(e)
        case PaperBallotConfirmed() if paper is not None:
            return replace(paper, is_confirmed=True)
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to a paper ballot")


def waiting_after(waiting: Waiting, recorded: Recorded) -> Waiting:
    """Which sheets wait, after one more event of `papers-of/<review>`."""
    match recorded.event:
        case PaperListed() as e:
            return {**waiting, e.rater_id: e.paper_id}
        case PaperDelisted() as e:
            return {rater: paper for rater, paper in waiting.items() if rater != e.rater_id}
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to the list of paper ballots")


def known(paper: Paper | None) -> Paper:
    """The sheet; raises UnknownPaperBallot where there is none."""
    if paper is None:
        raise UnknownPaperBallot
    return paper


def seal_binding(paper_id: str) -> bytes:
    """What a sheet's cells are sealed to."""
    return f"paper/{paper_id}".encode()


def require_no_own_ballot(ballot: Ballot) -> None:
    """Raises OwnBallotExists where the member cast its newest ballot itself."""
    if ballot.number and not ballot.on_paper:
        raise OwnBallotExists


def require_second_person(paper: Paper, waiting: Waiting, by: str) -> None:
    """Return if this person may key the sheet again. Raises SecondKeyingByOther, PaperDone."""
    if by == paper.fact.recorded_by:
        raise SecondKeyingByOther
    if paper.is_confirmed or waiting.get(paper.fact.rater_id) != paper.fact.paper_id:
        raise PaperDone


def require_same(review: Review, first: bytes, second: bytes) -> None:
    """Both keyings say the same. Raises SheetsDiffer with the cells that differ, and neither version's scores."""
    if first != second:
        raise SheetsDiffer(cells=list(_differing(review, first, second)))


def _differing(review: Review, first: bytes, second: bytes) -> Iterator[str]:
    codes = [dimension.code for dimension in review.rules.dimensions]
    for (member, ours), (_, theirs) in zip(rows_of(review, first), rows_of(review, second), strict=True):
        for code, one, other in zip(codes, ours, theirs, strict=True):
            if one != other:
                yield f"/scores/{member}/{code}"


def require_all_confirmed(review: Review, waiting: Waiting, ballots: Mapping[str, Ballot]) -> None:
    """No sheet waits for its second keying. One whose rater has voted itself since, or is excused, is not needed.

    Raises PaperBallotsUnconfirmed.
    """
    review.require_phase(Phase.PEER_REVIEW)
    needed = [paper for rater, paper in waiting.items() if rater not in review.excused and not _is_own(ballots[rater])]
    if needed:
        raise PaperBallotsUnconfirmed(paper_ballots=needed)


def _is_own(ballot: Ballot) -> bool:
    return ballot.number > 0 and not ballot.on_paper


# One-time codes


@dataclass(frozen=True)
class Code:
    """The newest code of a member in a review: its hash (empty: there is none), and whether it was used."""

    code_hash: str = ""
    is_used: bool = False


def evolve_code(_: Code, recorded: Recorded) -> Code:
    """The code after one more event of `remote-code/<review>/<rater>`."""
    match recorded.event:
        case RemoteCodeIssued() as e:
            return Code(e.code_hash)
        case RemoteCodeUsed() as e:
            return Code(e.code_hash, is_used=True)
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to a code")


CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1, which look alike on paper."""
CODE_GROUPS, GROUP_LENGTH = 4, 4


def written_code(letters: str) -> str:
    """The letters of a code as the slip shows them: `ABCD-EFGH-JKLM-NPQR`."""
    return "-".join(letters[start : start + GROUP_LENGTH] for start in range(0, len(letters), GROUP_LENGTH))


def code_meant(typed: str) -> str:
    """The code that somebody meant who typed it with blanks, without hyphens, in small or in full-width letters."""
    plain = normalize("NFKC", typed).upper()
    letters = "".join(letter for letter in plain if letter.isalnum())
    is_code = len(letters) == CODE_GROUPS * GROUP_LENGTH and set(letters) <= set(CODE_LETTERS)
    return written_code(letters) if is_code else typed.strip()


def code_hash(review_id: str, rater_id: str, code: str) -> str:
    """The hash of a code, bound to its review and member."""
    return sha256(f"{review_id}/{rater_id}/{code}".encode()).hexdigest()


def issue_code(review: Review, rater_id: str, code: str, by: str) -> RemoteCodeIssued:
    """A code for a member that may vote here. Raises WrongPhase, MayNotVote."""
    review.require_phase(Phase.SELF_REVIEW, Phase.PEER_REVIEW)
    if rater_id not in review.voters:
        raise MayNotVote
    return RemoteCodeIssued(review_id=review.id, rater_id=rater_id, code_hash=code_hash(review.id, rater_id, code), recorded_by=by)


def use_code(held: Code, review_id: str, rater_id: str, code: str) -> RemoteCodeUsed:
    """The code opens one ballot. Raises CodeNotValid, CodeUsed."""
    given = code_hash(review_id, rater_id, code)
    if not compare_digest(given, held.code_hash):
        raise CodeNotValid
    if held.is_used:
        raise CodeUsed
    return RemoteCodeUsed(review_id=review_id, rater_id=rater_id, code_hash=given)
