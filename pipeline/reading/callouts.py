"""Names of callout kinds and media, with all their spellings, and titles of callouts."""

from __future__ import annotations

import re

from pipeline.languages import together
from pipeline.model import Block, CalloutKind, Header, Inline, Para, Plain, Strong, text

# Kind by name: lower case, hyphens for spaces.
CALLOUT_KINDS: dict[str, CalloutKind] = {
    name: kind for kind, names in together().callouts.items() for name in names.split()
}
PLAIN = "plain"
"""Name of a box around what shall be in none."""
MEDIA_NAMES = {name: medium for medium, names in together().media.items() for name in names.split()}


def callout_key(name: str) -> str:
    """Return a name as the tables have it."""
    return re.sub(r"[\s_]+", "-", name.strip().casefold())


def split_callout_title(blocks: tuple[Block, ...]) -> tuple[tuple[Inline, ...], tuple[Block, ...]]:
    """Return the title that a box begins with, a heading or a line in bold, and the blocks below it."""
    match blocks:
        case (Header(_, title), _, *_):
            return title, blocks[1:]
        case (Para(content) | Plain(content), _, *_) if title := bold_only(content):
            return title, blocks[1:]
    return (), blocks


def bold_only(content: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Return what is in bold where a line is nothing but bold, a colon behind it aside; else nothing."""
    if not content or not isinstance(content[0], Strong):
        return ()
    return content[0].content if text(content[1:]).strip() in {"", ":"} else ()
