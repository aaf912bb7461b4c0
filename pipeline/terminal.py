"""Terminal output of a run: progress, results, findings; plain lines and annotations in CI."""

from __future__ import annotations

import io
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from pipeline.errors import ConfigError
from pipeline.findings import SEVERITIES, Finding, by_code
from pipeline.report import EditionResult, Report, github_annotations
from pipeline.timing import PHASES

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.doctor import Requirement

_STEP_LABELS = {"read": "Reading", "write": "Writing", "certify": "Certifying", "judge": "Judging"}
_SEVERITY_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def is_terminal() -> bool:
    """Tell whether a person reads the output, and not a file or a CI log."""
    return sys.stdout.isatty() and not os.environ.get("CI")


@contextmanager
def run_progress(*, is_silent: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """Show the progress of a run: bars in a terminal, one line per step in a log, nothing where stdout is data."""
    if is_terminal() and not is_silent:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, transient=True) as bar:
            tasks = {step: bar.add_task(label, total=None, visible=False) for step, label in _STEP_LABELS.items()}
            yield lambda step, done, of: bar.update(tasks[step], completed=done, total=of, visible=True)
        return

    def print_step(step: str, done: int, of: int) -> None:
        if done == of and not is_silent:
            print(f"{_STEP_LABELS[step]}: {done} of {of}", flush=True)  # noqa: T201  # this module is what prints

    yield print_step


