"""`publish import`: Word, OpenDocument and HTML files as articles."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.commands.shared_options import load_project, project_option

if TYPE_CHECKING:
    from pipeline.importing.importer import ImportResult


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--check", "is_check", is_flag=True, help="Write nothing; say what would be lost or changed.")
@click.option("--folder", default="", metavar="FOLDER", help="Folder below that of the articles, such as blog.")
@project_option
def import_(files: tuple[Path, ...], is_check: bool, folder: str, project: Path | None) -> int:  # noqa: FBT001  # click's flags
    """Write each FILE (.docx, .odt, .html) as an article, a draft to be looked over, with its pictures.

    Headings, lists, tables, notes, links and pictures come along; styles such as “Advarsel” become boxes. Tracked
    changes, comments and what does not come along are named with their lines, and all words of FILE are compared with
    those of the article. Nothing is overwritten. See docs/import.md.
    """
    from pipeline.importing.importer import import_documents

    if re.search(r"^/|\\|(?:^|/)\.\.?(?:/|$)|[\x00-\x1f]", folder):
        raise click.BadParameter(f"{folder!r}, expected a folder such as blog", param_hint="--folder")
    results = import_documents(load_project(project), files, folder, is_check=is_check)
    for result in results:
        for line in _lines(result, is_check=is_check):
            click.echo(line)
    return int(not all(result.is_whole for result in results))


def _lines(result: ImportResult, *, is_check: bool) -> list[str]:
    name = result.document.name
    if not result.article:
        refused = result.findings[0]
        return [f"{name}: error: {refused.message}", f"  hint: {refused.hint}"]
    pictures = {0: "", 1: " and 1 picture"}.get(result.pictures, f" and {result.pictures} pictures")
    lines = [f"{name}: {'would become' if is_check else 'wrote'} {result.article}{pictures}"]
    for finding in result.findings:
        place = f"{finding.source}:{finding.line}" if finding.line else finding.source
        lines.append(f"  {place}: {finding.severity} {finding.code}: {finding.message}")
        lines += [f"    hint: {finding.hint}"] if finding.severity != "note" else []
    proof = "each is in the article, in order" if result.is_whole else "not each is in the article: see import-words"
    return [*lines, f"  word for word: {result.words:,} words in the document, {proof}"]
