"""A database file that is none, or damaged: said clearly at the start, and 503 instead of a defect while the service runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shared.web.library import library, settings_of
from tests.shared.web.serving import client_of
from xingqi.stop import Stop
from xingqi.stores import app_of


@pytest.mark.parametrize("file", ["events.db", "keys.db", "views.db"])
@pytest.mark.parametrize("content", [b"this is no database" * 500, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_at_the_start_the_file_and_what_to_do_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, content: bytes) -> None:
    monkeypatch.setenv("XINGQI_DATA", str(tmp_path))
    app_of("roster").state.service.log.close()
    for path in (tmp_path / "roster").glob(f"{file}*"):
        path.unlink()
    (tmp_path / "roster" / file).write_bytes(content)
    with pytest.raises(Stop) as stop:
        app_of("roster")
    assert "roster" in str(stop.value)
    assert file in str(stop.value)


def test_while_the_service_runs_it_is_a_503(tmp_path: Path) -> None:
    app = library(tmp_path, shows_defects=False)
    path = settings_of(tmp_path).data / "broken.db"
    path.write_bytes(b"this is no database" * 500)
    with client_of(app) as client:
        answer = client.get("/damaged")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["Retry-After"]
