"""Cache key of everything outside of an article that its lint findings depend on."""

from __future__ import annotations

import hashlib

from pipeline.config import Config
from pipeline.lint import spelling, word_lists
from pipeline.rendering.styles import find_styles


def rules_key(config: Config) -> str:
    """Return the key of all that findings on an article depend on beside the article and this program."""
    parts = (
        repr(config.check),
        repr(sorted(config.formats)),
        *word_lists.word_list_contents(find_styles(config.folder)),
        *spelling.spelling_inputs(config),
    )
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
