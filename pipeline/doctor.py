"""Checks what this machine needs to publish: packages, libraries and programs, with the install command for each."""

from __future__ import annotations

import ctypes.util
import os
import platform
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from pipeline.config import Config

_PANGO_COMMANDS = {
    "apt": "apt-get update && apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
    "dnf": "dnf install -y pango harfbuzz",
    "apk": "apk add pango harfbuzz-subset",
    "pacman": "pacman -S --noconfirm pango harfbuzz",
    "brew": "brew install pango",
    "windows": "winget install MSYS2.MSYS2, then in its shell: pacman -S mingw-w64-ucrt-x86_64-pango",
}
_JAVA_COMMANDS = {
    "apt": "apt-get install -y default-jre-headless",
    "dnf": "dnf install -y java-latest-openjdk-headless",
    "brew": "brew install openjdk",
    "windows": "winget install EclipseAdoptium.Temurin.21.JRE",
}
_CUPS_COMMANDS = {
    "apt": "apt-get install -y cups-client",
    "dnf": "dnf install -y cups-client",
    "apk": "apk add cups-client",
    "pacman": "pacman -S --noconfirm cups",
    "brew": "brew install cups",
    "windows": "Windows has no CUPS: open the PDF and print it",
}
_CHROMIUM_COMMANDS = {
    "apt": "apt-get install -y chromium",
    "dnf": "dnf install -y chromium",
    "brew": "brew install --cask chromium",
    "windows": "winget install Hibbiki.Chromium",
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something that a run needs, or that tests and checks wish for."""

    name: str
    is_found: bool
    is_needed: bool
    detail: str
    purpose: str
    cure: str


def check_requirements() -> tuple[Requirement, ...]:
    """Look for every part."""
    return (
        _python_requirement(),
        _library_requirement("Pango", ("pango-1.0", "pangoft2-1.0"), "handouts (PDF)", is_needed=True),
        _library_requirement(
            "HarfBuzz subset", ("harfbuzz-subset",), "fast handouts: else twenty times as slow", is_needed=False
        ),
        _package_requirement("WeasyPrint", "weasyprint", "handouts (PDF)"),
        _package_requirement("EbookLib", "EbookLib", "e-books"),
        _package_requirement("css-inline", "css-inline", "newsletters"),
        _pandoc_requirement(),
        _font_requirement(),
        _java_requirement(),
        _package_requirement("EPUBCheck", "epubcheck", "proving and certifying e-books", is_needed=False),
        _ace_requirement(),
        _chromium_requirement(),
        _cups_requirement(),
        _extra_requirement("sending", "email-validator", "sending newsletters: publish send"),
        _extra_requirement("preview", "watchfiles", "the proofing desk: publish preview"),
        _extra_requirement("spelling", "chunspell", "spelling in publish check"),
        _extra_requirement("cluster", "distributed", "publishing on several machines: publish all --cluster"),
    )


def install_command(lines: dict[str, str]) -> str:
    """Return the line for this system's package manager, as this user must type it."""
    if platform.system() == "Windows":
        return lines["windows"]
    for manager in ("brew", "apt", "dnf", "apk", "pacman"):
        program = "apt-get" if manager == "apt" else manager
        if manager in lines and shutil.which(program):
            return lines[manager] if manager == "brew" or _is_root() else _with_sudo(lines[manager])
    return f"install with your package manager; on Debian: {lines['apt']}"


def pango_install_command() -> str:
    """Return the line that installs Pango and HarfBuzz here."""
    return install_command(_PANGO_COMMANDS)


def _with_sudo(line: str) -> str:
    return " && ".join(f"sudo {part}" for part in line.split(" && "))


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _python_requirement() -> Requirement:
    return Requirement(
        "Python",
        is_found=sys.version_info >= (3, 11),
        is_needed=True,
        detail=platform.python_version(),
        purpose="everything (3.11 or newer)",
        cure="install Python 3.11 or newer",
    )


def _library_requirement(name: str, libraries: tuple[str, ...], purpose: str, *, is_needed: bool) -> Requirement:
    missing = [library for library in libraries if not _can_load(library)]
    detail = f"lib{', lib'.join(missing)} not found" if missing else ", ".join(f"lib{library}" for library in libraries)
    return Requirement(
        name, is_found=not missing, is_needed=is_needed, detail=detail, purpose=purpose, cure=pango_install_command()
    )


@cache
def _can_load(library: str) -> bool:
    """Tell whether the system's loader finds a library, under the names WeasyPrint tries."""
    soname = {"pango-1.0": "libpango-1.0.so.0", "pangoft2-1.0": "libpangoft2-1.0.so.0"}.get(
        library, f"lib{library}.so.0"
    )
    candidates = [ctypes.util.find_library(library), soname]
    if platform.system() == "Darwin":
        candidates += [f"{folder}/lib{library}.0.dylib" for folder in ("/opt/homebrew/lib", "/usr/local/lib")]
    if platform.system() == "Windows":
        candidates += [f"lib{library}-0.dll", rf"C:\msys64\ucrt64\bin\lib{library}-0.dll"]
    return any(_is_loadable(candidate) for candidate in candidates if candidate)


def _is_loadable(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _package_requirement(name: str, package: str, purpose: str, *, is_needed: bool = True) -> Requirement:
    cure = f"python -m pip install {package}"
    try:
        return Requirement(
            name, is_found=True, is_needed=is_needed, detail=version(package), purpose=purpose, cure=cure
        )
    except PackageNotFoundError:
        return Requirement(
            name, is_found=False, is_needed=is_needed, detail="not installed", purpose=purpose, cure=cure
        )


def _extra_requirement(extra: str, package: str, purpose: str) -> Requirement:
    """Return an extra of this package, told by one of the packages that it brings."""
    part = _package_requirement(f"extra {extra}", package, purpose, is_needed=False)
    return replace(part, cure=f"pip install 'clinic-publish[{extra}]'")


def _pandoc_requirement() -> Requirement:
    from pipeline.reading.pandoc import pandoc_path

    cure = "python -m pip install pypandoc_binary"
    return _program_requirement("pandoc", pandoc_path, ("--version",), "reading Markdown", cure, is_needed=True)


def _program_requirement(
    name: str,
    find: Callable[[], Path | str],
    flags: tuple[str, ...],
    purpose: str,
    cure: str,
    *,
    is_needed: bool = False,
) -> Requirement:
    is_found, detail = False, "not found"
    try:
        result = subprocess.run([str(find()), *flags], capture_output=True, text=True, timeout=20, check=True)
        is_found, detail = True, (result.stdout or result.stderr).partition("\n")[0].strip()
    except (ConfigError, FileNotFoundError):
        pass  # "not found" stands
    except (OSError, subprocess.SubprocessError) as error:
        detail = f"does not run: {error}"
    return Requirement(name, is_found, is_needed, detail, purpose, cure)


def _font_requirement() -> Requirement:
    from pipeline.rendering.fonts import FONT_FAMILY, font_data

    try:
        detail = f"{FONT_FAMILY}, {len(font_data('regular')) // 1000} kB"
    except (ImportError, OSError) as error:
        cure = "python -m pip install fontpkg-source-sans-3 uharfbuzz"
        return Requirement("Fonts", is_found=False, is_needed=True, detail=str(error), purpose="all formats", cure=cure)
    return Requirement("Fonts", is_found=True, is_needed=True, detail=detail, purpose="all formats", cure="")


def _java_requirement() -> Requirement:
    from pipeline.validation.epubcheck import find_java

    return _program_requirement(
        "Java", find_java, ("-version",), "EPUBCheck, which proves e-books in tests", install_command(_JAVA_COMMANDS)
    )


def _ace_requirement() -> Requirement:
    from pipeline.validation.ace import find_ace

    cure = "npm install --global @daisy/ace-cli"
    return _program_requirement("Ace by DAISY", find_ace, ("--version",), "certifying e-books", cure)


def _chromium_requirement() -> Requirement:
    from pipeline.validation.ace import find_browser

    return _program_requirement(
        "Chromium", find_browser, ("--version",), "looking at e-books and mails", install_command(_CHROMIUM_COMMANDS)
    )


def _cups_requirement() -> Requirement:
    return _program_requirement(
        "CUPS", lambda: "lpstat", ("-r",), "printing handouts by `publish print`", install_command(_CUPS_COMMANDS)
    )


def examine_languages(config: Config) -> Iterator[Requirement]:
    """Yield what there is for each language of a project: the labels that writers add, and the entries of its rules."""
    from pipeline.languages import language
    from pipeline.rendering.styles import Styles, find_styles, packaged_styles
    from pipeline.rendering.words import MissingWordError, load_words

    needed = load_words(Styles((packaged_styles(),)), "en").entries
    for tag in sorted({language(tag).tag for tag in _languages(config)}):
        try:
            labels = load_words(find_styles(config.folder), tag).entries
        except MissingWordError:
            labels = {}
        cure = "add them to {}, as in that of English"
        missing = ", ".join(key for key in needed if key not in labels)
        detail = f"labels are missing: {textwrap.shorten(missing, 200)}" if missing else "all labels"
        purpose, file = f"articles with `language: {tag}`", f"styles/words/{tag}.toml"
        yield Requirement(f"words of {tag}", not missing, True, detail, purpose, cure.format(file))  # noqa: FBT003
        empty = ", ".join(language(tag).lacks)
        detail = f"entries are empty, so their rules are skipped: {empty}" if empty else "all entries"
        purpose, file = "reading and checking such articles", f"pipeline/languages/{tag}.py"
        yield Requirement(f"rules of {tag}", not empty, False, detail, purpose, cure.format(file))  # noqa: FBT003


def _languages(config: Config) -> Iterator[str]:
    """Yield the languages of the configuration and of all articles that can be read."""
    from pipeline.reading.frontmatter import read_front_matter
    from pipeline.reading.lines import FindingCollector
    from pipeline.reading.source_files import find_roots, find_sources, read_inside
    from pipeline.reading.source_text import decode_source

    yield config.publisher.language
    roots = find_roots(config)
    for source in find_sources(config, roots).sources:
        try:
            data = read_inside(roots.project / source.path, roots, config.limits.source_bytes)
            findings = FindingCollector(source.path)
            parts = read_front_matter(decode_source(data, findings), config.sources, findings)
        except SourceError:
            continue
        if parts and parts.meta.language:
            yield parts.meta.language


if __name__ == "__main__":
    # For nox: the line that installs what handouts need here, or nothing.
    if not all(part.is_found for part in check_requirements() if part.name in ("Pango", "HarfBuzz subset")):
        print(pango_install_command())  # noqa: T201
