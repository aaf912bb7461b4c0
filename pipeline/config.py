"""Loading and validation of `publish.toml`: publisher, sources, limits, and the table of each format."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, get_args, get_type_hints

from pipeline.codes import CODES, FORMER_CODES
from pipeline.errors import ConfigError, did_you_mean
from pipeline.limits import Limits, limit_errors
from pipeline.model import CalloutKind
from pipeline.registry import REMOVED_CODES
from pipeline.trusted_paths import PROJECT_FILE, foreign_owner

FILE_NAME = PROJECT_FILE
_MOST_BYTES = 1_000_000
Options = TypeVar("Options")
SeeDoctor: TypeAlias = tuple[str, ...] | Mapping[str, tuple[str, ...] | Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Publisher:
    """The table `[publisher]`: the clinic that publishes."""

    name: str = ""
    language: str = "da"
    website: str = ""
    """Without a slash at its end."""
    address: str = ""
    phone: str = ""
    out_of_hours: str | Mapping[str, str] = ""
    """Number of the doctor on call, in boxes that say to ring there; by language where they differ: `{da = "…"}`."""
    see_doctor: SeeDoctor = ()
    """When to see a doctor, one line each: a box for every article that does not say so itself.

    By tag or kind of the article, `{ryg = ["…"], "søvn" = [], other = ["…"]}`: an empty list is for none. By language:
    `{da = ["…"], en = ["…"]}`, for any topic too; plain lines are in the publisher's. `[handout] see_doctor` is the
    same key by its former name.
    """
    email: str = ""
    cvr: str = ""
    logo: str = ""
    """Path from the project folder."""
    privacy: str = ""

    def doctor_on_call(self, language: str) -> str:
        """Return the number of the doctor on call for readers of a language; empty where it is not known."""
        given = self.out_of_hours
        return given if isinstance(given, str) else given.get(language.split("-", maxsplit=1)[0].lower(), "")


@dataclass(frozen=True, slots=True)
class _FormerAdvice:
    """The key of `[publisher]` that was one of `[handout]`."""

    see_doctor: SeeDoctor = ()


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """The table `[sources]`: where articles and pictures are, and how their text is read."""

    articles: tuple[str, ...] = ("sources/**/*.md",)
    """Globs, from the project folder."""
    root: str = "sources"
    """What a site-absolute path such as /images/x.png is resolved against."""
    dates: Literal["day-month-year", "month-day-year", "year-month-day"] = "day-month-year"
    """The order of day, month and year in 05-06-2025."""
    address: str = ""
    """An article's web address; front matter `url:` overrides it.

    Empty: as the site of the project's dialect makes it, else `{website}/{id}`.
    """
    dialect: str = "auto"
    """The tool that the articles are written for: hugo, jekyll, mkdocs …; `auto`: what stands there says it."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Further names of front matter keys: `{overskrift = "title"}`."""
    typography: bool = True
    """False leaves quotation marks, dashes and spaces as they are typed."""
    quotes: Literal["„“", "»«", "“”", ""] = "„“"
    """House style of Danish quotation marks; empty leaves them as they are typed."""


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """The table `[import]`: what `publish import` makes of a document."""

    styles: Mapping[str, str] = field(default_factory=dict)
    """Kind of box by style of Word, beside those whose name says it: `{"Fed advarsel" = "warning"}`."""


@dataclass(frozen=True, slots=True)
class PreviewSettings:
    """The table `[preview]`, which has no keys any more; an old `publish.toml` may have it."""


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """The table `[outputs]`: how finished files are published."""

    releases: bool = False
    """Each run gets a folder of its own, and `outputs/current` is switched to it by one rename."""


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """The table `[check]`: thresholds of `publish check`, and the severity of its findings."""

    severities: Mapping[str, Literal["off", "note", "warning", "error"]] = field(default_factory=dict)
    """By code or former code; replaces the severity of the rule."""
    lix: int = 45
    """Highest readability index (LIX) an article should have."""
    lix_of: Mapping[str, int] = field(default_factory=dict)
    """By format, where it differs: `{newsletter = 40}`."""
    sentence_words: int = 30
    """A sentence with more words is reported as long."""
    word_letters: int = 22
    """A word with more letters is reported as long."""
    minutes: int = 8
    """An article with a longer reading time is reported as long."""
    passive_percent: int = 30
    """Highest share of sentences in the passive."""
    review_months: int = 24
    """Months a review is valid where `review_after` is not given."""
    help_kinds: tuple[str, ...] = ("article",)
    """Kinds of articles that must say when to get help."""
    spelling: bool = True
    baseline: str = "check-baseline.json"
    """Findings that are known and not reported; `publish check --update-baseline` writes it."""
    words: str = "sources/ordliste.txt"
    """The project's own word list, one word a line."""


