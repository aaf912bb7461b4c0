"""Exception classes, one for each person who can fix the cause: author, designer, operator, developer."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.registry import error_rule


class PublishError(Exception):
    """An error that a person can fix: its place, what was found, and a hint."""

    code = "failed"

    def __init__(self, message: str, *, source: str = "", line: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.line = line
        self.hint = hint

    def __str__(self) -> str:
        position = f"{self.source}:{self.line}: " if self.line else f"{self.source}: " if self.source else ""
        return f"{position}{self.message}" + (f"\nhint: {self.hint}" if self.hint else "")


@error_rule(
    "source-unreadable", "A source file cannot be read at all.", "A file without read permission", "Mend the file."
)
class SourceError(PublishError):
    """An error in an article or a picture, for the author."""

    code = "source-unreadable"


@error_rule(
    "style-broken",
    "A template, a style sheet, a font or a word list is broken.",
    "`{{ titel }}` in a template",
    "Correct the file that the message names.",
)
class StyleError(PublishError):
    """An error in a template, a style sheet, a font or a word list, for the designer."""

    code = "style-broken"


@error_rule(
    "config-wrong",
    "`publish.toml` says something that cannot be.",
    '`[publisher] nmae = "…"`',
    "Correct the key or value that the message names.",
)
class ConfigError(PublishError):
    """An error in `publish.toml`, on the command line or of the machine, for the operator."""

    code = "config-wrong"


@error_rule(
    "write-failed",
    "A writer could not finish an edition; its last good file still stands.",
    "A worker process that died",
    "Read the message; publish that article alone to see more.",
)
class WriteError(PublishError):
    """An error of a writer, whose result must not be published, for the developer."""

    code = "write-failed"


class SendError(PublishError):
    """An error of a mailing list, the outbox or the mail server, for the operator."""

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
