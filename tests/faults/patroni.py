"""Database nodes under Patroni on one machine, with the etcd that they agree in: started, killed, silenced, all removed at the end."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import string
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.house.files import ROOT
from tests.journeys.processes import free_ports

WITHIN = 180.0
MENDED = (3, 0, 3)
"""The version of Patroni from which on a frozen leader does not take the lock back by the API of version 3."""
TEMPLATE = ROOT / "deploy/patroni/node.yml"


@dataclass(eq=False)
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

    def is_(self, role: str) -> bool:
        """What Patroni's own door says: `leader`, or `synchronous`: the standby without which nothing is acknowledged."""
        with suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.rest_port}/{role}", timeout=2, trust_env=False).status_code == 200
        return False

    def kill(self) -> None:
        """SIGKILL to Patroni and to every process of PostgreSQL, as when its machine restarts: its port refuses calls."""
        self._signal(signal.SIGSTOP)  # so that none is born meanwhile
        self._signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Inside, nothing is heard of it any more, as when its machine loses its power: no refusal, no acknowledgement."""
        rules = [["INPUT", "-i", "lo", "-p", "tcp", "--dport", str(port), "-j", "DROP"] for port in (self.port, self.rest_port)]
        self._signal(signal.SIGSTOP)
        try:
            for rule in rules:
                subprocess.run(["iptables", "--append", *rule], check=True)  # noqa: S607 - wherever it is
            yield
        finally:
            for rule in rules:
                subprocess.run(["iptables", "--delete", *rule], check=False)  # noqa: S607
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes():
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def _processes(self) -> list[int]:
        """Those that name its folder, and their children: each process of PostgreSQL leads a group of its own."""
        own = [int(file.parent.name) for file in Path("/proc").glob("[0-9]*/cmdline") if str(self.folder) in _words(file)]
        if not own:
            return []
        asked = ["pgrep", "-P", ",".join(map(str, own))]
        children = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
        return [*own, *map(int, children)]


def _words(file: Path) -> str:
    with suppress(OSError):
        return file.read_bytes().decode(errors="replace")
    return ""


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
        self.wait(lambda: any(node.is_("leader") for node in self.nodes), "there is no leader")
        return next(node for node in self.nodes if node.is_("leader"))

    @property
    def standby(self) -> Node:
        """The other one."""
        leader = self.leader
        return next(node for node in self.nodes if node is not leader)

    def wait_until_whole(self) -> None:
        """Return when a leader and its synchronous standby are there."""
        self.wait(lambda: all(any(node.is_(role) for node in self.nodes) for role in ("leader", "synchronous")), "the cluster is not whole")

    def wait(self, is_so: Callable[[], bool], otherwise: str) -> None:
        """Return when it is so. Raises AssertionError, with what the nodes said, where it takes too long."""
        until = time.monotonic() + WITHIN
        while not is_so():
            if time.monotonic() > until:
                said = "\n".join(path.read_text(errors="replace")[-2000:] for path in sorted(self.folder.glob("*/patroni.log")))
                raise AssertionError(f"{otherwise} within {WITHIN:.0f} s\n{said}")
            time.sleep(0.2)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running cluster; everything of it is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="xingqi-drill-"))
    folder.chmod(0o755)
    client_port, peer_port, *ports = free_ports(6)
    api = _etcd_api()
    etcd = _etcd(folder, client_port, peer_port, *(["--enable-v2=true"] if api == "etcd" else []))
    made = Cluster(folder, [Node(f"node{n}", folder / f"node{n}", ports[2 * n], ports[2 * n + 1]) for n in range(2)])
    replication = secrets.token_hex(12)
    try:
        for node in made.nodes:
            node.folder.mkdir()
            words = {"name": node.name, "host": "127.0.0.1", "port": node.port, "rest_port": node.rest_port, "network": "127.0.0.1/32"}
            words |= {"etcd_api": api, "etcd": f"127.0.0.1:{client_port}", "data": node.folder / "data", "pgpass": node.folder / "pgpass"}
            words |= {"owner_password": made.password, "replication_password": replication}
            (node.folder / "node.yml").write_text(string.Template(TEMPLATE.read_text()).substitute({k: str(v) for k, v in words.items()}))
            shutil.chown(node.folder, "postgres")
            node.start()
        made.wait_until_whole()
        yield made
    finally:
        for node in made.nodes:
            node.kill()
        etcd.kill()
        etcd.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _etcd_api() -> str:
    """By which API this Patroni keeps the leader's key as node.yml wants it."""
    said = subprocess.run(["/usr/bin/patroni", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    return "etcd3" if tuple(map(int, said.split(".")[:3])) >= MENDED else "etcd"


def _etcd(folder: Path, client_port: int, peer_port: int, *more: str) -> subprocess.Popen[bytes]:
    place, peers = f"http://127.0.0.1:{client_port}", f"http://127.0.0.1:{peer_port}"
    words = ["--data-dir", str(folder / "etcd"), "--listen-client-urls", place, "--advertise-client-urls", place]
    words += ["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", f"default={peers}"]
    with (folder / "etcd.log").open("ab") as log:
        return subprocess.Popen(["/usr/bin/etcd", *words, *more], stdout=log, stderr=log, cwd="/")
