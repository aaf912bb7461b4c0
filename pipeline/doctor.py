"""Every part that a run needs or that tests wish for: found or missing, and the line that mends it."""

from __future__ import annotations

import ctypes.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline.errors import ConfigError

_PANGO = {
    "apt": "apt-get update && apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
    "dnf": "dnf install -y pango harfbuzz",
    "apk": "apk add pango harfbuzz-subset",
    "pacman": "pacman -S --noconfirm pango harfbuzz",
    "brew": "brew install pango",
    "windows": "winget install MSYS2.MSYS2, then in its shell: pacman -S mingw-w64-ucrt-x86_64-pango",
}
_JAVA = {
    "apt": "apt-get install -y default-jre-headless",
    "dnf": "dnf install -y java-latest-openjdk-headless",
    "brew": "brew install openjdk",
    "windows": "winget install EclipseAdoptium.Temurin.21.JRE",
}
_CUPS = {
    "apt": "apt-get install -y cups-client",
    "dnf": "dnf install -y cups-client",
    "apk": "apk add cups-client",
    "pacman": "pacman -S --noconfirm cups",
    "brew": "brew install cups",
    "windows": "Windows has no CUPS: open the PDF and print it",
}
_CHROMIUM = {
    "apt": "apt-get install -y chromium",
    "dnf": "dnf install -y chromium",
    "brew": "brew install --cask chromium",
    "windows": "winget install Hibbiki.Chromium",
}


@dataclass(frozen=True, slots=True)
class Part:
    """Something that a run needs, or that tests and checks wish for."""

    name: str
    is_found: bool
    is_needed: bool
    detail: str
    purpose: str
    cure: str


def examine() -> tuple[Part, ...]:
    """Look for every part."""
    return (
        _python(),
        _native("Pango", ("pango-1.0", "pangoft2-1.0"), "handouts (PDF)", is_needed=True),
        _native("HarfBuzz subset", ("harfbuzz-subset",), "fast handouts: else twenty times as slow", is_needed=False),
        _package("WeasyPrint", "weasyprint", "handouts (PDF)"),
        _package("EbookLib", "EbookLib", "e-books"),
        _package("css-inline", "css-inline", "newsletters"),
        _pandoc(),
        _fonts(),
        _java(),
        _package("EPUBCheck", "epubcheck", "proving and certifying e-books", is_needed=False),
        _ace(),
        _chromium(),
        _cups(),
        _extra("sending", "email-validator", "sending newsletters: publish send"),
        _extra("preview", "watchfiles", "the proofing desk: publish preview"),
        _extra("spelling", "chunspell", "spelling in publish check"),
        _extra("cluster", "distributed", "publishing on several machines: publish all --cluster"),
    )


def line_for(lines: dict[str, str]) -> str:
    """Return the line for this system's package manager, as this user must type it."""
    if platform.system() == "Windows":
        return lines["windows"]
    for manager in ("brew", "apt", "dnf", "apk", "pacman"):
        program = "apt-get" if manager == "apt" else manager
        if manager in lines and shutil.which(program):
            return lines[manager] if manager == "brew" or _is_root() else _as_root(lines[manager])
    return f"install with your package manager; on Debian: {lines['apt']}"


def pango_line() -> str:
    """Return the line that installs Pango and HarfBuzz here."""
    return line_for(_PANGO)


def _as_root(line: str) -> str:
    return " && ".join(f"sudo {part}" for part in line.split(" && "))


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _python() -> Part:
    return Part(
        "Python",
        is_found=sys.version_info >= (3, 11),
        is_needed=True,
        detail=platform.python_version(),
        purpose="everything (3.11 or newer)",
        cure="install Python 3.11 or newer",
    )


def _native(name: str, libraries: tuple[str, ...], purpose: str, *, is_needed: bool) -> Part:
    missing = [library for library in libraries if not _loads(library)]
    detail = f"lib{', lib'.join(missing)} not found" if missing else ", ".join(f"lib{library}" for library in libraries)
    return Part(name, is_found=not missing, is_needed=is_needed, detail=detail, purpose=purpose, cure=pango_line())


