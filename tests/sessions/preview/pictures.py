"""Draw the pictures of `docs/preview.md` anew, from the sample articles.

python -m tests.sessions.preview.pictures FOLDER
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.sessions.conformance.projects import REPOSITORY
from tests.sessions.preview.desks import lay_out_samples, running, say, wait_until_idle
from tests.sessions.preview.views import launch, visit

ARTICLE, EDITION = "blog/soevn-og-smerter", "editions/smerter-og-soevn"
_COLOURS = 96
_FRESH = "() => document.getElementById('state').textContent === document.body.dataset.fresh"
_PATIENCE_MS = 180_000


def main(folder: Path) -> None:
    """Photograph shelf, proof and composer."""
    shutil.rmtree(folder / "samples", ignore_errors=True)
    project = lay_out_samples(folder / "samples")
    with sync_playwright() as playwright, running(project) as desk:
        wait_until_idle(desk)
        views = {"shelf": "/", "proof": f"/proof/{ARTICLE}?mail=dark", "compose": f"/compose/{EDITION}"}
        page = visit(launch(playwright), desk).new_page(viewport={"width": 1280, "height": 860})
        for name, path in views.items():
            page.goto(desk.address + path)
            page.wait_for_function(_FRESH, timeout=_PATIENCE_MS)
            page.wait_for_timeout(1000)
            shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            target = REPOSITORY / f"docs/preview-{name}.png"
            shot.quantize(_COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
            say(f"{target.name}: {target.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
