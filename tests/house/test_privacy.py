"""docs/privacy.md says of everything that is kept how long, and says the same as the code."""

from __future__ import annotations

import re

import pytest

from services.evaluation.domain.proposals import VALID_FOR
from services.evaluation.domain.unsealings import READABLE_FOR
from services.roster.commands.attempts import FORGOTTEN_AFTER
from services.roster.commands.sign_ons import LONGEST_SECONDS
from services.roster.domain.erasures import VALID_FOR as ERASURE_VALID_FOR
from shared.settings import Settings
from shared.store.writer import ANSWERS_KEPT_SECONDS
from shared.webhooks.subscriptions import KEPT_SECONDS
from tests.house.files import ROOT, place, tracked_files

TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS\"?\s*\"?\s*(?:\{schema\}\.)?([a-z_]+) ?\(")
TEXT = (ROOT / "docs/privacy.md").read_text()
DAY = 86_400


def tables() -> dict[str, str]:
    """Each table beside the views, and the file that makes it."""
    sources = [
        path for path in tracked_files() if path.suffix in {".py", ".sql"} and path.relative_to(ROOT).parts[0] in {"services", "shared"}
    ]
    joined = {path: re.sub(r'"\s*\n\s*"', "", path.read_text()) for path in sources}
    return {name: place(path) for path, text in joined.items() for name in TABLE.findall(text)}


def test_every_table_has_its_line() -> None:
    found = tables()
    assert len(found) > 25, "the tables are made otherwise now: look for them anew"
    assert not {name: made_in for name, made_in in found.items() if f"`{name}`" not in TEXT}, "say in docs/privacy.md how long it is kept"


def test_no_line_is_about_a_table_that_is_gone() -> None:
    named = {name for line in TEXT.splitlines() if line.startswith("| ") for name in re.findall(r"`([a-z_]+)`", line)}
    assert named <= {*tables()}, "the table is gone: take it out of docs/privacy.md"


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("选票上的分数", f"{Settings.model_fields['ballot_years'].default}年"),
        ("谁看过谁的资料", f"{Settings.model_fields['read_years'].default}年"),
        ("重复提交的凭据", f"{ANSWERS_KEPT_SECONDS // DAY}天"),
        ("推送记录", f"{KEPT_SECONDS // DAY}天"),
        ("登录会话", f"最长{LONGEST_SECONDS // 3600}小时"),
        ("选票上的分数", f"{READABLE_FOR.days}天"),
    ],
)
def test_the_times_are_those_of_the_code(said: str, value: str) -> None:
    (line,) = [one for one in TEXT.splitlines() if one.startswith(f"| {said}")]
    assert value in line


def test_a_proposal_waits_as_long_as_is_said() -> None:
    assert VALID_FOR == ERASURE_VALID_FOR
    assert f"提出{VALID_FOR.days}天没有人批" in TEXT
    assert FORGOTTEN_AFTER <= DAY
