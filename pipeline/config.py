"""Loading and validation of `publish.toml`: publisher, sources, limits, and the table of each format."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_type_hints

from pipeline.codes import CODES, FORMER_CODES
from pipeline.errors import ConfigError, did_you_mean
from pipeline.limits import Limits, invalid_limits
from pipeline.registry import REMOVED_CODES

FILE_NAME = "publish.toml"
Options = TypeVar("Options")


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who stands behind every page."""

    name: str = ""
    language: str = "da"
    website: str = ""
    """Without a slash at its end."""
    address: str = ""
    phone: str = ""
    email: str = ""
    cvr: str = ""
    logo: str = ""
    """Path from the project folder."""
    privacy: str = ""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """Where articles and pictures lie, and how they are meant."""

    articles: tuple[str, ...] = ("sources/**/*.md",)
    """Globs, from the project folder."""
    root: str = "sources"
    """What a site-absolute path such as /images/x.png is resolved against."""
    dates: Literal["day-month-year", "month-day-year", "year-month-day"] = "day-month-year"
    """How 05-06-2025 is meant."""
    address: str = "{website}/{id}"
    """An article's web address; front matter `url:` overrides it."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Further names of front matter keys: `{overskrift = "title"}`."""
    typography: bool = True
    """False leaves quotation marks, dashes and spaces as they are typed."""
    quotes: Literal["„“", "»«", "“”", ""] = "„“"
    """House style of Danish quotation marks; empty leaves them as they are typed."""


@dataclass(frozen=True, slots=True)
class PreviewSettings:
    """The table `[preview]`, which has no effect any more; it stays known, so that an old `publish.toml` is read."""

    editor: tuple[str, ...] = ()
    """Has no effect: the preview starts no program that a project names."""


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """How outputs come to their place: the table `[outputs]`."""

    releases: bool = False
    """Each run gets a folder of its own, and `outputs/current` is switched to it by one rename."""


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """What the editor's desk looks for, and how much each finding weighs."""

    severities: Mapping[str, Literal["off", "note", "warning", "error"]] = field(default_factory=dict)
    """By code or former code, in the place of what its rule says."""
    lix: int = 45
    """The LIX that articles aim at, at most."""
    lix_of: Mapping[str, int] = field(default_factory=dict)
    """Of formats that aim elsewhere: `{newsletter = 40}`."""
    sentence_words: int = 30
    """A sentence of more is long."""
    word_letters: int = 22
    """A word of more is long."""
    minutes: int = 8
    """An article that takes longer to read is long."""
    passive_percent: int = 30
    """Of sentences: more are too many."""
    review_months: int = 24
    """How long a review holds where `review_after` does not say."""
    help_kinds: tuple[str, ...] = ("article",)
    """Kinds of articles that must say when to get help."""
    spelling: bool = True
    baseline: str = "check-baseline.json"
    """Findings that are known and not reported; `publish check --update-baseline` writes it."""
    words: str = "sources/ordliste.txt"
    """Words that the project spells so, one a line."""


@dataclass(frozen=True, slots=True)
class SendingSettings:
    """How newsletters go out to readers. Login and password never stand here: see docs/sending.md."""

    lists: Mapping[str, str] = field(default_factory=dict)
    """The name of each list, and the title that its readers see: `{nyt = "Nyt fra klinikken"}`."""
    data: str = ""
    """Folder of the list and the outbox; empty: one in the user's data folder."""
    host: str = ""
    """The mail server that takes the messages."""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`none` is allowed to a server on this machine only."""
    timeout_s: float = 60.0
    connections: int = 1
    rate: int = 0
    """Messages a minute, at most; 0: as fast as the server takes them."""
    first_wait_s: float = 60.0
    """How long a message waits that the server cannot take now; each further wait is twice as long."""
    attempts: int = 6
    """After how many a run waits no longer for a message: the next one tries it again."""
    service: str = ""
    """The `https:` address of `publish subscribers serve`, as readers reach it."""
    mailto: str = ""
    """The mailbox that takes answers asking to leave."""
    bounces: str = ""
    """The mailbox that takes messages which could not be delivered; empty: that of the publisher."""
    verp: bool = False
    """Tell bounces apart by their address: `bounces+…@klinik.example` must reach the same mailbox."""
    feedback_id: bool = False
    """Add a Feedback-ID for Gmail's Postmaster Tools."""
    dkim_key: str = ""
    """File of the private key; empty: the mail server signs."""
    dkim_selector: str = ""
    dkim_domain: str = ""
    """Empty: the domain of the publisher's address."""


