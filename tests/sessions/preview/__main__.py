"""Judge the proofing desk: python -m tests.sessions.preview FOLDER CORPUS [--sample N] [--articles N] [--rounds N].

FOLDER holds `node_modules/axe-core`; screenshots of every view go to `FOLDER/shots`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.makers import write
from tests.sessions.preview import editing, walking
from tests.sessions.preview.attacking import attack
from tests.sessions.preview.desks import (
    lay_out_corpus,
    lay_out_many,
    lay_out_samples,
    running,
    say,
    wait_until_idle,
)
from tests.sessions.preview.many import judge_many
from tests.sessions.preview.paper import print_from_browser
from tests.sessions.preview.views import judge, launch, visit


def main() -> int:
    """Run what is asked for, print figures, and return 1 where anything is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("corpus", type=Path, nargs="?")
    parser.add_argument("--sample", type=int, default=0, help="articles of the corpus; 0: all")
    parser.add_argument("--articles", type=int, default=1000, help="how many to generate; 0: skip that part")
    parser.add_argument("--rounds", type=int, default=5, help="of saves that are measured")
    chosen = parser.parse_args()
    folder = chosen.folder.resolve()
    for name in ("project", "many", "shots", "cups"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "shots").mkdir(parents=True)
    if chosen.corpus:
        project = lay_out_corpus(folder / "project", chosen.corpus, chosen.sample)
    else:
        project = lay_out_samples(folder / "project")
    count = 0
    # Each is said as it comes: what breaks the session later takes none of them along.
    for count, fault in enumerate(_judge(project, folder, chosen), 1):  # noqa: B007  # the last number is how many
        say(f"FAULT {fault}")
    say(f"{count} faults; screenshots in {folder / 'shots'}")
    return int(bool(count))


def _judge(project: Path, folder: Path, chosen: argparse.Namespace) -> Iterator[str]:
    yield from _browse(project, folder, chosen.rounds)
    if chosen.articles:
        yield from judge_many(lay_out_many(folder / "many", chosen.articles), chosen.articles)


def _browse(project: Path, folder: Path, rounds: int) -> Iterator[str]:
    from playwright.sync_api import sync_playwright

    from pipeline.config import load_config
    from pipeline.reading.source_files import find_roots, find_sources
    from pipeline.writers import installed_writers

    config = load_config(project, installed_writers())
    chosen = find_sources(config, find_roots(config)).sources[0]
    source, shots, axe = project / chosen.path, folder / "shots", folder / "node_modules/axe-core/axe.min.js"
    with sync_playwright() as playwright, running(project) as desk:
        browser = visit(launch(playwright), desk)
        wait_until_idle(desk)
        yield from editing.measure(browser, desk, chosen.id, source, rounds)
        yield from editing.keep_place(browser, desk, chosen.id, source)
        yield from editing.break_and_mend(browser, desk, chosen.id, source, shots)
        yield from editing.compose(browser, desk, shots)
        yield from attack(playwright, desk, chosen.id)
        yield from walking.same_chapter(browser, desk, chosen.id)
        yield from walking.choose_by_keyboard(browser, desk, chosen.id)
        write(project / source.parent.relative_to(project) / "i-stykker.md", "---\ntitle: [\n---\n\nTekst.\n")
        wait_until_idle(desk)
        proof = f"{desk.address}/proof/{chosen.id}"
        broken = chosen.id.rpartition("/")[0] + "/i-stykker"
        views = {
            "shelf": f"{desk.address}/",
            "shelf-none": f"{desk.address}/?q=findes-ikke",
            "proof": proof,
            "proof-dark": f"{proof}?book=dark&mail=dark",
            "proof-wide": f"{proof}?device=tablet&width=640&pictures=off&variant=large-print",
            "proof-text": f"{proof}?part=text",
            "proof-source": f"{proof}?part=source&variant=short",
            "proof-broken": f"{desk.address}/proof/{broken.lstrip('/')}",
            "compose": f"{desk.address}/compose",
            "compose-edition": f"{desk.address}/compose/{_edition(project)}",
            "print": f"{desk.address}/print?id={chosen.id}",
            "message": f"{desk.address}/proof/findes-ikke",
            "on-disk": (project / "outputs/index.html").as_uri(),
        }
        number = 0
        for number, fault in enumerate(judge(browser, views, axe, shots), 1):  # noqa: B007  # see main
            yield fault
        say(f"{len(views)} views, light and dark, 320, 640 and 1280 px: {number} faults of axe, width and console")
        walked = ("shelf-none", "proof", "proof-broken", "compose-edition", "print", "message", "on-disk")
        yield from walking.walk(browser, {name: views[name] for name in walked})
        yield from walking.print_style(browser, {name: views[name] for name in ("shelf", "proof", "on-disk")}, shots)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield from print_from_browser(browser, project, chosen.id, folder / "cups", shots)
        yield from walking.open_from_disk(browser, project / "outputs/index.html", 1)


def _edition(project: Path) -> str:
    path = next(project.glob("*/**/editions/*.md"))
    return f"editions/{path.stem}"


if __name__ == "__main__":
    sys.exit(main())
