"""Look every locked package up among known vulnerabilities: `python -m tests.sessions.audit constraints.txt`.

It fails where the service does not answer. `--unanswered-ok` is for machines without it: a release may not use it.
"""

# ruff: noqa: T201  # a session says what it saw

from __future__ import annotations

import argparse
import json
import subprocess
import sys

_ACCEPTED: tuple[tuple[str, str], ...] = ()
"""Ids that do not concern this project, each with the reason."""


def main(constraints: str, *, is_unanswered_ok: bool) -> int:
    ignored = [part for id_, _ in _ACCEPTED for part in ("--ignore-vuln", id_)]
    options = ("--require-hashes", "--disable-pip", "--requirement", constraints, "--format", "json", "--timeout", "30")
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
        print(f"NOT AUDITED: the vulnerability service of PyPI does not answer here ({reason})")
        return int(not is_unanswered_ok)
    faults = [(package, fault) for package in looked_up for fault in package["vulns"]]
    for package, fault in faults:
        print(f"{package['name']} {package['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions'])}")
    print(f"{len(looked_up)} of {len(packages)} packages looked up, {len(faults)} known faults")
    return int(bool(faults) or (len(looked_up) < len(packages) and not is_unanswered_ok))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("constraints")
    parser.add_argument("--unanswered-ok", action="store_true")
    chosen = parser.parse_args()
    sys.exit(main(chosen.constraints, is_unanswered_ok=chosen.unanswered_ok))
