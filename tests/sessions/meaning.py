"""Compare what articles say with what every published file holds, in every variant, and print counts and differences.

python -m tests.sessions.meaning [PROJECT] [--outputs FOLDER]

Without PROJECT: the samples of this repository, and the articles of the folder that `PUBLISH_CORPUS` names. Exit code
1: a difference that no finding names.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.writers.handout.variants import IMPOSED_VARIANTS, VARIANTS
from tests.oracle.project import Result, compare_project
from tests.sessions.conformance.projects import REPOSITORY, lay_out_corpus, lay_out_samples
from tests.sessions.corpus import corpus_folder

KINDS = ("list numbers", "cells", "notes", "marks", "headings", "bookmarks", "addresses", "paragraphs")


def main(arguments: Sequence[str]) -> int:
    """Publish, compare, print; return 1 where a difference has no finding."""
    parser = argparse.ArgumentParser(prog="meaning", description="Compare published files with what articles say.")
    parser.add_argument("project", type=Path, nargs="?", help="a folder with publish.toml")
    parser.add_argument("--outputs", type=Path, help="what it was published to; without: it is published anew")
    asked = parser.parse_args(arguments)
    with TemporaryDirectory() as name:
        if asked.project and asked.outputs:
            return _compared(asked.project, asked.outputs)
        projects = [asked.project] if asked.project else [lay_out_samples(Path(name), "ua-1")]
        if not asked.project and (corpus := corpus_folder()):
            projects.append(lay_out_corpus(Path(name), corpus, "ua-1"))
        faults = 0
        for number, project in enumerate(projects):
            outputs = Path(name, f"outputs-{number}")
            _publish(project.resolve(), outputs)
            faults += _compared(project, outputs)
    return min(faults, 1)


def _publish(project: Path, outputs: Path) -> None:
    variants = [word for variant in (*VARIANTS, *IMPOSED_VARIANTS) for word in ("--variant", variant)]
    command = [sys.executable, "-m", "pipeline.cli", "all", "--project", str(project), "--outputs", str(outputs)]
    # Its exit code says nothing here: real articles have faults of their own.
    subprocess.run([*command, *variants], cwd=REPOSITORY, capture_output=True, check=False)


def _compared(project: Path, outputs: Path) -> int:
    """Print what was compared; return whether a difference has no finding."""
    results = list(compare_project(project, outputs))
    sys.stdout.write("".join(f"{row}\n" for row in _table(results)))
    unnamed = 0
    for result in results:
        for difference in result.compared.differences:
            is_named = result.is_named(difference)
            unnamed += not is_named
            why = " (named by a finding)" if is_named else ""
            sys.stdout.write(f"{result.path}: {result.source}:{difference.line}: {difference.message}{why}\n")
    files = len({result.path for result in results})
    sys.stdout.write(f"meaning: {project.resolve().name}: {files} files, {unnamed} differences without a finding\n")
    return int(bool(unnamed) or not results)


def _table(results: Iterable[Result]) -> list[str]:
    """Return a row of counts for each format and variant."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        counts[result.kind] += Counter(result.compared.counts)
        counts[result.kind]["texts"] += 1
        counts[result.kind]["differences"] += len(result.compared.differences)
    heads = ("texts", *KINDS, "differences")
    rows = [["format", *heads]]
    rows += [[kind, *(str(counted[head]) for head in heads)] for kind, counted in sorted(counts.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