@contextmanager
def sending_progress(messages: int) -> Iterator[Callable[[int], None]]:
    """Show how many messages are sent, at what rate, and the time left; in a log, one line per tenth."""
    if is_terminal():
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            ProgressColumn,
            Task,
            TextColumn,
            TimeRemainingColumn,
        )  # fmt: skip
        from rich.text import Text

        class Rate(ProgressColumn):
            def render(self, task: Task) -> Text:
                return Text(f"{task.speed or 0:.1f} a second")

        columns = (TextColumn("Sending"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
        with Progress(*columns, transient=True) as bar:
            task = bar.add_task("", total=messages)
            yield lambda more: bar.advance(task, more)
        return
    done, step, started = 0, max(1, messages // 10), time.monotonic()

    def print_rate(more: int) -> None:
        nonlocal done
        done += more
        if done % step == 0 or done == messages:
            rate = done / max(time.monotonic() - started, 0.001)
            print(f"Sending: {done} of {messages}, {rate:.1f} a second", flush=True)  # noqa: T201

    yield print_rate


def check_report_path(path: Path) -> None:
    """Check before a run that its report can be written.

    Raises:
        ConfigError: The path is a folder, or its folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--report: {path.parent} is no folder: {error.strerror}") from error
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise ConfigError(f"--report: {path} cannot be written", hint="name a file in a folder that may be written")


def show_report(report: Report, outputs: Path, *, is_verbose: bool) -> None:
    console = _console(sys.stdout)
    if is_terminal():
        _print_results_as_table(console, report)
    else:
        for line in (line for entry in report.entries for line in _entry_lines(entry)):
            console.print(line, markup=False)
    _print_findings(console, report.findings, is_verbose=is_verbose)
    _print_summary(console, report, f"{report.summary['seconds']} s", outputs)
    if report.is_interrupted:
        undone = report.summary["undone"]
        console.print(f"Interrupted: every written file is complete; {undone} were not done.", markup=False)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in github_annotations(report):
            print(line)  # noqa: T201


def no_op_text(report: Report, outputs: Path, *, is_verbose: bool) -> str:
    """Return the output of a run that had nothing to do: the findings and the counts."""
    text = io.StringIO()
    console = _console(text)
    _print_findings(console, report.findings, is_verbose=is_verbose)
    _print_summary(console, report, "nothing to do", outputs)
    return text.getvalue()


def _console(file: TextIO) -> Console:
    from rich.console import Console

    color: Literal["auto"] | None = "auto" if file is sys.stdout and is_terminal() else None
    # Without soft_wrap, rich folds lines in a log to 80 columns.
    return Console(file=file, highlight=False, soft_wrap=True, emoji=False, color_system=color)


def _print_summary(console: Console, report: Report, result: str, outputs: Path) -> None:
    summary = report.summary
    statuses = ", ".join(f"{summary[name]} {name}" for name in ("written", "unchanged", "skipped", "stale", "failed"))
    severities = ", ".join(f"{summary[name]} {name}" for name in ("errors", "warnings", "notes"))
    console.print(f"\n{statuses}; {severities}; {result}. Full report: {outputs / 'report.json'}", markup=False)


def show_reasons(report: Report) -> None:
    for (id_, name), reason in sorted(report.reasons.items()):
        print(f"{name}/{id_}: {reason}")  # noqa: T201


def show_timings(report: Report) -> None:
    """Print the time of each phase, summed over all processes."""
    work = sum(report.phases.values())
    print(f"\n{report.seconds:.2f} s, {work:.2f} s of work in all processes:")  # noqa: T201
    for name in PHASES:
        seconds = report.phases.get(name, 0.0)
        print(f"  {name:9} {seconds:8.2f} s {seconds / work if work else 0:6.1%}")  # noqa: T201


def show_requirements(parts: Sequence[Requirement]) -> None:
    for part in parts:
        mark = "found  " if part.is_found else "MISSING" if part.is_needed else "absent "
        print(f"{mark}  {part.name}: {part.detail}")  # noqa: T201
        if not part.is_found:
            print(f"         {'needed' if part.is_needed else 'optional,'} for {part.purpose}")  # noqa: T201
            print(f"         {part.cure}")  # noqa: T201


def _print_results_as_table(console: Console, report: Report) -> None:
    from rich.markup import escape
    from rich.table import Table

    formats = list(dict.fromkeys(entry.format for entry in report.entries))
    by_id: dict[str, dict[str, EditionResult]] = defaultdict(dict)
    for entry in report.entries:
        if entry.status != "skipped":
            by_id[entry.id][entry.format] = entry
    by_source = Counter((finding.source, finding.severity) for finding in report.findings)
    table = Table(*("Article", *formats, "Findings"), header_style="bold")
    for id_, entries in by_id.items():
        sources = next(iter(entries.values())).sources[:1]
        counts = {severity: sum(by_source[source, severity] for source in sources) for severity in SEVERITIES[:2]}
        told = (f"[{_SEVERITY_STYLES[s]}]{n} {s}{'s' if n > 1 else ''}[/]" for s, n in counts.items() if n)
        table.add_row(escape(id_), *(_format_entry(entries.get(name)) for name in formats), ", ".join(told))
    if by_id:
        console.print(table)


def _format_entry(entry: EditionResult | None) -> str:
    if entry is None:
        return "–"
    if entry.status in ("failed", "stale", "undone"):
        return f"[bold red]{entry.status}[/]"
    pages = sum(saved.pages for saved in entry.artifacts)
    size = max((saved.bytes for saved in entry.artifacts), default=0)
    text = (f"{pages} p, " if pages else "") + f"{_kilobytes(size)}"
    return f"[dim]{text}[/]" if entry.status == "unchanged" else text


def _entry_lines(entry: EditionResult) -> Iterator[str]:
    if entry.status in ("failed", "stale", "skipped", "undone") or not entry.artifacts:
        if entry.status != "skipped":
            yield f"{entry.status:9}  {entry.format}/{entry.id}"
        return
    for saved in [saved for saved in entry.artifacts if saved.pages] or entry.artifacts[:1]:
        pages = f"  {saved.pages} pages" if saved.pages > 1 else "  1 page" if saved.pages else ""
        yield f"{entry.status:9}  {saved.path}  {_kilobytes(saved.bytes)}{pages}"


def _print_findings(console: Console, findings: Sequence[Finding], *, is_verbose: bool) -> None:
    limits = {"error": None, "warning": 10, "note": 0}
    for severity in SEVERITIES:
        those = [finding for finding in findings if finding.severity == severity]
        shown = those if is_verbose else those[: limits[severity]]
        for finding in shown:
            place = f"{finding.source}:{finding.line}" if finding.line else finding.source
            console.print(f"{place}: ", end="", markup=False)
            console.print(f"[{_SEVERITY_STYLES[severity]}]{severity}[/]", end="")
            console.print(f" {finding.code}: {finding.message}", markup=False)
            if finding.hint:
                console.print(f"  hint: {finding.hint}", markup=False)
        if len(those) > len(shown) and shown:
            console.print(f"… and {len(those) - len(shown)} more {severity}s: --verbose shows them", markup=False)
    if findings:
        console.print("\nFindings by code:", markup=False)
        for tally in by_code(findings):
            console.print(f"  {tally.count:5}  {tally.severity:7}  {tally.code:28}  {tally.meaning}", markup=False)


def _kilobytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} kB"
