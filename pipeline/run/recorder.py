"""The recorder of a run: files moved to their place, entries for the report, and the manifest for the next run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from pipeline.engine.cache import Cache
from pipeline.engine.output_dir import STATE, OutputDir
from pipeline.engine.reading_task import compact_json
from pipeline.engine.rendering_task import Rendered, RenderTask, staged_name
from pipeline.errors import PublishError
from pipeline.findings import Finding, make_finding, sort_findings
from pipeline.index_page import INDEX, index_page
from pipeline.lint.review_dates import without_dated_findings
from pipeline.lint.severity_policy import SeverityPolicy
from pipeline.model import ArticleMeta
from pipeline.reading.editions import EditionPlan
from pipeline.reading.source_files import Source
from pipeline.report import EditionResult, OutputFile, Report, ResultStatus, report_to_json
from pipeline.run.manifest import (
    NAME,
    Manifest,
    ManifestEntry,
    SourceEntry,
    cached_summary,
    findings_of,
    has_digest,
    manifest_to_bytes,
)
from pipeline.run.planning import Plan
from pipeline.run.renderer import Renderer
from pipeline.run.source_set import SourceSet
from pipeline.timing import timed_phase

REPORT = "report.json"


def save_unbegun(outputs: OutputDir, before: Report, formats: Iterable[str]) -> Report:
    """Write the report of a run that was interrupted while it read: all that is known is undone."""
    names = set(formats)
    entries = [replace(each, status="undone" if each.format in names else "skipped") for each in before.entries]
    report = Report(tuple(sorted(entries, key=lambda each: (each.id, each.format))), (), (), before.listings)
    report = replace(report, is_interrupted=True)
    outputs.move([(outputs.stage(REPORT, report_to_json(report)), REPORT)])
    return report


@dataclass(slots=True)
class Recorder:
    """Keeps account of one run."""

    renderer: Renderer
    before: Manifest
    scale: SeverityPolicy
    """How the project weighs findings; what is kept for other runs has the weight of the table."""
    is_partial: bool = False
    """Only some of an edition's files were asked for, such as one variant: its others stay."""
    entries: dict[tuple[str, str], EditionResult] = field(default_factory=dict)
    manifest: dict[tuple[str, str], ManifestEntry] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _left_out: set[tuple[str, str]] = field(default_factory=set)
    """Drafts, and formats that an article does not want: their files go."""
    _owners: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Digest and owner of every path that stands or was written."""
    _folders: set[str] = field(default_factory=set)
    """Every folder above those paths."""

    @property
    def plan(self) -> Plan:
        return self.renderer.plan

    @property
    def outputs(self) -> OutputDir:
        return self.renderer.outputs

    @property
    def cache(self) -> Cache:
        return self.renderer.run.cache

    def __post_init__(self) -> None:
        for each in self.plan.current:
            self.manifest[each.entry.id, each.entry.format] = each.entry
            self.findings += each.rendered.findings
            self._add(each.entry, "unchanged")
        for binding, name in self.plan.skipped:
            self._leave_out(binding, name)
        for key, entry in self.before.entries.items():
            if key not in self.plan.keys or key in self.manifest:
                self._own(entry.id, entry.artifacts)

    @timed_phase("save")
    def save(self, task: RenderTask, results: Mapping[str, Rendered]) -> None:
        """Move the files of an edition to their place together, and note what became of each format."""
        binding = task.binding
        moves: list[tuple[str, str]] = []
        good: dict[str, Rendered] = {}
        for name, rendered in results.items():
            self.findings += rendered.findings
            clash = None if rendered.is_failed else self._clash(binding, rendered.artifacts)
            if clash:
                self.findings.append(clash)
            if rendered.is_failed or clash:
                self.fail(binding.front, name, binding.sources, rendered.findings)
                continue
            moves += [
                (staged_name(task.number, saved.path), saved.path)
                for saved in rendered.artifacts
                # A picture that another edition has laid there keeps its time, and so that edition its entry.
                if not has_digest(self.outputs.folder / saved.path, saved.sha256)
            ]
            self._own(binding.id, rendered.artifacts)
            good[name] = rendered
        self.outputs.move(moves)
        for name, rendered in good.items():
            self._note(binding, name, rendered)

    def refuse(self, cards: Iterable[ArticleMeta], sources: Iterable[Source], formats: Iterable[str]) -> None:
        """Note that articles could not be bound, or not even read, and so fail in each format."""
        for name in formats:
            for card in cards:
                self.fail(card, name, (card.source,))
            for source in sources:
                self._fail(ManifestEntry(source.id, name, "", source.id.rpartition("/")[2], (source.path,)))

    def fail(self, card: ArticleMeta, name: str, sources: tuple[str, ...], findings: tuple[Finding, ...] = ()) -> None:
        """Note that an edition has failed in a format."""
        self._fail(ManifestEntry(card.id, name, "", card.title, sources, findings=findings))

    def _fail(self, entry: ManifestEntry) -> None:
        """Note a failure; the last good files of the edition stand, where there are any."""
        key = (entry.id, entry.format)
        last = self.before.entries.get(key, entry)
        self.manifest[key] = replace(last, key="", findings=entry.findings)
        self._add(replace(last, sources=entry.sources), "stale" if last.artifacts else "failed")

    @timed_phase("save")
    def close(
        self,
        sources: SourceSet,
        passing: tuple[Finding, ...],
        seconds: float,
        *,
        is_whole: bool,
        is_interrupted: bool,
    ) -> Report:
        """Write manifest, report and index page, remove files that nothing stands for any more; return the report.

        Args:
            passing: What is found of all articles together and of this day: it is reported, and not kept.
            is_whole: The run was asked for every article, so what it did not meet is gone.
        """
        self.findings += [*sources.findings, *passing]
        self.findings += [finding for record in sources.records for finding in record.summary.findings]
        kept = dict(self._others(sources, is_whole=is_whole, is_interrupted=is_interrupted))
        for key in self.plan.keys if is_interrupted else ():
            if key not in self.entries:
                self.entries[key] = self._undone(*key)
        for key, entry in kept.items():
            if key not in self.entries:
                self._add(entry, "skipped")
        manifest = Manifest(kept | self.manifest, self._sources(sources, is_whole=is_whole))
        kept_findings = {finding for entry in kept.values() for finding in findings_of(entry, self.cache)}
        listings: list[ArticleMeta] = []
        known = {record.source.id: record for record in (*sources.records, *sources.others)}
        for source in manifest.sources.values():
            record = known.get(source.id)
            summary = record.summary if record else cached_summary(self.cache, source.path, source.key)
            kept_findings |= set(summary.findings if summary else ())
            if not (summary and summary.meta):
                summary = cached_summary(self.cache, source.path, source.listed)
            listings += [summary.meta] if summary and summary.meta else []
        report = Report(
            tuple(self.entries[key] for key in sorted(self.entries)),
            self.scale.apply(self.findings),
            self.scale.apply(kept_findings - set(self.findings)),
            tuple(sorted(listings, key=lambda listing: listing.id)),
            seconds,
            is_interrupted,
        )
        return self._save(report, manifest)

    def _save(self, report: Report, manifest: Manifest) -> Report:
        outputs, context = self.outputs, self.renderer.context
        staged = []
        try:
            page = index_page(
                replace(report, findings=without_dated_findings(report.findings)), context.publisher, context.styles
            )
            staged.append((outputs.stage(INDEX, page), INDEX))
        except PublishError as error:  # a template or word list of the project: all else must come to its place
            fault = make_finding(error.code, error.source, error.line, f"{INDEX}: {error.message}", error.hint)
            report = replace(report, findings=sort_findings((*report.findings, fault)))
        staged += [
            (outputs.stage(REPORT, report_to_json(report)), REPORT),
            (outputs.stage(NAME, manifest_to_bytes(manifest)), f"{STATE}/{NAME}"),
        ]
        outputs.move(staged, sorted(self.before.paths - manifest.paths))
        return report

    def _others(
        self, sources: SourceSet, *, is_whole: bool, is_interrupted: bool
    ) -> Iterator[tuple[tuple[str, str], ManifestEntry]]:
        """Yield the entries of earlier runs that this one did not touch and that are not gone."""
        for key, entry in self.before.entries.items():
            # An interrupted run forgets nothing: what it did not remove must stay known as ours.
            is_gone = key in self._left_out or (is_whole and entry.id not in sources.known_ids)
            if key not in self.manifest and (is_interrupted or not is_gone):
                yield key, entry

    def _sources(self, sources: SourceSet, *, is_whole: bool) -> dict[str, SourceEntry]:
        """Return where the cache has what is known of each source."""
        kept = dict(self.before.sources)
        if is_whole:  # of what it could not read, such as sources that share an id, only the listing is kept
            kept = {id_: replace(entry, key="") for id_, entry in kept.items() if id_ in sources.known_ids}
        for record in (*sources.records, *sources.others):
            source, last = record.source, self.before.sources.get(record.source.id)
            listed = record.key if record.summary.meta else last.listed if last else ""
            kept[source.id] = SourceEntry(source.id, source.path, record.key, listed)
        return kept

    def _note(self, binding: EditionPlan, name: str, rendered: Rendered) -> None:
        """Note that a format was written, and keep what was found in it."""
        artifacts, key = rendered.artifacts, self.plan.keys[binding.id, name]
        last = self.before.entries.get((binding.id, name))
        self.cache.put("render", key, compact_json(rendered))
        if self.is_partial and last:
            # Its key is that of no whole run, so the next whole one makes all of it.
            paths = {saved.path for saved in artifacts}
            artifacts += tuple(saved for saved in last.artifacts if saved.path not in paths)
            key = ""
        times_ns = tuple(self._time_ns(saved) for saved in artifacts)
        findings = () if key else rendered.findings
        entry = ManifestEntry(
            binding.id, name, key, binding.front.title, binding.sources, artifacts, times_ns, findings
        )
        self.manifest[binding.id, name] = entry
        self._add(entry, "written")

    def _undone(self, id_: str, name: str) -> EditionResult:
        """Return the entry of what an interrupted run did not come to; its last good files stand."""
        binding = next(task.binding for task in self.plan.tasks if task.binding.id == id_)
        last = self.before.entries.get((id_, name))
        return EditionResult(id_, binding.sources, binding.front.title, name, "undone", last.artifacts if last else ())

    def _time_ns(self, saved: OutputFile) -> int:
        path = self.outputs.folder / saved.path
        return path.stat().st_mtime_ns if path.exists() else 0

    def _add(self, entry: ManifestEntry, status: ResultStatus) -> None:
        self.entries[entry.id, entry.format] = EditionResult(
            entry.id, entry.sources, entry.title, entry.format, status, entry.artifacts
        )

    def _leave_out(self, binding: EditionPlan, name: str) -> None:
        """Enter a format that is left out: of an unlisted article earlier files stand, of a draft they go."""
        front = binding.front
        last = self.before.entries.get((binding.id, name))
        stays = last is not None and front.meta.is_unlisted and not front.meta.is_draft
        artifacts = last.artifacts if last and stays else ()
        if last and stays:
            self.manifest[binding.id, name] = last
        else:
            self._left_out.add((binding.id, name))
        self.entries[binding.id, name] = EditionResult(
            binding.id, binding.sources, front.title, name, "skipped", artifacts
        )
        if front.meta.is_draft or front.meta.is_unlisted:
            why = "a draft" if front.meta.is_draft else "unlisted"
            self.findings.append(
                make_finding("left-out", front.source, 0, f"{why}: left out of a run over all articles")
            )

    def _own(self, id_: str, artifacts: Iterable[OutputFile]) -> None:
        for saved in artifacts:
            self._owners[saved.path] = (saved.sha256, id_)
            self._folders |= {parent.as_posix() for parent in PurePosixPath(saved.path).parents}

    def _clash(self, binding: EditionPlan, artifacts: Iterable[OutputFile]) -> Finding | None:
        """Return a finding where a file would overwrite another edition's, or something that is not ours to remove."""
        for saved in artifacts:
            digest, owner = self._owners.get(saved.path, (saved.sha256, ""))
            parents = [parent.as_posix() for parent in PurePosixPath(saved.path).parents]
            in_the_way = [parent for parent in parents if parent in self._owners]
            message = ""
            if digest != saved.sha256 and owner != binding.id:
                message = f"{saved.path} was written for {owner!r} already, with other content"
            elif saved.path in self._folders or (self.outputs.folder / saved.path).is_dir():
                message = f"{saved.path} would be a file, and a folder of that name lies there"
            elif in_the_way or any((self.outputs.folder / parent).is_file() for parent in parents):
                message = f"{saved.path} would lie in a folder, and a file of that folder's name lies there"
            if message:
                hint = "give one of the sources another name, or move away what lies there"
                return make_finding("write-failed", binding.front.source, 0, message, hint)
        return None
