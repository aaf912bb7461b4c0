"""Print every variant of a project, and count how the paper is used: by variant, by kind of article, worst ones named.

python -m tests.sessions.pages [PROJECT] [--outputs FOLDER]

Without PROJECT: the samples of this repository, and the articles of the folder that `PUBLISH_CORPUS` names. It counts;
an eye judges. Exit code 1: a variant failed, or steps, a dose or a box of help are missing from a short sheet.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.config import load_config
from pipeline.languages import together
from pipeline.model import URGENT_KINDS, Article, Header, Para, help_boxes, text
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.rendering.words import load_words
from pipeline.writers import installed_writers
from pipeline.writers.handout.sheet_fit import MOST_BLANK_SHARE
from pipeline.writers.handout.variants import IMPOSED_VARIANTS, STANDARD_VARIANT, VARIANTS
from tests.oracle.facts import squeezed
from tests.oracle.project import articles_of
from tests.sessions.conformance.projects import REPOSITORY, lay_out_corpus, lay_out_samples
from tests.sessions.corpus import corpus_folder
from tests.sessions.pages import measuring

STEPS = re.compile(together().exercise_steps, re.IGNORECASE)
DOSE = re.compile(together().exercise_dose, re.IGNORECASE)
CAUTION = re.compile(together().exercise_caution, re.IGNORECASE)
ROWS = (
    "files", "pages", "inner pages", "side blank by a fifth or more", "foot blank by 15 % or more",
    "last pages of six lines or fewer", "odd", "odd, and could be even", "parted from what they announce",
    "drawings under 7 pt or 3:1", "drawings left out and said", "with boxes of help", "with all of them on paper",
    "with a pointer on page 1", "exercises", "cards on A5", "cards on A4", "cards left out", "with dose", "dose kept",
    "with caution", "caution kept", "variants failed",
)  # fmt: skip
_A5_PT = 430
"""A page that is wider is no A5, 420 points wide."""
_BEGINNING = 40
"""Letters by which a passage is looked for."""


@dataclass(slots=True)
class Counts:
    """Counts of each row, by column, and what stands out."""

    cells: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    worst: list[tuple[float, str]] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    def add(self, columns: Iterable[str], row: str, count: int = 1) -> None:
        for column in columns:
            self.cells[column][row] += count

    def note(self, weight: float, words: str) -> None:
        self.worst.append((weight, words))


def main(arguments: Sequence[str]) -> int:
    """Publish, count, print; return 1 where something failed or is missing."""
    parser = argparse.ArgumentParser(prog="pages", description="Count how handouts use their paper.")
    parser.add_argument("project", type=Path, nargs="?", help="a folder with publish.toml")
    parser.add_argument("--outputs", type=Path, help="what it was published to; without: it is published anew")
    asked = parser.parse_args(arguments)
    with TemporaryDirectory() as name:
        projects = [asked.project] if asked.project else [lay_out_samples(Path(name), "ua-1")]
        if not asked.project and (corpus := corpus_folder()):
            projects.append(lay_out_corpus(Path(name), corpus, "ua-1"))
        faults = 0
        for number, project in enumerate(projects):
            outputs = asked.outputs or Path(name, f"outputs-{number}")
            if not (asked.project and asked.outputs):
                publish(project.resolve(), outputs)
            counts = count_project(project, outputs)
            sys.stdout.write(f"pages: {project.resolve().name}\n{shown(counts)}\n")
            total = counts.cells["all"]
            faults += total["variants failed"] + total["with dose"] - total["dose kept"]
            faults += total["with caution"] - total["caution kept"]
    return min(faults, 1)


def publish(project: Path, outputs: Path) -> None:
    variants = [word for variant in (*VARIANTS, *IMPOSED_VARIANTS) for word in ("--variant", variant)]
    command = [sys.executable, "-m", "pipeline.cli", "handout", "--project", str(project), "--outputs", str(outputs)]
    # Its exit code says nothing here: real articles have faults of their own.
    subprocess.run([*command, *variants], cwd=REPOSITORY, capture_output=True, check=False)


def count_project(project: Path, outputs: Path) -> Counts:
    """Return the counts of all published handouts, by variant and by kind of article."""
    report = json.loads((outputs / "report.json").read_text("utf-8"))
    publisher = load_config(project, installed_writers()).publisher.name
    articles = articles_of(project)
    findings: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for finding in report["findings"]:
        findings[finding["source"]].append(finding)
    counts = Counts()
    for entry in report["editions"]:
        if entry["format"] != "handout" or entry["sources"][0] not in articles:
            continue
        article = articles[entry["sources"][0]]
        kind = "editions" if len(entry["sources"]) > 1 else entry["id"].rpartition("/")[0] or "articles"
        _count_findings(counts, entry, kind, findings[article.source])
        for artifact in entry["artifacts"]:
            if artifact["path"].endswith(".pdf"):
                variant = artifact["path"].removeprefix(f"handout/{entry['id']}").removesuffix(".pdf")[1:]
                sheet = Sheet(article, variant or STANDARD_VARIANT, kind, artifact["path"], publisher)
                sheet.count(counts, (outputs / artifact["path"]).read_bytes())
    return counts


def _count_findings(counts: Counts, entry: dict[str, Any], kind: str, findings: list[dict[str, Any]]) -> None:
    """Count what the report says: failed variants, drawings and cards that were left out."""
    named = ("all", f"kind {kind}")
    if entry["status"] in ("failed", "stale"):
        counts.add(named, "variants failed")
        counts.note(9, f"failed: {entry['id']}")
    for finding in findings:
        variant, is_variant, _ = finding["message"].partition(": ")
        column = f"variant {variant if is_variant and variant in VARIANTS else STANDARD_VARIANT}"
        if finding["code"] == "pdf-nonconforming":
            counts.add((*named, column), "variants failed")
            counts.note(8, f"{entry['id']}: {finding['message'][:120]}")
        if finding["code"] == "handout-drawing-left-out":
            counts.add((*named, column), "drawings left out and said")
        if finding["code"] == "handout-variant" and _is_exercise_without_card(finding["message"]):
            counts.add((*named, "variant exercise-card"), "exercises")
            counts.add((*named, "variant exercise-card"), "cards left out")
            counts.note(5, f"{entry['id']}: {finding['message']}")


def _is_exercise_without_card(message: str) -> bool:
    return message.startswith("no exercise-card: ") and "it is no exercise" not in message and "binds" not in message


@dataclass(frozen=True, slots=True)
class Sheet:
    """A published file."""

    article: Article
    variant: str
    kind: str
    path: str
    publisher: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it counts for: by kind only as a standard handout."""
        if self.variant == STANDARD_VARIANT:
            return (f"variant {self.variant}", f"kind {self.kind}", "all")
        return (f"variant {self.variant}", "all")

    def count(self, counts: Counts, data: bytes) -> None:
        if self.variant in IMPOSED_VARIANTS:
            counts.add(self.columns, "files")
            return
        pages = measuring.pages_of(data)
        counts.add(self.columns, "files")
        counts.add(self.columns, "pages", len(pages))
        self._count_paper(counts, pages)
        for parted in measuring.parted_blocks(data, STEPS, DOSE):
            counts.add(self.columns, "parted from what they announce")
            counts.note(3, f"parted: {self.path} page {parted.page}: {parted.what}")
        for drawing in measuring.unreadable_drawings(data):
            counts.add(self.columns, "drawings under 7 pt or 3:1")
            counts.note(6, f"{self.path} {drawing}")
        self._count_content(counts, pages)

    def _count_paper(self, counts: Counts, pages: tuple[measuring.PageUse, ...]) -> None:
        inner = pages[1:-1] if self.kind == "editions" else pages[:-1]  # a cover may be as empty as it likes
        counts.add(self.columns, "inner pages", len(inner))
        for page in inner:
            where = f"{self.path} page {pages.index(page) + 1} of {len(pages)}"
            if page.blank_side > 0.2:
                counts.add(self.columns, "side blank by a fifth or more")
                counts.note(page.blank_side, f"side blank by {page.blank_side:.0%}: {where}")
            if page.blank_foot > 0.15:
                counts.add(self.columns, "foot blank by 15 % or more")
                counts.note(1 + page.blank_foot, f"foot blank by {page.blank_foot:.0%}: {where}")
        lines = measuring.last_lines(pages, self.publisher)
        if measuring.is_lonely(lines):
            counts.add(self.columns, "last pages of six lines or fewer")
            counts.note(2, f"{lines} lines on the last page: {self.path}")
        if len(pages) > 1 and len(pages) % 2:
            blank = measuring.blank_if_even(pages, _notes_heading(self.article.language))
            counts.add(self.columns, "odd")
            counts.add(self.columns, "odd, and could be even", int(blank < MOST_BLANK_SHARE))
            counts.odd.append(f"{len(pages)} pages; {len(pages) + 1} would be blank by {blank:.0%}: {self.path}")

    def _count_content(self, counts: Counts, pages: tuple[measuring.PageUse, ...]) -> None:
        first, *_ = texts = [squeezed(page.words) for page in pages]
        whole = _without_hyphens("".join(texts))
        boxes = help_boxes(self.article.blocks, "print")
        if boxes and self.kind != "editions":
            counts.add(self.columns, "with boxes of help")
            missing = [box for box in boxes if _beginning(text(box.blocks)) not in whole]
            counts.add(self.columns, "with all of them on paper", int(not missing))
            is_led = any(box.kind in URGENT_KINDS for box in boxes)
            has_label = any(squeezed(label) in first for label in _labels(self.article.language))
            counts.add(self.columns, "with a pointer on page 1", int(has_label or not is_led))
            if missing or (is_led and not has_label):
                counts.note(7, f"help: {self.path}")
        if self.variant == "exercise-card":
            is_small = pages[0].width_pt < _A5_PT
            counts.add(self.columns, "exercises")
            counts.add(self.columns, "cards on A5" if is_small else "cards on A4")
        if self.variant in ("short", "exercise-card", "exercise-card-a6"):
            for row, pattern in (("dose", DOSE), ("caution", CAUTION)):
                if (passage := _passage(self.article, pattern)) and _passage(self.article, STEPS):
                    counts.add(self.columns, f"with {row}")
                    is_kept = _beginning(passage) in whole
                    counts.add(self.columns, f"{row} kept", int(is_kept))
                    if not is_kept:
                        counts.note(7, f"without {row}: {self.path}")


