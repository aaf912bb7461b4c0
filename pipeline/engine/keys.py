"""Keys of tasks and digests of files: a key covers all that can change a task's value."""

from __future__ import annotations

import hashlib
import re
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pipeline
from pipeline.config import Config
from pipeline.engine.cache import Cache
from pipeline.lint import spelling, word_lists
from pipeline.reading.editions import EditionPlan
from pipeline.reading.site import Site
from pipeline.rendering.styles import Styles, find_styles, path_inside
from pipeline.writers import installed_writers

LIBRARIES = (
    "weasyprint", "pydyf", "EbookLib", "Jinja2", "css-inline", "pillow", "fontpkg-source-sans-3", "uharfbuzz",
    "fonttools", "pikepdf", "segno", "babel", "pypandoc_binary", "lxml", "pypdfium2", "PyYAML", "python-frontmatter",
    "tinycss2", "cssselect2", "pyphen",
)  # fmt: skip
SPELLING_LIBRARIES = ("chunspell", "symspellpy", "wordfreq")
READ_MODULES = (
    "pipeline.engine.reading_task", "pipeline.engine.codec", "pipeline.reading.reader", "pipeline.lint.rules",
)  # fmt: skip
RENDER_MODULES = ("pipeline.engine.rendering_task", "pipeline.engine.image_sizes", "pipeline.engine.codec")
"""Modules in which the code of each task begins, besides the writers."""
_IMPORT = re.compile(
    r"^[ \t]*(?:from (pipeline[\w.]*) import (\([^)]*\)|[^\n#]*)|import (pipeline[\w.]*))", re.MULTILINE
)

CHANGES: Mapping[str, str] = {
    "article": "the article, its pictures or what it refers to changed",
    "options": "the options of the format changed",
    "publisher": "[publisher] changed",
    "styles": "the style changed",
    "words": "the words of its language changed",
    "program": "this program or a library changed",
    "facts": "what it builds on changed",
    "certificate": "its certificate changed",
}
"""The parts of a render key, in order, and the message for a part that differs."""
_SETTLED_NS = 2_000_000_000
"""A file that changed less than this before it was read may change again at the same time stamp."""


