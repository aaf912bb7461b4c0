"""The looks of the handout, against pictures that someone has looked at; see `goldens.py`."""

from __future__ import annotations

import numpy as np
from PIL import Image

from tests.writers.goldens import FOLDER, drawn

MOST_DIFFERENT = 0.004
"""Of the pixels: another version of Pango or FreeType shifts edges, and nothing else."""
CLEARLY = 96
"""Of 255 greys."""


def test_pages_look_as_they_did_when_someone_looked() -> None:
    shares: dict[str, float] = {}
    for name, page in drawn():
        with Image.open(FOLDER / name) as golden:
            expected = np.asarray(golden.convert("L"), dtype=np.int16)
        assert page.size == expected.shape[::-1], name
        shares[name] = float((abs(np.asarray(page, dtype=np.int16) - expected) > CLEARLY).mean())

    assert {name: share for name, share in shares.items() if share > MOST_DIFFERENT} == {}
    assert set(shares) == {path.name for path in FOLDER.glob("*.png")}


def test_the_pictures_are_few_and_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.glob("*.png")]

    assert 0 < len(sizes) <= 15
    assert max(sizes) < 40_000
