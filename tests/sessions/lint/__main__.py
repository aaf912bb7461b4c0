"""Judge the editor's desk: python -m tests.sessions.lint FOLDER [--corpus CORPUS] [--part PART]… [--write DOCUMENT].

FOLDER holds `node_modules/axe-core`; screenshots of the page go to `FOLDER/shots`.
Without a corpus the samples of this repository are judged, and no rule's precision is known.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.findings import Finding
from tests.lint.linting import EMITTED
from tests.makers import write
from tests.rendering.counted import TEXTS
from tests.sessions.lint import planting, precision, repairs, schemas, timing
from tests.sessions.lint.running import check, lay_out, publish, say

PAGE_ARTICLES = 8
"""On the page that is looked at: one of a whole corpus is taller than Chromium draws."""


@dataclass(frozen=True, slots=True)
class Session:
    """What is judged, and where."""

    folder: Path
    corpus: Path | None
    document: Path | None

    def project(self, name: str) -> Path:
        return lay_out(self.folder / name, self.corpus)


def time(session: Session) -> Iterator[str]:
    """What the rules take."""
    yield from timing.judge(session.project("timed"))


def lix(_session: Session) -> Iterator[str]:
    """LIX by hand, here and by textstat."""
    from textstat import textstat

    from pipeline.rendering.readability import lix as ours

    for text in TEXTS:
        mine, theirs = ours(text.texts), textstat.lix("\n\n".join(text.texts))
        say(f"LIX of {text.name}: {text.lix:.1f} by hand, {mine} here, {theirs:.1f} by textstat")
        if mine is None or abs(mine - text.lix) > 0.5:
            yield f"LIX of {text.name} is {mine}, expected {text.lix:.1f}"


def reports(session: Session) -> Iterator[str]:
    """SARIF by its schema."""
    project = session.project("reported")
    sarif = check(project, "sarif")
    faults = list(schemas.sarif_faults(sarif))
    say(f"SARIF: {len(json.loads(sarif)['runs'][0]['results'])} results, {len(faults)} faults by OASIS' schema")
    yield from faults


def page(session: Session) -> Iterator[str]:
    """The HTML page by axe-core, in light and dark, narrow and wide."""
    from playwright.sync_api import sync_playwright

    from tests.sessions.preview.views import judge, launch

    shots = session.folder / "shots"
    shutil.rmtree(shots, ignore_errors=True)
    shots.mkdir()
    danish, english = session.project("danish"), lay_out(session.folder / "english", None)
    toml = (english / "publish.toml").read_text("utf-8").replace('language = "da"', 'language = "en"')
    write(english / "publish.toml", f"{toml}\n[check]\nspelling = false\n")  # its articles are Danish
    addresses: dict[str, str] = {}
    for name, project in (("danish", danish), ("english", english)):
        sources = {finding.source for finding in _findings(project)} - {"publish.toml"}
        some = sorted(sources)[:: max(1, len(sources) // PAGE_ARTICLES)]
        (session.folder / f"{name}.html").write_bytes(check(project, "html", *(str(project / each) for each in some)))
        addresses[name] = (session.folder / f"{name}.html").as_uri()
    with sync_playwright() as playwright:
        faults = list(judge(launch(playwright), addresses, session.folder / "node_modules/axe-core/axe.min.js", shots))
    say(
        f"page: {len(addresses)} pages, light and dark, 320, 640 and 1280 px: {len(faults)} faults; pictures in {shots}"
    )
    yield from faults


def fix(session: Session) -> Iterator[str]:
    """What `--fix` repairs, and that no published word changes."""
    before = session.project("as it was")
    publish(before)
    yield from repairs.judge(before, session.project("repaired"))


def rules(session: Session) -> Iterator[str]:
    """How often each rule is right."""
    if session.corpus is None:
        say("rules: not judged, since there is no corpus: PUBLISH_CORPUS names a folder with content/ and public/")
        return
    project = session.project("judged")
    found = _findings(project)
    sheets = planting.plant(project)
    planted = planting.noticed(sheets, _findings(project), project)
    made = precision.rows(found, EMITTED | {f.code for f in found if f.severity == "warning"}, planted)
    lines = precision.table(made)
    say("\n".join(lines))
    silent = ", ".join(row.code for row in made if not row.found and row.code not in precision.MEASURED)
    say(f"found nothing, so were never wrong either: {silent}")
    yield from (f"{row.code}: {row.unread} findings of the sample were never read" for row in made if row.unread)
    yield from (f"{row.code} is right in {row.percent} %" for row in made if row.is_too_often_wrong)
    yield from (
        f"{row.code}: {row.noticed} of {row.planted} planted faults were found"
        for row in made
        if row.noticed * 100 < row.planted * precision.LEAST_NOTICED_PERCENT
    )
    if session.document:
        precision.write(session.document, lines)


def _findings(project: Path) -> list[Finding]:
    entries = json.loads(check(project, "json"))["findings"]
    names = Finding.__slots__
    return [Finding(**{name: entry[name] for name in names if name in entry}) for entry in entries]


PARTS: dict[str, Callable[[Session], Iterator[str]]] = {
    "time": time, "lix": lix, "reports": reports, "page": page, "rules": rules, "fix": fix,
}  # fmt: skip


def main() -> int:
    """Run what is asked for, print figures, and return 1 where anything is wrong."""
    parser = argparse.ArgumentParser(prog="nox -s desk --")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--part", action="append", choices=PARTS)
    parser.add_argument("--write", type=Path, help="The document whose table of precision is to be written anew.")
    given = parser.parse_args()
    session = Session(given.folder.resolve(), given.corpus and given.corpus.resolve(), given.write)
    session.folder.mkdir(parents=True, exist_ok=True)
    faults = [fault for part in given.part or PARTS for fault in PARTS[part](session)]
    for fault in faults:
        say(f"FAULT {fault}")
    say(f"{len(faults)} faults")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