def _passage(article: Article, pattern: re.Pattern[str]) -> str:
    """Return what stands below a heading, or in a paragraph that begins with it; empty where there is none."""
    blocks = article.blocks
    for block, after in pairwise(blocks):
        if isinstance(block, Header) and pattern.search(text(block.content)):
            return text((after,))
    starts = (text(block.content) for block in blocks if isinstance(block, Para))
    return next((words for words in starts if pattern.match(words)), "")


def _beginning(words: str) -> str:
    return _without_hyphens(squeezed(words))[:_BEGINNING]


def _without_hyphens(words: str) -> str:
    return re.sub("[-\ufffe\x02]", "", words)


def _labels(language: str) -> Iterator[str]:
    words = load_words(Styles((packaged_styles(),)), language).entries
    for kind in URGENT_KINDS:
        name = kind.replace("-", "_")
        yield from (words[key].removesuffix(", hvis …") for key in (f"callout_{name}", f"help_{name}") if key in words)


def _notes_heading(language: str) -> str:
    return load_words(Styles((packaged_styles(),)), language).entries["handout_questions"]


def shown(counts: Counts) -> str:
    """Return the tables by variant and by kind, and the worst ones."""
    pieces = []
    for prefix in ("variant ", "kind "):
        columns = [column for column in counts.cells if column.startswith(prefix)]
        rows = [["", *(column.removeprefix(prefix) for column in columns)]]
        rows += [[row, *(str(counts.cells[column][row]) for column in columns)] for row in ROWS]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
        pieces.append("\n".join(lines))
    pieces.append("\n".join(["odd numbers of pages:", *(f"  {words}" for words in sorted(counts.odd))]))
    worst = sorted(counts.worst, key=lambda each: (-each[0], each[1]))
    pieces.append("\n".join(["worst:", *(f"  {words}" for _, words in worst[:40])]))
    return "\n\n".join(pieces) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
