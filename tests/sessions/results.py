"""Draw `docs/results.png`: one article on paper, in an e-book and in a mail, as the README shows it.

python -m tests.sessions.results OUTPUTS
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw

ARTICLE = "oevelser/baekkenloeft"
HEIGHT_PX = 900
GAP_PX = 60
GROUND = "#e9edec"


def main(outputs: Path) -> None:
    """Draw the picture from published outputs."""
    shots = [paper(outputs), *screens(outputs)]
    scaled = [shot.resize((round(shot.width * HEIGHT_PX / shot.height), HEIGHT_PX)) for shot in shots]
    width = sum(shot.width for shot in scaled) + GAP_PX * (len(scaled) + 1)
    sheet = Image.new("RGB", (width, HEIGHT_PX + 2 * GAP_PX), GROUND)
    x = GAP_PX
    for shot in scaled:
        ImageDraw.Draw(sheet).rectangle((x + 6, GAP_PX + 6, x + shot.width + 6, GAP_PX + HEIGHT_PX + 6), fill="#c9d1cf")
        sheet.paste(shot, (x, GAP_PX))
        x += shot.width + GAP_PX
    path = Path(__file__).parent.parent.parent / "docs/results.png"
    sheet.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
    sys.stdout.write(f"{path.name}: {path.stat().st_size // 1000} kB\n")


def paper(outputs: Path) -> Image.Image:
    """Return the first page of the handout."""
    document = pypdfium2.PdfDocument(outputs / f"handout/{ARTICLE}.pdf")
    page: Image.Image = document[0].render(scale=1.6).to_pil()
    return page.convert("RGB")


def screens(outputs: Path) -> list[Image.Image]:
    """Return the e-book's chapter and the newsletter as a phone shows them, the mail in the dark."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        with zipfile.ZipFile(outputs / f"epub/{ARTICLE}.epub") as book:
            book.extractall(folder)
        chapter = next(Path(folder).rglob("chapter-001.xhtml"))
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        shots = []
        for page_file, is_dark in ((chapter, False), (outputs / f"newsletter/{ARTICLE}.html", True)):
            context = browser.new_context(viewport={"width": 400, "height": 860}, device_scale_factor=1.5)
            page = context.new_page()
            page.emulate_media(color_scheme="dark" if is_dark else "light")
            page.goto(page_file.resolve().as_uri())
            page.wait_for_timeout(300)
            shots.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        browser.close()
    return shots


if __name__ == "__main__":
    main(Path(sys.argv[1]))
