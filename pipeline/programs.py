"""Programs of this machine and Python processes of our own: where they are searched for, and how they are started."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NEUTRAL_FOLDER = Path(os.sep)
"""Where programs start: node, perl and others run or read settings of the folder in which they start."""


def leave_working_folder() -> None:
    """Keep this process and all that it starts from searching the working folder, which may be anyone's project.

    `multiprocessing` starts its processes by `python -c`, which puts that folder first.
    """
    os.environ["PYTHONSAFEPATH"] = "1"
    os.environ["PATH"] = os.pathsep.join(entry for entry in os.get_exec_path() if Path(entry).is_absolute())


def find_program(name: str) -> str | None:
    """Return the absolute path of a program; None where it is not on the search path."""
    found = shutil.which(name)
    return found if found and Path(found).is_absolute() else None  # Windows searches the working folder too


def run_program(
    command: Sequence[str], timeout_s: float, *, check: bool = False, **options: Any
) -> subprocess.CompletedProcess[Any]:
    """Run a program to its end in the root folder, and return what it printed; its paths must be absolute."""
    return subprocess.run(command, capture_output=True, timeout=timeout_s, cwd=NEUTRAL_FOLDER, check=check, **options)
