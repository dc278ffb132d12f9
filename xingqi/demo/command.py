"""`xingqi demo`: an invented Xuanhua lives the year 2026 on three real services, and the board is there to look at."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from pathlib import Path

import httpx
from rich.console import Console

from xingqi.demo.client import Client
from xingqi.demo.founding import found
from xingqi.demo.halves import CLOCK, FOUNDED
from xingqi.demo.progress import Show
from xingqi.demo.services import Services, running_services
from xingqi.demo.staying import stay
from xingqi.demo.summary import print_summary
from xingqi.demo.town import make_town
from xingqi.demo.year import Year
from xingqi.stop import Stop

MARK = "xingqi-demo"
"""A file of this name says that a folder was made by the demonstration and may be replaced by it."""
DEFAULT_FOLDER, DEFAULT_SEED = Path("var/demo"), 341
TIMEOUT_SECONDS = 60


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi demo`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Live the year 2026 of an invented Xuanhua (18 branches, 57 Party groups, 884 members) on the three services, by REST "
        "alone, under a manual clock, with the hard cases that towns meet; then say what came of it. Ends by itself, or with --stay goes "
        "on until Ctrl-C. The data stays, and the last lines say how to open it.",
    )
    made.add_argument(
        "--data", type=Path, default=DEFAULT_FOLDER, metavar="FOLDER", help="where the data lies (var/demo); an old demo is replaced"
    )
    made.add_argument("--seed", type=int, default=DEFAULT_SEED, metavar="N", help="another town, other chances (341)")
    made.add_argument("--stay", action="store_true", help="keep the services running at the end, until Ctrl-C, to look at the pages")
    return made


def run(options: argparse.Namespace) -> int:
    """Live the demonstration.

    Raises:
        Stop: the folder holds something else, the services did not start, or one of them refused a call.
    """
    console = Console(file=sys.stdout, highlight=False)
    folder: Path = options.data.resolve()
    _make_folder(folder)
    started = time.monotonic()
    try:
        with running_services(folder, CLOCK, folder / "services.log") as services:
            asyncio.run(_live(services, options.seed, console, started))
            if options.stay:
                stay(services, console)
    except BaseExceptionGroup as several:
        raise _first(several) from several
    return 0


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first failure: the others are calls of the same stage that were not made any more."""
    failure: BaseException = several
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure


async def _live(services: Services, seed: int, console: Console, started: float) -> None:
    town = make_town(seed)
    limits = httpx.Limits(max_connections=24, max_keepalive_connections=24)
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, limits=limits, trust_env=False) as http:
        client = Client(http, services.urls, seed)
        with Show(console) as show:
            show.day = FOUNDED.isoformat()
            year = Year(town, client, "", show, services)
            year.admin = await found(town, client, services, show)
            await year.live()
        await print_summary(year, services, console, time.monotonic() - started)


def _make_folder(folder: Path) -> None:
    """An empty folder with our mark; raises Stop where something else lies there."""
    mark = folder / MARK
    if folder.exists() and any(folder.iterdir()):
        if not mark.is_file():
            raise Stop(f"{folder} holds something that is no demonstration; name another folder with --data.", 2)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text("This folder was made by `xingqi demo`, which replaces it the next time. 演示数据，可随时删除。\n")
