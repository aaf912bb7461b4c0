"""How time and memory grow with a book: 250, 500 and 1,000 articles, each bound in a process of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from pipeline.model import Article, Edition, EditionPart
from pipeline.writers import Facts, Written, epub, handout
from tests.makers import article, changed, contents, everything, header, job, para

SIZES = (250, 500, 1000)
PER_PART = 50
MOST = 1.25
"""Twice the articles may take twice the time and memory, and a quarter more: the machine has other work as well."""
SENTENCES = "Bevægelse hjælper mere end hvile, og det gælder også for dig. Gå en tur, når det passer dig bedst. " * 4


@dataclass(frozen=True, slots=True)
class Bound:
    """What one book took."""

    articles: int
    pages: int
    bytes: int
    layout_s: float
    """Processor time for the pages of the printed edition, which its page list follows."""
    writing_s: float
    """Processor time for the book itself."""
    peak_mb: float


def measured(folder: Path) -> tuple[list[str], list[str]]:
    """Return a line for each size, and what grows faster than its content."""
    folder.mkdir(parents=True)
    books = [_in_a_process(size, folder) for size in SIZES]
    lines = [
        f"A book of {book.articles} articles: {book.pages} pages laid out in {book.layout_s:.0f} s, written in "
        f"{book.writing_s:.1f} s, {book.peak_mb:.0f} MB at most, {book.bytes / 1e6:.1f} MB"
        for book in books
    ]
    faults = []
    for what in ("layout_s", "writing_s", "peak_mb"):
        ratios = [_ratio(small, large, what) for small, large in pairwise(books)]
        lines.append(f"{what}, by article, from one size to the next: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
        faults += [f"{what} grows {ratio:.2f} times as fast as the book" for ratio in ratios if ratio > MOST]
    return lines, faults


def _ratio(small: Bound, large: Bound, what: str) -> float:
    grown: float = getattr(large, what) / getattr(small, what)
    return grown / (large.articles / small.articles)


def _in_a_process(size: int, folder: Path) -> Bound:
    done = subprocess.run(
        [sys.executable, "-m", "tests.sessions.epub.growth", str(size), str(folder / f"{size}.epub")],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return Bound(**json.loads(done.stdout))


def _articles(count: int) -> Iterator[Article]:
    """Yield articles of three pages or so: every seventh has every kind of block, each has words of its own."""
    for number in range(count):
        id_, title = f"blog/nr-{number:04}", f"Artikel nummer {number}"
        address = f"https://klinik.example/{id_}"
        if number % 7 == 0:
            yield changed(everything(), id=id_, title=title, address=address)
        else:
            sections = (
                block
                for part in range(4)
                for block in (header(f"Afsnit {part}"), para(f"Nr. {number}. {SENTENCES}"), para(SENTENCES))
            )
            yield article(id=id_, title=title, address=address, blocks=tuple(sections))


def _edition(count: int) -> Edition:
    articles = tuple(_articles(count))
    ids = tuple(made.id for made in articles)
    parts = tuple(EditionPart(f"Del {at}", ids[at : at + PER_PART]) for at in range(0, count, PER_PART))
    front = article(id="alt", title="Alt i én bog", blocks=(para("Velkommen."),), contents=contents(ids, parts))
    return Edition(front, articles)


def _bind(count: int) -> tuple[Written, Facts, float, float]:
    edition = _edition(count)
    began = time.process_time()
    facts = handout.facts(edition, job(handout, edition))
    laid_out = time.process_time()
    written = epub.write(edition, job(epub, edition, facts=facts))
    return written, facts, laid_out - began, time.process_time() - laid_out


def main() -> None:
    """Bind one book and print what it took."""
    size = int(sys.argv[1])
    written, facts, layout_s, writing_s = _bind(size)
    data = written.artifacts[0].data
    Path(sys.argv[2]).write_bytes(data)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    bound = Bound(size, facts.pages, len(data), layout_s, writing_s, peak_mb)
    print(json.dumps(asdict(bound)))  # noqa: T201  # for the session that waits for it


if __name__ == "__main__":
    main()
