"""What is shown while the demonstration runs: one line for each stage, moving on a terminal, printed when done elsewhere."""

from __future__ import annotations

import time
from collections.abc import Coroutine, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from xingqi.demo.client import Json, all_of


class Show:
    """The display; a context manager. `calls` runs the calls of a stage and moves its bar on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.fields[day]}", style="dim"), TextColumn("{task.description}"), BarColumn(bar_width=24),
            MofNCompleteColumn(), TimeElapsedColumn(), console=console, disable=not console.is_terminal,
        )  # fmt: skip
        self.day = ""

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bars.stop()

    async def calls(self, title: str, calls: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
        """The answers to all calls of one stage, in their order."""
        waiting: Sequence[Coroutine[Any, Any, Any]] = list(calls)
        bar = self._bars.add_task(title, total=len(waiting), day=self.day)
        started = time.monotonic()
        answers = await all_of(self._counted(bar, call) for call in waiting)
        if not self._console.is_terminal:
            self._console.print(f"{self.day:10}  {title}: {len(answers)} ({time.monotonic() - started:.1f} s)")
        return answers

    async def _counted(self, bar: TaskID, call: Coroutine[Any, Any, Json]) -> Json:
        answer = await call
        self._bars.advance(bar)
        return answer
