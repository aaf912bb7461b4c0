"""One order made on another machine: what it needs comes from the store, and what it made goes there."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from pipeline.errors import StyleError
from pipeline.reading.source_files import SourceRoots
from pipeline.rendering.styles import find_styles
from pipeline.running.certificates import FOLDER as CERTIFICATES
from pipeline.running.certificates import Certificates
from pipeline.running.making import Made, Order, Shop, make
from pipeline.running.renditions import Renditions
from pipeline.running.saving import Outputs
from pipeline.running.spool import Spool
from pipeline.running.store import Store
from pipeline.timing import collect_timings

_PROJECT = "project.zip"
FOLDERS = ("styles", CERTIFICATES)
"""What writers read of a project, beside its articles and pictures."""


def make_afar(order: Order, shop: Shop, run: str, store: Store) -> tuple[tuple[Made, ...], Mapping[str, float]]:
    """Make an order as `make` does, in a worker that has nothing of the project; return the seconds of its phases too.

    Args:
        shop: Of the run, as it is where the run was begun.
        run: The name of the run in the store.
    """
    here = _desk(run, store)
    spool = Spool(here / "spool")
    for card in order.binding.all_metas:
        if not spool.has(card.id):
            spool.keep(card.id, store.get(f"{run}/articles/{spool.name_of(card.id)}"))
    outputs = Outputs(here / "outputs")
    roots = SourceRoots(here, here, (here,))
    local = replace(
        shop,
        styles=find_styles(here),
        spool=spool,
        renditions=Renditions(here / "pictures", here, roots, shop.renditions.limits, store),
        outputs=outputs,
        certificates=Certificates(here / CERTIFICATES),
    )
    made = make(order, local)
    for item in made:
        for staged, _ in item.staged:
            path = outputs.staging / staged
            store.put(f"{run}/staged/{staged}", path.read_bytes())
            path.unlink()
    return made, collect_timings()


@lru_cache(maxsize=1)
def _desk(run: str, store: Store) -> Path:
    """Return a folder of this process for a run, with the project's styles in it."""
    folder = Path(tempfile.mkdtemp(prefix="publish-"))
    (folder / "spool").mkdir()
    if packed := store.get(f"{run}/{_PROJECT}"):
        with zipfile.ZipFile(io.BytesIO(packed)) as file:
            file.extractall(folder)  # names are those that `pack` gave
    return folder


def pack(project: Path, run: str, store: Store) -> None:
    """Lay what writers read of a project into the store.

    Raises:
        StyleError: A file is a link that leads out of the project.
    """
    here = project.resolve()
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name in FOLDERS:
            for path in sorted((project / name).rglob("*")):
                if path.is_file():
                    # What is unpacked elsewhere is a link no more: it must be refused here.
                    if not path.resolve().is_relative_to(here):
                        source = path.relative_to(project).as_posix()
                        raise StyleError("a link that leads out of the project", source=source, hint="copy the file")
                    file.write(path, path.relative_to(project).as_posix())
    store.put(f"{run}/{_PROJECT}", data.getvalue())
