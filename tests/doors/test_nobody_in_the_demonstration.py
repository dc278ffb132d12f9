"""After the demonstration's year no name, phone or identity number of its 884 members stands in the clear in any file that it left.

The small town of `test_nobody_is_named.py` says each text in each place; here it is a whole town's year: databases with their write-ahead
logs, caches, exported logs, what the services wrote, both folders of a backup.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from tests.journeys.processes import ROOT
from xingqi.demo.halves import CLOCK
from xingqi.demo.town import make_town

SEED, LEAST_FILES = 341, 20
HAN = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){2,}")
ESCAPED, QUOTED = re.compile(rb"(?:\\u[4-9][0-9a-f]{3}){2,}"), re.compile(rb"(?:%E[4-9]%[89AB][0-9A-F]%[89AB][0-9A-F]){2,}", re.IGNORECASE)
DIGITS = re.compile(rb"(?<![0-9])1[3-9][0-9]{9}(?![0-9])|(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9])")
"""Mobile phones of eleven digits, identity numbers of eighteen."""


def texts_in(content: bytes) -> Iterator[str]:
    """Every run of two Chinese characters or more, written as UTF-8, as JSON escapes, or in an address."""
    for found in HAN.findall(content):
        yield found.decode(errors="ignore")
    for found in ESCAPED.findall(content):
        yield found.decode().encode().decode("unicode_escape")
    for found in QUOTED.findall(content):
        yield unquote_to_bytes(found).decode(errors="ignore")


def named_in(content: bytes, names: frozenset[str]) -> set[str]:
    """The names that stand in it."""
    lengths = sorted({len(name) for name in names})
    texts = set(texts_in(content))
    return {text[at : at + n] for text in texts for n in lengths for at in range(len(text) - n + 1)} & names


def numbers_in(content: bytes) -> set[bytes]:
    """What is written like a phone or an identity number."""
    return set(DIGITS.findall(content))


def look_at(folder: Path, names: frozenset[str]) -> tuple[int, list[str]]:
    """How many files were looked at, and in which of them who is named."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return len(files), [
        f"{path.relative_to(folder)}: {sorted(found)[:3]}" for path in files if (found := named_in(path.read_bytes(), names))
    ]


def names_of_the_town() -> frozenset[str]:
    return frozenset(person.name for person in make_town(SEED).people)


def test_the_search_finds_a_name_however_it_is_written() -> None:
    names = frozenset({"王秀兰"})
    for written in ("王秀兰".encode(), rb"x\u738b\u79c0\u5170", b"/m?q=%E7%8E%8B%E7%A7%80%E5%85%B0", "和王秀兰同志".encode()):
        assert named_in(b"\x00\xe7" + written + b"\xff", names) == names
    assert not named_in("王秀英".encode(), names)
    assert numbers_in(b'"13912345678" 110101199003078873') == {b"13912345678", b"110101199003078873"}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_demonstration_leaves_no_name_in_any_file(tmp_path: Path) -> None:
    data, environment = tmp_path / "demo", {name: value for name, value in os.environ.items() if not name.startswith("XINGQI_")}

    def xingqi(*arguments: str, **settings: str) -> None:
        command = [sys.executable, "-P", "-m", "xingqi", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment | {"PYTHONPATH": str(ROOT)} | settings, check=False, capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()[-2000:]

    xingqi("demo", "--data", str(data), "--seed", str(SEED))
    own = {"XINGQI_DATA": str(data), "XINGQI_CLOCK": CLOCK}
    xingqi("backup", str(tmp_path / "copy"), **own)
    for service in ("roster", "evaluation", "notice"):
        xingqi("export", "--service", service, "--out", str(tmp_path / "export" / service), **own)
    looked_at, named = look_at(tmp_path, names_of_the_town())
    assert looked_at > LEAST_FILES
    assert not named