@dataclass(frozen=True, slots=True)
class SendingSettings:
    """The table `[sending]`: mailing lists and the mail server, without its login: see docs/sending.md."""

    lists: Mapping[str, str] = field(default_factory=dict)
    """The name of each list, and the title that its readers see: `{nyt = "Nyt fra klinikken"}`."""
    data: str = ""
    """Folder of the mailing database, mode 0700; empty: one in the user's data folder, named by `sending.id`."""
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
    """Seconds before a deferred message is tried again; doubled after each attempt."""
    attempts: int = 6
    """Attempts per run; a message that is still deferred is tried again by the next run."""
    service: str = ""
    """Public `https:` address of `publish subscribers serve`."""
    mailto: str = ""
    """Mailbox for unsubscribe requests by mail."""
    bounces: str = ""
    """Mailbox for bounces; empty: the publisher's."""
    verp: bool = False
    """Give every message its own bounce address: `bounces+…@klinik.example` must reach the same mailbox."""
    feedback_id: bool = False
    """Add a Feedback-ID for Gmail's Postmaster Tools."""
    dkim_key: str = ""
    """File of the private key; empty: the mail server signs."""
    dkim_selector: str = ""
    dkim_domain: str = ""
    """Empty: the domain of the publisher's address."""


@dataclass(frozen=True, slots=True)
class Config:
    """A project: its folder and the tables of its `publish.toml`."""

    folder: Path
    publisher: Publisher = Publisher()
    sources: SourceSettings = SourceSettings()
    preview: PreviewSettings = PreviewSettings()
    limits: Limits = Limits()
    outputs: OutputSettings = OutputSettings()
    check: CheckSettings = CheckSettings()
    sending: SendingSettings = SendingSettings()
    imports: ImportSettings = ImportSettings()
    formats: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """The table of each format, unparsed: its writer's `Options` give the types."""

    @property
    def file(self) -> Path:
        return self.folder / FILE_NAME


SECTIONS: Mapping[str, type[Any]] = {
    "publisher": Publisher,
    "sources": SourceSettings,
    "limits": Limits,
    "outputs": OutputSettings,
    "preview": PreviewSettings,
    "import": ImportSettings,
    "check": CheckSettings,
    "sending": SendingSettings,
}
"""Tables other than those of formats; each is a field of `Config`, `import` as `imports`."""
REMOVED_KEYS = frozenset({("check", "online_days"), ("check", "private_hosts"), ("preview", "editor")})
"""Table and key of settings that no longer exist: a project may keep them, without effect."""


def project_folder(start: Path) -> Path:
    """Return the nearest folder at or above `start` that holds a `publish.toml`.

    Raises:
        ConfigError: There is none up to the root of the file system, or it belongs to another user.
    """
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            if owner := foreign_owner(folder):
                hint = f"if you trust them, and as in a container, name its folder: --project {folder}"
                raise ConfigError(f"the project in {folder} belongs to another user, {owner}", hint=hint)
            return folder
    raise ConfigError(
        f"no {FILE_NAME} found in {start} or above it", hint="`publish init .` makes one, or name its folder: --project"
    )


def load_config(folder: Path, formats: Iterable[str]) -> Config:
    """Read `publish.toml`.

    Args:
        formats: The formats that may have a table.

    Raises:
        ConfigError: Not TOML, not UTF-8, or with unknown tables, keys and values; all of them at once.
    """
    tables, source = _read_toml(folder / FILE_NAME)
    known = (*SECTIONS, *formats)
    errors: list[str] = []
    for name in tables:
        if name not in known:
            errors.append(f"{FILE_NAME}:{line_of(source, name)}: {_unknown_name('table', name, known)}")
        elif not isinstance(tables[name], dict):
            errors.append(f"{FILE_NAME}:{line_of(source, name)}: {name} is a value, expected a table [{name}]")
            tables[name] = {}
    sections: dict[str, Any] = {}
    given = {key: value for key, value in tables.get("handout", {}).items() if key == "see_doctor"}
    former, more = _parse_table(_FormerAdvice, given, "handout", source)
    errors += more
    for name, shape in SECTIONS.items():
        sections[name], more = _parse_table(shape, tables.get(name, {}), name, source)
        errors += more
        if sections[name] and name in _VALUE_CHECKS:
            errors += place_errors(source, name, _VALUE_CHECKS[name](sections[name]))
    if errors:
        raise ConfigError("\n".join(errors))
    publisher = sections["publisher"]
    see_doctor = publisher.see_doctor or (former.see_doctor if former else ())
    sections["imports"] = sections.pop("import")
    sections["publisher"] = replace(publisher, website=publisher.website.rstrip("/"), see_doctor=see_doctor)
    return Config(folder, **sections, formats={name: tables.get(name, {}) for name in formats})


def _read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """Return the tables of `publish.toml`, and its text."""
    if path.stat().st_size > _MOST_BYTES:
        raise ConfigError(f"larger than {_MOST_BYTES // 1_000_000} MB", source=FILE_NAME)
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
        raise ConfigError("lists nested too deep", source=FILE_NAME, line=line) from error
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        raise ConfigError(f"not valid TOML: {error}", source=FILE_NAME, line=int(at[1]) if at else 0) from error


