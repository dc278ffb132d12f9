"""`xingqi bundle`: a branch's half-year in one file; its verifier takes it, and names whatever was altered in it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evaluation.builders_review import Half
from xingqi.cli import main


async def bundle(half: Half, name: str = "bundle.zip") -> Path:
    assert await asyncio.to_thread(main, ["bundle", half.town.places["north"], "2026-H1", "--out", name]) == 0
    return Path(name)


def verified(file: Path, key: str) -> subprocess.CompletedProcess[str]:
    """By the verifier that lies in the bundle, as on a machine that has nothing else of Xingqi."""
    with zipfile.ZipFile(file) as opened:
        Path("verify_copy.py").write_bytes(opened.read("verify.py"))
    command = [sys.executable, "-I", "verify_copy.py", str(file), "--key", key]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def key_of(said: str) -> str:
    return said.split("--key '")[1].split("'", maxsplit=1)[0]


def with_altered(file: Path, name: str, alter: Callable[[str], str]) -> Path:
    """A copy of the bundle in which one file was altered."""
    other = Path("altered.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for one in old.namelist():
            text = old.read(one).decode()
            new.writestr(one, alter(text) if one == name else text)
    return other


async def test_the_verifier_in_the_bundle_computes_every_star_again(half: Half, capsys: pytest.CaptureFixture[str]) -> None:
    file = await bundle(half)
    done = verified(file, key_of(capsys.readouterr().out))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("As published at position") == 6
    assert "All of the above holds" in done.stdout


async def test_the_same_log_makes_the_same_bytes(half: Half) -> None:
    assert (await bundle(half)).read_bytes() == (await bundle(half, "again.zip")).read_bytes()


async def test_there_is_no_ballot_and_no_name_in_it(half: Half) -> None:
    with zipfile.ZipFile(await bundle(half)) as opened:
        events = json.loads(opened.read("events.json"))
        everything = b"".join(opened.read(name) for name in opened.namelist() if name != "verify.py").decode()
    topics = {json.loads(one["leaf"])[1] for one in events}
    assert "reviews.peer-review-closed.v1" in topics
    assert not [topic for topic in topics if topic.startswith("ballots.") or "self-review" in topic]
    assert "ballot-cast" not in everything


@pytest.mark.parametrize(
    ("name", "alter", "said"),
    [
        ("events.json", lambda text: text.replace('\\"score\\":91', '\\"score\\":99', 1), "does not stand in the signed log"),
        ("events.json", lambda text: json.dumps(json.loads(text)[1:]), "lacks the opening of the review"),
        ("checkpoint", lambda text: text.replace("\n", "\n1", 1), "signature"),
        ("results.json", lambda text: text.replace('"stars": 3', '"stars": 2', 1), "results.json is not what the events say"),
        ("rulebook.json", lambda text: text.replace('"from": 90', '"from": 80', 1), "rulebook.json is not what the events say"),
    ],
)
async def test_what_was_altered_is_named(
    half: Half, capsys: pytest.CaptureFixture[str], name: str, alter: Callable[[str], str], said: str
) -> None:
    file = await bundle(half)
    done = verified(with_altered(file, name, alter), key_of(capsys.readouterr().out))
    assert done.returncode == 1, done.stdout
    assert said in done.stdout


async def test_a_branch_without_a_review_is_said_plainly(half: Half, capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(main, ["bundle", half.id("m1"), "2026-H1", "--out", "x.zip"]) == 1
    assert "has no review of 2026-H1" in capsys.readouterr().err
    assert await asyncio.to_thread(main, ["bundle", half.id("m1"), "2026", "--out", "x.zip"]) == 2
