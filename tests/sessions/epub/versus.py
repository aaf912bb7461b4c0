"""The same articles as pandoc makes them into e-books."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Bound:
    """The books that pandoc made."""

    books: dict[str, bytes]
    refused: tuple[str, ...]
    """Articles of which it made none."""
    each_s: float


def by_pandoc(sources: dict[str, Path], root: Path, folder: Path) -> Bound:
    """Make a book of each source, as pandoc's manual shows it, with the pictures where pandoc can find them."""
    from pipeline.reading.pandoc import pandoc_path

    books: dict[str, bytes] = {}
    refused: list[str] = []
    began = time.monotonic()
    for number, (id_, source) in enumerate(sources.items()):
        text = source.read_text("utf-8-sig", "replace")
        # The sites mean /images/… from their own root; pandoc would look in the root of the machine.
        copy = folder / f"{number}.md"
        copy.write_text(re.sub(r"\]\(/(?!/)", "](", text), "utf-8")
        book = folder / f"{number}.epub"
        done = subprocess.run(
            [
                str(pandoc_path()), str(copy), "--from", "markdown", "--to", "epub3", "--toc", "--metadata", "lang=da",
                "--resource-path", str(root), "--output", str(book),
            ],
            capture_output=True,
            timeout=120,
            check=False,
        )  # fmt: skip
        if done.returncode or not book.is_file():
            refused.append(id_)
        else:
            books[id_] = book.read_bytes()
    return Bound(books, tuple(refused), (time.monotonic() - began) / max(1, len(sources)))
