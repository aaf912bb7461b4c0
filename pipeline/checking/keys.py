"""What findings on an article depend on beside the article, told without loading the rules."""

from __future__ import annotations

import hashlib

from pipeline.checking import lists, spelling
from pipeline.config import Config
from pipeline.rendering.styles import find_styles


def rules_key(config: Config) -> str:
    """Return the key of all that findings on an article depend on beside the article and this program."""
    parts = (
        repr(config.check),
        repr(sorted(config.formats)),
        *lists.files(find_styles(config.folder)),
        *spelling.state(config),
    )
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