@cache
def _loads(library: str) -> bool:
    """Tell whether the system's loader finds a library, under the names WeasyPrint tries."""
    soname = {"pango-1.0": "libpango-1.0.so.0", "pangoft2-1.0": "libpangoft2-1.0.so.0"}.get(
        library, f"lib{library}.so.0"
    )
    candidates = [ctypes.util.find_library(library), soname]
    if platform.system() == "Darwin":
        candidates += [f"{folder}/lib{library}.0.dylib" for folder in ("/opt/homebrew/lib", "/usr/local/lib")]
    if platform.system() == "Windows":
        candidates += [f"lib{library}-0.dll", rf"C:\msys64\ucrt64\bin\lib{library}-0.dll"]
    return any(_opens(candidate) for candidate in candidates if candidate)


def _opens(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _package(name: str, package: str, purpose: str, *, is_needed: bool = True) -> Part:
    cure = f"python -m pip install {package}"
    try:
        return Part(name, is_found=True, is_needed=is_needed, detail=version(package), purpose=purpose, cure=cure)
    except PackageNotFoundError:
        return Part(name, is_found=False, is_needed=is_needed, detail="not installed", purpose=purpose, cure=cure)


def _extra(extra: str, package: str, purpose: str) -> Part:
    """Return an extra of this package, told by one of the packages that it brings."""
    part = _package(f"extra {extra}", package, purpose, is_needed=False)
    return replace(part, cure=f"pip install 'clinic-publish[{extra}]'")


def _pandoc() -> Part:
    from pipeline.reading.pandoc import pandoc_path

    cure = "python -m pip install pypandoc_binary"
    return _program("pandoc", pandoc_path, ("--version",), "reading Markdown", cure, is_needed=True)


def _program(
    name: str,
    find: Callable[[], Path | str],
    flags: tuple[str, ...],
    purpose: str,
    cure: str,
    *,
    is_needed: bool = False,
) -> Part:
    is_found, detail = False, "not found"
    try:
        result = subprocess.run([str(find()), *flags], capture_output=True, text=True, timeout=20, check=True)
        is_found, detail = True, (result.stdout or result.stderr).partition("\n")[0].strip()
    except (ConfigError, FileNotFoundError):
        pass  # "not found" stands
    except (OSError, subprocess.SubprocessError) as error:
        detail = f"does not run: {error}"
    return Part(name, is_found, is_needed, detail, purpose, cure)


def _fonts() -> Part:
    from pipeline.rendering.fonts import FONT_FAMILY, font_data

    try:
        detail = f"{FONT_FAMILY}, {len(font_data('regular')) // 1000} kB"
    except (ImportError, OSError) as error:
        cure = "python -m pip install fontpkg-source-sans-3 uharfbuzz"
        return Part("Fonts", is_found=False, is_needed=True, detail=str(error), purpose="all formats", cure=cure)
    return Part("Fonts", is_found=True, is_needed=True, detail=detail, purpose="all formats", cure="")


def _java() -> Part:
    from pipeline.validation.epubcheck import find_java

    return _program("Java", find_java, ("-version",), "EPUBCheck, which proves e-books in tests", line_for(_JAVA))


def _ace() -> Part:
    from pipeline.validation.ace import find_ace

    cure = "npm install --global @daisy/ace-cli"
    return _program("Ace by DAISY", find_ace, ("--version",), "certifying e-books", cure)


def _chromium() -> Part:
    from pipeline.validation.ace import find_browser

    return _program("Chromium", find_browser, ("--version",), "looking at e-books and mails", line_for(_CHROMIUM))


def _cups() -> Part:
    return _program("CUPS", lambda: "lpstat", ("-r",), "printing handouts by `publish print`", line_for(_CUPS))


if __name__ == "__main__":
    # For nox: the line that installs what handouts need here, or nothing.
    if not all(part.is_found for part in examine() if part.name in ("Pango", "HarfBuzz subset")):
        print(pango_line())  # noqa: T201
