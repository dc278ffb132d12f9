"""What an operator installs: the wheel alone, in an environment of its own, away from the checkout."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import httpx
import pytest

from tests.house.files import PRODUCT, place, tracked_files
from tests.pages import all_of, check_page
from tests.xingqi.environments import build_wheel, install
from tests.xingqi.processes import WITHIN, running


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def commands(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(wheel, tmp_path_factory.mktemp("installed") / "environment")


def test_the_wheel_holds_every_file_of_the_product_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert inside == {place(path) for path in tracked_files() if place(path).partition("/")[0] in PRODUCT}


def test_the_wheel_can_not_be_uploaded_by_mistake(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (metadata,) = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    assert "Classifier: Private :: Do Not Upload" in metadata
    assert "License-Expression: Apache-2.0" in metadata


def test_the_command_works_where_nothing_else_is_installed(commands: Path, tmp_path: Path) -> None:
    assert said(commands, tmp_path, "--version") == "xingqi 0.1.0\n"
    assert said(commands, tmp_path, "token", "--role", "admin").count(".") == 2
    assert (tmp_path / "var/issuer").stat().st_mode & 0o077 == 0


def test_pages_and_catalogue_are_found_in_the_wheel(commands: Path, tmp_path: Path) -> None:
    program = (
        "from shared.web.pages import Pages; from shared.web.languages import translated\n"
        "Pages('shared.web'); print(translated('en', '演示数据'))"
    )
    done = subprocess.run([commands / "python", "-P", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "Demonstration data\n"


def test_the_services_run_from_the_wheel_and_show_a_page(commands: Path, tmp_path: Path) -> None:
    """No board has been made yet: the refusal is a page, with the sheet and the texts of the wheel."""
    with running(tmp_path, program=(commands / "xingqi",)) as run:
        board = f"{run.urls['notice']}/boards/{uuid4()}"
        page = check_page(httpx.get(board, headers={"Accept": "text/html"}, trust_env=False, timeout=30), status=404)
        (sheet, *_) = [link.get("href") or "" for link in all_of(page, "link") if link.get("rel") == "stylesheet"]
        assert httpx.get(f"{run.urls['notice']}{sheet}", trust_env=False).is_success
        run.process.terminate()
        assert run.process.wait(WITHIN) == 0


@pytest.mark.slow
def test_the_demonstration_runs_from_the_wheel(commands: Path, tmp_path: Path) -> None:
    assert "var/demo" in said(commands, tmp_path, "demo")


def said(commands: Path, folder: Path, *arguments: str) -> str:
    """What `xingqi ARGUMENTS` of the installed wheel prints, run in `folder`."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    done = subprocess.run([commands / "xingqi", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
