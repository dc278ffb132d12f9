"""The witness of the demonstration: a neighbour in a process of its own that cosigns the three logs, as a town next door would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from xingqi import cli
from xingqi.alone import HOUSE
from xingqi.demo.client import Client
from xingqi.stop import Stop

NAME = "demo-neighbour"


@dataclass(frozen=True)
class Neighbour:
    """Its folder (key, what it has seen, the logs that it watches) and its port."""

    folder: Path
    port: int

    @property
    def witnesses_file(self) -> Path:
        """What the services are told: its key, and where it is asked."""
        return self.folder / "witnesses"

    @property
    def logs_file(self) -> Path:
        """What it is told: the keys of the logs."""
        return self.folder / "logs"

    @property
    def arguments(self) -> list[str]:
        """What starts it."""
        return ["witness", str(self.folder), "--name", NAME, "--logs", str(self.logs_file), "--port", str(self.port)]

    def introduce(self) -> None:
        """Make its key, and write the file that the services read at their start."""
        key = said("witness", str(self.folder), "--name", NAME, "--key")
        self.witnesses_file.write_text(f"{key} http://127.0.0.1:{self.port}\n", encoding="utf-8")

    @contextmanager
    def watching(self, services: Mapping[str, str], log: Path) -> Iterator[None]:
        """It cosigns the logs of these services, which have been started once, until the end of the block."""
        keys = [said("key", "--service", service) for service in services]
        self.logs_file.write_text("".join(f"{key}\n" for key in keys), encoding="utf-8")
        path = os.pathsep.join(filter(None, [str(HOUSE), os.environ.get("PYTHONPATH")]))
        with log.open("ab") as written:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "xingqi", *self.arguments],
                env=os.environ | {"PYTHONPATH": path},
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def said(*arguments: str) -> str:
    """The line that `xingqi ARGUMENTS` prints. Raises Stop where it failed."""
    with redirect_stdout(StringIO()) as printed:
        status = cli.main(arguments)
    if status:
        raise Stop(f"xingqi {arguments[0]} ended with {status}; what it said stands above.")
    return printed.getvalue().strip()


async def print_proof(client: Client, town_id: str, console: Console) -> None:
    """The checkpoint that the town's board shows, and who agrees with it since when."""
    shown: dict[str, Any] | None = (await client.read(f"notice/boards/{town_id}"))["checkpoint"]
    if shown is None:
        return
    console.print(f"\n[bold]防篡改证明 · proof on the board[/] 检查点 checkpoint {shown['size']:,} 条 entries, {shown['short_hash']}")
    for each in shown["witnesses"]:
        agreement = (
            f"自 since {each['since']}，到第 {each['size']} 条 up to entry {each['size']}" if each["since"] else "还没有签名 not yet"
        )
        console.print(f"  见证人 witness {each['name']}：{agreement}", soft_wrap=True)
