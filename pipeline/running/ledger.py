"""What a run has done so far: files moved into place, entries for the report, and the record for the next run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from pipeline.errors import PublishError
from pipeline.findings import Finding, make_finding, sort_findings
from pipeline.lint.review_dates import without_dated_findings
from pipeline.lint.severity_policy import SeverityPolicy
from pipeline.model import ArticleMeta
from pipeline.reading.editions import EditionPlan
from pipeline.reading.source_files import Source
from pipeline.report import EditionResult, OutputFile, Report, ResultStatus, report_to_json
from pipeline.running.keys import key_of
from pipeline.running.library import Library
from pipeline.running.making import Made, Shop
from pipeline.running.plan import Plan
from pipeline.running.record import NAME, Record, Remembered, holds, to_bytes
from pipeline.running.saving import STATE, Outputs
from pipeline.running.shelf import INDEX, shelf_page
from pipeline.timing import timed_phase

REPORT = "report.json"


def save_unbegun(outputs: Outputs, before: Record, formats: Iterable[str]) -> Report:
    """Write the report of a run that was interrupted while it read: all that is known is undone."""
    entries = tuple(
        EditionResult(
            last.id, last.sources, last.title, name, "undone" if name in formats else "skipped", last.artifacts
        )
        for (_, name), last in sorted(before.entries.items())
    )
    listings = tuple(before.listings[id_] for id_ in sorted(before.listings))
    report = Report(entries, (), (), listings, is_interrupted=True)
    outputs.move([(outputs.stage(REPORT, report_to_json(report)), REPORT)])
    return report


@dataclass(slots=True)
class Ledger:
    """Keeps account of one run."""

    shop: Shop
    before: Record
    plan: Plan
    scale: SeverityPolicy
    """How the project weighs findings; what is remembered keeps the weight of the table."""
    is_partial: bool = False
    """Only some of an edition's files were asked for, such as one variant: its others stand."""
    entries: dict[tuple[str, str], EditionResult] = field(default_factory=dict)
    remembered: dict[tuple[str, str], Remembered] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _left_out: set[tuple[str, str]] = field(default_factory=set)
    """Drafts, and formats that an article does not want: their files go."""
    _owners: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Digest and owner of every path that stands or was written."""
    _folders: set[str] = field(default_factory=set)
    """Every folder above those paths."""

    @property
    def outputs(self) -> Outputs:
        return self.shop.outputs

    def __post_init__(self) -> None:
        for entry in self.plan.unchanged:
            self.remembered[entry.id, entry.format] = entry
            self.findings += entry.findings
            self._add(entry, "unchanged")
        for binding, name in self.plan.skipped:
            self._leave_out(binding, name)
        for key, entry in self.before.entries.items():
            if key not in self.plan.keys or key in self.remembered:
                self._own(entry.id, entry.artifacts)

    @timed_phase("save")
    def save(self, binding: EditionPlan, made: Iterable[Made]) -> None:
        """Move the files of an edition into place together, and note what became of each format."""
        moves: list[tuple[str, str]] = []
        good: list[Made] = []
        for item in made:
            self.findings += item.findings
            clash = self._clash(binding, item)
            if clash:
                self.findings.append(clash)
            if item.is_failed or clash:
                self.fail(binding.id, item.format, binding.front.title, binding.sources, item.findings)
                continue
            for staged, saved in item.staged:
                # A picture that another edition has laid there keeps its time, and so that edition its record.
                if not holds(self.outputs.folder / saved.path, saved.sha256):
                    moves.append((staged, saved.path))
            self._own(binding.id, [saved for _, saved in item.staged])
            good.append(item)
        self.outputs.move(moves)
        for item in good:
            self._remember(binding, item)

    def refuse(self, cards: Iterable[ArticleMeta], sources: Iterable[Source], formats: Iterable[str]) -> None:
        """Note that articles could not be bound, or not even read, and so fail in each format."""
        for name in formats:
            for card in cards:
                self.fail(card.id, name, card.title, (card.source,))
            for source in sources:
                self.fail(source.id, name, source.id.rpartition("/")[2], (source.path,))

    def fail(
        self, id_: str, name: str, title: str, sources: tuple[str, ...], findings: tuple[Finding, ...] = ()
    ) -> None:
        """Note that an edition has failed in a format; its last good files stand, where there are any."""
        last = self.before.entries.get((id_, name)) or Remembered(id_, name, "", title, sources, (), ())
        self.remembered[id_, name] = replace(last, key="", findings=findings)
        status: ResultStatus = "stale" if last.artifacts else "failed"
        self.entries[id_, name] = EditionResult(id_, sources, last.title, name, status, last.artifacts)

    @timed_phase("save")
    def close(
        self,
        library: Library,
        passing: tuple[Finding, ...],
        seconds: float,
        *,
        is_whole: bool,
        is_interrupted: bool,
    ) -> Report:
        """Write record, report and shelf, remove outputs that nothing stands for any more, and return the report.

        Args:
            passing: What is found of all articles together and of this day: it is reported, and not remembered.
            is_whole: The run was asked for every article, so what it did not meet is gone.
        """
        sources = {item.source.path: item.findings for item in library.reads}
        self.findings += [*library.findings, *passing, *(f for findings in sources.values() for f in findings)]
        others = {key: entry for key, entry in self.before.entries.items() if key not in self.remembered}
        kept = {
            key: entry
            for key, entry in others.items()
            # An interrupted run forgets nothing: what it did not remove must stay known as ours.
            if is_interrupted or not (key in self._left_out or (is_whole and entry.id not in library.known_ids))
        }
        for key in self.plan.keys if is_interrupted else ():
            if key not in self.entries:
                self.entries[key] = self._undone(*key)
        for key, entry in kept.items():
            if key not in self.entries:
                self._add(entry, "skipped")
        record = Record(
            kept | self.remembered,
            {name: found_ for name, found_ in self.before.sources.items() if not is_whole} | sources,
            self._listings(library, is_whole=is_whole),
        )
        report = Report(
            tuple(self.entries[key] for key in sorted(self.entries)),
            self.scale.apply(self.findings),
            self.scale.apply(set(self._kept_findings(kept, record)) - set(self.findings)),
            tuple(record.listings[id_] for id_ in sorted(record.listings)),
            seconds,
            is_interrupted,
        )
        staged = []
        try:
            page = shelf_page(
                replace(report, findings=without_dated_findings(report.findings)), self.shop.publisher, self.shop.styles
            )
            staged.append((self.outputs.stage(INDEX, page), INDEX))
        except PublishError as error:  # a template or word list of the project: all else must come to its place
            fault = make_finding(error.code, error.source, error.line, f"{INDEX}: {error.message}", error.hint)
            report = replace(report, findings=sort_findings((*report.findings, fault)))
        staged += [
            (self.outputs.stage(REPORT, report_to_json(report)), REPORT),
            (self.outputs.stage(NAME, to_bytes(record)), f"{STATE}/{NAME}"),
        ]
        self.outputs.move(staged, sorted(self.before.paths - record.paths))
        return report

    def _listings(self, library: Library, *, is_whole: bool) -> dict[str, ArticleMeta]:
        """Return what the shelf says of each source; of a refused one, what it last could say."""
        gone = set(self.before.listings) - library.known_ids if is_whole else set()
        read = {item.meta.id: item.meta for item in library.reads if item.meta}
        return {id_: listing for id_, listing in self.before.listings.items() if id_ not in gone} | read

    def _kept_findings(self, kept: dict[tuple[str, str], Remembered], record: Record) -> Iterable[Finding]:
        for entry in kept.values():
            yield from entry.findings
        for findings in record.sources.values():
            yield from findings

    def _remember(self, binding: EditionPlan, made: Made) -> None:
        artifacts = tuple(saved for _, saved in made.staged)
        parts = self.plan.keys[binding.id, made.format]
        key = key_of(parts)
        last = self.before.entries.get((binding.id, made.format))
        if self.is_partial and last:
            # Its key is that of no whole run, so the next whole one makes all of it.
            paths = {saved.path for saved in artifacts}
            artifacts += tuple(saved for saved in last.artifacts if saved.path not in paths)
            key = ""
        entry = Remembered(
            binding.id,
            made.format,
            key,
            binding.front.title,
            binding.sources,
            artifacts,
            tuple(self._time_ns(saved) for saved in artifacts),
            made.findings,
            made.facts,
            parts,
        )
        self.remembered[binding.id, made.format] = entry
        self._add(entry, "written")

    def _undone(self, id_: str, name: str) -> EditionResult:
        """Return the entry of what an interrupted run did not come to; its last good files stand."""
        order = next(order for order in self.plan.orders if order.binding.id == id_)
        last = self.before.entries.get((id_, name))
        front = order.binding.front
        return EditionResult(id_, order.binding.sources, front.title, name, "undone", last.artifacts if last else ())

    def _time_ns(self, saved: OutputFile) -> int:
        path = self.outputs.folder / saved.path
        return path.stat().st_mtime_ns if path.exists() else 0

    def _add(self, entry: Remembered, status: ResultStatus) -> None:
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
            self.remembered[binding.id, name] = last
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

    def _clash(self, binding: EditionPlan, made: Made) -> Finding | None:
        """Return a finding where a file would overwrite another edition's, or something that is not ours to remove."""
        for _, saved in made.staged:
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
