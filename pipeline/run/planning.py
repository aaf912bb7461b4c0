"""Planning: which editions are rendered in which formats, which are current, and which are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from pipeline import writers
from pipeline.config import format_options
from pipeline.engine.image_sizes import ImageSizes
from pipeline.engine.keys import Parts, RenderKeys, key_of
from pipeline.engine.output_dir import OutputDir
from pipeline.engine.reading_task import compact_json
from pipeline.engine.rendering_task import RenderContext, Rendered, RenderTask, in_order_of_facts
from pipeline.reading.editions import EditionPlan
from pipeline.reading.source_files import SourceRoots
from pipeline.rendering.styles import find_styles
from pipeline.run.manifest import Manifest, ManifestEntry, cached_rendering, current
from pipeline.run.source_set import RunContext
from pipeline.validation.certificate import Certificate, Certificates
from pipeline.writers import Facts

NEW, AGAIN, FORCED = "it was never made", "its last attempt failed or was a part", "--force"
LOST = "its files are gone, or not as they were written"
FORGOTTEN = "the cache no longer holds what was found in it"
CHANGES: Mapping[str, str] = {
    "article": "the article, its pictures or what it refers to changed",
    "options": "the options of the format changed",
    "publisher": "[publisher] changed",
    "styles": "the style changed",
    "words": "the words of its language changed",
    "program": "this program or a library changed",
    "facts": "what it builds on changed",
    "certificate": "its certificate changed",
}
"""What each part of a key says when it differs."""
PICTURE_WORDS = 200
"""As many words take as long as one picture."""


@dataclass(frozen=True, slots=True)
class Current:
    """An edition in a format that need not be rendered."""

    entry: ManifestEntry
    rendered: Rendered


@dataclass(frozen=True, slots=True)
class Plan:
    """The work of a run."""

    tasks: tuple[RenderTask, ...]
    """Longest first, so that no worker is left with a book while the others rest."""
    current: tuple[Current, ...]
    skipped: tuple[tuple[EditionPlan, str], ...]
    keys: Mapping[tuple[str, str], str]
    """The key of each edition in each format that was asked for, by id and format."""
    reasons: Mapping[tuple[str, str], str]
    """Why each is made anew, or is not."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Decides for each edition and format of a run."""

    run: RunContext
    context: RenderContext
    outputs: OutputDir
    before: Manifest
    """What earlier runs have left."""
    is_forced: bool = False
    """Everything is made anew."""
    is_verified: bool = False
    """Files are read and compared, not only looked at."""

    def plan(self, bindings: Iterable[EditionPlan], asked: tuple[str, ...]) -> Plan:
        """Return the work.

        Args:
            asked: Ids that were asked for by name; empty: all but drafts and unlisted ones.
        """
        render_keys = RenderKeys(self.run.config, self.context.styles)
        tasks: list[RenderTask] = []
        standing: list[Current] = []
        skipped: list[tuple[EditionPlan, str]] = []
        keys: dict[tuple[str, str], str] = {}
        reasons: dict[tuple[str, str], str] = {}
        for binding in bindings:
            if asked and binding.id not in asked:
                continue  # read for another's sake
            own = self._formats(binding, asked)
            skipped += [(binding, name) for name in self.run.formats if name not in own]
            certificates = self._certificates(binding, own)
            to_make: list[str] = []
            facts: dict[str, Facts] = {}
            for name, parts in self._parts(binding, own, render_keys, certificates).items():
                key = key_of(parts)
                rendered = None if self.is_forced else cached_rendering(self.run.cache, name, key)
                if rendered:
                    facts[name] = rendered.facts
                if name not in own:
                    continue
                decided = self._decide(binding.id, name, parts, rendered)
                keys[binding.id, name] = key
                if isinstance(decided, Current):
                    standing.append(decided)
                    reasons[binding.id, name] = "unchanged"
                else:
                    to_make.append(name)
                    reasons[binding.id, name] = decided
                    self.run.cache.put("parts", key, compact_json(parts))
            if to_make:
                limit_s = self.run.config.limits.seconds
                tasks.append(RenderTask(len(tasks), binding, tuple(to_make), facts, certificates, limit_s))
        return Plan(tuple(sorted(tasks, key=_cost, reverse=True)), tuple(standing), tuple(skipped), keys, reasons)

    def _formats(self, binding: EditionPlan, asked: tuple[str, ...]) -> tuple[str, ...]:
        front = binding.front
        if not asked and (front.meta.is_draft or front.meta.is_unlisted):
            return ()
        return tuple(name for name in self.run.formats if not front.meta.formats or name in front.meta.formats)

    def _certificates(self, binding: EditionPlan, formats: tuple[str, ...]) -> dict[str, Certificate | None]:
        certificates = Certificates.of(self.run.config)
        return {name: certificates.load(name, binding.id) for name in in_order_of_facts(formats)}

    def _parts(
        self,
        binding: EditionPlan,
        formats: tuple[str, ...],
        render_keys: RenderKeys,
        certificates: Mapping[str, Certificate | None],
    ) -> dict[str, Parts]:
        """Return what the key of each format is made of, and of those whose facts they build on."""
        parts: dict[str, Parts] = {}
        for name in in_order_of_facts(formats):
            facts = [key_of(parts[other]) for other in writers.load_writer(name).facts_from]
            parts[name] = render_keys.parts(binding, name, self.context.options[name], facts, certificates[name])
        return parts

    def _decide(self, id_: str, name: str, parts: Parts, rendered: Rendered | None) -> Current | str:
        """Return the files that are current, or why there are none."""
        entry = self.before.entries.get((id_, name))
        if self.is_forced:
            return FORCED
        if entry is None:
            return NEW
        if not entry.key:
            return AGAIN
        if entry.key != key_of(parts):
            return self._change(entry, parts)
        if rendered is None:
            return FORGOTTEN
        same = current(entry, self.outputs.folder, is_verified=self.is_verified)
        return Current(same, rendered) if same else LOST

    def _change(self, entry: ManifestEntry, parts: Parts) -> str:
        """Return what has changed since an edition was made."""
        try:
            before = msgspec.json.decode(self.run.cache.get("parts", entry.key) or b"", type=dict[str, str])
        except ValueError:
            before = {}
        changed = [CHANGES[name] for name in CHANGES if before.get(name, parts[name]) != parts[name]]
        return ", ".join(changed) or "the cache no longer holds what it was made of"


def render_context(run: RunContext, roots: SourceRoots, outputs: OutputDir) -> RenderContext:
    """Return what the editions of a run are rendered with.

    Raises:
        ConfigError: A format's table in `publish.toml` says what its writer does not know.
    """
    config = run.config
    chosen = {
        name: format_options(config, name, writers.load_writer(name).Options) for name in in_order_of_facts(run.formats)
    }
    images = ImageSizes(run.cache, roots, config.limits)
    return RenderContext(config.publisher, chosen, find_styles(config.folder), run.cache, images, outputs)


def _cost(task: RenderTask) -> int:
    cards = task.binding.all_metas
    return sum(card.words for card in cards) + PICTURE_WORDS * len({path for card in cards for path in card.pictures})