def place_errors(source: str, table: str, errors: Iterable[tuple[str, str]]) -> list[str]:
    """Return messages about keys of a table, each with the line of its key in the TOML text."""
    return [
        f"{FILE_NAME}:{line_of(source, table, key) or line_of(source, table)}: [{table}] {key} {message}"
        for key, message in errors
    ]


def _publisher_errors(publisher: Publisher) -> Iterator[tuple[str, str]]:
    for entry in fields(publisher):
        value = getattr(publisher, entry.name)
        # A line end would begin another header of a mail.
        faulty = [line for line in _texts(value) if any(unicodedata.category(sign) == "Cc" for sign in line)]
        if faulty:
            yield entry.name, f"is {faulty[0]!r}, expected one line of text"
    if publisher.website and not re.match(r"https?://[^\s/]+\.[^\s/]+", publisher.website):
        yield "website", f"is {publisher.website!r}, expected https://…"


def _texts(value: object) -> Iterator[str]:
    """Yield every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(tuple(value.values()))
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts(each)


def _source_errors(sources: SourceSettings) -> Iterator[tuple[str, str]]:
    for place in re.findall(r"\{[^}]*\}?", sources.address):
        if place not in ("{website}", "{id}"):
            yield "address", f"holds {place!r}, expected {{website}} and {{id}} only"


def _severity_errors(check: CheckSettings) -> Iterator[tuple[str, str]]:
    for code in check.severities:
        if code in REMOVED_CODES:
            continue
        name = FORMER_CODES.get(code, code)
        if name not in CODES:
            yield "severities", f"names an {_unknown_name('finding', code, CODES)}"
        elif CODES[name].severity == "error":
            yield "severities", f"names {code}, which is always an error, expected a warning or a note"


def _import_errors(imports: ImportSettings) -> Iterator[tuple[str, str]]:
    for kind in imports.styles.values():
        if kind not in get_args(CalloutKind):
            yield "styles", f"names an {_unknown_name('box', kind, get_args(CalloutKind))}"


_VALUE_CHECKS: Mapping[str, Callable[[Any], Iterable[tuple[str, str]]]] = {
    "publisher": _publisher_errors,
    "sources": _source_errors,
    "limits": limit_errors,
    "check": _severity_errors,
    "import": _import_errors,
}
"""Validation beyond types, by table: each yields the key and the message of an error."""


def override_formats(config: Config, changes: Mapping[str, Mapping[str, object]]) -> Config:
    """Return the configuration with changed values in the tables of formats; other keys keep theirs."""
    formats = {name: {**config.formats.get(name, {}), **changes[name]} for name in changes}
    return replace(config, formats={**config.formats, **formats})


def format_options(config: Config, name: str, shape: type[Options]) -> Options:
    """Return a format's table as its writer's options.

    Raises:
        ConfigError: Keys or values that the writer does not accept; all of them at once.
    """
    table = config.formats.get(name, {})
    value, errors = _parse_table(shape, table, name, config.file.read_text("utf-8-sig") if table else "")
    if value is None:
        raise ConfigError("\n".join(errors))
    return value


def line_of(source: str, table: str, key: str = "") -> int:
    """Return the line of a table, or of a key in it, in TOML text; 0 where it is not found."""
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
    """Return a table as a frozen dataclass, or every error in it."""
    import msgspec  # takes 40 ms: a run with nothing to do does not need it

    known = {entry.name: entry for entry in fields(shape)}  # type: ignore[arg-type]  # every Options is a dataclass
    hints = get_type_hints(shape)
    values: dict[str, object] = {}
    errors: list[str] = []
    for key, value in table.items():
        if (name, key) in REMOVED_KEYS:
            continue
        line = line_of(source, name, key)
        if key not in known:
            errors.append(f"{FILE_NAME}:{line}: {_unknown_name('key', key, known)}")
            continue
        try:
            values[key] = msgspec.convert(value, hints[key])
        except msgspec.ValidationError as error:
            errors.append(f"{FILE_NAME}:{line}: [{name}] {key} is {value!r}: {_plain_type_error(str(error))}")
    for key, entry in known.items():
        if key not in table and entry.default is MISSING and entry.default_factory is MISSING:
            errors.append(f"{FILE_NAME}:{line_of(source, name)}: [{name}] {key} is missing")
    return (None, errors) if errors else (shape(**values), [])


def _plain_type_error(message: str) -> str:
    """Return msgspec's message in plain words."""
    return message.replace("`", "").replace("Expected ", "expected ").replace("str", "text").replace("array", "a list")


def _unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    expected = did_you_mean(name, known, cutoff=0.5) or f"expected one of {', '.join(sorted(known))}"
    return f"unknown {what} {name!r}, {expected}"
