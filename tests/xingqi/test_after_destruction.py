"""After the key of a review's ballots is destroyed: check, explain, export, bundle and verify say what they said before, on real bytes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from services.evaluation.commands.ballot_keys import BallotKeys
from services.evaluation.domain.ballots import seal_name
from shared.transparency import verify
from tests.evaluation.builders_review import Half
from tests.xingqi.test_bundle import bundle, key_of, verified
from xingqi.cli import main

DAY_AFTER = "2029-08-20T02:00:00Z"
"""More than three years after the end of the review."""


async def destroyed(half: Half) -> None:
    """From now on nobody can open a ballot of the review."""
    await half.town.move_clock(DAY_AFTER)
    log = half.town.app.state.service.log
    await BallotKeys(log, 3).destroy_due()
    assert log.keys.is_destroyed(seal_name(half.review))
    await half.seen(f"/members/{half.id('m1')}/standing")


def star_chain(half: Half, folder: str) -> tuple[int, list[str]]:
    """What the verifier, alone on a machine, says of an exported log and of one member's stars in it, line by line."""
    assert main(["export", "--service", "evaluation", "--out", folder]) == 0
    Path("alone.py").write_bytes(Path(str(verify.__file__)).read_bytes())
    key = half.town.app.state.publisher.key.text
    command = [sys.executable, "-I", "alone.py", folder, "--key", key, "--member", half.id("m1"), "--period", "2026-H1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


async def test_the_star_chain_of_an_exported_log_verifies_word_for_word_as_before(half: Half) -> None:
    status, before = await asyncio.to_thread(star_chain, half, "before")
    await destroyed(half)
    after_status, after = await asyncio.to_thread(star_chain, half, "after")
    assert (status, after_status) == (0, 0), after
    start = next(number for number, line in enumerate(before) if "root that was signed" in line)
    assert len(before) > start + 2
    assert after[-(len(before) - start) :] == before[start:]


async def test_the_bundle_verifies_and_holds_the_same_results(half: Half, capsys: pytest.CaptureFixture[str]) -> None:
    before = await bundle(half, "before.zip")
    await destroyed(half)
    capsys.readouterr()
    after = await bundle(half, "after.zip")
    done = verified(after, key_of(capsys.readouterr().out))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("As published at position") == 6
    results = [zipfile.ZipFile(file).read("results.json") for file in (before, after)]
    assert results[0] == results[1]


async def test_check_and_explain_find_everything_as_it_was_recorded(half: Half, capsys: pytest.CaptureFixture[str]) -> None:
    await destroyed(half)
    capsys.readouterr()
    assert await asyncio.to_thread(main, ["check", "--service", "evaluation"]) == 0, capsys.readouterr().out
    status = await asyncio.to_thread(main, ["explain", half.id("m1"), "2026-H1"])
    said = capsys.readouterr().out
    assert status == 0, said
    assert "result     committee: 91 = 91, rounded 91, band from 90: 3 stars" in said
    assert "the view agrees with the events" in said
