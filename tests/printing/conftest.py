"""Programs of CUPS that answer what they are told to, for what CUPS itself is not needed for.

`nox -s printing` proves the same commands with the real ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.makers import write

Cups = Callable[..., Path]


@pytest.fixture
def cups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cups:
    """Return what puts `lp` and `lpstat` on the path; what `lp` was called with is in the file it returns."""

    def put(printers: tuple[str, ...] = ("Reception", "Kontor"), default: str = "Reception", refusal: str = "") -> Path:
        calls = tmp_path / "lp-calls"
        is_default = f"system default destination: {default}" if default else "no system default destination"
        answers = {"-r": "scheduler is running", "-d": is_default, "-e": "\n".join(printers)}
        cases = "\n".join(f"  {flag}) printf '%s\\n' '{answer}' ;;" for flag, answer in answers.items())
        program(tmp_path / "bin/lpstat", f'case "$1" in\n{cases}\nesac')
        says = f"echo 'lp: {refusal}' >&2; exit 1" if refusal else "echo 'request id is Reception-7 (1 file(s))'"
        program(tmp_path / "bin/lp", f"for part in \"$@\"; do printf '%s\\n' \"$part\"; done > '{calls}'\n{says}")
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
        return calls

    return put


def program(path: Path, script: str) -> None:
    write(path, f"#!/bin/sh\n{script}\n").chmod(0o755)
