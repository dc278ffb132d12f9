"""`make drill`: two database nodes under Patroni on one machine; the leader is killed under load, and the client's book must agree.

As root on Debian, with the packages patroni, etcd-server and postgresql-15 (`make drill` installs them). It prints how long nobody could
write, for a leader that was killed and for one that was asked to step down, and ends with 1 where an acknowledged command is lost.
"""

from __future__ import annotations

import os
import random
import secrets
import shutil
import signal
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

from tests.faults.book import Book, Client
from tests.faults.killing import Killable
from tests.faults.reckoning import Reckoning
from tests.house.files import ROOT
from tests.journeys.processes import SERVICES, free_ports
from tests.journeys.stories import START, Branch, Town, names

WITHIN = 120.0
LOADED_SECONDS = 4.0
TEMPLATE = ROOT / "deploy/patroni/node.yml"


@dataclass
class Node:
    """One database node: its Patroni, which starts and stops PostgreSQL."""

    name: str
    folder: Path
    port: int
    rest_port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start its Patroni as the user postgres."""
        with (self.folder / "patroni.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["/usr/bin/patroni", str(self.folder / "node.yml")],
                stdout=log, stderr=log, user="postgres", cwd="/", start_new_session=True,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            )  # fmt: skip

    @property
    def is_leader(self) -> bool:
        """What Patroni's own door says."""
        with suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.rest_port}/leader", timeout=2, trust_env=False).status_code == 200
        return False

    @property
    def is_synchronous(self) -> bool:
        """Whether it is the standby without which nothing is acknowledged."""
        with suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.rest_port}/synchronous", timeout=2, trust_env=False).status_code == 200
        return False

    def kill(self) -> None:
        """SIGKILL to Patroni and to PostgreSQL at the same moment, as when the machine loses its power."""
        if self.process is None:
            return
        first = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.killpg(os.getpgid(first), signal.SIGKILL)
        self.process.wait()


