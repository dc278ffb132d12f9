"""What `make audit` says: how much was audited, and never "no vulnerabilities" where nothing was looked at."""

from __future__ import annotations

import pytest

from tests.house.audit import said


@pytest.mark.parametrize(
    ("packages", "status", "words"),
    [
        ([{"name": "a", "skip_reason": "not found"}], 0, "nothing was audited"),
        ([{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "x"}], 0, "1 of 2 packages of the lock were audited; 0"),
        ([{"name": "a", "version": "1", "vulns": [{"id": "CVE-1"}]}], 1, "a 1: CVE-1"),
    ],
)
def test_the_report_says_how_much_was_audited(packages: list[dict[str, object]], status: int, words: str) -> None:
    text, ended = said(packages)
    assert ended == status
    assert words in text
