"""What fuzzing has started from or found, tried in every run of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sessions.fuzz.targets import TARGETS, attempt

SEEDS = sorted(path for path in (Path(__file__).parent / "seeds").rglob("*") if path.is_file())


def test_every_target_has_seeds() -> None:
    assert {path.parent.name for path in SEEDS} == set(TARGETS)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_seed_is_read_or_refused_with_words(seed: Path) -> None:
    attempt(seed.parent.name, seed.read_bytes())
