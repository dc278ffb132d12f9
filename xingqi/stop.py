"""How a command ends early."""

from __future__ import annotations


class Stop(Exception):
    """The command can't go on; the message says why and what to do. `status` is the exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status
