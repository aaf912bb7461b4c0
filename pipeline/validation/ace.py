"""Ace by DAISY, an external accessibility checker for EPUB: finds it, runs it, reads its violations."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError

ACE_NAME = "Ace by DAISY"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_ACE_TIMEOUT_S = 1800


def find_ace() -> str:
    """Return the program: from the variable ACE, or the path.

    Raises:
        ConfigError: There is none.
    """
    found = os.environ.get("ACE") or shutil.which("ace-cli")
    if not found:
        raise ConfigError("Ace by DAISY is not installed", hint="npm install --global @daisy/ace-cli")
    return found


def find_browser() -> str:
    """Return the browser for Ace: from PUPPETEER_EXECUTABLE_PATH, or the path.

    Raises:
        ConfigError: There is none.
    """
    found = os.environ.get("PUPPETEER_EXECUTABLE_PATH") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if not found:
        raise ConfigError("Ace needs Chromium, and there is none", hint="`publish doctor` shows the line")
    return found


def ace_version() -> str:
    """Return the version of the installed Ace.

    Raises:
        ConfigError: Ace is missing, or does not run.
    """
    return _run_ace("--version").strip()


def check_with_ace(book: bytes, folder: Path) -> tuple[str, ...]:
    """Check a book and return every violation, of any impact, one line each.

    Args:
        folder: An empty folder to work in.

    Raises:
        ConfigError: Ace or its browser is missing, or does not run.
    """
    path = folder / "book.epub"
    path.write_bytes(book)
    report = folder / "ace"
    _run_ace("--force", "--silent", "--outdir", str(report), "--tempdir", str(folder / "work"), str(path))
    try:
        document = json.loads((report / "report.json").read_text("utf-8"))
    except OSError as error:
        raise ConfigError("Ace left no report") from error
    found = tuple(_ace_violations(document["assertions"]))
    if not found and document["earl:result"]["earl:outcome"] != "pass":
        raise ConfigError("Ace does not pass the book, and its report does not say why")
    return found


def _ace_violations(assertions: list[dict[str, Any]]) -> Iterator[str]:
    for page in assertions:
        for assertion in page["assertions"]:
            test, result = assertion["earl:test"], assertion["earl:result"]
            message = " ".join(str(result.get("dct:description", "")).split())
            yield f"{test['earl:impact']} {test['dct:title']} {page['earl:testSubject']['url']}: {message}"


def _run_ace(*arguments: str) -> str:
    program = find_ace()
    environment = {**os.environ, "PUPPETEER_EXECUTABLE_PATH": find_browser()}
    try:
        done = subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, timeout=_ACE_TIMEOUT_S, check=False
        )
    except OSError as error:
        raise ConfigError(f"Ace does not run: {error}") from error
    if done.returncode:
        output = (done.stderr or done.stdout).strip()[-500:]
        raise ConfigError(f"Ace did not run: exit code {done.returncode}: {output}")
    return done.stdout
