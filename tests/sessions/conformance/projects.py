"""The handouts to judge: of this repository's samples and of a corpus of real articles, in every variant."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import load_config
from pipeline.reading.source_files import find_roots, find_sources
from pipeline.validation.pdf_metadata import Standard
from pipeline.writers import installed_writers
from pipeline.writers.handout.variants import IMPOSED_VARIANTS, STANDARD_VARIANT, VARIANTS

REPOSITORY = Path(__file__).parents[3]
PACK = "print-pack"
_PACKED = 5


@dataclass(frozen=True, slots=True)
class Handout:
    """A published file."""

    project: str
    folder: Path
    """Of the project."""
    id: str
    variant: str
    """Or `print-pack`."""
    path: Path
    title: str
    sources: tuple[str, ...]
    standard: Standard

    @property
    def is_imposed(self) -> bool:
        """It is for the copier, and claims no standard."""
        return self.variant == PACK or self.variant in IMPOSED_VARIANTS

    @property
    def is_whole(self) -> bool:
        """It says all that its source says."""
        return not self.is_imposed and VARIANTS[self.variant].content == "whole"


@dataclass(frozen=True, slots=True)
class Published:
    """What a project came to."""

    handouts: tuple[Handout, ...]
    failed: tuple[str, ...]


def lay_out_samples(scratch: Path, standard: Standard) -> Path:
    """Return a project with this repository's sources, printed in every variant."""
    folder = _emptied(scratch / f"samples {standard}")
    shutil.copytree(REPOSITORY / "sources", folder / "sources")
    _configure(folder, (REPOSITORY / "publish.toml").read_text("utf-8"), standard)
    return folder


def lay_out_corpus(scratch: Path, corpus: Path, standard: Standard) -> Path:
    """Return a project with the articles of a corpus, printed in every variant."""
    folder = _emptied(scratch / f"corpus {standard}")
    shutil.copytree(corpus, folder, dirs_exist_ok=True)
    config = (REPOSITORY / "publish.toml").read_text("utf-8")
    config = config.replace('"sources/**/*.md"', '"content/**/*.md"').replace('root = "sources"', 'root = "public"')
    config = config.replace('fit = "sheet"\n', "")  # as most clinics print, and in a tenth of the time
    _configure(folder, config, standard)
    return folder


def publish(folder: Path, standard: Standard, sample: int) -> Published:
    """Publish a project's handouts with the real command, and a print pack of some.

    Args:
        folder: The project.
        sample: So many articles, spread over all; 0: every article and edition.
    """
    ids = _sample(folder, sample) if sample else ()
    _command(folder, "handout", *ids)
    report = json.loads((folder / "outputs/report.json").read_text("utf-8"))
    entries = [entry for entry in report["editions"] if entry["format"] == "handout"]
    handouts = [handout for entry in entries for handout in _of_entry(folder, standard, entry)]
    failed = tuple(str(entry["id"]) for entry in entries if entry["status"] in ("failed", "stale"))
    singles = [str(entry["id"]) for entry in entries if len(entry["sources"]) == 1 and entry["artifacts"]]
    pack = folder / "print-pack.pdf"
    _command(folder, PACK, *singles[:_PACKED], "--copies", "2", "--output", str(pack))
    if pack.is_file():
        handouts.append(Handout(folder.name, folder, PACK, PACK, pack, "", (), standard))
    else:
        failed = (*failed, PACK)
    return Published(tuple(handouts), failed)


def _emptied(folder: Path) -> Path:
    """Return a new folder for a project: what an earlier run published must not stand for this one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _configure(folder: Path, config: str, standard: Standard) -> None:
    names = ", ".join(f'"{name}"' for name in (*VARIANTS, *IMPOSED_VARIANTS))
    keys = f'variants = [{names}]\nstandard = "{standard}"\n'
    (folder / "publish.toml").write_text(config.replace("[handout]\n", f"[handout]\n{keys}"), "utf-8")


def _sample(folder: Path, count: int) -> Sequence[str]:
    config = load_config(folder, installed_writers())
    sources = find_sources(config, find_roots(config)).sources
    ids = sorted(source.id for source in sources)
    step = max(1, len(ids) // count)
    return ids[::step][:count]


def _command(folder: Path, *arguments: str) -> None:
    # Its exit code says nothing here: real articles have faults of their own, and the report says what they cost.
    subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *arguments, "--project", str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )


def _of_entry(folder: Path, standard: Standard, entry: dict[str, object]) -> Iterator[Handout]:
    artifacts, sources, id_ = entry["artifacts"], entry["sources"], str(entry["id"])
    if not isinstance(artifacts, list) or not isinstance(sources, list):
        return
    for artifact in artifacts:
        path = str(artifact["path"])
        if path.endswith(".pdf"):
            variant = path.removeprefix(f"handout/{id_}").removesuffix(".pdf").removeprefix(".") or STANDARD_VARIANT
            title = str(entry["title"])
            place = folder / "outputs" / path
            yield Handout(folder.name, folder, id_, variant, place, title, tuple(sources), standard)
