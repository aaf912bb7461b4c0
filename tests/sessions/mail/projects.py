"""The mails to judge: this repository's samples, and a corpus of real articles with three digests made from it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
DIGEST_LENGTH = 12
DIGEST_FOLDER = "digests"
WEB = 'picture_base = "https://klinik.example/billeder"\nfiles_base = "https://klinik.example/filer"\n'
NOTICES = """events:
  - title: Åben træning
    date: 2026-12-01
    time: kl. 16–18
    place: Holdsalen
    url: https://klinik.example/traening
  - title: Julelukket
    date: 2026-12-24
opening_hours:
  Mandag–torsdag: 8–18
  Fredag: 8–14
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """An edition as it was published: its files beside each other."""

    project: str
    id: str
    folder: Path

    @property
    def name(self) -> str:
        return f"{self.project}:{self.id}"

    @property
    def html(self) -> Path:
        return self.folder / f"{self.id}.html"

    @property
    def eml(self) -> Path:
        return self.folder / f"{self.id}.eml"


def publish_samples(scratch: Path) -> tuple[Mail, ...]:
    """Publish `sources/` twice: with its pictures in the message, and with them on the web."""
    mails: list[Mail] = []
    for name, more in (("samples", ""), ("samples-on-web", WEB)):
        folder = scratch / name
        shutil.copytree(REPOSITORY / "sources", folder / "sources", dirs_exist_ok=True)
        config = (REPOSITORY / "publish.toml").read_text("utf-8")
        (folder / "publish.toml").write_text(config + more, "utf-8")
        mails += published(folder, name)
    return tuple(mails)


def publish_corpus(scratch: Path, corpus: Path) -> tuple[Mail, ...]:
    """Publish every article of a corpus, and three digests: teasers, both mixed, and all in full."""
    folder = scratch / "corpus"
    shutil.copytree(corpus, folder, dirs_exist_ok=True)
    config = (REPOSITORY / "publish.toml").read_text("utf-8")
    config = config.replace('"sources/**/*.md"', '"content/**/*.md"').replace('root = "sources"', 'root = "public"')
    (folder / "publish.toml").write_text(config, "utf-8")
    shutil.rmtree(folder / "content" / DIGEST_FOLDER, ignore_errors=True)
    singles = published(folder, "corpus")
    write_digests(folder / "content" / DIGEST_FOLDER, [mail.id for mail in singles])
    return published(folder, "corpus")


def write_digests(folder: Path, ids: list[str]) -> None:
    """Write an edition of each of the three largest folders."""
    groups: dict[str, list[str]] = defaultdict(list)
    for id_ in ids:
        groups[id_.rpartition("/")[0]].append(id_)
    largest = sorted(groups.values(), key=len, reverse=True)
    folder.mkdir()
    for name, group, lengths in zip(
        ("teasers", "mixed", "full"), largest, (("",), (": full", ": teaser"), (": full",)), strict=False
    ):
        listed = "\n".join(
            f"  - {id_}{lengths[number % len(lengths)]}" for number, id_ in enumerate(group[:DIGEST_LENGTH])
        )
        head = f"title: Nyt fra klinikken, {name}\npublished: 2026-11-16\n{NOTICES}articles:\n{listed}\n"
        text = f"---\n{head}---\n\nVelkommen til månedens brev. Her er det, vi har skrevet siden sidst.\n"
        (folder / f"{name}.md").write_text(text, "utf-8", newline="\n")


def published(folder: Path, name: str) -> tuple[Mail, ...]:
    """Publish the newsletters of a project with the real command, and return those that its report lists.

    Raises:
        SystemExit: A newsletter failed.
    """
    subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "newsletter", "--project", str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,  # a corpus of real articles has faults of its own; the report says which cost a newsletter
    )
    report = json.loads((folder / "outputs" / "report.json").read_text("utf-8"))
    entries = [entry for entry in report["editions"] if entry["format"] == "newsletter"]
    failed = [entry["id"] for entry in entries if entry["status"] not in ("written", "unchanged")]
    if failed or not entries:
        raise SystemExit(f"{name}: not published: {', '.join(failed) or 'anything'}; see {folder}/outputs/report.json")
    outputs = folder / "outputs" / "newsletter"
    return tuple(Mail(name, entry["id"], outputs) for entry in entries)


def as_sent(mail: Mail, folder: Path) -> Path:
    """Write a message as it leaves the house: sending adds `To` and `Date`, and takes `X-Unsent` away."""
    data = mail.eml.read_bytes().replace(b"X-Unsent: 1\r\n", b"")
    head = b"To: Anna Eksempel <anna@modtager.example>\r\n"
    if not re.search(rb"^Date:", data.partition(b"\r\n\r\n")[0], re.MULTILINE):
        head += b"Date: Mon, 16 Nov 2026 08:00:00 +0000\r\n"
    path = folder / f"{mail.name.replace('/', '-').replace(':', '-')}.eml"
    path.write_bytes(head + data)
    return path