@dataclass(frozen=True, slots=True)
class Config:
    """A project: its folder and what its `publish.toml` says."""

    folder: Path
    publisher: Publisher = Publisher()
    sources: SourceSettings = SourceSettings()
    preview: PreviewSettings = PreviewSettings()
    limits: Limits = Limits()
    outputs: OutputSettings = OutputSettings()
    check: CheckSettings = CheckSettings()
    sending: SendingSettings = SendingSettings()
    formats: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """The table of each format as it stands; its writer's `Options` give it shape."""

    @property
    def file(self) -> Path:
        return self.folder / FILE_NAME


SECTIONS: Mapping[str, type[Any]] = {
    "publisher": Publisher,
    "sources": SourceSettings,
    "limits": Limits,
    "outputs": OutputSettings,
    "preview": PreviewSettings,
    "check": CheckSettings,
    "sending": SendingSettings,
}
"""The tables beside those of the formats; each is a field of `Config`."""
REMOVED_KEYS = frozenset({("check", "online_days"), ("check", "private_hosts")})
"""Table and key of settings that no longer exist: a project may keep them, without effect."""


def project_folder(start: Path) -> Path:
    """Return the nearest folder at or above `start` that holds a `publish.toml`.

    Raises:
        ConfigError: There is none up to the root of the file system.
    """
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise ConfigError(
        f"no {FILE_NAME} found in {start} or above it", hint="`publish init .` makes one, or name its folder: --project"
    )


def load_config(folder: Path, formats: Iterable[str]) -> Config:
    """Read `publish.toml`.

    Args:
        formats: The formats that may have a table.

    Raises:
        ConfigError: Not TOML, not UTF-8, or tables, keys and values that no one knows; all of them at once.
    """
    tables, source = _read_toml(folder / FILE_NAME)
    known = (*SECTIONS, *formats)
    faults: list[str] = []
    for name in tables:
        if name not in known:
            faults.append(_unknown_name("table", name, known, line_of(source, name)))
        elif not isinstance(tables[name], dict):
            faults.append(f"{FILE_NAME}:{line_of(source, name)}: {name} is a value, expected a table [{name}]")
            tables[name] = {}
    sections: dict[str, Any] = {}
    for name, shape in SECTIONS.items():
        sections[name], more = _parse_table(shape, tables.get(name, {}), name, source)
        faults += more
    publisher, sources = sections["publisher"], sections["sources"]
    if publisher and sources:
        faults += _invalid_values(publisher, sources, source)
    if limits := sections["limits"]:
        for key, expected in invalid_limits(limits).items():
            line = line_of(source, "limits", key)
            faults.append(f"{FILE_NAME}:{line}: [limits] {key} is {getattr(limits, key)}, expected {expected}")
    if sections["check"]:
        faults += _invalid_severities(sections["check"], source)
    if faults:
        raise ConfigError("\n".join(faults))
    sections["publisher"] = replace(publisher, website=publisher.website.rstrip("/"))
    return Config(folder, **sections, formats={name: tables.get(name, {}) for name in formats})


def _read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """Return the tables of `publish.toml`, and its text."""
    try:
        source = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(source), source
    except UnicodeDecodeError as error:
        raise ConfigError(
            "not UTF-8", source=FILE_NAME, line=error.object[: error.start].count(b"\n") + 1, hint="save it as UTF-8"
        ) from error
    except RecursionError as error:
        lines = source.split("\n")
        line = max(range(len(lines)), key=lambda number: lines[number].count("[") + lines[number].count("{")) + 1
        raise ConfigError("lists within lists, too deep to be meant", source=FILE_NAME, line=line) from error
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        raise ConfigError(f"not valid TOML: {error}", source=FILE_NAME, line=int(at[1]) if at else 0) from error


