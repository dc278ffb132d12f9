"""The contracts between the rooms (.importlinter) leave nothing out."""

from __future__ import annotations

from configparser import ConfigParser

from tests.house.files import ROOT


def test_every_module_of_shared_is_watched_by_the_web_contract() -> None:
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    watched = contracts["importlinter:contract:web"]["source_modules"].split()
    there = {f"shared.{path.stem}" for path in (ROOT / "shared").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert there - {"shared.__init__", "shared.web"} == {name for name in watched if name.startswith("shared.")}


def test_no_contract_has_an_exception() -> None:
    assert "ignore_imports" not in (ROOT / ".importlinter").read_text()
