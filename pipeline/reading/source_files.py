"""Discovery of source files, their ids, and safe reading of files below the source folders."""

from __future__ import annotations

import errno
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePath

from pipeline.config import FILE_NAME, Config, line_of
from pipeline.errors import ConfigError, SourceError
from pipeline.findings import Finding, make_finding
from pipeline.reading.dialects import named
from pipeline.reading.site import site_by_files
from pipeline.registry import error_rule, warning_rule
from pipeline.trusted_paths import read_regular

# Windows keeps these names for devices, whatever suffix follows.
_RESERVED_FILE_NAMES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\\s]+')
# They show `ryg\u202egnp.md` as `rygdm.png`. Source: UAX #9, explicit directional formatting characters.
_BIDI_CONTROLS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
_MAX_NAME_BYTES = 200  # of 255, so that `.large-print.pdf` and a staging suffix still fit


@dataclass(frozen=True, slots=True)
class Source:
    """A Markdown file that may become an article."""

    id: str
    path: str  # From the project folder, with forward slashes


@dataclass(frozen=True, slots=True)
class SourceRoots:
    """The only folders that sources and pictures may come from, links resolved."""

    project: Path
    site: Path  # What a site-absolute path is resolved against
    folders: tuple[Path, ...]
    further_roots: tuple[Path, ...] = ()
    """Where a site-absolute path is looked for besides: the static folders of the project's dialect."""
    finds_by_name: bool = False
    """Pictures are found by their names, wherever they lie, as Obsidian does."""

    def relative(self, path: Path) -> str:
        """Return a path as reports and models name it."""
        return path.relative_to(self.project).as_posix()


def find_roots(config: Config) -> SourceRoots:
    """Return the folders of a project's sources.

    Raises:
        ConfigError: A folder or glob that leaves the project.
    """
    project = config.folder.resolve()
    for key, values in (("articles", config.sources.articles), ("root", (config.sources.root,))):
        for value in values:
            if Path(value).is_absolute() or ".." in Path(value).parts or "\x00" in value or "\\" in value:
                expected = "expected a path below the project folder, with forward slashes"
                raise _sources_error(config, key, f"[sources] {key} is {value!r}, {expected}")
            if value.count("**") > 1:  # the time to find files grows with the power of their number
                expected = "expected ** once at most, such as sources/**/*.md"
                raise _sources_error(config, key, f"[sources] {key} is {value!r}, {expected}")
    site = (project / config.sources.root).resolve()
    fixed = [(project / glob_base(glob)).resolve() for glob in config.sources.articles]
    found = site_by_files(config)
    folders = tuple(dict.fromkeys((site, *fixed, *(folder.resolve() for folder in found.readable))))
    for folder in folders:
        if not folder.is_relative_to(project):
            message = f"[sources] leads out of the project folder, to a folder named {folder.name!r}"
            raise _sources_error(config, "", message, "a symbolic link may point only to places inside the project")
    further = tuple(folder.resolve() for folder in found.static_folders)
    return SourceRoots(project, site, folders, further, named(found.dialect).finds_by_name)


def _sources_error(config: Config, key: str, message: str, hint: str = "") -> ConfigError:
    line = line_of(config.file.read_text("utf-8-sig"), "sources", key)
    return ConfigError(message, source=FILE_NAME, line=line, hint=hint)


@dataclass(frozen=True, slots=True)
class DiscoveredSources:
    sources: tuple[Source, ...]
    id_conflicts: tuple[Source, ...]  # Sources that share an id: none of them can be published
    findings: tuple[Finding, ...]


