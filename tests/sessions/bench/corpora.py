"""Articles to measure with: of a corpus, or generated, the same for every run."""

from __future__ import annotations

import io
import random
import re
import shutil
from pathlib import Path

from PIL import Image, ImageDraw

from tests.makers import PUBLISH_TOML

REPOSITORY = Path(__file__).parents[3]
_TEXT = (
    "ryggen har bedst af at blive brugt og bevægelse hjælper mere end hvile når smerter varer ved kan en fysioterapeut "
    "finde øvelser som passer til dig gå en tur hver dag sov godt og begynd roligt med det du kan"
)
_WORDS = _TEXT.split()
CONFIG = (
    PUBLISH_TOML
    + """
[sources]
articles = ["content/**/*.md"]
root = "public"
"""
)
"""Every format in its standard form."""


def take(corpus: Path, folder: Path, below: str = "") -> Path:
    """Return a project with the articles of a corpus, or of a folder in it."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(corpus / "content" / below, folder / "content" / below)
    shutil.copytree(corpus / "public", folder / "public")
    (folder / "publish.toml").write_text(CONFIG, "utf-8")
    return folder


def generate(folder: Path, count: int) -> Path:
    """Return a project with short articles; every tenth has a drawing of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "public").mkdir(parents=True)
    (folder / "publish.toml").write_text(CONFIG, "utf-8")
    for number in range(count):
        dice = random.Random(number)  # noqa: S311  # the same articles in every run
        path = folder / f"content/{number // 100:03}/artikel-{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        blocks = [
            f"## Afsnit {part}\n\n{_text(dice, 60)}\n\n- {_text(dice, 8)}\n- {_text(dice, 8)}" for part in (1, 2, 3)
        ]
        if number % 10 == 0:
            (folder / f"public/{number}.png").write_bytes(_drawing(dice))
            blocks.insert(1, f"![En person gør øvelse {number}](/{number}.png)")
        front = f"---\ntitle: Artikel {number} om ryggen\npublished: 2026-03-02\n---\n\n"
        path.write_text(front + "\n\n".join(blocks) + "\n", "utf-8")
    return folder


def articles_of(project: Path) -> list[Path]:
    return sorted((project / "content").rglob("*.md"))


def stage(project: Path, folder: Path) -> list[Path]:
    """Return the articles as peers can read them: pictures by their path on this machine, missing ones left out."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    staged: list[Path] = []
    for source in articles_of(project):

        def place(found: re.Match[str]) -> str:
            picture = project / "public" / found[2].lstrip("/")
            return f"![{found[1]}]({picture})" if picture.is_file() else ""

        text = re.sub(r"!\[([^\]]*)\]\((/[^)\s]+)[^)]*\)", place, source.read_text("utf-8"))
        target = folder / f"{len(staged):05}.md"
        target.write_text(text, "utf-8")
        staged.append(target)
    return staged


def _section(dice: random.Random, part: int) -> str:
    return f"## Afsnit {part}\n\n{_text(dice, 60)}\n\n- {_text(dice, 8)}\n- {_text(dice, 8)}"


def _text(dice: random.Random, count: int) -> str:
    return " ".join(dice.choices(_WORDS, k=count)).capitalize() + "."


def _drawing(dice: random.Random) -> bytes:
    picture = Image.new("RGB", (1200, 800), "white")
    pen = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y = dice.randrange(1000), dice.randrange(600)
        pen.ellipse((x, y, x + 150, y + 150), fill=tuple(dice.randrange(256) for _ in range(3)))
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()
