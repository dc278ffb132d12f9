"""The demonstration's neighbour: `xingqi witness` in a process of its own beside three real services, and what the board says of it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.settings import PREFIX
from shared.transparency.notes import note_of, public_key
from xingqi.demo.halves import CLOCK
from xingqi.demo.services import running_services
from xingqi.demo.witnessing import NAME


@pytest.mark.slow
def test_the_demonstrations_board_shows_a_neighbour_that_agrees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name in ("DATA", "CLOCK", "WITNESSES_FILE", "ROSTER_URL", "EVALUATION_URL", "NOTICE_URL"):
        monkeypatch.setenv(f"{PREFIX}{name}", "")  # so that what the demonstration sets is taken back at the end
    with running_services(tmp_path, CLOCK, tmp_path / "services.log") as services, httpx.Client(trust_env=False, timeout=30) as http:
        (admin,) = services.tokens("admin")
        county = _founded(http, services.urls["roster"], admin)
        shown = _agreed(http, f"{services.urls['notice']}/boards/{county}")
        (witness,) = shown["witnesses"]
        assert (witness["name"], witness["since"] <= witness["at"]) == (NAME, True)
        note = note_of(http.get(f"{services.urls['notice']}/log/checkpoint/{witness['size']}").content)
        key, _, _ = services.neighbour.witnesses_file.read_text().partition(" ")
        assert note.is_signed_by(public_key(key)), "the neighbour's own signature lies with the checkpoint"
        assert len(services.neighbour.logs_file.read_text().splitlines()) == 3


def _founded(http: httpx.Client, roster: str, admin: str) -> str:
    body = {"kind": "county", "name": "高台县", "code": "GT"}
    answer = http.post(f"{roster}/organizations", json=body, headers={"Authorization": f"Bearer {admin}"})
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


def _agreed(http: httpx.Client, board: str) -> dict[str, Any]:
    """What the board says of the log, once the witness has cosigned it."""
    deadline, shown = time.monotonic() + 40, None
    while not (shown and shown["witnesses"][0]["since"]):
        assert time.monotonic() < deadline, shown
        time.sleep(0.2)
        answer = http.get(board, headers={"Accept": "application/json"})
        shown = answer.json()["checkpoint"] if answer.is_success else None
    return dict(shown)
