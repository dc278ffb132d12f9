"""A small disk of one's own that can be filled, emptied and made read-only; only where this user may mount one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

PIECE = b"\0" * 65536


@dataclass
class Disk:
    """A file system in memory, mounted at `path`."""

    path: Path

    def fill(self) -> None:
        """Leave no byte free."""
        with (self.path / ".filler").open("ab", buffering=0) as file, suppress(OSError):
            while file.write(PIECE):
                pass

    def free(self) -> None:
        """Give the room back."""
        (self.path / ".filler").unlink()

    def remount(self, how: str) -> None:
        """`ro` or `rw`; nobody may have a file open there for writing."""
        _mount("-o", f"remount,{how}", str(self.path))


def _mount(*words: str) -> bool:
    return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0  # noqa: S607


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Disk]:
    """A disk of `size` (`48m`) under `folder`. Skips the test, and says why, where none can be mounted."""
    path = folder / "disk"
    path.mkdir()
    if os.geteuid() != 0 or not _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)):
        print("\nNO DISK COULD BE MOUNTED: this needs root; the test is skipped")  # noqa: T201
        pytest.skip("mounting a small disk needs root")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=False)  # noqa: S607