@error_rule(
    "id-twice",
    "Two sources would give outputs of one name; neither is published.",
    "`blog/Soevn_1.md` beside `blog/soevn-1.md`",
    "Rename one of them.",
)
@warning_rule(
    "file-not-read",
    "Files of another kind than Markdown lie where articles are read; nothing is published from them.",
    "`sources/blog/ryg.docx`",
    "`publish import` makes articles of Word, OpenDocument and HTML files; save others as Markdown (`.md`).",
)
@error_rule(
    "name-unusable",
    "A file name that not every system can hold.",
    "`con.md`, or a name of 300 bytes",
    "Rename the file.",
)
def find_sources(config: Config, roots: SourceRoots) -> DiscoveredSources:
    """Return every Markdown file that the globs name, by id; of two globs that name a file, the first gives its id.

    Raises:
        ConfigError: A glob that is no pattern, or matches no file: what was published must not be removed then.
    """
    by_id: dict[str, list[str]] = defaultdict(list)
    findings: list[Finding] = []
    seen: set[str] = set()
    unread: defaultdict[str, list[str]] = defaultdict(list)
    for glob in config.sources.articles:
        base = roots.project / glob_base(glob)
        for path in _matches(glob, config, roots):
            below = path.relative_to(base) if base.is_dir() else Path(path.name)
            # A pipe or a device is met where it is opened, and named there.
            if any(part.startswith((".", "~$")) for part in below.parts) or (path.is_dir() and not path.is_symlink()):
                continue
            name = roots.relative(path)
            if name in seen:
                continue
            if path.suffix.lower() in _OTHER_KINDS and Path(glob).suffix != path.suffix:
                unread[path.suffix.lower()].append(name)
                continue
            seen.add(name)
            id_ = source_id(below)
            if fault := _file_name_error(name, id_):
                findings.append(make_finding("name-unusable", _printable(name), 0, fault))
            else:
                by_id[id_].append(name)
    if not seen:
        message = f"[sources] articles: no file matches {', '.join(config.sources.articles)}"
        raise _sources_error(config, "articles", message, "correct the pattern; what was published stays as it is")
    findings += _unread_findings(unread, seen)
    sources = [Source(id_, name) for id_, names in sorted(by_id.items()) for name in names]
    conflicts = tuple(source for source in sources if len(by_id[source.id]) > 1)
    for source in conflicts:
        others = ", ".join(other for other in by_id[source.id] if other != source.path)
        message = f"its outputs would be named {source.id!r}, as those of {others}"
        findings.append(make_finding("id-twice", source.path, 0, message))
    published = tuple(source for source in sources if len(by_id[source.id]) == 1)
    return DiscoveredSources(published, conflicts, tuple(findings))


def _unread_findings(unread: Mapping[str, list[str]], seen: set[str]) -> Iterator[Finding]:
    """Yield one finding for each kind of file that the globs lead to and that no article is read from."""
    for suffix, names in sorted(unread.items(), key=lambda kind: min(kind[1])):
        left = sorted(set(names) - seen)
        if not left:
            continue
        if suffix in _MARKDOWN_KINDS:
            hint = f'if they are articles, name them too: `[sources] articles = […, "…/**/*{suffix}"]`'
        elif suffix in _IMPORTED_KINDS:
            hint = f'`publish import "{_printable(left[0])}"` makes an article of it; then move it elsewhere'
        else:
            hint = "save the text as Markdown with the suffix .md, or move the file out of the source folders"
        count = f"{len(left)} files" if len(left) > 1 else "a file"
        listed = ", ".join(map(_printable, left[:_MOST_NAMED])) + (" …" if len(left) > _MOST_NAMED else "")
        message = f"{count} of the kind {suffix}, expected .md; nothing is published from: {listed}"
        yield make_finding("file-not-read", _printable(left[0]), 0, message, hint)


_MOST_NAMED = 5
# Kinds of files that an author may take for an article.
_MARKDOWN_KINDS = frozenset({".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd"})
_OTHER_KINDS = _MARKDOWN_KINDS | {
    ".rtf", ".doc", ".docx", ".odt", ".pages", ".htm", ".html", ".rst", ".adoc", ".ipynb", ".org"
}  # fmt: skip

_IMPORTED_KINDS = (".docx", ".odt", ".htm", ".html")


