"""Whether a service runs on its folder, and whether the folder is whole: locks and marks that a restore looks for and leaves."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from shared.settings import ServiceName, Settings
from xingqi.stop import Stop

HALF_RESTORED = ".restoring"
"""Lies in the data folder from the first to the last moment of a restore."""


@contextmanager
def serving(settings: Settings, service: ServiceName) -> Iterator[None]:
    """Inside, this process serves `service` on its data folder; others may do so too, but nobody restores it.

    Raises:
        Stop: a restore is going on there, or one broke off; or the folder can't be written to.
    """
    try:
        with _lock_of(settings.data, service).open("ab") as file:
            _lock(file, fcntl.LOCK_SH, f"{service} is being restored: wait until that has ended.")
            refuse_half_restored(settings)
            yield
    except PermissionError as error:
        raise Stop(f"the data folder {settings.data} can't be written to: {error.strerror}. Give it to the user of the services.") from None
    except OSError as error:
        raise Stop(f"the data folder {settings.data} can't be used: {error.strerror}. Name another in XINGQI_DATA.") from None


@contextmanager
def opening(settings: Settings, service: ServiceName) -> Iterator[None]:
    """Inside, no other process opens the store of `service` on this data folder: of two starters one makes it, and the other finds it."""
    with (settings.data / f".{service}.opening").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def restoring(settings: Settings, services: Sequence[ServiceName]) -> Iterator[None]:
    """Inside, none of `services` can start on the data folder.

    Raises:
        Stop: one of them runs.
    """
    with ExitStack() as stack:
        for service in services:
            file = stack.enter_context(_lock_of(settings.data, service).open("ab"))
            _lock(file, fcntl.LOCK_EX, f"{service} runs on {settings.data}: stop it first.")
        yield


def refuse_half_restored(settings: Settings) -> None:
    """Raise Stop where a restore into the data folder did not come to its end."""
    if (settings.data / HALF_RESTORED).exists():
        raise Stop(f"{settings.data} is half restored: run xingqi restore again, it begins anew.")


def _lock_of(data: Path, service: ServiceName) -> Path:
    data.mkdir(parents=True, exist_ok=True)
    return data / f".{service}.lock"


def _lock(file: IO[bytes], kind: int, refusal: str) -> None:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Stop(refusal) from None
