"""`publish check`: lint articles, or validate published files; explain findings, fix sources, keep a baseline."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from pipeline import lint_run, terminal, writers
from pipeline.codes import CODES, FORMER_CODES
from pipeline.commands.shared_options import (
    as_ids,
    jobs_option,
    load_project,
    outputs_option,
    project_option,
    review_date,
)
from pipeline.config import Config
from pipeline.engine.executor import default_jobs
from pipeline.errors import did_you_mean
from pipeline.files import save_whole, write_inside
from pipeline.lint.file_validation import SUFFIXES
from pipeline.lint.reports import render_sarif, render_terminal_report
from pipeline.lint.severity_policy import SeverityPolicy, build_baseline, load_severity_policy
from pipeline.registry import rule_of
from pipeline.rendering.styles import find_styles
from pipeline.report import github_annotations, report_to_json
from pipeline.run.run_context import Request


@click.command()
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "html", "json", "sarif", "github"]),
    default="terminal",
    show_default=True,
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the findings here. [shown]")
@click.option("--strict", is_flag=True, help="Exit with 1 where a warning exists.")
@click.option("--verbose", "-v", is_flag=True, help="Show every note.")
@click.option("--explain", metavar="CODE", help="Explain a finding: meaning, reason, cure.")
@click.option("--fix", is_flag=True, help="Repair sources where that is unambiguous: shows a diff, and asks.")
@click.option("--yes", "-y", is_flag=True, help="With --fix: do not ask.")
@click.option("--update-baseline", is_flag=True, help="Save the present findings: later runs report only new ones.")
@project_option
@outputs_option("Folder of published files.")
@jobs_option
def check(
    articles: tuple[str, ...],
    form: str,
    output: Path | None,
    strict: bool,  # noqa: FBT001  # click's flags
    verbose: bool,  # noqa: FBT001
    explain: str | None,
    fix: bool,  # noqa: FBT001
    yes: bool,  # noqa: FBT001
    update_baseline: bool,  # noqa: FBT001
    project: Path | None,
    outputs: Path | None,
    jobs: int | None,
) -> int:
    """Check articles: safety, readability, spelling, links between articles, limits of the formats.

    ARTICLE is an id (blog/soevn) or the path of a source; without: all. A folder such as outputs/, or a PDF, EPUB or
    mail, validates these files instead.
    """
    if explain:
        return _print_explanation(explain)
    settings = load_project(project)
    scale = SeverityPolicy(settings.check.severities) if update_baseline else load_severity_policy(settings)
    ids = as_ids(articles, settings, Path.cwd())
    if fix:
        return _apply_fixes(settings, ids, is_asked=not yes)
    published = tuple(
        path for path in map(Path, articles) if path.is_dir() or (path.is_file() and path.suffix.lower() in SUFFIXES)
    )
    if published and len(published) < len(articles):
        raise click.UsageError("name articles or published files, not both")
    with terminal.run_progress(is_silent=form != "terminal") as progress:
        if published:
            found = lint_run.lint_files(published, scale, progress)
        else:
            request = Request(
                tuple(writers.installed_writers()),
                ids,
                outputs=outputs,
                jobs=jobs or default_jobs(),
                today=review_date(),
            )
            found = lint_run.lint_articles(settings, request, scale, progress)
    if update_baseline:
        return _update_baseline(found, settings)
    _output_findings(found, settings, form, output, is_verbose=verbose)
    return found.report.exit_code(is_strict=strict)


def _print_explanation(code: str) -> int:
    code = FORMER_CODES.get(code, code)
    if code not in CODES:
        hint = did_you_mean(code, (*CODES, *FORMER_CODES))
        raise click.BadParameter(
            f"there is no finding {code!r}" + (f"; {hint}" if hint else ""), param_hint="--explain"
        )
    click.echo(f"{code} ({CODES[code].severity})\n\n" + "\n\n".join(rule_of(code).explained()))
    return 0


def _apply_fixes(settings: Config, ids: tuple[str, ...], *, is_asked: bool) -> int:
    found = lint_run.find_fixes(settings, ids)
    for each in found:
        for line in each.diff:
            click.secho(line, fg={"+": "green", "-": "red", "@": "cyan"}.get(line[:1]))
    if not found:
        click.echo("nothing to repair")
        return 0
    sources = "1 source" if len(found) == 1 else f"{len(found)} sources"
    if is_asked:
        click.confirm(f"Repair {sources}?", abort=True)
    for each in found:
        lint_run.apply_fix(each)
    click.echo(f"repaired {sources}")
    return 0


def _update_baseline(found: lint_run.LintResult, settings: Config) -> int:
    path = settings.folder / settings.check.baseline
    write_inside(settings.folder, path, build_baseline(found.report.findings))
    known = sum(finding.severity != "error" for finding in found.report.findings)
    click.echo(f"{path}: {known} findings saved; later runs report only new ones")
    return found.report.exit_code(is_strict=False)


def _output_findings(
    found: lint_run.LintResult, settings: Config, form: str, output: Path | None, *, is_verbose: bool
) -> None:
    if form == "terminal":
        data = _terminal_text(found, settings, is_verbose=is_verbose)
    elif form == "html":
        from pipeline.lint.report_html import render_html_report

        data = render_html_report(found.report, found.sources, settings, find_styles(settings.folder)).decode()
    elif form == "json":
        data = report_to_json(found.report).decode()
    elif form == "sarif":
        data = render_sarif(found.report.findings, settings.folder).decode()
    else:
        data = "".join(f"{line}\n" for line in github_annotations(found.report))
    if output:
        save_whole(output, (click.unstyle(data) if form == "terminal" else data).encode())
        click.echo(f"wrote {output}", err=True)
    else:
        click.echo(data, nl=False, color=None if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else False)


def _terminal_text(found: lint_run.LintResult, settings: Config, *, is_verbose: bool) -> str:
    report = found.report
    lines = list(render_terminal_report(report.findings, report.listings, settings.folder, with_notes=is_verbose))
    summary = report.summary
    known = len(found.findings) - len(report.findings)
    counts = ", ".join(f"{summary[name]} {name}" for name in ("errors", "warnings", "notes"))
    lines.append(f"\n{len(found.sources)} checked: {counts}" + (f"; {known} in the baseline or off" if known else ""))
    if not is_verbose and summary["notes"]:
        lines.append("--verbose shows the notes; --explain CODE explains one.")
    lines += [f"{finding.message}: {finding.hint}" for finding in report.findings if finding.code == "pages-unjudged"]
    return "".join(f"{line}\n" for line in lines)
