"""The task `render`: makes files, findings and facts of an edition in its formats."""

from __future__ import annotations

import hashlib
import os
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from pipeline.config import Publisher
from pipeline.engine.cache import Values
from pipeline.engine.codec import decode
from pipeline.engine.image_sizes import ImageSizes
from pipeline.engine.output_dir import OutputDir
from pipeline.engine.reading_task import is_below, value_from_json
from pipeline.engine.worker_pool import begin_step
from pipeline.errors import ConfigError, PublishError, SourceError, WriteError
from pipeline.findings import Finding, make_finding
from pipeline.limits import DEFAULT_LIMITS
from pipeline.model import Article, ArticleMeta, Edition
from pipeline.reading.editions import EditionPlan, build_edition
from pipeline.rendering.standard_advice import with_standard_advice
from pipeline.rendering.styles import Styles
from pipeline.rendering.words import load_words
from pipeline.report import OutputFile
from pipeline.timing import timed_phase
from pipeline.validation.certificate import Certificate
from pipeline.writers import Facts, Job, Need, Rendition, Written, load_writer

FILE = "file"
"""Kind of cached files, by their digest."""


@dataclass(frozen=True, slots=True)
class RenderContext:
    """The values that all render tasks of a run share."""

    publisher: Publisher
    options: Mapping[str, Any]
    """The options of each format."""
    styles: Styles
    values: Values
    images: ImageSizes
    staging: OutputDir | None
    """None: the files are only stored among the values."""


