"""Source files of editions that are composed in the preview: title, lead and list of articles."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipeline.config import Config
from pipeline.engine.output_dir import replace_whole
from pipeline.errors import ConfigError
from pipeline.model import FRONT_MATTER_KEYS
from pipeline.reading.frontmatter import names_of
from pipeline.reading.outline import slugify
from pipeline.reading.source_files import glob_base

EDITIONS_FOLDER = "editions"
_ARTICLE_MODE = re.compile(r"\s*-\s*(['\"]?)(?P<id>[^:'\"]+)\1\s*:\s*(?P<mode>\w+)")
_PLAIN_SCALAR = re.compile(r"[^\W\d_][\w .,?!()–-]*[\w.?!)]")
"""Text that needs no quotation marks in YAML, except words such as `true`."""
_FRONT_MATTER_KEY = re.compile(r"^(?P<key>[\w-]+)\s*:")


@dataclass(frozen=True, slots=True)
class EditionDraft:
    title: str
    lead: str
    articles: tuple[str, ...]
    published: date | None = None


@dataclass(frozen=True, slots=True)
class SourceChange:
    path: str
    before: str
    """Present text; empty for a new file."""
    after: str

    @property
    def seen(self) -> str:
        """Digest of the present text, which the form sends back."""
        return hashlib.sha256(self.before.encode()).hexdigest()

    @property
    def difference(self) -> tuple[str, ...]:
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), self.path, self.path, lineterm="", n=3
        )
        return tuple(lines)


def draft_source(config: Config, draft: EditionDraft, existing: str) -> SourceChange:
    """Return the source of an edition; in an existing one, only title, lead and list of articles change.

    Args:
        existing: Its path from the project folder; empty for a new one.

    Raises:
        ConfigError: There is no title or no article, or the file of a new edition exists.
    """
    if not draft.title.strip():
        raise ConfigError("the edition has no title", hint="give it one")
    if not draft.articles:
        raise ConfigError("the edition has no article", hint="choose at least one")
    if existing:
        before = (config.folder / existing).read_bytes().decode("utf-8")
        return SourceChange(existing, before, _updated_source(before, draft))
    name = slugify(draft.title)
    folder = glob_base(next(iter(config.sources.articles), "sources/*.md")) / EDITIONS_FOLDER
    path = (folder / f"{name}.md").as_posix()
    if not any(sign.isalnum() for sign in draft.title):
        raise ConfigError(f"the title {draft.title!r} holds no letter or digit", hint="give it another")
    if (config.folder / path).exists():
        raise ConfigError(f"{path} exists", hint="choose another title, or change that edition")
    return SourceChange(path, "", _new_source(draft, config.publisher.language))


def save_source(config: Config, made: SourceChange, seen: str) -> None:
    """Save the source of an edition atomically.

    Args:
        seen: Digest of the text that the shown difference is based on.

    Raises:
        ConfigError: The file has changed since, cannot be written, or is outside the project.
    """
    if made.seen != seen:
        raise ConfigError(f"{made.path} has changed meanwhile", hint="check the difference again")
    path = config.folder / made.path
    if not path.resolve().is_relative_to(config.folder.resolve()):
        raise ConfigError(f"{made.path} is outside the project", hint="replace the link by a folder")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f".{path.name}.new").unlink(missing_ok=True)  # the draft must not follow a link
        replace_whole(path, made.after.encode())
    except OSError as error:
        raise ConfigError(f"{made.path} cannot be written: {error.strerror}") from error


def _new_source(draft: EditionDraft, language: str) -> str:
    lines = ["---", f"title: {_quoted(draft.title)}"]
    lines += [f"lead: {_quoted(draft.lead)}"] if draft.lead.strip() else []
    lines += [f"published: {draft.published.isoformat()}"] if draft.published else []
    lines += [f"language: {language}", *_article_list_lines(draft.articles), "---", ""]
    return "\n".join(lines)


def _updated_source(before: str, draft: EditionDraft) -> str:
    end = "\r\n" if "\r\n" in before else "\n"
    lines = before.splitlines()
    close = next((at for at, line in enumerate(lines[1:], 1) if line.strip() in ("---", "...")), 0)
    if not lines or lines[0].lstrip("\ufeff").strip() != "---" or not close:
        raise ConfigError("the edition has no front matter to change", hint="change it in your editor")
    front = lines[1:close]
    _replace_key(front, "title", [f"title: {_quoted(draft.title)}"])
    if draft.lead.strip() or _key_lines(front, "lead"):
        _replace_key(front, "lead", [f"lead: {_quoted(draft.lead)}"])
    _replace_key(front, "articles", _article_list_lines(draft.articles), _kept_modes(front))
    return end.join([lines[0], *front, *lines[close:]]) + (end if before.endswith(("\n", "\r\n")) else "")


def _replace_key(front: list[str], key: str, lines: list[str], modes: dict[str, str] | None = None) -> None:
    """Replace the lines of a key, or append them; an unchanged value keeps its spelling."""
    span = _key_lines(front, key)
    new_lines = [_with_mode(line, modes) for line in lines] if modes else lines
    if span is None:
        front += new_lines
        return
    own = _FRONT_MATTER_KEY.match(front[span[0]])
    new_lines = [new_lines[0].replace(key, own["key"], 1) if own else new_lines[0], *new_lines[1:]]
    if _parse_value(front[span[0] : span[1]]) != _parse_value(new_lines):
        front[span[0] : span[1]] = new_lines


def _key_lines(front: list[str], key: str) -> tuple[int, int] | None:
    """Return the range of lines of a key or its aliases, with its nested lines."""
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
    """Return the newsletter modes of listed articles, such as `- blog/soevn: full`, by id."""
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
