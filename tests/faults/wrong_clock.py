"""Services whose machine has a clock that is set wrong, and right again: libfaketime, its offset in a file that is read at each look.

Only the wall clock jumps. The monotonic one, which measures how long something takes, goes on as it does on a real machine.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.faults.killing import Killable
from tests.journeys.processes import ROOT, SERVICES, free_ports
from tests.journeys.stories import Town

LIBRARY = "libfaketimeMT.so.1"
BEGIN = datetime(2026, 7, 2, 2, tzinfo=UTC)
"""What the right clock says when a test begins: Thursday, 10:00 in Shanghai."""
ISSUED_BEFORE, HOURS_VALID = timedelta(hours=6), "72"
SLEEP = "import threading, time\ntime.sleep = lambda seconds: threading.Event().wait(seconds) and None\n"
"""libfaketime 0.9.10 refuses to sleep until a moment of a clock that it leaves alone, which is how Python sleeps."""


def libfaketime() -> str:
    """The library's path; skips the test, with the reason, where there is none."""
    if found := [path for path in _candidates() if path.is_file()]:
        return str(found[0])
    pytest.skip(f"no {LIBRARY} on this machine (on Debian: make system-packages): the clock can't be set wrong")


def _candidates() -> Iterator[Path]:
    try:
        listed = subprocess.run(["dpkg", "-L", "libfaketime"], capture_output=True, text=True, check=False).stdout  # noqa: S607
    except OSError:
        listed = ""
    yield from (Path(line) for line in listed.split() if line.endswith(f"/{LIBRARY}"))
    for folder in (Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local/lib")):
        yield from (folder / "faketime" / LIBRARY, *folder.glob(f"*/faketime/{LIBRARY}"))


class WronglySet(Killable):
    """A cell under the system's clock, and that clock in our hands."""

    def set_clock(self, wrong_by: timedelta = timedelta()) -> None:
        """From now on the machine's clock is `wrong_by` beside the right one; at once for every process of the cell."""
        self._write(self.folder / "clock", wrong_by)

    def right_now(self) -> datetime:
        """What a right clock says."""
        return datetime.now(UTC) + self._right

    def tokens(self, roles: Sequence[str], organization: str | None = None, members: Sequence[str] = ()) -> list[str]:
        """As `xingqi token` printed them six hours before, for three days."""
        return self.issue(roles, organization, members, hours=HOURS_VALID, wrong_by=-ISSUED_BEFORE)

    def issue(
        self, roles: Sequence[str], organization: str | None, members: Sequence[str], *, hours: str, wrong_by: timedelta = timedelta()
    ) -> list[str]:
        """Tokens of an issuer whose clock is `wrong_by` beside the right one."""
        self._write(self.folder / "issuer-clock", wrong_by)
        asked = [*(f"--role={role}" for role in roles), *(f"--member={member}" for member in members), f"--hours={hours}"]
        own, self.settings = self.settings, self.settings | {"FAKETIME_TIMESTAMP_FILE": str(self.folder / "issuer-clock")}
        try:
            return self.command("token", *asked, *([f"--organization={organization}"] if organization else [])).split()
        finally:
            self.settings = own

    def prepare(self, library: str) -> None:
        """Have every process of the cell look at our clock."""
        (self.folder / "python").mkdir()
        (self.folder / "python" / "sitecustomize.py").write_text(SLEEP)
        self._right = BEGIN - datetime.now(UTC)
        self.set_clock()
        self.settings |= {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(self.folder / "clock"),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "PYTHONPATH": f"{self.folder / 'python'}:{ROOT}",
        }

    def _write(self, file: Path, wrong_by: timedelta) -> None:
        new = file.with_suffix(".new")  # never seen half written
        new.write_text(f"{(self._right + wrong_by).total_seconds():+.3f}\n")
        new.replace(file)


@contextmanager
def town_with_a_clock(folder: Path, **settings: str) -> Iterator[tuple[Town, WronglySet]]:
    """The town of the stories under the system's clock; it says `BEGIN`."""
    library = libfaketime()
    urls = {service: f"http://127.0.0.1:{port}" for service, port in zip(SERVICES, free_ports(3), strict=True)}
    cell = WronglySet(folder, "system", urls, settings=dict(settings))
    cell.prepare(library)
    with httpx.Client(timeout=30, trust_env=False) as http:
        try:
            cell.start()
            town = Town(cell, http, cell.token("admin"))
            town.found()
            yield town, cell
        finally:
            cell.stop(kill=True)
