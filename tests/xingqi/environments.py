"""An environment that holds nothing but Xingqi's own wheel and the packages that it declares, as an operator installs it."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import uv
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.files import ROOT


def build_wheel(folder: Path) -> Path:
    """Build the wheel from the checkout into `folder`, without network."""
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (wheel,) = folder.glob("xingqi-*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """Make an environment in `folder` with the wheel, and with links to the packages that its metadata asks for, from the running
    environment: what is not declared is not there. Returns the folder of its commands."""
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    _run(uv.find_uv_bin(), "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(folder / "bin/python"), str(wheel))
    (xingqi,) = distributions(name="xingqi", path=[str(site)])
    for package in _declared_by(xingqi):
        for top in {file.parts[0] for file in package.files or () if file.parts[0] not in {"..", "__pycache__"}}:
            (site / top).symlink_to(Path(str(package.locate_file(top))))
    return folder / "bin"


def _declared_by(first: Distribution) -> Iterator[Distribution]:
    """What the distribution asks for on this machine, without its extras, and what that asks for, all the way down."""
    waiting = list(_requirements(first, frozenset()))
    seen: set[tuple[str, frozenset[str]]] = set()
    names: set[str] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        package = distribution(name)
        waiting += _requirements(package, extras)
        if name not in names:
            names.add(name)
            yield package


def _requirements(package: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for requirement in map(Requirement, package.requires or ()):
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            yield canonicalize_name(requirement.name), frozenset(requirement.extras)


def _run(*command: str, cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"
