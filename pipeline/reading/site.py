"""The site that a project's articles come from: its dialect, how that was found out, and where it shows each page."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from pipeline.config import Config
from pipeline.errors import ConfigError, did_you_mean
from pipeline.reading.dialects import AUTO, PLAIN, Dialect, Page, all_dialects, forms_in, named
from pipeline.trusted_paths import read_regular

SUFFIXES = (".md", ".mdx", ".markdown", ".mdown", ".mkd", ".qmd", ".rmd", ".ipynb")
_HEAD_BYTES = 8_000
_MOST_LOOKED_AT = 60
_LEAST_SHARE = 0.2  # Of the texts: a single one must not decide how all the others are read
_SETTINGS_BYTES = 200_000
_KEY = re.compile(
    r"""^["']?(?P<key>title|slug|permalink|url|id|date|categories|category)["']?\s*[:=]\s*["']?(?P<value>.*?)["']?\s*,?\s*$""",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^(?:-{3,}|\+{3,})\s*(?:toml|json|yaml)?\s*$")
_HEADING = re.compile(r"^#[ \t]+(?P<text>.*?)[ \t]*#*(?:\s*\{[^{}]*\})?\s*$")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][A-Za-z]{2,4})?")
_SITE_FOLDERS = ("website", "site", "docs", "www")
"""Where a site may lie whose pages lie beside it."""
# Folders from which a tool that serves its whole folder serves pictures; nothing else of it is ever opened.
_ASSET_FOLDERS = (
    "assets", "images", "image", "img", "imgs", "media", "uploads", "files", "figures", "pictures", "_static", "static",
    "public", "resources",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FoundSite:
    """The dialect of a project, from its files alone."""

    dialect: str = PLAIN
    folder: Path = Path()
    evidence: str = ""
    """What says so: a file, from the project folder, or a setting; empty where nothing does."""

    @property
    def static_folders(self) -> tuple[Path, ...]:
        """The folders that an address from the site's root is looked for in."""
        own = named(self.dialect)
        return tuple(folder for name in own.static_folders if (folder := self.folder / name).is_dir())

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of the site itself, which reading depends on."""
        own = named(self.dialect)
        return tuple(file for name in (*own.files, *own.shared_files) if (file := self.folder / name).is_file())

    @property
    def readable(self) -> tuple[Path, ...]:
        """The folders of these that may be opened; of a whole site those for pictures only."""
        own = named(self.dialect)
        names = [name for name in own.static_folders if name != "."] + list(
            _ASSET_FOLDERS if "." in own.static_folders else ()
        )
        return tuple(folder for name in dict.fromkeys(names) if (folder := self.folder / name).is_dir())


def site_by_files(config: Config) -> FoundSite:
    """Return the dialect that `[sources] dialect` sets, or that the files beside the articles show.

    Raises:
        ConfigError: No dialect has the name that is set.
    """
    wanted = config.sources.dialect
    project = config.folder.resolve()
    folders = tuple(_site_folders(config, project))
    if wanted != AUTO:
        names = [each.name for each in all_dialects()]
        if wanted not in names:
            message = f"[sources] dialect is {wanted!r}, expected {AUTO} or one of {', '.join(names)}"
            raise ConfigError(message, source=config.file.name, hint=did_you_mean(wanted, names))
        has = (folder for folder in folders if any((folder / name).exists() for name in _marks(named(wanted), folder)))
        return FoundSite(wanted, next(has, folders[0]), "[sources] dialect")
    for is_mark in (Path.is_file, Path.is_dir):  # a file of settings says more than a folder such as `_posts`
        for folder in folders:
            for dialect in all_dialects():
                if mark := next((name for name in _marks(dialect, folder) if is_mark(folder / name)), ""):
                    return FoundSite(dialect.name, folder, (folder / mark).relative_to(project).as_posix())
    return FoundSite(folder=project)


def _site_folders(config: Config, project: Path) -> Iterator[Path]:
    """Yield the folders in which a site's own files may lie: those of the articles, and those above them."""
    seen: dict[Path, None] = {}
    for glob in config.sources.articles:
        fixed: list[str] = []
        for part in Path(glob).parts[:-1]:
            if re.search(r"[*?\[]", part):
                break
            fixed.append(part)
        for length in range(len(fixed), -1, -1):
            folder = project.joinpath(*fixed[:length])
            if ".." not in fixed and folder.resolve().is_relative_to(project):
                seen[folder] = None
    yield from sorted(seen or {project: None}, key=lambda folder: -len(folder.parts))
    yield from (project / name for name in _SITE_FOLDERS)


def _marks(dialect: Dialect, folder: Path) -> Iterator[str]:
    """Yield the files that show a dialect, where they say what they must."""
    yield from dialect.files
    for name, pattern in dialect.shared_files.items():
        if (folder / name).is_file() and re.search(pattern, _read(folder / name, _SETTINGS_BYTES), re.MULTILINE):
            yield name


@dataclass(frozen=True, slots=True)
class Site:
    """What reading knows of the site as a whole."""

    dialect: str = PLAIN
    evidence: str = ""
    folder: str = ""
    """From the project folder."""
    base: str = ""
    """Folder of the first glob, in which pages lie where the dialect names none."""
    settings: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    """By path of the source."""
    own_paths: Mapping[str, str] = field(default_factory=dict)
    """`permalink`, `url` or `slug` of a source, with its key before it: `slug:knee`."""

    page_keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Other keys of a source that its address may depend on: `date`, `id`, `categories`."""
    has_addresses: bool = False
    """Its files say which tool makes it, so that the rule of this tool says where it shows a page."""

    @property
    def is_plain(self) -> bool:
        return self.dialect == PLAIN

    @property
    def key(self) -> tuple[str, ...]:
        """All that a result of reading depends on."""
        tables = (self.settings, self.titles, self.own_paths, self.page_keys)
        return (
            self.dialect,
            str(self.has_addresses),
            self.folder,
            self.base,
            *(repr(sorted(table.items())) for table in tables),
        )

    def below(self, path: str) -> PurePosixPath:
        """Return the path of a source below the folder of the site's pages."""
        site = PurePosixPath(path)
        if site.is_relative_to(self.folder or "."):
            site = site.relative_to(self.folder or ".")
        for content in named(self.dialect).content:
            if content == "." or site.is_relative_to(content):
                return site.relative_to(content)
        if named(self.dialect).content and PurePosixPath(path).is_relative_to(self.base or "."):
            return PurePosixPath(path).relative_to(self.base or ".")
        return site

    def page_path(self, path: str, slug: str = "") -> str | None:
        """Return where the site shows a source, without the first slash; None where no rule confirms it."""
        address = named(self.dialect).address
        below = self.below(path)
        if address is None or _suffix_language(below):
            return None
        return address(Page(below, slug, self.settings, self.page_keys.get(path, {})))

    def language_of(self, path: str) -> str:
        """Return the language that the folder or the name of a source says; empty where neither does."""
        if self.is_plain:
            return ""
        below = self.below(path)
        parts = [part for part in below.parts[:-1] if part not in ("docs", "i18n", "content", "src", "pages", "blog")][
            :1
        ]
        return next((tag for tag in (_suffix_language(below), *parts) if _is_language(tag)), "").replace("_", "-")


def _suffix_language(below: PurePosixPath) -> str:
    """Return the language in a name such as `index.fr.md`."""
    suffix = PurePosixPath(below.stem).suffix.removeprefix(".")
    return suffix if _is_language(suffix) else ""


@cache
def _is_language(tag: str) -> bool:
    if not _LANGUAGE.fullmatch(tag):
        return False
    from babel import Locale, UnknownLocaleError  # late: only for sites in several languages

    try:
        Locale.parse(tag.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        return False
    return True


def find_site(config: Config, found: FoundSite, project: Path, paths: Iterable[str]) -> Site:
    """Return what is known of a project's site: by its files, else by the forms in its texts.

    Args:
        paths: Of all sources, from the project folder.
    """
    paths = tuple(sorted(paths))
    dialect, evidence = found.dialect, found.evidence
    if not evidence and (by_forms := _by_forms(project, paths)):
        dialect, evidence = by_forms
    base = "/".join(_fixed(config.sources.articles[0]))
    if dialect == PLAIN:
        return Site(PLAIN, evidence, base=base)
    titles: dict[str, str] = {}
    own_paths: dict[str, str] = {}
    page_keys: dict[str, Mapping[str, str]] = {}
    for path in paths:
        title, own, keys = _looked_up(_read(project / path))
        page_keys |= {path: keys} if keys else {}
        titles |= {path: title} if title else {}
        own_paths |= {path: own} if own else {}
    folder = "" if found.folder == project else found.folder.relative_to(project).as_posix()
    settings = _settings(named(dialect), found.folder)
    has_addresses = bool(found.evidence) and dialect != PLAIN
    return Site(dialect, evidence, folder, base, settings, titles, own_paths, page_keys, has_addresses)


def _fixed(glob: str) -> Iterator[str]:
    for part in Path(glob).parts[:-1]:
        if re.search(r"[*?\[]", part):
            return
        yield part


def _by_forms(project: Path, paths: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the dialect that most of the first texts show, and the text that shows it first."""
    counted: Counter[str] = Counter()
    first: dict[str, str] = {}
    looked_at = paths[:: max(1, len(paths) // _MOST_LOOKED_AT)]
    for path in looked_at:
        for name in forms_in(_read(project / path)):
            counted[name] += 1
            first.setdefault(name, path)
    name, count = counted.most_common(1)[0] if counted else ("", 0)
    if count < max(1, len(looked_at) * _LEAST_SHARE):
        return None
    return name, f"what {first[name]} holds" + (f", and {count - 1} more" if count > 1 else "")


def _read(path: Path, most_bytes: int = _HEAD_BYTES) -> str:
    """Return the first bytes of a file as text; nothing where it cannot be read, or is a link."""
    try:
        data, _ = read_regular(path, most_bytes)
    except OSError:
        return ""
    return data.decode("utf-8", "replace")


def _looked_up(head: str) -> tuple[str, str, Mapping[str, str]]:
    """Return title, own path and other keys of a source that move its page, from its first lines."""
    found: dict[str, str] = {}
    heading, fences = "", 0
    for line in head.split("\n"):
        fences += bool(_FENCE.match(line)) or (fences == 1 and line.rstrip() == "...")
        if (match := _KEY.match(line)) and fences <= 1:
            found.setdefault(match["key"].lower(), match["value"].strip())
        elif (match := _HEADING.match(line)) and fences != 1:
            heading = heading or match["text"]
    path = found.get("permalink") or found.get("url") or ""
    own = f"path:{path}" if path else f"slug:{found['slug']}" if found.get("slug") else ""
    keys = {name: value for name, value in found.items() if name in ("id", "date", "categories", "category")}
    return found.get("title") or heading, own, keys


def _settings(dialect: Dialect, folder: Path) -> Mapping[str, str]:
    """Return the settings of a site that its addresses depend on."""
    found: dict[str, str] = {}
    for name in (*dialect.files, *dialect.shared_files):
        text = _read(folder / name, _SETTINGS_BYTES)
        for key, pattern in dialect.own_settings.items():
            if match := re.search(pattern, text, re.MULTILINE):
                found.setdefault(key, match[1])
    return found


@dataclass(frozen=True, slots=True)
class PageIndex:
    """Finds sources by what a link names: a path, with suffix or without, or a name alone."""

    paths: frozenset[str]
    by_name: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, paths: Iterable[str]) -> PageIndex:
        paths = frozenset(paths)
        by_name: defaultdict[str, list[str]] = defaultdict(list)
        for path in sorted(paths):
            pure = PurePosixPath(path)
            by_name[pure.stem.casefold()].append(path)
            by_name[_without_date(pure.stem).casefold()].append(path)
            if pure.stem.lower() in ("index", "_index", "readme"):
                by_name[pure.parent.name.casefold()].append(path)
        return cls(paths, {name: tuple(dict.fromkeys(found)) for name, found in by_name.items()})

    def at(self, path: str) -> str:
        """Return the source that a path from the project folder means, with whatever suffix it is written."""
        bare = re.sub(rf"(?:{'|'.join(map(re.escape, SUFFIXES))}|\.html)$", "", path.rstrip("/"), flags=re.IGNORECASE)
        stems = (path.rstrip("/"), bare)
        candidates = (f"{stem}{suffix}" for stem in stems for suffix in ("", *SUFFIXES))
        indexes = (f"{bare}/{name}{suffix}" for name in ("index", "_index", "README") for suffix in SUFFIXES[:4])
        return next((each for each in (*candidates, *indexes) if each in self.paths), "")

    def named(self, target: str) -> str:
        """Return the only source whose name or last parts are these; empty where none is, or several are."""
        pure = PurePosixPath(unquote(target).strip("/"))
        name = pure.stem if pure.suffix.lower() in SUFFIXES else pure.name
        found = self.by_name.get(name.casefold(), ())
        folders = [part.casefold() for part in pure.parts[:-1] if part not in ("..", ".")]
        if len(found) > 1 and folders:
            found = tuple(
                path
                for path in found
                if [part.casefold() for part in PurePosixPath(path).parts[-1 - len(folders) : -1]] == folders
            )
        return found[0] if len(found) == 1 else ""


def _without_date(stem: str) -> str:
    return re.sub(r"^\d{4}-\d{1,2}-\d{1,2}-(?=.)", "", stem)
