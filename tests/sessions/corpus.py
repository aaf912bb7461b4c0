"""The folder of real articles that sessions measure against: `PUBLISH_CORPUS` names it."""

from __future__ import annotations

import os
from pathlib import Path


def corpus_folder() -> Path | None:
    """Return the folder that `PUBLISH_CORPUS` names, with `content/` and `public/`; None without one."""
    name = os.environ.get("PUBLISH_CORPUS", "")
    return Path(name) if name and Path(name).is_dir() else None