def digest(parts: Iterable[str]) -> str:
    """Return the digest of texts, in order."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.encode("utf-8", "surrogatepass"))
        total.update(b"\x00")
    return total.hexdigest()


def short(*parts: str) -> str:
    """Return a digest of sixteen digits."""
    return digest(parts)[:16]


@dataclass(frozen=True, slots=True)
class FileDigests:
    """Digests of files, from the cache where size, times and inode of a file are as before."""

    values: Cache
    is_reading_all: bool = False
    """Every file is read."""

    def of(self, path: Path) -> str:
        """Return the digest of a file; empty where there is no file that can be read."""
        try:
            status = path.stat()
            times_ns = (status.st_mtime_ns, status.st_ctime_ns)
            # The path is part of the key: a cache from another machine knows nothing of the files of this one.
            key = digest((str(path), str(status.st_size), str(times_ns), str(status.st_ino)))
            if not self.is_reading_all and (known := self.values.get("file-digest", key)):
                return known.decode("ascii", "replace")
            if not stat.S_ISREG(status.st_mode):
                return ""  # reading a pipe would never end
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, ValueError):
            return ""
        if max(times_ns) + _SETTLED_NS < time.time_ns():
            self.values.put("file-digest", key, sha256.encode())
        return sha256


# ---- reading


def _lint_inputs(config: Config) -> str:
    """Return the digest of all that findings on an article depend on beside the article and this program."""
    return digest((
        repr(config.check), repr(sorted(config.formats)),
        *word_lists.word_list_contents(find_styles(config.folder)), *spelling.spelling_inputs(config),
    ))  # fmt: skip


def reading_key(config: Config, ids: Mapping[str, str], site: Site) -> str:
    """Return the key of all that reading depends on besides a source and its pictures.

    Args:
        ids: The id of every source by its path: links between articles depend on them.
        site: What is known of the site as a whole.
    """
    options = (repr(config.sources), repr(config.limits), config.publisher.language, config.publisher.website)
    return digest(
        (_read_code(), _lint_inputs(config), *options, *site.key, *(f"{path}={ids[path]}" for path in sorted(ids)))
    )


def spelling_key() -> str:
    """Return the key of all that a spelling verdict depends on besides the word."""
    return short(_read_code(), spelling.dictionaries_key())


@cache
def _read_code() -> str:
    return digest((code_digest(*READ_MODULES), *_versions((*LIBRARIES, *SPELLING_LIBRARIES)).values()))


# ---- rendering


@dataclass(slots=True)
class RenderKeys:
    """The render keys of one run, which reads each style file once."""

    config: Config
    styles: Styles
    _styles: dict[tuple[str, ...], str] = field(default_factory=dict)

    def of(self, edition: EditionPlan, name: str, options: object, facts: Iterable[str], certificate: object) -> str:
        """Return the key of an edition in a format: a short digest of each part.

        Args:
            facts: Keys of the formats that this one builds on.
        """
        languages = dict.fromkeys(meta.meta.language for meta in edition.all_metas)
        tags = dict.fromkeys(tag for language in languages for tag in (language.split("-", maxsplit=1)[0], language))
        related = (repr(entry) for _, entry in sorted(edition.related.items()))
        parts = {
            "article": short(edition.front.key, *(meta.key for meta in edition.metas), *related),
            "options": short(repr(options)),
            "publisher": short(repr(self.config.publisher)),
            "styles": self._of_styles((name, "brand")),
            "words": self._of_styles(tuple(f"words/{tag}.toml" for tag in tags)),
            "program": short(name, *program_parts(name).values()),
            "facts": short(*facts),
            "certificate": short(repr(certificate)),
        }
        return "-".join(parts[part] for part in CHANGES)

    def _of_styles(self, names: tuple[str, ...]) -> str:
        """Return the key of style files or folders, by content."""
        if names not in self._styles:
            contents: dict[str, str] = {}
            for folder in reversed(self.styles.folders):
                for path in (path_inside(folder, name) for name in names):
                    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                        if file.is_file():
                            name = file.relative_to(folder).as_posix()
                            contents[name] = _file_digest(path_inside(folder, name))
            self._styles[names] = short(*(f"{name}={content}" for name, content in sorted(contents.items())))
        return self._styles[names]


@cache
def program_parts(*formats: str) -> Mapping[str, str]:
    """Return the version of each program and library that makes the bytes of formats; without formats: of all."""
    points = [installed_writers()[name] for name in formats or installed_writers()]
    makers = {f"writer {point.name}": f"{point.dist.name}={point.dist.version}" for point in points if point.dist}
    code = code_digest(*RENDER_MODULES, *(point.module for point in points))[:16]
    return {"clinic-publish": code, **makers, **library_parts()}


@cache
def library_parts() -> Mapping[str, str]:
    """Return the version of each library that makes bytes, and the size of those of the system, by name."""
    native = {path.resolve().name: str(path.stat().st_size) for path in native_files()}
    return {**_versions(LIBRARIES), **native}


def native_files() -> Iterable[Path]:
    """Yield the system's libraries of text layout.

    Their names and sizes stand for their versions: loading Pango for its version takes longer than an idle run.
    """
    for folder in ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/lib"):
        for pattern in ("libpango-1.0.so*", "*/libpango-1.0.so*", "*/libharfbuzz*.so*", "libpango-1.0*.dylib"):
            yield from (path for path in sorted(Path(folder).glob(pattern)) if path.is_file())


@cache
def _versions(libraries: tuple[str, ...]) -> Mapping[str, str]:
    versions = dict.fromkeys(libraries, "")
    for name in libraries:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def changes_between(before: str, after: str) -> str:
    """Return the message on what differs between two render keys."""
    pairs = zip(CHANGES.values(), before.split("-"), after.split("-"), strict=False)
    return ", ".join(message for message, old, new in pairs if old != new) or CHANGES["program"]


# ---- code


@cache
def code_digest(*modules: str) -> str:
    """Return the digest of the source files of modules and of all modules of this program that they import."""
    files = {name: path for name in closure(modules) if (path := _file_of(name))}
    # Other files in the folder of a module, such as a pandoc filter, belong to it.
    beside = {file for path in files.values() for file in path.parent.iterdir() if file.suffix not in (".py", ".pyc")}
    own = (f"{name}={_file_digest(files[name])}" for name in sorted(files))
    return digest((*own, *(f"{file.name}={_file_digest(file)}" for file in sorted(beside) if file.is_file())))


def closure(modules: Iterable[str]) -> frozenset[str]:
    """Return modules and all that they import, directly or indirectly.

    Modules of the engine count only if they are among `modules`: the others transport values and do not make them.
    """
    seen: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = _file_of(name)
        if path and name not in seen:
            seen.add(name)
            source = path.read_text("utf-8")
            waiting += (each for each in _imports(source) if not each.startswith("pipeline.engine."))
            if path.name == "__init__.py" and "import_module(" in source:  # as for languages
                waiting += (f"{name}.{file.stem}" for file in path.parent.glob("*.py"))
    return frozenset(seen)


def _imports(source: str) -> Iterator[str]:
    """Yield the modules of this program that a source text may import."""
    for package, names, module in _IMPORT.findall(source):
        yield package or module
        for name in re.findall(r"\w+", names):
            yield f"{package}.{name}"  # where this is a name in a module, there is no such file


def _file_of(module: str) -> Path | None:
    """Return the file of a module of this program; None for any other name."""
    first, *rest = module.split(".")
    if first != pipeline.__name__:
        return None
    place = Path(pipeline.__file__).parent.joinpath(*rest)
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
