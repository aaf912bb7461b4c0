"""Prove `publish print` with a real CUPS and its PDF printer, and print what was seen."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2

from tests.makers import picture_file, write
from tests.sessions.printing.server import QUEUE, Server, add_printer, missing, running

TITLE = "Bækken & lænd"
ARTICLE = f"""---
title: {TITLE}
published: 2026-03-02
picture: /images/ryg.png
picture_alt: En ryg
---

{"Bevægelse hjælper mere end hvile, også når det gør lidt ondt. " * 120}
"""
COPIES = 3
_MM_PER_PT = 25.4 / 72
_TOLERANCE_MM = 4.0


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold, and what was seen."""

    claim: str
    holds: bool
    seen: str


def main() -> int:
    """Print every check; return 1 where one fails."""
    if why := missing():
        sys.stdout.write(f"printing: skipped: {why}\n")
        return 0
    with tempfile.TemporaryDirectory(prefix="publish-printing-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        project = _project(folder / "project")
        with running(folder / "cups") as server:
            before = set(server.printed.glob("*.pdf"))
            if before:
                sys.stdout.write(f"printing: skipped: {server.printed} is in use by someone else's prints\n")
                return 0
            try:
                checks = list(_checks(server, project))
            finally:
                for path in server.printed.glob("*.pdf"):
                    path.unlink()
        checks += _without_server(server, project)
    for check in checks:
        sys.stdout.write(f"{'ok    ' if check.holds else 'FAILED'}  {check.claim}: {' '.join(check.seen.split())}\n")
    failed = sum(not check.holds for check in checks)
    sys.stdout.write(f"printing: {len(checks)} checks with CUPS, {failed} failed\n")
    return int(failed > 0)


def _checks(server: Server, project: Path) -> Iterator[Check]:
    done = _publish(server, project, "print", "blog/ryg")
    yield Check("without printers it says so", done.returncode == 2 and "knows no printer" in done.stderr, done.stderr)
    add_printer(server)
    done = _publish(server, project, "print", "blog/ryg")
    told = done.returncode == 2 and f"there is {QUEUE}" in done.stderr
    yield Check("without a default it names those there are", told, done.stderr)
    server.call("lpadmin", "-d", QUEUE)
    done = _publish(server, project, "print", "--list")
    yield Check("--list shows the printers", done.stdout == f"{QUEUE} (default)\n", done.stdout)
    done = _publish(server, project, "print", "blog/ryg", "--printer", "Receptoin")
    yield Check("a wrong name is answered with the nearest", f"did you mean {QUEUE!r}?" in done.stderr, done.stderr)

    done = _publish(server, project, "print", "blog/ryg", "--copies", str(COPIES), "--dry-run")
    queued = server.call("lpstat", "-W", "all", "-o").strip()
    yield Check("--dry-run prints nothing", not queued and "would print" in done.stdout, done.stdout)

    handout = project / "outputs/handout/blog/ryg.pdf"
    pages = len(pypdfium2.PdfDocument(handout))
    done = _publish(server, project, "print", "blog/ryg", "--copies", str(COPIES))
    paper = server.wait_for_paper(1)[-1]
    job = server.logged()[-1]
    wanted = {"printer": QUEUE, "media": "A4", "sides": "two-sided-long-edge", "title": TITLE}
    yield Check("CUPS saw paper, sides and title", wanted.items() <= job.items(), str(job))
    yield Check("each copy fills whole sheets", *_pages(paper, (pages + pages % 2) * COPIES))
    yield Check("the page is printed in its own size", *_likeness(handout, paper))
    yield Check("colours stay without --greyscale", *_colours(paper, are_wanted=True))

    _publish(server, project, "print", "blog/ryg", "--copies", "1", "--greyscale")
    paper = server.wait_for_paper(2)[-1]
    yield Check("--greyscale prints without colour", *_colours(paper, are_wanted=False))
    yield Check("CUPS saw greyscale", server.logged()[-1]["colour"] == "monochrome", str(server.logged()[-1]))


def _without_server(server: Server, project: Path) -> Iterator[Check]:
    done = _publish(server, project, "print", "--list")
    told = done.returncode == 2 and "does not answer" in done.stderr
    yield Check("without a server it says so", told, done.stderr)


def _project(folder: Path) -> Path:
    write(folder / "publish.toml", '[publisher]\nname = "Klinik Eksempel"\nwebsite = "https://klinik.example"\n')
    write(folder / "sources/blog/ryg.md", ARTICLE)
    write(folder / "sources/images/ryg.png", picture_file())
    return folder


def _publish(server: Server, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *arguments, "--project", str(project)],
        env=server.environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def _pages(paper: Path, wanted: int) -> tuple[bool, str]:
    document = pypdfium2.PdfDocument(paper)
    return len(document) == wanted, f"{len(document)} sides, {wanted} wanted"


def _likeness(handout: Path, paper: Path) -> tuple[bool, str]:
    """Tell whether what is printed stands where the handout has it, to the width of two letters."""
    first, second = _ink_mm(handout), _ink_mm(paper)
    is_like = all(abs(one - other) < _TOLERANCE_MM for one, other in zip(first, second, strict=True))
    return is_like, f"left, top, right, bottom {second} mm; the handout {first} mm"


def _ink_mm(path: Path) -> tuple[float, ...]:
    """Return the box around all that is dark on the first page."""
    drawn = pypdfium2.PdfDocument(path)[0].render(scale=1, grayscale=True).to_pil()
    box = drawn.point(lambda level: 255 if level < 128 else 0).getbbox() or (0, 0, 0, 0)
    return tuple(round(edge * _MM_PER_PT, 1) for edge in box)


def _colours(paper: Path, *, are_wanted: bool) -> tuple[bool, str]:
    drawn = pypdfium2.PdfDocument(paper)[0].render(scale=1).to_numpy().astype(int)
    spread = int(np.max(drawn.max(axis=2) - drawn.min(axis=2)))
    return (spread > 30) == are_wanted, f"strongest colour {spread} of 255"


if __name__ == "__main__":
    sys.exit(main())
