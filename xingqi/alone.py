"""Xingqi's packages `services` and `shared` have plain names, so it needs an environment of its own; this finds who else is in it."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

from xingqi.stop import Stop

HOUSE = Path(__file__).resolve().parent.parent
"""The folder that holds `xingqi`, `services` and `shared`: the checkout, or the environment's site-packages."""
PACKAGES = ("services", "shared")


def refuse_company() -> None:
    """Return if `services` and `shared` are ours alone.

    Raises:
        Stop: another distribution provides one of them too, or another folder comes first; the message names it.
    """
    providers = packages_distributions()
    for package in PACKAGES:
        others = sorted(set(providers.get(package, ())) - {"xingqi"})
        if others:
            raise Stop(
                f"the distribution {others[0]} also provides a package named {package}. "
                "Install Xingqi in an environment of its own (a container, a venv or pipx)."
            )
        found = Path(import_module(package).__file__ or "").resolve().parent
        if found.parent != HOUSE:
            raise Stop(f"the package {package} is found in {found.parent}, before Xingqi's own. Take that folder out of PYTHONPATH.")
