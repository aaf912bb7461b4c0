"""What has changed: a key over everything that can change the bytes of an edition in a format."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pipeline
from pipeline.config import Config
from pipeline.pictures.image_files import ENCODING_VERSION
from pipeline.reading.editions import EditionPlan
from pipeline.rendering.styles import Styles
from pipeline.writers import installed_writers

_LIBRARIES = (
    "weasyprint", "pydyf", "EbookLib", "Jinja2", "css-inline", "pillow", "fontpkg-source-sans-3", "uharfbuzz",
    "fonttools", "pikepdf", "segno", "babel", "pypandoc_binary", "lxml", "pypdfium2",
)  # fmt: skip


Parts = Mapping[str, str]
"""What a key is made of, by name, each as a short digest: where a key differs, they say why."""


def key_of(parts: Parts) -> str:
    """Return the key that parts make up."""
    return digest(f"{name}={parts[name]}" for name in sorted(parts))


def short(*parts: str) -> str:
    """Return a digest of sixteen digits: enough to see a change, and small in a record of thousands."""
    return digest(parts)[:16]


def binding_key(binding: EditionPlan) -> str:
    """Return the key of all that an edition says."""
    related = (repr(entry) for _, entry in sorted(binding.related.items()))
    return digest((binding.front.key, *(card.key for card in binding.metas), *related))


@dataclass(slots=True)
class Keys:
    """The keys of one run: style files are read once in it, and again in the next."""

    config: Config
    styles: Styles
    _styles: dict[tuple[str, ...], str] = field(default_factory=dict)

    def parts(
        self, binding: str, name: str, options: object, language: str, facts: Iterable[str], certificate: str
    ) -> Parts:
        """Return the key of an edition in a format, part by part.

        Args:
            binding: The key of what the edition says.
            facts: Keys of the formats that this one builds on.
        """
        tags = dict.fromkeys((language.split("-", maxsplit=1)[0], language))
        return {
            "article": binding,
            "options": short(repr(options)),
            "publisher": short(repr(self.config.publisher)),
            "styles": self._key_of((name, "brand")),
            "words": self._key_of(tuple(f"words/{tag}.toml" for tag in tags)),
            "program": short(program_key(), _writer_version(name)),
            "facts": short(*facts),
            "certificate": short(certificate),
        }

    def _key_of(self, names: tuple[str, ...]) -> str:
        if names not in self._styles:
            self._styles[names] = short(styles_key(self.styles, names))
        return self._styles[names]


def styles_key(styles: Styles, names: tuple[str, ...]) -> str:
    """Return the key of style files or folders, by content."""
    contents: dict[str, str] = {}
    for folder in reversed(styles.folders):
        for name in names:
            path = folder / name
            files = sorted(path.rglob("*")) if path.is_dir() else [path]
            for file in files:
                if file.is_file():
                    contents[file.relative_to(folder).as_posix()] = hashlib.sha256(file.read_bytes()).hexdigest()
    return digest(f"{name}={digest}" for name, digest in sorted(contents.items()))


@cache
def program_key() -> str:
    """Return the key of this program, the libraries that make bytes, and the system's text layout."""
    return digest(f"{name}={version}" for name, version in sorted(program_parts().items()))


@cache
def program_parts() -> Mapping[str, str]:
    """Return the version of each thing that makes bytes, by name."""
    # By content, not by version: whoever changes a writer here sees what it does.
    files = sorted(Path(pipeline.__file__).parent.rglob("*.py"))
    code = short(*(hashlib.sha256(path.read_bytes()).hexdigest() for path in files))
    native = {path.resolve().name: str(path.stat().st_size) for path in native_files()}
    return {
        "clinic-publish": code,
        "pictures": ENCODING_VERSION,
        **{name: _version(name) for name in _LIBRARIES},
        **native,
    }


@cache
def _writer_version(name: str) -> str:
    distribution = installed_writers()[name].dist
    return f"{distribution.name}={distribution.version}" if distribution else ""


def native_files() -> Iterable[Path]:
    """Yield the libraries of the system that lay out text.

    Their names and sizes stand for them: loading Pango to ask its version would cost more than a whole idle run.
    """
    for folder in ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/lib"):
        for pattern in ("libpango-1.0.so*", "*/libpango-1.0.so*", "*/libharfbuzz*.so*", "libpango-1.0*.dylib"):
            yield from (path for path in sorted(Path(folder).glob(pattern)) if path.is_file())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def digest(parts: Iterable[str]) -> str:
    """Return the digest of texts, in order."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.encode("utf-8", "surrogatepass"))
        total.update(b"\x00")
    return total.hexdigest()
