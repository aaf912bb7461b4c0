"""What others make of the same articles; each function is run as a process of its own: `python -m … peers NAME …`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.reading.pandoc import pandoc_path


def typst(out: Path, sources: Sequence[Path]) -> None:
    """Print PDF files by pandoc and Typst, one after the other, in one process."""
    import typst as printer

    for source in sources:
        middle = out / f"{source.stem}.typ"
        _pandoc(source, "-s", "-t", "typst", "-M", "lang=da", "-V", "papersize=a4", "-o", str(middle))
        printer.compile(str(middle), output=str(out / f"{source.stem}.pdf"), root="/")


def epub(out: Path, sources: Sequence[Path]) -> None:
    """Write e-books by pandoc."""
    for source in sources:
        _pandoc(source, "-M", "lang=da", "-o", str(out / f"{source.stem}.epub"))


def weasyprint(out: Path, sources: Sequence[Path]) -> None:
    """Print PDF files by pandoc with WeasyPrint as its engine."""
    for source in sources:
        _pandoc(source, "--pdf-engine=weasyprint", "-M", "lang=da", "-o", str(out / f"{source.stem}.pdf"))


def mjml_sources(out: Path, sources: Sequence[Path]) -> None:
    """Write what MJML reads; not measured."""
    for source in sources:
        html = subprocess.run(
            [str(pandoc_path()), str(source), "-t", "html"], capture_output=True, text=True, check=True
        ).stdout
        page = (
            f"<mjml><mj-body><mj-section><mj-column><mj-text>{html}</mj-text></mj-column></mj-section></mj-body></mjml>"
        )
        (out / f"{source.stem}.mjml").write_text(page, "utf-8")


def _pandoc(*arguments: str | Path) -> None:
    subprocess.run([str(pandoc_path()), *map(str, arguments)], check=True, capture_output=True)


PEERS: dict[str, Callable[[Path, Sequence[Path]], None]] = {
    "typst": typst,
    "epub": epub,
    "weasyprint": weasyprint,
    "mjml_sources": mjml_sources,
}

if __name__ == "__main__":
    name, folder, *paths = sys.argv[1:]
    PEERS[name](Path(folder), [Path(path) for path in paths])