def _invalid_values(publisher: Publisher, sources: SourceSettings, source: str) -> list[str]:
    """Return what has the right type and still cannot be meant."""
    faults: list[str] = []
    for entry in fields(publisher):
        value = getattr(publisher, entry.name)
        # A line end would begin another header of a mail.
        if isinstance(value, str) and any(unicodedata.category(sign) == "Cc" for sign in value):
            line = line_of(source, "publisher", entry.name)
            faults.append(f"{FILE_NAME}:{line}: [publisher] {entry.name} is {value!r}, expected one line of text")
    if publisher.website and not re.match(r"https?://[^\s/]+\.[^\s/]+", publisher.website):
        line = line_of(source, "publisher", "website")
        faults.append(f"{FILE_NAME}:{line}: [publisher] website is {publisher.website!r}, expected https://…")
    for place in re.findall(r"\{[^}]*\}?", sources.address):
        if place not in ("{website}", "{id}"):
            line = line_of(source, "sources", "address")
            faults.append(
                f"{FILE_NAME}:{line}: [sources] address holds {place!r}, expected {{website}} and {{id}} only"
            )
    return faults


def _invalid_severities(check: CheckSettings, source: str) -> Iterable[str]:
    """Yield codes that no finding has, or whose weight is not the project's to set."""
    for code in check.severities:
        line = line_of(source, "check", "severities") or line_of(source, "check")
        if code in REMOVED_CODES:
            continue
        name = FORMER_CODES.get(code, code)
        if name not in CODES:
            yield _unknown_name("finding", code, CODES, line)
        elif CODES[name].severity == "error":
            yield f"{FILE_NAME}:{line}: [check] {code} is an error by nature, expected a finding that may be published"


def override_formats(config: Config, changes: Mapping[str, Mapping[str, object]]) -> Config:
    """Return the configuration with other values in the tables of formats; keys that are not named stay."""
    formats = {name: {**config.formats.get(name, {}), **changes[name]} for name in changes}
    return replace(config, formats={**config.formats, **formats})


def format_options(config: Config, name: str, shape: type[Options]) -> Options:
    """Return a format's table as its writer's options.

    Raises:
        ConfigError: A key or value that the writer does not know; all of them at once.
    """
    table = config.formats.get(name, {})
    source = config.file.read_text("utf-8-sig") if table else ""
    value, faults = _parse_table(shape, table, name, source)
    if value is None:
        raise ConfigError("\n".join(faults))
    return value


def line_of(source: str, table: str, key: str = "") -> int:
    """Return the line of a table, or of a key in it, in TOML text; 0 where it cannot be told."""
    in_table = not key
    for number, line in enumerate(source.splitlines(), 1):
        bare = line.split("#")[0].strip()
        if heading := re.match(r"\[+\s*([^\]]+?)\s*\]+", bare):
            in_table = heading[1].split(".")[0].strip("\"' ") == table
            if in_table and not key:
                return number
        elif (key and in_table and re.match(rf"[\"']?{re.escape(key)}[\"']?\s*[.=]", bare)) or (
            not key and re.match(rf"[\"']?{re.escape(table)}[\"']?\s*[.=]", bare)
        ):
            return number
    return 0


def _parse_table(
    shape: type[Options], table: Mapping[str, Any], name: str, source: str
) -> tuple[Options | None, list[str]]:
    """Return a table as a frozen dataclass, or every fault in it."""
    import msgspec  # 40 ms: only where there is something to check

    known = {entry.name: entry for entry in fields(shape)}  # type: ignore[arg-type]  # every Options is a dataclass
    hints = get_type_hints(shape)
    values: dict[str, object] = {}
    faults: list[str] = []
    for key, value in table.items():
        if (name, key) in REMOVED_KEYS:
            continue
        line = line_of(source, name, key)
        if key not in known:
            faults.append(_unknown_name("key", key, known, line))
            continue
        try:
            values[key] = msgspec.convert(value, hints[key])
        except msgspec.ValidationError as error:
            faults.append(f"{FILE_NAME}:{line}: [{name}] {key} is {value!r}: {_plain_type_error(str(error))}")
    for key, entry in known.items():
        if key not in table and _is_required(entry):
            faults.append(f"{FILE_NAME}:{line_of(source, name)}: [{name}] {key} is missing")
    return (None, faults) if faults else (shape(**values), [])


def _is_required(entry: Field[Any]) -> bool:
    return entry.default is MISSING and entry.default_factory is MISSING


def _plain_type_error(message: str) -> str:
    """Say msgspec's words as an operator would."""
    return message.replace("`", "").replace("Expected ", "expected ").replace("str", "text").replace("array", "a list")


def _unknown_name(what: str, name: str, known: Iterable[str], line: int) -> str:
    expected = did_you_mean(name, known, cutoff=0.5) or f"expected one of {', '.join(sorted(known))}"
    return f"{FILE_NAME}:{line}: unknown {what} {name!r}, {expected}"
