"""Keys: digests over everything that can change what a task computes, so that equal keys mean equal values."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pipeline
from pipeline.config import Config
from pipeline.lint.rules_key import rules_key
from pipeline.lint.spelling import dictionaries_key
from pipeline.reading.editions import EditionPlan
from pipeline.rendering.styles import Styles
from pipeline.writers import installed_writers

LIBRARIES = (
    "weasyprint", "pydyf", "EbookLib", "Jinja2", "css-inline", "pillow", "fontpkg-source-sans-3", "uharfbuzz",
    "fonttools", "pikepdf", "segno", "babel", "pypandoc_binary", "lxml", "pypdfium2", "PyYAML", "python-frontmatter",
    "tinycss2",
)  # fmt: skip
SPELLING_LIBRARIES = ("chunspell", "symspellpy", "wordfreq")
READ_MODULES = (
    "pipeline.engine.reading_task", "pipeline.engine.codec", "pipeline.reading.reader", "pipeline.lint.rules",
)  # fmt: skip
RENDER_MODULES = ("pipeline.engine.rendering_task", "pipeline.engine.image_sizes", "pipeline.engine.codec")
"""Where the code of each task begins; beside the writers."""
_IMPORT = re.compile(
    r"^[ \t]*(?:from (pipeline[\w.]*) import (\([^)]*\)|[^\n#]*)|import (pipeline[\w.]*))", re.MULTILINE
)

Parts = Mapping[str, str]
"""What a key is made of, by name, each as a short digest: where a key differs, they say why."""


def digest(parts: Iterable[str]) -> str:
    """Return the digest of texts, in order."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.encode("utf-8", "surrogatepass"))
        total.update(b"\x00")
    return total.hexdigest()


def short(*parts: str) -> str:
    """Return a digest of sixteen digits: enough to see a change."""
    return digest(parts)[:16]


def key_of(parts: Parts) -> str:
    """Return the key that parts make up."""
    return digest(f"{name}={parts[name]}" for name in sorted(parts))


# ---- reading


def reading_key(config: Config, ids: Mapping[str, str]) -> str:
    """Return the key of all that reading depends on beside a source and its pictures.

    Args:
        ids: The id of every source by its path: links between articles depend on them.
    """
    told = (repr(config.sources), repr(config.limits), config.publisher.language, config.publisher.website)
    return digest((_read_code(), rules_key(config), *told, *(f"{path}={ids[path]}" for path in sorted(ids))))


def spelling_key() -> str:
    """Return the key of all that a verdict on a word depends on beside the word."""
    return short(_read_code(), dictionaries_key())


@cache
def _read_code() -> str:
    return digest((code_digest(*READ_MODULES), *_versions((*LIBRARIES, *SPELLING_LIBRARIES)).values()))


# ---- rendering


@dataclass(slots=True)
class RenderKeys:
    """The keys of one run: style files are read once in it, and again in the next."""

    config: Config
    styles: Styles
    _styles: dict[tuple[str, ...], str] = field(default_factory=dict)

    def parts(
        self, binding: EditionPlan, name: str, options: object, facts: Iterable[str], certificate: object
    ) -> Parts:
        """Return the key of an edition in a format, part by part.

        Args:
            facts: Keys of the formats that this one builds on.
        """
        language = binding.front.meta.language
        tags = dict.fromkeys((language.split("-", maxsplit=1)[0], language))
        related = (repr(entry) for _, entry in sorted(binding.related.items()))
        return {
            "article": short(binding.front.key, *(card.key for card in binding.metas), *related),
            "options": short(repr(options)),
            "publisher": short(repr(self.config.publisher)),
            "styles": self._of_styles((name, "brand")),
            "words": self._of_styles(tuple(f"words/{tag}.toml" for tag in tags)),
            "program": short(name, *program_parts(name).values()),
            "facts": short(*facts),
            "certificate": short(repr(certificate)),
        }

    def _of_styles(self, names: tuple[str, ...]) -> str:
        """Return the key of style files or folders, by content."""
        if names not in self._styles:
            contents: dict[str, str] = {}
            for folder in reversed(self.styles.folders):
                for path in (folder / name for name in names):
                    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                        if file.is_file():
                            contents[file.relative_to(folder).as_posix()] = _file_digest(file)
            self._styles[names] = short(*(f"{name}={content}" for name, content in sorted(contents.items())))
        return self._styles[names]


@cache
def program_parts(*formats: str) -> Mapping[str, str]:
    """Return the version of each thing that makes the bytes of formats (without: of all), by name."""
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
    """Yield the libraries of the system that lay out text.

    Their names and sizes stand for them: loading Pango to ask its version would cost more than a whole idle run.
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


# ---- code


@cache
def code_digest(*modules: str) -> str:
    """Return the digest of the files of modules and of all that they import from this program.

    By content, not by version: whoever changes a writer here sees what it does.
    """
    files = {name: path for name in closure(modules) if (path := _file_of(name))}
    # What lies beside a module, such as a filter for pandoc, is a part of it.
    beside = {file for path in files.values() for file in path.parent.iterdir() if file.suffix not in (".py", ".pyc")}
    own = (f"{name}={_file_digest(files[name])}" for name in sorted(files))
    return digest((*own, *(f"{file.name}={_file_digest(file)}" for file in sorted(beside) if file.is_file())))


def closure(modules: Iterable[str]) -> frozenset[str]:
    """Return modules and all that they import, directly or not.

    The engine's own modules count only where they are named: they carry values and do not make them.
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
            if path.name == "__init__.py" and "import_module(" in source:  # such as the languages: by name, at run time
                waiting += (f"{name}.{file.stem}" for file in path.parent.glob("*.py"))
    return frozenset(seen)


def _imports(source: str) -> Iterator[str]:
    """Yield the modules of this program that a source text may import, wherever in it."""
    for package, names, module in _IMPORT.findall(source):
        yield package or module
        for name in re.findall(r"\w+", names):
            yield f"{package}.{name}"  # a module, or a name in one: then there is no such file


def _file_of(module: str) -> Path | None:
    """Return the file of a module of this program; None for what is no module, or another's."""
    first, *rest = module.split(".")
    if first != pipeline.__name__:
        return None
    place = Path(pipeline.__file__).parent.joinpath(*rest)
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
