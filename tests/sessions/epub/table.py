"""The table of figures in `docs/epub.md`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.sessions.epub.judges import Verdict

BEGIN, END = "<!-- figures: nox -s epub -- --write docs/epub.md -->", "<!-- end of figures -->"
SEVERITIES = ("FATAL", "ERROR", "WARNING")


@dataclass(frozen=True, slots=True)
class Column:
    """How the books of one maker fare."""

    books: int
    mean_bytes: float
    build_each_s: float
    epubcheck: Verdict
    ace: Verdict
    false_claims: int
    books_with_false_claims: int


def rows(ours: Column, pandoc: Column, conforming: int) -> list[str]:
    """Return the table as Markdown lines."""

    def both(label: str, *values: str) -> str:
        return f"| {label} | {' | '.join(values)} |"

    columns = (ours, pandoc)
    return [
        "| | clinic-publish | pandoc |",
        "|---|---|---|",
        both("books", *(str(column.books) for column in columns)),
        both("mean size, books of one article", *(f"{column.mean_bytes / 1000:.0f} kB" for column in columns)),
        both("building one, in one process", *(f"{column.build_each_s:.2f} s" for column in columns)),
        both(
            "EPUBCheck: fatal / error / warning",
            *(" / ".join(str(made.epubcheck.count(kind)) for kind in SEVERITIES) for made in columns),
        ),
        both("EPUBCheck, one book", *(f"{column.epubcheck.each_s:.1f} s" for column in columns)),
        both("Ace: violations in a sample", *(f"{len(c.ace.faults)} in {c.ace.books}" for c in columns)),
        both("Ace, one book", *(f"{column.ace.each_s:.1f} s" for column in columns)),
        both(
            "claims that the pages do not bear out",
            *(f"{column.false_claims} in {column.books_with_false_claims} books" for column in columns),
        ),
        both("books that claim WCAG 2.2 AA, all certified", str(conforming), "0"),
    ]  # fmt: skip


def write(document: Path, lines: list[str]) -> None:
    """Put the table in its place in a document."""
    text = document.read_text("utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    document.write_text(f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{after}", "utf-8")
