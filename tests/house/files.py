"""The files of the house, for the tests about them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("xingqi", "services", "shared")


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that is, or would be, in the repository; without one (an unpacked archive) all of them but `.venv` and `var`."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - the git of the one who tests
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        return tuple(sorted(ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()))
    skipped = {".venv", ".git", "var", "__pycache__"}
    return tuple(sorted(path for path in ROOT.rglob("*") if path.is_file() and not skipped & set(path.relative_to(ROOT).parts)))


def python_files(*folders: str) -> Iterator[Path]:
    """The Python files below these folders."""
    wanted = tuple(ROOT / folder for folder in folders)
    return (path for path in tracked_files() if path.suffix == ".py" and path.is_relative_to(ROOT) and _is_below(path, wanted))


def templates() -> Iterator[Path]:
    """The HTML templates of all services and of the base page."""
    return (path for path in tracked_files() if path.suffix == ".html" and path.relative_to(ROOT).parts[0] in PRODUCT)


def syntax_of(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(), str(path))


def place(path: Path, line: int | None = None) -> str:
    """How a test names a place: `services/notice/app.py:12`."""
    name = path.relative_to(ROOT).as_posix()
    return name if line is None else f"{name}:{line}"


def _is_below(path: Path, folders: tuple[Path, ...]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)
