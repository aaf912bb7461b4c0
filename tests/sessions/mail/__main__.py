"""Judge every mail and print a table: `nox -s mail`, with `--update` for goldens and the table in the documentation.

Without a corpus the samples of this repository alone are judged. Ends with 1 where a judge has something to say that
`accepted.toml` does not explain.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.validation.mail import GMAIL_CLIP_BYTES
from tests.sessions.corpus import corpus_folder
from tests.sessions.mail import accepting, browsing, judging, projects, versus
from tests.sessions.mail.accepting import Accepted, Remark
from tests.sessions.mail.projects import Mail

MOST_POINTS = 1.0
MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    judge: str
    mails: int
    said: int
    left: int
    note: str


@dataclass(frozen=True, slots=True)
class Table:
    """What every judge said, and what of it no entry of the list accepts."""

    accepted: tuple[Accepted, ...]
    rows: list[Row] = field(default_factory=list)
    left: list[Remark] = field(default_factory=list)
    met: set[Accepted] = field(default_factory=set)
    """Entries of the list that some remark needed."""

    def add(self, judge: str, mails: int, remarks: Iterable[Remark], note: str = "") -> None:
        """Add a judge's remarks."""
        remarks = tuple(remarks)
        left = accepting.left(remarks, self.accepted)
        self.rows.append(Row(judge, mails, len(remarks), len(left), note))
        self.left.extend(left)
        self.met.update(entry for entry in self.accepted if any(map(entry.covers, set(remarks))))


def main() -> int:
    """Judge, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="nox -s mail --")
    parser.add_argument("scratch", type=Path, help="a folder to work in; nox gives its own")
    parser.add_argument("--update", action="store_true", help="write goldens and the table of docs/newsletter.md anew")
    parser.add_argument("--samples", action="store_true", help="judge this repository's samples alone")
    asked = parser.parse_args()
    scratch: Path = asked.scratch.resolve()
    chromium = shutil.which("chromium") or ""
    judges = judging.install_judges(scratch / "judges")
    corpus = None if asked.samples else corpus_folder()
    mails = projects.publish_samples(scratch)
    if corpus:
        mails += projects.publish_corpus(scratch, corpus)
    say(
        f"{len(mails)} mails" if corpus else f"{len(mails)} mails, samples only: PUBLISH_CORPUS names no folder of more"
    )

    table = Table(accepting.load())
    read_files(table, mails, judges, scratch)
    look_at_pages(table, mails, judges, chromium, scratch / "screenshots", is_update=asked.update)
    figures = versus.as_table(versus.contest(scratch / "versus", judges, chromium))
    if asked.update:
        versus.document(figures)
    differs = Remark("versus", versus.DIGEST, f"{versus.DOCUMENT.name} shows other figures: --update writes these")
    table.add("table beside MJML", len(versus.MAILS), () if versus.documented(figures) else (differs,))
    show(table, figures)
    return 1 if table.left else 0


def read_files(table: Table, mails: tuple[Mail, ...], judges: Path, scratch: Path) -> None:
    """Hand the mails to the judges that read files."""
    table.add("html-validate", len(mails), judging.html_validate(mails, judges))
    table.add("Nu HTML checker", len(mails), judging.nu(mails, judges))
    table.add("caniemail", len(mails), judging.caniemail(mails, judges), "features × clients")
    table.add("message lint", len(mails), judging.lint(mails), largest(mails))
    scores = judging.spam(mails, scratch / "as-sent")
    suspect = (
        Remark("spamassassin", score.mail, f"{score.points:.3f} points: {', '.join(score.rules)}")
        for score in scores
        if score.points >= MOST_POINTS
    )
    points = sorted(score.points for score in scores)
    note = f"{points[0]:.3f} to {points[-1]:.3f} points, below {MOST_POINTS} are asked for"
    table.add("SpamAssassin", len(mails), suspect, note)


def look_at_pages(
    table: Table, mails: tuple[Mail, ...], judges: Path, chromium: str, shots: Path, *, is_update: bool
) -> None:
    """Show the mails in a browser, and compare some with their goldens."""
    shots.mkdir(exist_ok=True)
    axe = judges / "node_modules" / "axe-core" / "axe.min.js"
    seen = list(browsing.browse(mails, axe, chromium, shots))
    for dress in browsing.DRESSES:
        for width_px in browsing.WIDTHS_PX:
            here = [entry.remarks for entry in seen if (entry.dress, entry.width_px) == (dress, width_px)]
            remarks = (remark for some in here for remark in some)
            table.add(f"axe and layout, {width_px} px, {dress}", len(here), remarks)
    distances, far = browsing.compare(shots, is_update=is_update)
    worst = max(distances.values(), default=0)
    note = f"worst tile {worst} tones off, {browsing.TONE_TOLERANCE} allowed; all screenshots: {shots}"
    table.add("goldens", len(browsing.GOLDEN), far, note)


def largest(mails: Iterable[Mail]) -> str:
    """Return the size of the largest HTML part as it travels."""
    import email
    from email.policy import SMTP

    sizes = (
        len(str(part.get_payload()))
        for mail in mails
        for part in email.message_from_bytes(mail.eml.read_bytes(), policy=SMTP).walk()
        if part.get_content_type() == "text/html"
    )
    return f"largest HTML part {max(sizes):,} bytes, Gmail's limit {GMAIL_CLIP_BYTES:,}"


def show(table: Table, figures: str) -> None:
    """Print the table, and what is left."""
    say(f"\n{'judge':<42} {'mails':>5} {'said':>6} {'left':>5}")
    for row in table.rows:
        say(f"{row.judge:<42} {row.mails:>5} {row.said:>6} {row.left:>5}  {row.note}")
    say(f"\n{figures}\n\n{len(table.accepted)} entries in {accepting.FILE.name}, each with its reason.")
    for entry in table.accepted:
        if entry not in table.met:
            say(f"not met this time: {entry.judge}: {entry.message.pattern}")
    first: dict[tuple[str, str], Remark] = {}
    for remark in table.left:
        first.setdefault((remark.judge, remark.message), remark)
    times = Counter((remark.judge, remark.message) for remark in table.left)
    for key, count in times.most_common(MOST_SHOWN):
        say(f"LEFT {count:>5} × {key[0]}: {key[1]}  (first: {first[key].mail})")


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
