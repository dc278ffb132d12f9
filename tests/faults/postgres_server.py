"""A PostgreSQL server of one's own, as a process that can be killed and started again; the shared one of the tests is left alone."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from tests.journeys.processes import free_ports
from tests.postgres import server

USER = "embedded_postgres"
START_WITHIN = 60.0


@dataclass
class OwnServer:
    """A server with its data in `folder`; `url` names its database `postgres`."""

    folder: Path
    programs: Path
    port: int
    user: str | None
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it; returns when it takes connections, after whatever recovery it needs."""
        log = (self.folder.parent / "postgres.log").open("ab")
        words = ["postgres", "-D", str(self.folder), "-p", str(self.port), "-h", "127.0.0.1", "-k", ""]
        self.process = subprocess.Popen(
            [self.programs / words[0], *words[1:]], stdout=log, stderr=log, user=self.user, cwd="/", start_new_session=True
        )
        log.close()
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until:
            with suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=2):
                return
            if self.process.poll() is not None:  # a killed one's children may still hold its memory for a moment
                time.sleep(0.2)
                self.process = subprocess.Popen(self.process.args, user=self.user, cwd="/", start_new_session=True)
            time.sleep(0.05)
        raise AssertionError(f"PostgreSQL did not start:\n{(self.folder.parent / 'postgres.log').read_text()[-2000:]}")

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """SIGKILL to all its processes; or SIGINT to the first: the fast shutdown that a restart begins with."""
        assert self.process is not None
        if how == signal.SIGKILL:
            self.process.send_signal(signal.SIGSTOP)  # so that none is born meanwhile
            asked = ["pgrep", "-P", str(self.process.pid)]  # each of them leads a group of its own
            for child in subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split():
                with suppress(ProcessLookupError):
                    os.kill(int(child), how)
        self.process.send_signal(how)
        self.process.wait(START_WITHIN)


@contextmanager
def own_server(configure: Callable[[Path], str] = lambda _: "") -> Iterator[OwnServer]:
    """A running server with an empty database; its data are removed at the end. Skips the test where none can be had.

    `configure` is given the folder in which its data lie, and gives what is added to postgresql.conf.
    """
    if server() is None:
        pytest.skip("no PostgreSQL server could be started")
    from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 - only where it is there

    home = Path(tempfile.mkdtemp(prefix="xingqi-own-postgres-"))
    home.chmod(0o755)
    user = USER if os.geteuid() == 0 else None
    made = OwnServer(home / "data", POSTGRES_BIN_PATH, free_ports(1)[0], user)
    made.folder.mkdir(mode=0o700)
    if user is not None:
        os.chown(made.folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    words = ["-D", str(made.folder), "--auth=trust", "--encoding=utf8", "-U", "postgres"]
    subprocess.run([POSTGRES_BIN_PATH / "initdb", *words], check=True, capture_output=True, user=user, cwd="/")
    with (made.folder / "postgresql.conf").open("a") as configuration:
        configuration.write(configure(home))
    made.start()
    try:
        yield made
    finally:
        made.end()
        shutil.rmtree(home, ignore_errors=True)
