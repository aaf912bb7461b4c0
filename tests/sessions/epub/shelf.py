"""The books to judge: one for each article of a corpus, and one of all."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import build, config, writers
from pipeline.engine.executor import cores
from pipeline.report import Report
from pipeline.run.run_context import Request

ANTHOLOGY = "samlinger/alle"
PROJECT = """[publisher]
name = "Klinik Eksempel"
website = "https://klinik.example"
address = "Eksempelvej 1, 8000 Aarhus C"
email = "kontakt@klinik.example"
cvr = "12345674"

[sources]
articles = ["content/**/*.md"]
root = "public"

[epub]
reviewed_by = "Ida Prøvegaard"
reviewed = 2026-11-02
"""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A project with a corpus in it, published."""

    folder: Path

    @property
    def outputs(self) -> Path:
        return self.folder / "outputs"

    def run(self, *formats: str, articles: tuple[str, ...] = (), jobs: int = 0, is_certified: bool = False) -> Report:
        """Publish, as the command does."""
        settings = config.load_config(self.folder, writers.installed_writers())
        request = Request(formats, articles, jobs=jobs or cores())
        return (build.certify if is_certified else build.publish)(settings, request, _say)

    def editions(self) -> list[dict[str, Any]]:
        """Return what the last report says of each edition."""
        document = json.loads((self.outputs / "report.json").read_text("utf-8"))
        editions: list[dict[str, Any]] = document["editions"]
        return editions

    def books(self) -> dict[str, bytes]:
        """Return every finished book by its id."""
        return {
            edition["id"]: (self.outputs / artifact["path"]).read_bytes()
            for edition in self.editions()
            if edition["format"] == "epub"
            for artifact in edition["artifacts"]
        }


def set_up(corpus: Path, folder: Path, most: int = 0) -> tuple[Shelf, float]:
    """Return the corpus as a project with an anthology of all its articles, and the seconds each book took.

    The handouts are printed first, by themselves: it is the e-books whose time is told.

    Args:
        most: Take so many articles, evenly spread; 0: all.
    """
    for part in ("content", "public"):
        shutil.copytree(corpus / part, folder / part)
    articles = sorted((folder / "content").rglob("*.md"))
    kept = articles[:: max(1, len(articles) // most)][:most] if most else articles
    for left_out in set(articles) - set(kept):
        left_out.unlink()
    (folder / "publish.toml").write_text(PROJECT, "utf-8")
    shelf = Shelf(folder)
    shelf.run("handout")
    began = time.monotonic()
    report = shelf.run("epub", jobs=1)
    took_s = time.monotonic() - began
    ids = [entry.id for entry in report.entries if entry.status == "written"]
    half = len(ids) // 2
    listed = "\n".join(
        f"  - part: {title}\n    articles: [{', '.join(below)}]"
        for title, below in (("Krop", ids[:half]), ("Smerter", ids[half:]))
    )
    anthology = folder / f"content/{ANTHOLOGY}.md"
    anthology.parent.mkdir()
    series = "series: {title: Klinikkens bøger, position: 2}"
    anthology.write_text(
        f"---\ntitle: Alt om krop og smerter\n{series}\narticles:\n{listed}\n---\n\nAlt i én bog.\n", "utf-8"
    )
    shelf.run("epub", articles=(ANTHOLOGY,))
    return shelf, took_s / len(ids)


def sample(ids: list[str], count: int) -> list[str]:
    """Return so many ids, evenly spread over the list, the anthology first."""
    singles = sorted(set(ids) - {ANTHOLOGY})
    step = max(1, len(singles) // (count - 1))
    return [ANTHOLOGY, *singles[::step][: count - 1]]


def _say(step: str, done: int, of: int) -> None:
    if done == of:
        print(f"{step}: {of}", flush=True)  # noqa: T201  # a session shows how far it is
