"""Putting an edition together: which articles in which order, and the source file that says so."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipeline.config import Config
from pipeline.engine.output_dir import write_whole
from pipeline.errors import ConfigError
from pipeline.model import FRONT_MATTER_KEYS
from pipeline.reading.frontmatter import names_of
from pipeline.reading.outline import slugify
from pipeline.reading.source_files import glob_base

EDITIONS_FOLDER = "editions"
_ARTICLE_MODE = re.compile(r"\s*-\s*(['\"]?)(?P<id>[^:'\"]+)\1\s*:\s*(?P<mode>\w+)")
_PLAIN_SCALAR = re.compile(r"[^\W\d_][\w .,?!()–-]*[\w.?!)]")
"""What YAML reads as text without quotation marks, but for a few words that mean something else."""
_FRONT_MATTER_KEY = re.compile(r"^(?P<key>[\w-]+)\s*:")


@dataclass(frozen=True, slots=True)
class EditionDraft:
    """An edition as someone has put it together."""

    title: str
    lead: str
    articles: tuple[str, ...]
    """Ids, in order."""
    published: date | None = None
    """Of a new edition."""


@dataclass(frozen=True, slots=True)
class SourceChange:
    """The source file that is to be written."""

    path: str
    """From the project folder."""
    before: str
    """As it stands; empty for a new one."""
    after: str

    @property
    def seen(self) -> str:
        """A digest of what stood there when the difference was shown."""
        return hashlib.sha256(self.before.encode()).hexdigest()

    @property
    def difference(self) -> tuple[str, ...]:
        """The lines of a unified diff."""
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), self.path, self.path, lineterm="", n=3
        )
        return tuple(lines)


def draft_source(config: Config, wish: EditionDraft, existing: str) -> SourceChange:
    """Return the source of an edition.

    Of an existing one, the title, the lead and the list of articles change, and every other byte stays.

    Args:
        existing: Its path from the project folder; empty for a new one.

    Raises:
        ConfigError: No title, or fewer than one article; or a file of that name is there already.
    """
    if not wish.title.strip():
        raise ConfigError("the edition has no title", hint="give it one")
    if not wish.articles:
        raise ConfigError("the edition has no article", hint="choose at least one")
    if existing:
        before = (config.folder / existing).read_bytes().decode("utf-8")
        return SourceChange(existing, before, _updated_source(before, wish))
    name = slugify(wish.title)
    folder = glob_base(next(iter(config.sources.articles), "sources/*.md")) / EDITIONS_FOLDER
    path = (folder / f"{name}.md").as_posix()
    if not any(sign.isalnum() for sign in wish.title):
        raise ConfigError(f"the title {wish.title!r} holds no letter or digit", hint="give it another")
    if (config.folder / path).exists():
        raise ConfigError(f"{path} exists", hint="choose another title, or change that edition")
    return SourceChange(path, "", _new_source(wish, config.publisher.language))


def save_source(config: Config, made: SourceChange, seen: str) -> None:
    """Write the source of an edition, whole or not at all.

    Args:
        seen: The digest of what stood there when the difference was shown.

    Raises:
        ConfigError: The file has changed since, cannot be written, or would lie outside the project.
    """
    if made.seen != seen:
        raise ConfigError(f"{made.path} has changed since you saw it", hint="look at the difference again")
    path = config.folder / made.path
    if not path.resolve().is_relative_to(config.folder.resolve()):
        raise ConfigError(f"{made.path} leads out of the project", hint="put a folder in the place of the link")
    new = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)  # whatever lies there, such as a link, is not written through
        write_whole(new, made.after.encode())
        new.replace(path)
    except OSError as error:
        raise ConfigError(f"{made.path} cannot be written: {error.strerror}") from error


def _new_source(wish: EditionDraft, language: str) -> str:
    lines = ["---", f"title: {_quoted(wish.title)}"]
    lines += [f"lead: {_quoted(wish.lead)}"] if wish.lead.strip() else []
    lines += [f"published: {wish.published.isoformat()}"] if wish.published else []
    lines += [f"language: {language}", *_article_list_lines(wish.articles), "---", ""]
    return "\n".join(lines)


def _updated_source(before: str, wish: EditionDraft) -> str:
    """Return a source with another title, lead and list of articles."""
    end = "\r\n" if "\r\n" in before else "\n"
    lines = before.splitlines()
    close = next((at for at, line in enumerate(lines[1:], 1) if line.strip() in ("---", "...")), 0)
    if not lines or lines[0].lstrip("\ufeff").strip() != "---" or not close:
        raise ConfigError("the edition has no front matter to change", hint="change it in your editor")
    front = lines[1:close]
    _replace_key(front, "title", [f"title: {_quoted(wish.title)}"])
    if wish.lead.strip() or _key_lines(front, "lead"):
        _replace_key(front, "lead", [f"lead: {_quoted(wish.lead)}"])
    _replace_key(front, "articles", _article_list_lines(wish.articles), _kept_modes(front))
    changed = [lines[0], *front, *lines[close:]]
    return end.join(changed) + (end if before.endswith(("\n", "\r\n")) else "")


def _replace_key(front: list[str], key: str, lines: list[str], modes: dict[str, str] | None = None) -> None:
    """Put lines in the place of a key's, or at the end; a value that stays the same keeps its spelling."""
    span = _key_lines(front, key)
    fresh = [_with_mode(line, modes) for line in lines] if modes else lines
    if span is None:
        front += fresh
        return
    own = _FRONT_MATTER_KEY.match(front[span[0]])
    fresh = [fresh[0].replace(key, own["key"], 1) if own else fresh[0], *fresh[1:]]
    if _parse_value(front[span[0] : span[1]]) != _parse_value(fresh):
        front[span[0] : span[1]] = fresh


def _key_lines(front: list[str], key: str) -> tuple[int, int] | None:
    """Return the lines of a key, under whichever of its names: its own and those indented or listed below it."""
    for at, line in enumerate(front):
        match = _FRONT_MATTER_KEY.match(line)
        if match and match["key"].lower() in names_of(FRONT_MATTER_KEYS[key]):
            stop = at + 1
            while stop < len(front) and not _FRONT_MATTER_KEY.match(front[stop]):
                stop += 1
            return at, stop
    return None


def _parse_value(lines: Iterable[str]) -> object:
    import yaml

    try:
        return yaml.safe_load("\n".join(lines))
    except yaml.YAMLError:
        return None


def _kept_modes(front: list[str]) -> dict[str, str]:
    """Return articles that say how a newsletter shows them, `- blog/soevn: full`, by id."""
    start, stop = _key_lines(front, "articles") or (0, 0)
    found = (_ARTICLE_MODE.match(line) for line in front[start:stop])
    return {match["id"].strip(): match["mode"] for match in found if match}


def _with_mode(line: str, modes: dict[str, str]) -> str:
    name = line.removeprefix("  - ")
    return f"{line}: {modes[name]}" if line != name and name in modes else line


def _article_list_lines(ids: Iterable[str]) -> list[str]:
    return ["articles:", *(f"  - {id_}" for id_ in ids)]


def _quoted(text: str) -> str:
    plain = " ".join(text.split())
    if _PLAIN_SCALAR.fullmatch(plain) and plain.lower() not in ("true", "false", "null", "yes", "no", "on", "off"):
        return plain
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
