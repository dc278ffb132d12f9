"""`python -m tests.house.audit`: the lock held against known vulnerabilities, and plain words on how much of it could be.

pip-audit says "no known vulnerabilities" also where its source answered for no package at all; this says for how many it did.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tests.house.files import ROOT

MINUTES = 10
CALL = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json")


def said(packages: Sequence[Mapping[str, Any]]) -> tuple[str, int]:
    """What to print about the packages of pip-audit's report, and the exit status: 1 where a vulnerability is known."""
    looked_at = [one for one in packages if "skip_reason" not in one]
    found = [f"{one['name']} {one['version']}: {', '.join(each['id'] for each in one['vulns'])}" for one in looked_at if one["vulns"]]
    if not looked_at:
        return f"audit: the source of vulnerabilities knew none of the {len(packages)} packages of the lock: nothing was audited.", 0
    head = f"audit: {len(looked_at)} of {len(packages)} packages of the lock were audited; {len(found)} have known vulnerabilities."
    return "\n".join([head, *(f"  {one}" for one in found)]), int(bool(found))


def main() -> int:
    """Audit the lock; 0 also where no source can be reached, which is said."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(ROOT / "requirements.lock"), *CALL]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60 * MINUTES, check=False)
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError, KeyError):
        print("audit: no source of known vulnerabilities could be reached from here: nothing was audited.")
        return 0
    text, status = said(packages)
    print(text)
    return status


if __name__ == "__main__":
    sys.exit(main())
