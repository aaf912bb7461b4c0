"""What is fuzzed: each takes any bytes, and may refuse them with an error for people, and with nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import date
from functools import cache
from pathlib import Path

from pipeline import config
from pipeline.config import SourceSettings
from pipeline.errors import PublishError
from pipeline.mailing.database import DataDir, MailingDatabase, open_database
from pipeline.mailing.incoming_mail import read_bounces, read_unsubscribe_requests
from pipeline.mailing.message_template import TOKEN_LENGTH
from pipeline.mailing.subscribers import Consent, import_consents, read_csv
from pipeline.pictures import svg
from pipeline.reading.dates import DateError, parse_date
from pipeline.reading.frontmatter import read_front_matter
from pipeline.reading.lines import FindingCollector, body_lines
from pipeline.reading.reader import read_articles
from pipeline.reading.repairs import repair_lines
from pipeline.reading.source_files import find_roots, find_sources
from pipeline.reading.source_text import decode_source
from tests.sessions.fuzz.forms import forms
from tests.sessions.fuzz.projects import paths, settings, state, templates, words

_TODAY = date(2026, 3, 1)
_FOLDER = tempfile.TemporaryDirectory(prefix="publish-fuzz-")  # removed at exit
_PROJECT = Path(_FOLDER.name)
_OPEN = ExitStack()


def front_matter(data: bytes) -> None:
    findings = FindingCollector("x.md")
    read_front_matter(decode_source(data, findings), SourceSettings(), findings)


def repairs(data: bytes) -> None:
    findings = FindingCollector("x.md")
    repair_lines(body_lines(decode_source(data, findings), 1), findings)


def dates(data: bytes) -> None:
    parse_date(data.decode("utf-8", "replace"), "day-month-year")


def drawings(data: bytes) -> None:
    svg.svg_size(data)
    svg.sanitise_svg(data)


def articles(data: bytes) -> None:
    """Read a whole article, as a run does: pandoc and all."""
    (_PROJECT / "sources").mkdir(exist_ok=True)
    (_PROJECT / "publish.toml").write_text('[publisher]\nname = "K"\nwebsite = "https://klinik.example"\n')
    (_PROJECT / "sources/x.md").write_bytes(data)
    settings = config.load_config(_PROJECT, ())
    roots = find_roots(settings)
    sources = find_sources(settings, roots).sources
    for item in read_articles(sources, settings, roots, {source.path: source.id for source in sources}):
        if item.article is None and not any(finding.severity == "error" for finding in item.findings):
            raise AssertionError("refused without an error")


def lists(data: bytes) -> None:
    """Read a list of readers, as Excel or a stranger's system exports it."""
    path = _PROJECT / "liste.csv"
    path.write_bytes(data)
    read_csv(path, "da", "day-month-year", _TODAY)


def mails(data: bytes) -> None:
    """Read what came back by mail: to this address anyone may write, and it may concern one reader only."""
    store = _lists()
    for name in ("bounces", "answers"):
        folder = _PROJECT / name
        (folder / "new/1").write_bytes(data)
        with store.transaction() as connection:
            connection.execute("DELETE FROM read_mail")
            connection.execute("UPDATE subscribers SET unsubscribed_on = NULL, bounced_on = NULL")
        (read_bounces if name == "bounces" else read_unsubscribe_requests)(store, folder, _TODAY)
        if name == "bounces" and store.rows("SELECT 1 FROM subscribers WHERE bounced_on > '' AND address LIKE 'b%'"):
            raise AssertionError("a bounce concerns a reader whom it does not name")


@cache
def _lists() -> MailingDatabase:
    """Return a database with two readers, whom one campaign was sent to; it does not wait for the disk."""
    folder = _PROJECT / "data"
    folder.mkdir(mode=0o700)
    for name in ("bounces/cur", "bounces/new", "answers/cur", "answers/new"):
        (_PROJECT / name).mkdir(parents=True)
    store = _OPEN.enter_context(open_database(DataDir(folder)))
    store.connection.execute("PRAGMA synchronous = OFF")
    consents = [Consent(f"{name}@klinik.example", "da", _TODAY, "v1", "web") for name in ("anna", "bo")]
    import_consents(store, "nyt", consents)
    with store.transaction() as connection:
        connection.execute("INSERT INTO campaigns VALUES (1, 'marts', 'nyt', 'smtp', 'x', '2026-03-01')")
        for sign, each in zip("ab", consents, strict=True):
            row = (1, store.person(each.address), sign * TOKEN_LENGTH)
            connection.execute("INSERT INTO outbox (campaign, person, mark, state) VALUES (?, ?, ?, 'sent')", row)
    return store


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "front_matter": front_matter, "repairs": repairs, "dates": dates, "drawings": drawings, "articles": articles,
    "lists": lists, "mails": mails, "paths": paths, "state": state, "forms": forms, "templates": templates,
    "words": words, "settings": settings,
}  # fmt: skip


def attempt(name: str, data: bytes) -> None:
    """Give a target bytes; whatever it raises but an error for people is a find."""
    try:
        TARGETS[name](data)
    except (PublishError, DateError):
        return
