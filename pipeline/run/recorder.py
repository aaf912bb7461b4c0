"""The recorder of a run: moves files to their place, and writes manifest, report and index page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from pipeline.engine.keys import FileDigests
from pipeline.engine.output_dir import STATE
from pipeline.engine.reading_task import compact_json
from pipeline.engine.rendering_task import Rendered, RenderTask, staged_name
from pipeline.errors import PublishError
from pipeline.findings import Finding, make_finding, sort_findings
from pipeline.index_page import INDEX, index_page
from pipeline.lint.review_dates import without_dated_findings
from pipeline.lint.severity_policy import SeverityPolicy
from pipeline.model import ArticleMeta, Metadata
from pipeline.reading.editions import EditionPlan
from pipeline.reading.source_files import Source
from pipeline.rendering.styles import find_styles
from pipeline.report import EditionResult, OutputFile, Report, report_to_json
from pipeline.run.manifest import (
    NAME,
    Manifest,
    ManifestEntry,
    SourceEntry,
    is_as_written,
    manifest_to_bytes,
    report_of,
)
from pipeline.run.planning import Plan
from pipeline.run.run_context import RunContext
from pipeline.run.source_set import SourceSet
from pipeline.timing import timed_phase

REPORT = "report.json"


def save_unbegun(run: RunContext) -> Report:
    """Write and return the report of a run that was interrupted while it read: nothing was done."""
    before = report_of(run.before, run.cache)
    formats = run.request.formats
    entries = (replace(each, status="undone" if each.format in formats else "skipped") for each in before.entries)
    report = Report(tuple(entries), (), (), before.listings, is_interrupted=True)
    run.outputs.move([(run.outputs.stage(REPORT, report_to_json(report)), REPORT)])
    return report


@dataclass(slots=True)
class Recorder:
    """Records the results of one run."""

    run: RunContext
    plan: Plan
    scale: SeverityPolicy
    """Severities of the project; the cache holds findings with their default severities."""
    entries: dict[tuple[str, str], ManifestEntry] = field(default_factory=dict)
    """Results of this run, by id and format."""
    findings: list[Finding] = field(default_factory=list)
    """Findings besides those of the entries."""
    _not_made: dict[tuple[str, str], EditionResult] = field(default_factory=dict)
    """Editions in formats that are left out, or undone because the run was interrupted."""
    _owners: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Digest and edition of each file that is kept or was written."""
    _folders: set[str] = field(default_factory=set)
    """Every folder above those files."""

    def __post_init__(self) -> None:
        self.entries = {(entry.result.id, entry.result.format): entry for entry in self.plan.current}
        for edition, name in self.plan.skipped:
            self._leave_out(edition, name)
        planned = {(task.edition_plan.id, name) for task in self.plan.tasks for name in task.formats}
        for key, entry in self.run.before.entries.items():
            if key not in planned:
                self._own(entry.result.id, entry.result.artifacts)

    @timed_phase("save")
    def save(self, task: RenderTask, results: Mapping[str, Rendered]) -> None:
        """Move the files of an edition to their place together, and record the result of each format."""
        run, edition = self.run, task.edition_plan
        digests = FileDigests(
            run.cache, is_reading_all=True
        )  # what stands may be damaged, with size and times as before
        moves: list[tuple[str, str]] = []
        for name, rendered in results.items():
            clashes = () if rendered.is_failed else tuple(self._clashes(edition, rendered.artifacts))
            if rendered.is_failed or clashes:
                self._fail(edition.front, name, edition.sources, (*rendered.findings, *clashes))
                continue
            moves += [
                (staged_name(task.number, saved.path), saved.path)
                for saved in rendered.artifacts
                # A picture that another edition has written keeps its time.
                if not is_as_written(saved, run.outputs, digests)
            ]
            run.cache.put("render", task.keys[name], compact_json(rendered))
            artifacts, key = rendered.artifacts, task.keys[name]
            last = run.before.entries.get((edition.id, name))
            if run.request.overrides and last:
                # Only some of the files were made, such as one variant: the next whole run makes all of them.
                paths = {saved.path for saved in artifacts}
                artifacts += tuple(saved for saved in last.result.artifacts if saved.path not in paths)
                key = ""
            result = EditionResult(edition.id, edition.sources, edition.front.title, name, "written", artifacts)
            self.entries[edition.id, name] = ManifestEntry(result, key, rendered.findings)
            self._own(edition.id, rendered.artifacts)
        run.outputs.move(moves)

    def refuse(self, metas: Iterable[ArticleMeta], sources: Iterable[Source]) -> None:
        """Record the failure of editions that could not be resolved, and of sources that could not be read."""
        unread = (ArticleMeta(each.id, each.path, Metadata(title=each.id.rpartition("/")[2])) for each in sources)
        for meta in (*metas, *unread):
            for name in self.run.request.formats:
                self._fail(meta, name, (meta.source,))

    def _fail(self, meta: ArticleMeta, name: str, sources: tuple[str, ...], findings: tuple[Finding, ...] = ()) -> None:
        """Record the failure of an edition in a format; its last good files stay."""
        result = EditionResult(meta.id, sources, meta.title, name, "failed")
        if last := self.run.before.entries.get((meta.id, name)):
            status = "stale" if last.result.artifacts else result.status
            result = replace(last.result, sources=sources, status=status)
        self.entries[meta.id, name] = ManifestEntry(result, "", findings)

    def _leave_out(self, edition: EditionPlan, name: str) -> None:
        """Record a format that is left out: earlier files of an unlisted article stay, those of a draft go."""
        meta, key = edition.front.meta, (edition.id, name)
        result = EditionResult(edition.id, edition.sources, edition.front.title, name, "skipped")
        last = self.run.before.entries.get(key)
        if last and meta.is_unlisted and not meta.is_draft:
            self.entries[key] = replace(last, result=replace(result, artifacts=last.result.artifacts))
        else:
            self._not_made[key] = result
        if meta.is_draft or meta.is_unlisted:
            message = f"{'a draft' if meta.is_draft else 'unlisted'}: left out of a run over all articles"
            self.findings.append(make_finding("left-out", edition.front.source, 0, message))

    @timed_phase("save")
    def close(self, sources: SourceSet, findings: Iterable[Finding], seconds: float, *, is_interrupted: bool) -> Report:
        """Write manifest, report and index page, remove files of editions that are gone, and return the report.

        Args:
            findings: Findings on all articles together and of this day, which no manifest keeps.
        """
        run = self.run
        for task in self.plan.tasks if is_interrupted else ():
            self._record_undone(task)
        is_whole = run.request.is_whole
        kept = {
            key: entry
            for key, entry in run.before.entries.items()
            if key not in self.entries
            # An interrupted run removes no file, so it forgets none.
            and (is_interrupted or not (key in self._not_made or (is_whole and key[0] not in sources.known_ids)))
        }
        manifest = Manifest(kept | self.entries, self._sources(sources))
        known = {record.source.id: record.summary for record in (*sources.records, *sources.others)}
        earlier = report_of(Manifest(kept, manifest.sources), run.cache, known)
        own = [*self.findings, *sources.findings, *findings]
        own += [finding for entry in self.entries.values() for finding in entry.findings]
        own += [finding for record in sources.records for finding in record.summary.findings]
        results = {(each.id, each.format): each for each in earlier.entries} | self._not_made
        results |= {key: entry.result for key, entry in self.entries.items()}
        report = Report(
            tuple(results[key] for key in sorted(results)),
            self.scale.apply(own),
            self.scale.apply(set(earlier.earlier_findings) - set(own)),
            earlier.listings,
            seconds,
            is_interrupted,
        )
        return self._written(report, manifest)

    def _written(self, report: Report, manifest: Manifest) -> Report:
        outputs, config = self.run.outputs, self.run.config
        staged = []
        shown = replace(report, findings=without_dated_findings(report.findings))
        try:
            page = index_page(shown, config.publisher, find_styles(config.folder))
            staged.append((outputs.stage(INDEX, page), INDEX))
        except PublishError as error:  # such as an invalid template of the project: the other files are still written
            fault = make_finding(error.code, error.source, error.line, f"{INDEX}: {error.message}", error.hint)
            report = replace(report, findings=sort_findings((*report.findings, fault)))
        staged += [
            (outputs.stage(REPORT, report_to_json(report)), REPORT),
            (outputs.stage(NAME, manifest_to_bytes(manifest)), f"{STATE}/{NAME}"),
        ]
        outputs.move(staged, sorted(self.run.before.paths - manifest.paths))
        return report

    def _record_undone(self, task: RenderTask) -> None:
        """Record formats that an interrupted run did not reach; their last good files stay."""
        edition = task.edition_plan
        for key in ((edition.id, name) for name in task.formats):
            if key not in self.entries:
                last = self.run.before.entries.get(key)
                artifacts = last.result.artifacts if last else ()
                title = edition.front.title
                self._not_made[key] = EditionResult(edition.id, edition.sources, title, key[1], "undone", artifacts)

    def _sources(self, sources: SourceSet) -> dict[str, SourceEntry]:
        """Return the sources of the manifest."""
        kept = dict(self.run.before.sources)
        if self.run.request.is_whole:  # of a source that was not read, only the listing is kept
            kept = {id_: replace(entry, key="") for id_, entry in kept.items() if id_ in sources.known_ids}
        for record in (*sources.records, *sources.others):
            source, last = record.source, self.run.before.sources.get(record.source.id)
            listed = record.key if record.summary.meta else last.listed if last else ""
            kept[source.id] = SourceEntry(source.id, source.path, record.key, listed)
        return kept

    def _own(self, id_: str, artifacts: Iterable[OutputFile]) -> None:
        for saved in artifacts:
            self._owners[saved.path] = (saved.sha256, id_)
            self._folders |= {parent.as_posix() for parent in PurePosixPath(saved.path).parents}

    def _clashes(self, edition: EditionPlan, artifacts: Iterable[OutputFile]) -> Iterator[Finding]:
        """Yield a finding for each file that would replace a file of another edition, or a file or folder of others."""
        folder = self.run.outputs.folder
        for saved in artifacts:
            digest, owner = self._owners.get(saved.path, (saved.sha256, ""))
            parents = [parent.as_posix() for parent in PurePosixPath(saved.path).parents]
            if digest != saved.sha256 and owner != edition.id:
                message = f"{saved.path} was written for {owner!r} already, with other content"
            elif saved.path in self._folders or (folder / saved.path).is_dir():
                message = f"{saved.path} would be a file, and a folder of that name lies there"
            elif any(parent in self._owners or (folder / parent).is_file() for parent in parents):
                message = f"{saved.path} would lie in a folder, and a file of that folder's name lies there"
            else:
                continue
            hint = "give one of the sources another name, or move away what lies there"
            yield make_finding("write-failed", edition.front.source, 0, message, hint)
