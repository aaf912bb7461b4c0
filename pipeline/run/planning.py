"""Planning: decides which editions are rendered in which formats, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline import writers
from pipeline.config import format_options
from pipeline.engine.image_sizes import ImageSizes
from pipeline.engine.keys import FileDigests, RenderKeys, changes_between
from pipeline.engine.rendering_task import RenderContext, RenderTask, in_order_of_facts
from pipeline.reading.editions import EditionPlan
from pipeline.reading.source_files import SourceRoots
from pipeline.rendering.styles import find_styles
from pipeline.run.manifest import ManifestEntry, cached_rendering, is_as_written
from pipeline.run.run_context import RunContext
from pipeline.validation.certificate import Certificates
from pipeline.writers import Facts

PICTURE_WORDS = 200
"""Number of words that take as long as one picture."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The work of a run."""

    tasks: tuple[RenderTask, ...]
    """Longest first, so that no worker has a book left while others are idle."""
    current: tuple[ManifestEntry, ...]
    """Editions in formats that need no rendering, with their findings."""
    skipped: tuple[tuple[EditionPlan, str], ...]
    """Editions with a format that is left out."""
    reasons: Mapping[tuple[str, str], str]
    """Why each edition is rendered or not, by id and format."""


def plan_run(run: RunContext, context: RenderContext, editions: Iterable[EditionPlan], asked: tuple[str, ...]) -> Plan:
    """Return the work of a run.

    Args:
        asked: Ids that the run was asked for; empty: all but drafts and unlisted ones.
    """
    for name in run.request.formats:
        run.outputs.path(f"{name}/any")  # a link there is refused before any work
    render_keys, digests = RenderKeys(run.config, context.styles), FileDigests(run.cache, run.request.is_verified)
    all_certificates = Certificates.of(run.config)
    tasks: list[RenderTask] = []
    current: list[ManifestEntry] = []
    skipped: list[tuple[EditionPlan, str]] = []
    reasons: dict[tuple[str, str], str] = {}
    for edition in editions:
        if asked and edition.id not in asked:
            continue  # another edition needs it
        formats = _formats(run, edition, is_named=bool(asked))
        skipped += [(edition, name) for name in run.request.formats if name not in formats]
        certificates = {name: all_certificates.load(name, edition.id) for name in in_order_of_facts(formats)}
        keys: dict[str, str] = {}
        facts: dict[str, Facts] = {}
        to_make: list[str] = []
        for name, certificate in certificates.items():
            others = [keys[other] for other in writers.load_writer(name).facts_from]
            key = keys[name] = render_keys.of(edition, name, context.options[name], others, certificate)
            rendered = None if run.request.is_forced else cached_rendering(run.cache, name, key)
            facts |= {name: rendered.facts} if rendered else {}
            if name not in formats:
                continue
            entry = run.before.entries.get((edition.id, name))
            reason = _reason(run, digests, entry, key, is_cached=rendered is not None)
            reasons[edition.id, name] = reason or "unchanged"
            if entry and rendered and not reason:
                current.append(ManifestEntry(replace(entry.result, status="unchanged"), key, rendered.findings))
            else:
                to_make.append(name)
        if to_make:
            own = {name: keys[name] for name in to_make}
            tasks.append(RenderTask(len(tasks), edition, own, facts, certificates, run.config.limits.seconds))
    return Plan(tuple(sorted(tasks, key=_cost, reverse=True)), tuple(current), tuple(skipped), reasons)


def _reason(run: RunContext, digests: FileDigests, entry: ManifestEntry | None, key: str, *, is_cached: bool) -> str:
    """Return why an edition is rendered in a format; empty where its files are current."""
    if run.request.is_forced:
        return "--force"
    if entry is None:
        return "it was never made"
    if not entry.key:
        return "its last attempt failed or was a part"
    if entry.key != key:
        return changes_between(entry.key, key)
    if not is_cached:
        return "the cache no longer holds what was found in it"
    artifacts = entry.result.artifacts
    if artifacts and all(is_as_written(saved, run.outputs, digests) for saved in artifacts):
        return ""
    return "its files are gone, or not as they were written"


def render_context(run: RunContext, roots: SourceRoots) -> RenderContext:
    """Return the values that all render tasks of a run share.

    Raises:
        ConfigError: The table of a format in `publish.toml` is invalid.
    """
    config = run.config
    options = {
        name: format_options(config, name, writers.load_writer(name).Options)
        for name in in_order_of_facts(run.request.formats)
    }
    images = ImageSizes(run.cache, roots, config.limits)
    return RenderContext(config.publisher, options, find_styles(config.folder), run.cache, images, run.outputs)


def _formats(run: RunContext, edition: EditionPlan, *, is_named: bool) -> tuple[str, ...]:
    """Return the requested formats in which an edition is published."""
    meta = edition.front.meta
    if not is_named and (meta.is_draft or meta.is_unlisted):
        return ()
    return tuple(name for name in run.request.formats if not meta.formats or name in meta.formats)


def _cost(task: RenderTask) -> int:
    metas = task.edition_plan.all_metas
    return sum(meta.words for meta in metas) + PICTURE_WORDS * len({path for meta in metas for path in meta.pictures})
