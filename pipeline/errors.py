"""Exception classes, one for each person who can fix the cause: author, designer, operator, developer."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.registry import error_rule


class PublishError(Exception):
    """Something a person can mend: where it is, what was found, what helps."""

    code = "failed"

    def __init__(self, message: str, *, source: str = "", line: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.line = line
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}: " if self.line else f"{self.source}: " if self.source else ""
        return f"{place}{self.message}" + (f"\nhint: {self.hint}" if self.hint else "")


@error_rule(
    "source-unreadable", "A source file cannot be read at all.", "A file without read permission", "Mend the file."
)
class SourceError(PublishError):
    """An article or a picture; the author mends it."""

    code = "source-unreadable"


@error_rule(
    "style-broken",
    "A template, a style sheet, a font or a word list is broken.",
    "`{{ titel }}` in a template",
    "Correct the file that the message names.",
)
class StyleError(PublishError):
    """A template, a style sheet, a font or a word list; the designer mends it."""

    code = "style-broken"


@error_rule(
    "config-wrong",
    "`publish.toml` says something that cannot be.",
    '`[publisher] nmae = "…"`',
    "Correct the key or value that the message names.",
)
class ConfigError(PublishError):
    """`publish.toml`, the command line or the machine; the operator mends it."""

    code = "config-wrong"


@error_rule(
    "write-failed",
    "A writer could not finish an edition; its last good file still stands.",
    "A worker process that died",
    "Read the message; publish that article alone to see more.",
)
class WriteError(PublishError):
    """A writer made something that must not be published; the developer mends it."""

    code = "write-failed"


class SendError(PublishError):
    """The list, the outbox or the mail server; the operator mends it."""

    code = "send-failed"


def did_you_mean(name: str, names: Iterable[str], cutoff: float = 0.6, most: int = 1) -> str:
    """Return a hint that offers the names nearest to a misspelt one; empty where none is near.

    Args:
        cutoff: How alike two names must be, from 0 to 1.
        most: How many names to offer.
    """
    from difflib import get_close_matches

    return offer(get_close_matches(name, list(names), n=most, cutoff=cutoff))


def offer(names: Iterable[str]) -> str:
    """Return a hint that offers names for a misspelt one; empty where there are none."""
    question = " or ".join(map(repr, names))
    return f"did you mean {question}?" if question else ""
