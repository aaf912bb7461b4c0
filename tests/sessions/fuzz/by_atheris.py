"""Fuzz one target by coverage: `python -m tests.sessions.fuzz.by_atheris TARGET FOLDER... -max_total_time=60`."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["pipeline"]):
    from tests.sessions.fuzz.targets import attempt

NAME = sys.argv.pop(1)

atheris.Setup(sys.argv, lambda data: attempt(NAME, data))
atheris.Fuzz()
