"""`xingqi clock`: moves the manual clock of a demonstration on all three services."""

from __future__ import annotations

import argparse
from datetime import datetime

import httpx

from shared.settings import SERVICES, read_settings
from xingqi.stop import Stop
from xingqi.tokens import local_issuer

TIMEOUT_SECONDS = 30


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi clock`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Move the manual clock forward on every service that is reached, and name the others: they take the time from a "
        "neighbour when they start. Status 0, unless a service refuses: under the system's clock, or when the instant is past.",
    )
    made.add_argument("instant", metavar="INSTANT", type=_instant, help="like 2026-07-01T09:00:00+08:00, or with Z for UTC")
    return made


def run(options: argparse.Namespace) -> int:
    """Move the clocks; status 1 if a service refused.

    Raises:
        Stop: the cell trusts another issuer than the local one.
    """
    settings = read_settings()
    token = local_issuer(settings).token(["admin"], hours=0.25)
    headers = {"Authorization": f"Bearer {token}"}
    refused = False
    with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, headers=headers) as client:
        for service in SERVICES:
            said, is_refusal = _move(client, settings.url_of(service), options.instant)
            print(f"{service:12}{said}", flush=True)
            refused |= is_refusal
    return 1 if refused else 0


def _move(client: httpx.Client, url: str, instant: datetime) -> tuple[str, bool]:
    """What came of it in words, and whether the service refused."""
    try:
        answer = client.put(f"{url}/clock", json={"now": instant.isoformat()})
    except httpx.HTTPError:
        return f"not reached at {url}", False
    try:
        said = answer.json()
        if answer.is_success:
            return f"now {said['now']}", False
        return f"refused: {said['detail']}", True
    except (ValueError, KeyError, TypeError) as error:
        raise Stop(f"what answers at {url} is no Xingqi service.") from error


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError("the instant needs its offset from UTC, like 2026-07-01T09:00:00+08:00")
    return instant