@dataclass
class Cluster:
    """Two nodes and the etcd that they agree in."""

    folder: Path
    nodes: list[Node] = field(default_factory=list)
    password: str = field(default_factory=lambda: secrets.token_hex(12))

    def url(self, user: str, database: str, password: str) -> str:
        """Both nodes, whichever takes writes."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgresql://{user}:{password}@{hosts}/{database}?target_session_attrs=read-write&connect_timeout=2"

    @property
    def leader(self) -> Node:
        """The node that takes writes; waits until there is one."""
        _wait(lambda: any(node.is_leader for node in self.nodes), "there is no leader")
        return next(node for node in self.nodes if node.is_leader)

    def is_whole(self) -> bool:
        """Whether a leader and its synchronous standby are there."""
        return any(node.is_leader for node in self.nodes) and any(node.is_synchronous for node in self.nodes)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running cluster; everything of it is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="xingqi-drill-"))
    folder.chmod(0o755)
    client_port, peer_port, *ports = free_ports(6)
    etcd = _etcd(folder, client_port, peer_port)
    made = Cluster(folder, [Node(f"node{n}", folder / f"node{n}", ports[2 * n], ports[2 * n + 1]) for n in range(2)])
    replication = secrets.token_hex(12)
    try:
        for node in made.nodes:
            node.folder.mkdir()
            words = {"name": node.name, "host": "127.0.0.1", "port": node.port, "rest_port": node.rest_port, "network": "127.0.0.1/32"}
            words |= {"etcd": f"127.0.0.1:{client_port}", "data": node.folder / "data", "pgpass": node.folder / "pgpass"}
            words |= {"owner_password": made.password, "replication_password": replication}
            (node.folder / "node.yml").write_text(string.Template(TEMPLATE.read_text()).substitute({k: str(v) for k, v in words.items()}))
            shutil.chown(node.folder, "postgres")
            node.start()
        _wait(made.is_whole, "the two nodes did not come up", _logs(made))
        yield made
    finally:
        for node in made.nodes:
            with suppress(OSError, ValueError):
                node.kill()
        etcd.kill()
        etcd.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _etcd(folder: Path, client_port: int, peer_port: int) -> subprocess.Popen[bytes]:
    place, peers = f"http://127.0.0.1:{client_port}", f"http://127.0.0.1:{peer_port}"
    words = ["--data-dir", str(folder / "etcd"), "--listen-client-urls", place, "--advertise-client-urls", place]
    words += ["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", f"default={peers}"]
    with (folder / "etcd.log").open("ab") as log:
        return subprocess.Popen(["/usr/bin/etcd", *words], stdout=log, stderr=log, cwd="/")


def main() -> None:
    """Both drills; SystemExit 1 where the book does not agree."""
    with tempfile.TemporaryDirectory() as folder, cluster() as made:
        with psycopg.connect(made.url("postgres", "postgres", made.password), autocommit=True) as connection:
            connection.execute("CREATE DATABASE xingqi")
        settings = {
            "XINGQI_OWNER_URL": made.url("postgres", "xingqi", made.password),
            "XINGQI_DATABASE_URL": made.url("xingqi", "xingqi", secrets.token_hex(12)),
        }
        urls = {service: f"http://127.0.0.1:{port}" for service, port in zip(SERVICES, free_ports(3), strict=True)}
        cell = Killable(Path(folder), START, urls, settings=settings)
        cell.command("migrate")
        try:
            cell.start()
            with httpx.Client(timeout=10, trust_env=False) as http:
                _drill(made, _town(cell, http))
        finally:
            cell.stop(kill=True)


def _town(cell: Killable, http: httpx.Client) -> tuple[Town, Branch]:
    town = Town(cell, http, cell.token("admin"))
    town.found()
    branch = town.branch(names(20))
    town.open(branch)
    town.to(branch, "peer_review")
    return town, branch


def _drill(made: Cluster, at: tuple[Town, Branch]) -> None:
    town, branch = at
    book = Book()
    reckoning = Reckoning(town, branch, book)
    reckoning.begin()
    for what, loss in (("killed", _lose), ("asked to step down", _step_down)):
        _wait(made.is_whole, "the cluster is not whole", _logs(made))
        client = Client(town, branch, book, random.Random(341))  # noqa: S311 - a lot that can be drawn again
        client.start()
        time.sleep(LOADED_SECONDS)
        told_before = len(book.deeds) - len(book.open)
        seconds = loss(made)
        time.sleep(LOADED_SECONDS)
        client.stop()
        open_before = reckoning.settle()
        reckoning.hold()
        faults = [*book.wrong, *reckoning.lost, *reckoning.doubled]
        told = len(book.deeds) - len(book.open)
        print(  # noqa: T201 - a command
            f"leader {what}: writable again after {seconds:.1f} s; {told} commands acknowledged ({told_before} before), "
            f"{open_before} of them asked for again; lost {len(reckoning.lost)}, doubled {len(reckoning.doubled)}",
            flush=True,
        )
        if faults:
            print("\n".join(faults[:20]), file=sys.stderr)  # noqa: T201
            raise SystemExit(1)
    town.cell.command("check")


def _lose(made: Cluster) -> float:
    """Kill the leader, wait until the other takes writes, start the lost node again; the seconds that nobody could write."""
    lost = made.leader
    begun = time.monotonic()
    lost.kill()
    seconds = _writable_after(made, begun)
    lost.start()
    return seconds


def _step_down(made: Cluster) -> float:
    leader = made.leader
    candidate = next(node for node in made.nodes if node is not leader)
    begun = time.monotonic()
    body = {"leader": leader.name, "candidate": candidate.name}
    httpx.post(f"http://127.0.0.1:{leader.rest_port}/switchover", json=body, timeout=60, trust_env=False).raise_for_status()
    return _writable_after(made, begun)


def _writable_after(made: Cluster, begun: float) -> float:
    def is_writable() -> bool:
        with suppress(psycopg.Error), psycopg.connect(made.url("postgres", "xingqi", made.password), autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS drill (at double precision)")
            connection.execute("INSERT INTO drill VALUES (%s)", (begun,))
            return True
        return False

    _wait(is_writable, "nobody takes writes", _logs(made))
    return time.monotonic() - begun


def _logs(made: Cluster) -> Callable[[], str]:
    return lambda: "\n".join(path.read_text(errors="replace")[-2000:] for path in sorted(made.folder.glob("*/patroni.log")))


def _wait(is_so: Callable[[], bool], otherwise: str, said: Callable[[], str] = str) -> None:
    until = time.monotonic() + WITHIN
    while not is_so():
        if time.monotonic() > until:
            raise AssertionError(f"{otherwise} within {WITHIN:.0f} s\n{said()}")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
