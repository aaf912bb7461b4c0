"""How pages look: small pictures of small articles, kept beside the tests.

`nox -s goldens` writes them anew; look at each that changed before you commit it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from pipeline.rendering.pdf_raster import render_pages
from pipeline.writers import handout
from tests.makers import everything, job, single
from tests.writers.test_handout import PUBLISHER, as_drawing
from tests.writers.test_handout_variants import exercise, long_with_pictures

FOLDER = Path(__file__).parent / "goldens"
DPI = 50
SHEETS = (
    ("everything", everything, "standard"),
    ("exercise", exercise, "exercise-card"),
    ("exercise", exercise, "large-print"),
    ("exercise", exercise, "a5"),
    ("exercise", exercise, "short"),
    ("long", long_with_pictures, "letter"),
)
MOST_PAGES = 2
"""Of a sheet: what comes later looks like what came before."""


def drawn() -> Iterator[tuple[str, Image.Image]]:
    """Yield the pages in grey, each with the name of its picture."""
    for name, article, variant in SHEETS:
        edition = single(article())
        options = handout.Options(variants=(variant,))  # type: ignore[arg-type]  # of the table
        written = handout.write(edition, as_drawing(job(handout, edition, options=options, publisher=PUBLISHER)))
        for number, page in enumerate(render_pages(written.artifacts[0].data, DPI)[:MOST_PAGES], 1):
            yield f"{name}.{variant}.{number}.png", page.convert("L")


def as_png(page: Image.Image) -> bytes:
    """Return a page in sixteen greys, which keeps the files small."""
    data = io.BytesIO()
    page.quantize(16).save(data, "PNG", optimize=True)
    return data.getvalue()


def write_all() -> None:
    """Write every picture anew, and remove those of sheets that are no more."""
    FOLDER.mkdir(exist_ok=True)
    made = {name: as_png(page) for name, page in drawn()}
    for path in FOLDER.glob("*.png"):
        if path.name not in made:
            path.unlink()
    for name, data in made.items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    write_all()
