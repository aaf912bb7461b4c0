"""Lookup of the published newsletter to send, which must be up to date with its sources."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.build import current_editions, outputs_of
from pipeline.config import Config, format_options
from pipeline.errors import SendError
from pipeline.findings import Finding
from pipeline.run.context import Progress, Request
from pipeline.writers import load_writer
from pipeline.writers.newsletter import Options

NEWSLETTER_FORMAT = "newsletter"


@dataclass(frozen=True, slots=True)
class PublishedNewsletter:
    id: str
    title: str
    message: bytes
    path: Path
    findings: tuple[Finding, ...]
    options: Options


def find_published(config: Config, id_: str, outputs: Path, progress: Progress) -> PublishedNewsletter:
    """Return a published newsletter.

    Raises:
        ConfigError: The configuration is invalid, or another run has locked the outputs.
        SendError: It is not published, or its sources have changed since.
    """
    path = outputs_of(config, outputs).published_dir / NEWSLETTER_FORMAT / f"{id_}.eml"
    for each in current_editions(config, Request((NEWSLETTER_FORMAT,), (id_,), outputs=outputs), progress):
        if (each.result.id, each.result.format) == (id_, NEWSLETTER_FORMAT):
            return PublishedNewsletter(
                id_,
                each.result.title,
                path.read_bytes(),
                path,
                each.findings,
                format_options(config, NEWSLETTER_FORMAT, load_writer(NEWSLETTER_FORMAT).Options),
            )
    what = "has changed since it was published" if path.is_file() else "is not published as a newsletter"
    raise SendError(
        f"{id_} {what}: nothing is sent",
        hint=f"publish newsletter {id_}, check {path.name} in a mail program, then send it",
    )
