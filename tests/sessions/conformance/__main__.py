"""Judge every handout in every variant, and print one table.

python -m tests.sessions.conformance SCRATCH [--sample N]

Each project is printed twice: in PDF/UA-1 with PDF/A-2a, and in PDF/UA-2 with PDF/A-4. The judges: page-validation
for the first of them, our own for what no validator reports, qpdf, the fonts, the words against the source (on the
page, and through the structure tree), and veraPDF for both where Maven and Java are there.
Imposed files are for the copier: of them, that they claim nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import get_args

from pipeline.validation.pdf import PROFILES
from pipeline.validation.pdf_metadata import Standard
from tests.sessions.conformance import verapdf
from tests.sessions.conformance.judges import Verdict, examine
from tests.sessions.conformance.projects import lay_out_corpus, lay_out_samples, publish
from tests.sessions.conformance.wording import wording_of
from tests.sessions.corpus import corpus_folder

STANDARDS: tuple[Standard, ...] = get_args(Standard)
Rules = Mapping[str, Mapping[Path, tuple[str, ...]]]
"""By profile and file, the rules that veraPDF says are broken."""
_HEADS = (
    "project", "variant", "files", "pages", "UA", "A", "veraPDF UA", "veraPDF A", "other", "qpdf", "fonts", "text",
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Publish, judge, print; return 1 where anything is wrong."""
    parser = argparse.ArgumentParser(prog="conformance", description="Judge every handout in every variant.")
    parser.add_argument("scratch", type=Path, help="a folder to publish to, and to keep veraPDF in")
    parser.add_argument("--standard", choices=STANDARDS, help="print in this one only")
    parser.add_argument("--sample", type=int, default=0, help="so many articles of each project instead of all")
    asked = parser.parse_args(arguments)
    standards = (asked.standard,) if asked.standard else STANDARDS
    verdicts, failed = _judged(asked.scratch.resolve(), standards, asked.sample)
    vera = _vera(asked.scratch.resolve(), verdicts)
    faults = [*failed, *(fault for verdict in verdicts for fault in _faults(verdict, vera))]
    for row in _table(verdicts, vera):
        sys.stdout.write("  ".join(row) + "\n")
    sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    excused = sum(verdict.excused for verdict in verdicts)
    sys.stdout.write(
        f"conformance: {len(verdicts)} files, {len(faults)} faults; "
        f"{excused} false alarms of page-validation excused (see pipeline/validation/pdf.py)\n"
    )
    return int(bool(faults))


def _judged(scratch: Path, standards: Sequence[Standard], sample: int) -> tuple[list[Verdict], list[str]]:
    """Return the verdict on every file, and the articles that came to none."""
    projects = [(lay_out_samples(scratch, standard), standard) for standard in standards]
    if corpus := corpus_folder():
        projects += [(lay_out_corpus(scratch, corpus, standard), standard) for standard in standards]
    else:
        sys.stdout.write("corpus: skipped: PUBLISH_CORPUS names no folder\n")
    verdicts: list[Verdict] = []
    failed: list[str] = []
    with ProcessPoolExecutor() as pool:
        for folder, standard in projects:
            published = publish(folder, standard, sample)
            failed += [f"{folder.name}: {id_} was not published" for id_ in published.failed]
            verdicts += pool.map(partial(examine, wording=wording_of(folder)), published.handouts)
    return verdicts, failed


def _vera(scratch: Path, verdicts: Sequence[Verdict]) -> Rules:
    """Return what veraPDF says of every file that claims a standard; nothing where it cannot be had."""
    jars = verapdf.fetch(scratch)
    if isinstance(jars, str):
        sys.stdout.write(f"veraPDF: skipped: {jars}\n")
        return {}
    rules: dict[str, Mapping[Path, tuple[str, ...]]] = {}
    for standard, profiles in verapdf.PROFILES.items():
        handouts = (verdict.handout for verdict in verdicts)
        files = [each.path for each in handouts if each.standard == standard and not each.is_imposed]
        rules |= {profile: verapdf.judge(jars, files, profile) for profile in profiles if files}
    return rules


def _faults(verdict: Verdict, vera: Rules) -> Iterator[str]:
    """Yield everything that is wrong with a file, a line each."""
    handout = verdict.handout
    told = {
        **{f"page-validation {profile}": rules for profile, rules in verdict.rules.items()},
        **{f"veraPDF {profile}": by_file.get(handout.path, ()) for profile, by_file in vera.items()},
        "own judge": verdict.own,
        "qpdf": verdict.qpdf,
        "fonts": verdict.fonts,
        "text": verdict.text or (),
    }
    for judge, faults in told.items():
        for fault in faults:
            yield f"{handout.project}/{handout.path.name}: {judge}: {fault}"


def _table(verdicts: Sequence[Verdict], vera: Rules) -> Iterator[tuple[str, ...]]:
    """Yield the rows: of each variant of each project, how many rules are broken, and how many files have faults."""
    groups: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[verdict.handout.project, verdict.handout.variant].append(verdict)
    rows = [_HEADS, *(_row(project, variant, group, vera) for (project, variant), group in groups.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    for row in rows:
        yield tuple(cell.ljust(width) for cell, width in zip(row, widths, strict=True))


def _row(project: str, variant: str, group: Sequence[Verdict], vera: Rules) -> tuple[str, ...]:
    is_imposed = group[0].handout.is_imposed
    standard = group[0].handout.standard
    by_page = [
        str(sum(len(verdict.rules.get(profile, ())) for verdict in group)) if standard == "ua-1" else "–"
        for profile in PROFILES
    ]
    by_vera = [
        str(sum(len(vera[profile].get(verdict.handout.path, ())) for verdict in group)) if profile in vera else "–"
        for profile in verapdf.PROFILES[standard]
    ]
    texts = [verdict.text for verdict in group if verdict.text is not None]
    return (
        project,
        variant,
        str(len(group)),
        str(sum(verdict.pages for verdict in group)),
        *(("–",) * 4 if is_imposed else (*by_page, *by_vera)),
        str(sum(bool(verdict.own) for verdict in group)),
        str(sum(bool(verdict.qpdf) for verdict in group)),
        str(sum(bool(verdict.fonts) for verdict in group)),
        f"{sum(map(bool, texts))} of {len(texts)}" if texts else "–",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