@dataclass(frozen=True, slots=True)
class RenderTask:
    """An edition to render in some formats."""

    number: int
    """Number of the task in the run: the folder of its staged files."""
    edition_plan: EditionPlan
    keys: Mapping[str, str]
    """Key of each format to render."""
    facts: Mapping[str, Facts]
    """Known facts of formats that these formats build on."""
    certificates: Mapping[str, Certificate | None]
    limit_s: float = DEFAULT_LIMITS.seconds
    """Time limit of an article in a format."""
    articles: tuple[bytes, ...] = ()
    """Encoded articles, in the order of `edition_plan.all_metas`; loaded just before the task is handed out."""

    @property
    def formats(self) -> tuple[str, ...]:
        return tuple(self.keys)

    @property
    def format_timeout_s(self) -> float:
        return self.limit_s * len(self.edition_plan.all_metas)

    @property
    def timeout_s(self) -> float:
        # Formats that others build on are rendered too.
        return self.format_timeout_s * len(in_order_of_facts(self.formats))

    @property
    def edition(self) -> Edition:
        """The edition with all its articles.

        Raises:
            SourceError: Its articles are not these.
        """
        pairs = zip(self.edition_plan.all_metas, self.articles, strict=True)
        articles = {meta.id: _decoded(meta, data) for meta, data in pairs}
        inside = tuple(articles[meta.id] for meta in self.edition_plan.metas)
        return build_edition(articles[self.edition_plan.id], inside, self.edition_plan.related)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The result of rendering an edition in a format; the cache holds the bytes of its files by digest."""

    artifacts: tuple[OutputFile, ...] = ()
    findings: tuple[Finding, ...] = ()
    facts: Facts = field(default_factory=Facts)
    is_failed: bool = False
    """Its files must not be published; the findings say why."""


def render(task: RenderTask, context: RenderContext) -> dict[str, Rendered]:
    """Return an edition in each of its formats; one that fails does not stop the others."""
    results: dict[str, Rendered] = {}
    needs: dict[str, tuple[Need, ...]] = {}
    try:
        edition = task.edition
        for name in in_order_of_facts(task.formats):
            if name in task.formats or name not in task.facts:
                try:
                    needs[name] = load_writer(name).needs(edition, context.options[name])
                except Exception as error:  # noqa: BLE001  # writers of other packages may raise anything
                    results[name] = _unexpected(edition, name, error)
        pictures, broken = context.images.make(edition, dict.fromkeys(need for own in needs.values() for need in own))
    except SourceError as error:
        return {name: failed(error.source, name, error.message, error.hint, error.line) for name in task.formats}
    rendering = _Rendering(edition, task, context, dict(task.facts))
    for name, own in needs.items():
        begin_step(name, task.format_timeout_s)
        results[name] = rendering.write(name, {need: pictures[need] for need in own if need in pictures})
    return {
        name: replace(rendered, findings=(*rendered.findings, *broken))
        for name, rendered in results.items()
        if name in task.formats
    }


@dataclass(frozen=True, slots=True)
class _Rendering:
    """An edition and the facts of the formats rendered so far."""

    edition: Edition
    task: RenderTask
    context: RenderContext
    facts: dict[str, Facts]

    @timed_phase("write")
    def write(self, name: str, pictures: Mapping[Need, Rendition]) -> Rendered:
        """Return one format; store its files if it is among those to render."""
        edition, writer = self.edition, load_writer(name)
        is_asked = name in self.task.formats
        try:
            job = self._job(name, pictures)
            edition = with_standard_advice(edition, job.publisher, job.words_of)
            if not is_asked and (learn := getattr(writer, "facts", None)):
                written = Written((), (), learn(edition, job))
            else:
                written = writer.write(edition, job)
            has_error = any(finding.severity == "error" for finding in written.findings)
            is_failed = has_error and not written.is_partial
            artifacts = self._keep(name, written) if is_asked and not is_failed else ()
        except MemoryError:
            raise  # the worker reports its limit
        except PublishError as error:
            source = error.source or edition.front.source
            message = f"{name} of {edition.id}: {error.message}"
            finding = make_finding(error.code, source, error.line, message, error.hint)
            return Rendered((), (finding,), is_failed=True)
        except Exception as error:  # noqa: BLE001  # writers of other packages may raise anything
            return _unexpected(edition, name, error)
        if not is_failed:
            self.facts[name] = written.facts
        return Rendered(artifacts, written.findings, written.facts, is_failed)

    def _job(self, name: str, pictures: Mapping[Need, Rendition]) -> Job:
        context = self.context
        words = load_words(context.styles, self.edition.front.language)
        facts = {other: self.facts[other] for other in load_writer(name).facts_from if other in self.facts}
        certificate = self.task.certificates.get(name)
        return Job(context.publisher, context.options[name], context.styles, words, pictures, facts, certificate)

    @timed_phase("save")
    def _keep(self, name: str, written: Written) -> tuple[OutputFile, ...]:
        """Stage the files, and store them in the cache."""
        kept = []
        for artifact in written.artifacts:
            if not PurePosixPath(artifact.name).parts or not is_below(artifact.name):
                raise WriteError(
                    f"an artifact named {artifact.name!r}, expected a relative name below its format's folder"
                )
            path, sha256 = f"{name}/{artifact.name}", hashlib.sha256(artifact.data).hexdigest()
            self.context.values.put(FILE, sha256, artifact.data)
            if self.context.staging:
                self.context.staging.stage(staged_name(self.task.number, path), artifact.data)
            kept.append(OutputFile(path, len(artifact.data), sha256, artifact.pages))
        return tuple(kept)


def staged_name(number: int, path: str) -> str:
    """Return the name under which a file of a task is staged."""
    return f"{number}/{path}"


def rendered_from_json(data: bytes | None, name: str) -> Rendered | None:
    """Return a cached result of rendering; None where it is damaged or its paths lead elsewhere."""
    if (rendered := value_from_json(data, Rendered)) is None:
        return None
    named = (*(saved.path for saved in rendered.artifacts), *(finding.source for finding in rendered.findings))
    is_own = all(len(parts := PurePosixPath(saved.path).parts) > 1 and parts[0] == name for saved in rendered.artifacts)
    return rendered if is_own and all(map(is_below, named)) else None


def in_order_of_facts(formats: Iterable[str]) -> tuple[str, ...]:
    """Return formats and those whose facts they build on, each after those that it builds on.

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


def failed(source: str, name: str, message: str, hint: str = "", line: int = 0) -> Rendered:
    """Return the result of a format that could not be rendered."""
    return Rendered((), (make_finding("write-failed", source, line, f"{name}: {message}", hint),), is_failed=True)


def _decoded(meta: ArticleMeta, data: bytes) -> Article:
    if hashlib.sha256(data).hexdigest() == meta.key:
        try:
            article = decode(data)
        except ValueError:
            article = None
        if article and (article.id, article.source, article.language) == (meta.id, meta.source, meta.meta.language):
            return article
    raise SourceError("changed while this run went on", source=meta.source, hint="run it again")


def _unexpected(edition: Edition, name: str, error: Exception) -> Rendered:
    if os.environ.get("PUBLISH_DEBUG"):
        traceback.print_exception(error)
    hint = "an error of the writer, not of the article: please report it; PUBLISH_DEBUG=1 shows where it arose"
    return failed(edition.front.source, name, f"{type(error).__name__}: {error}", hint)
