"""`xingqi demo --stay`: the services go on, so that somebody can look at the town in a browser, until Ctrl-C."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from rich.console import Console

from xingqi.demo.services import Services


def stay(services: Services, console: Console) -> None:
    """Print where the pages are, and return when somebody ends it (Ctrl-C, or SIGTERM)."""
    roster, evaluation, notice = (services.urls[name] for name in ("roster", "evaluation", "notice"))
    console.rule("服务还在运行 · the services stay up")
    for chinese, english, address in (
        ("督导", "the supervisor's desk", f"{evaluation}/desk"),
        ("党员", "a member's own page", f"{evaluation}/my"),
        ("公开栏", "the public boards", f"{notice}/"),
        ("登录和账号", "signing in, accounts", f"{roster}/account"),
    ):
        console.print(f"  {chinese} · {english}  [bold]{address}[/]", soft_wrap=True)
    console.print("用上面的一次性密码登录 · sign in with one of the one-time passwords above. Ctrl-C 结束 · ends it.", soft_wrap=True)
    ended = threading.Event()

    def end(_: int, __: FrameType | None) -> None:
        ended.set()

    before = {which: signal.signal(which, end) for which in (signal.SIGINT, signal.SIGTERM)}
    try:
        ended.wait()
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)
