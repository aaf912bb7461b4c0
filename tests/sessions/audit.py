"""Look every locked package up among known vulnerabilities: `python -m tests.sessions.audit constraints.txt`."""

# ruff: noqa: T201  # a session says what it saw

from __future__ import annotations

import json
import subprocess
import sys

_ACCEPTED: tuple[tuple[str, str], ...] = ()
"""Ids that do not concern this project, each with the reason."""


def main(constraints: str) -> int:
    ignored = [part for id_, _ in _ACCEPTED for part in ("--ignore-vuln", id_)]
    options = ("--no-deps", "--disable-pip", "--requirement", constraints, "--format", "json", "--timeout", "30")
    command = [sys.executable, "-m", "pip_audit", *options, *ignored]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        packages = []
    # What could not be looked up is no good news, and must not look like any.
    looked_up = [package for package in packages if "skip_reason" not in package]
    if not looked_up:
        reason = packages[0]["skip_reason"] if packages else done.stderr.strip()[-300:]
        print(f"pip-audit skipped: the vulnerability service of PyPI does not answer here ({reason})")
        return 0
    faults = [(package, fault) for package in looked_up for fault in package["vulns"]]
    for package, fault in faults:
        print(f"{package['name']} {package['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions'])}")
    print(f"{len(looked_up)} of {len(packages)} packages looked up, {len(faults)} known faults")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
