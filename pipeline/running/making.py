"""One edition made in its formats, in a worker: pictures first, then each writer, files staged."""

from __future__ import annotations

import hashlib
import os
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from pipeline.config import Config, Publisher, format_options
from pipeline.errors import ConfigError, PublishError, SourceError, WriteError
from pipeline.findings import Finding, make_finding
from pipeline.limits import DEFAULT_LIMITS
from pipeline.model import Edition
from pipeline.reading.editions import EditionPlan
from pipeline.reading.source_files import find_roots
from pipeline.rendering.styles import Styles, find_styles
from pipeline.rendering.words import load_words
from pipeline.report import OutputFile
from pipeline.running.certificates import FOLDER as CERTIFICATES
from pipeline.running.certificates import Certificates
from pipeline.running.renditions import FOLDER as PICTURES
from pipeline.running.renditions import Renditions
from pipeline.running.saving import Outputs
from pipeline.running.spool import Spool
from pipeline.timing import timed_phase
from pipeline.writers import Facts, Job, Need, Rendition, Written, load_writer


@dataclass(frozen=True, slots=True)
class Shop:
    """What every order of a run has in common."""

    publisher: Publisher
    options: Mapping[str, Any]
    """The options of each format."""
    styles: Styles
    spool: Spool
    renditions: Renditions
    outputs: Outputs
    certificates: Certificates


def open_shop(config: Config, formats: tuple[str, ...], outputs: Outputs, spool: Spool) -> Shop:
    """Return what the orders of a run have in common.

    Raises:
        ConfigError: A format's table in `publish.toml` says what its writer does not know.
    """
    chosen = {name: format_options(config, name, load_writer(name).Options) for name in in_turn(formats)}
    roots = find_roots(config)
    return Shop(
        config.publisher,
        chosen,
        find_styles(config.folder),
        spool,
        Renditions(outputs.state / PICTURES, outputs.staging, roots, config.limits),
        outputs,
        Certificates(config.folder / CERTIFICATES),
    )


@dataclass(frozen=True, slots=True)
class Order:
    """An edition to make in some formats."""

    number: int
    """Of this order in the run: its files are staged under it."""
    binding: EditionPlan
    formats: tuple[str, ...]
    facts: Mapping[str, Facts]
    """What is known of formats that these build on, and that need not be made again."""
    limit_s: float = DEFAULT_LIMITS.seconds
    """For an article in a format."""

    @property
    def timeout_s(self) -> float:
        # A format that others build on is laid out as well, asked for or not.
        return self.limit_s * len(in_turn(self.formats)) * len(self.binding.all_metas)


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one format of an order."""

    format: str
    staged: tuple[tuple[str, OutputFile], ...]
    """Name in the staging folder, and what it will be; nothing where it failed."""
    findings: tuple[Finding, ...]
    facts: Facts = Facts()
    is_failed: bool = False


def make(order: Order, shop: Shop) -> tuple[Made, ...]:
    """Write an edition in its formats; one that fails never stops the others."""
    facts = dict(order.facts)
    made: list[Made] = []
    wanted = tuple(name for name in in_turn(order.formats) if name in order.formats or name not in facts)
    try:
        edition = shop.spool.take(order.binding)
        needs = {name: _needs(edition, name, shop) for name in wanted}
        pictures, broken = shop.renditions.make(
            edition, {need: None for wishes in needs.values() if not isinstance(wishes, Made) for need in wishes}
        )
    except SourceError as error:
        return tuple(failed(error.source, name, error.message, error.hint, error.line) for name in order.formats)
    for name in wanted:
        wishes = needs[name]
        if isinstance(wishes, Made):
            result = wishes
        else:
            own = {need: pictures[need] for need in wishes if need in pictures}
            result = _write(edition, order, name, shop, own, facts)
            if not result.is_failed:
                facts[name] = result.facts
        if name in order.formats:
            made.append(replace(result, findings=(*result.findings, *broken)))
    return tuple(made)


def in_turn(formats: Iterable[str]) -> tuple[str, ...]:
    """Return formats, and those whose facts they build on, each after what it builds on.

    Raises:
        ConfigError: Two formats build on each other.
    """
    order: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise ConfigError(f"the formats {' and '.join(path)} build on each other's facts")
        if name not in order:
            for other in load_writer(name).facts_from:
                visit(other, (*path, name))
            order.append(name)

    for name in formats:
        visit(name, ())
    return tuple(order)


def failed(source: str, name: str, message: str, hint: str = "", line: int = 0) -> Made:
    """Return what became of a format that could not be made."""
    return Made(name, (), (make_finding("write-failed", source, line, f"{name}: {message}", hint),), is_failed=True)


def _needs(edition: Edition, name: str, shop: Shop) -> tuple[Need, ...] | Made:
    try:
        return load_writer(name).needs(edition, shop.options[name])
    except Exception as error:  # noqa: BLE001  # a writer may be a stranger's
        return _unexpected(edition, name, error)


@timed_phase("write")
def _write(
    edition: Edition,
    order: Order,
    name: str,
    shop: Shop,
    pictures: Mapping[Need, Rendition],
    facts: Mapping[str, Facts],
) -> Made:
    """Return one format of an order, staged where it is asked for."""
    writer = load_writer(name)
    try:
        words = load_words(shop.styles, edition.front.language)
        own_facts = {other: facts[other] for other in writer.facts_from if other in facts}
        certificate = shop.certificates.load(name, edition.id)
        job = Job(shop.publisher, shop.options[name], shop.styles, words, pictures, own_facts, certificate)
        if name not in order.formats and (learn := getattr(writer, "facts", None)):
            return Made(name, (), (), learn(edition, job))
        written = writer.write(edition, job)
        # An error that a writer reports means that its files must not be published.
        is_failed = any(finding.severity == "error" for finding in written.findings)
        staged = () if is_failed or name not in order.formats else _stage(order, name, shop, written)
    except MemoryError:
        raise  # the worker says what its limit is
    except PublishError as error:
        source = error.source or edition.front.source
        finding = make_finding(error.code, source, error.line, f"{name} of {edition.id}: {error.message}", error.hint)
        return Made(name, (), (finding,), is_failed=True)
    except Exception as error:  # noqa: BLE001  # a writer may be a stranger's, and its libraries raise what they like
        return _unexpected(edition, name, error)
    return Made(name, staged, written.findings, written.facts, is_failed)


def _unexpected(edition: Edition, name: str, error: Exception) -> Made:
    if os.environ.get("PUBLISH_DEBUG"):
        traceback.print_exception(error)
    hint = "a fault of the writer, not of the article: please report it; PUBLISH_DEBUG=1 shows where it arose"
    return failed(edition.front.source, name, f"{type(error).__name__}: {error}", hint)


@timed_phase("save")
def _stage(order: Order, name: str, shop: Shop, written: Written) -> tuple[tuple[str, OutputFile], ...]:
    staged = []
    for artifact in written.artifacts:
        data = artifact.data
        parts = PurePosixPath(artifact.name).parts
        if not parts or parts[0] == "/" or ".." in parts or "\\" in artifact.name:
            raise WriteError(f"an artifact named {artifact.name!r}, expected a relative name below its format's folder")
        path = f"{name}/{artifact.name}"
        saved = OutputFile(path, len(data), hashlib.sha256(data).hexdigest(), artifact.pages)
        staged.append((shop.outputs.stage(f"{order.number}/{path}", data), saved))
    return tuple(staged)