def _matches(glob: str, config: Config, roots: SourceRoots) -> list[Path]:
    """Return what a glob matches, its suffix in capitals or not, and files of kinds that are not read."""
    is_suffix = re.fullmatch(r".*\.md", glob, re.IGNORECASE)
    try:
        found = sorted(roots.project.glob(f"{glob[:-3]}.*" if is_suffix else glob))
    except (ValueError, IndexError, NotImplementedError) as error:
        message = f"[sources] articles: {glob!r} is no pattern for files: {error}"
        raise _sources_error(config, "articles", message, "such as sources/**/*.md") from error
    kinds = {".md", *_OTHER_KINDS}
    return [path for path in found if not is_suffix or path.suffix.lower() in kinds]


_UNUSABLE_CHARACTERS = (
    (re.compile("[\ud800-\udfff]"), "a file name that is not UTF-8"),
    (_CONTROLS, "a file name with control characters"),
    (_BIDI_CONTROLS, "a file name with characters that turn the direction of writing"),
)


def _file_name_error(name: str, id_: str) -> str:
    if fault := next((fault for pattern, fault in _UNUSABLE_CHARACTERS if pattern.search(name)), ""):
        return fault
    if not source_id(PurePath(PurePath(name).name)):
        return "a file name without a letter or a figure"
    if any(_RESERVED_FILE_NAMES.match(part) for part in id_.split("/")):
        return "a file name that some systems keep for devices"
    if any(len(part.encode()) > _MAX_NAME_BYTES for part in id_.split("/")):
        return f"a file name of more than {_MAX_NAME_BYTES} bytes"
    return ""


def _printable(name: str) -> str:
    plain = name.encode("utf-8", "replace").decode()
    return _CONTROLS.sub("\ufffd", _BIDI_CONTROLS.sub("\ufffd", plain))


def source_id(below: PurePath) -> str:
    """Return the id of a source: its path without suffix, lower case, `_` and spaces as `-`, NFC.

    The page of a folder, `index.md`, has the folder's.

    >>> source_id(PurePath("blog/Soevn_1.md"))
    'blog/soevn-1'
    >>> source_id(PurePath("blog/soevn/index.md"))
    'blog/soevn'
    """
    parts = unicodedata.normalize("NFC", below.with_suffix("").as_posix()).lower().split("/")
    cleaned = (_NOT_IN_A_NAME.sub("-", part.replace("_", "-")).strip(".-") for part in parts)
    kept = [part for part in cleaned if part]
    return "/".join(kept[:-1] if len(kept) > 1 and kept[-1] == "index" else kept)


def resolve_inside(path: Path, roots: SourceRoots) -> Path:
    """Return where a path really leads, once links are followed.

    Raises:
        SourceError: Out of the project's source folders.
    """
    try:
        real = path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError("a path that leads nowhere", hint="correct the link or the name") from error
    if not any(real.is_relative_to(folder) for folder in roots.folders):
        hint = "copy the file into the source folder and name it there"
        raise SourceError("a path that leads out of the source folders", hint=hint)
    return real


@error_rule(
    "file-too-large",
    "A source or a picture is larger than `[limits]` allows: a source 2 MB and 10,000 lines.",
    "A picture pasted into the text as `data:`",
    "Divide the article, or take the pictures out into files.",
)
class LargeFileError(SourceError):
    code = "file-too-large"


def read_inside(path: Path, roots: SourceRoots, max_bytes: int) -> bytes:
    """Return the bytes of a regular file inside the source folders.

    Raises:
        SourceError: Outside, no regular file, larger than `max_bytes`, or not readable.
    """
    real = resolve_inside(path, roots)
    try:
        data, status = read_regular(real, max_bytes)
        if status.st_size > max_bytes:
            hint = "divide an article, and save a picture smaller; or raise the limit: [limits]"
            raise LargeFileError(f"{status.st_size:,} bytes, expected at most {max_bytes:,}", line=1, hint=hint)
        return data
    except OSError as error:
        if error.errno == errno.EINVAL:
            hint = "a device, a pipe or a folder cannot be published"
            raise SourceError("not a regular file", hint=hint) from error
        raise SourceError(f"cannot be read: {error.strerror}", hint="check that it exists and may be read") from error


def glob_base(glob: str) -> Path:
    """Return the folder that a glob starts from: its parts before the first wild card."""
    return Path(*takewhile(lambda part: not re.search(r"[*?\[]", part), Path(glob).parts[:-1]))
