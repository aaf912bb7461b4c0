"""An edition is written as its author would: nothing else in the file changes, and nothing is overwritten unseen."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.errors import ConfigError
from pipeline.preview.forms import EditionDraft, SourceChange, draft_source, save_source
from tests.makers import write

EDITION = """---
title: Ryg og søvn   # til foråret
published: 2026-03-01
artikler:
  - blog/ryg: full
  - blog/soevn
tags: [ryg]
---

Kære læser.
"""


@pytest.mark.parametrize("lead", ["2026-13-45", "[" * 5000, "*x"], ids=["date", "deep", "alias"])
def test_a_value_that_yaml_cannot_read_is_replaced(tmp_path: Path, lead: str) -> None:
    write(tmp_path / "sources/ryg.md", f"---\ntitle: Ryg\nlead: {lead}\narticles:\n  - blog/ryg\n---\n")

    made = draft_source(Config(tmp_path), EditionDraft("Ryg", "Om ro.", ("blog/ryg",)), "sources/ryg.md")

    assert made.after == "---\ntitle: Ryg\nlead: Om ro.\narticles:\n  - blog/ryg\n---\n"


def test_a_new_edition_is_a_source_like_any_other(tmp_path: Path) -> None:
    wish = EditionDraft(
        "Nyt om ryggen", "To tekster: om ro, og om styrke.", ("blog/ryg", "blog/ro"), date(2026, 11, 24)
    )

    made = draft_source(Config(tmp_path), wish, "")

    assert made.path == "sources/editions/nyt-om-ryggen.md"
    assert made.after == (
        '---\ntitle: Nyt om ryggen\nlead: "To tekster: om ro, og om styrke."\npublished: 2026-11-24\nlanguage: da\n'
        "articles:\n  - blog/ryg\n  - blog/ro\n---\n"
    )


def test_of_an_existing_edition_only_what_was_changed_changes(tmp_path: Path) -> None:
    write(tmp_path / "sources/editions/ryg.md", EDITION)
    wish = EditionDraft("Ryg og søvn", "", ("blog/soevn", "blog/ryg", "blog/knae"))

    made = draft_source(Config(tmp_path), wish, "sources/editions/ryg.md")

    listed = "artikler:\n  - blog/ryg: full\n  - blog/soevn\n"
    assert made.after == EDITION.replace(listed, "artikler:\n  - blog/soevn\n  - blog/ryg: full\n  - blog/knae\n")


@pytest.mark.parametrize("text", [EDITION, EDITION.replace("\n", "\r\n")], ids=["LF", "CRLF"])
def test_an_edition_that_was_not_changed_stays_byte_for_byte(tmp_path: Path, text: str) -> None:
    write(tmp_path / "sources/editions/ryg.md", text)

    made = draft_source(
        Config(tmp_path), EditionDraft("Ryg og søvn", "", ("blog/ryg", "blog/soevn")), "sources/editions/ryg.md"
    )

    assert made.after == text
    assert made.difference == ()


def test_the_difference_shows_the_lines_that_change(tmp_path: Path) -> None:
    write(tmp_path / "sources/editions/ryg.md", EDITION)

    made = draft_source(Config(tmp_path), EditionDraft("Ryg og søvn", "", ("blog/soevn",)), "sources/editions/ryg.md")

    assert [line for line in made.difference if line.startswith("-") and not line.startswith("---")] == [
        "-  - blog/ryg: full"
    ]


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ('Sagt: "gå"', '"Sagt: \\"gå\\""'),
        ("#1", '"#1"'),
        ("Nej", "Nej"),
        ("no", '"no"'),
        ("a\nb: c", '"a b: c"'),
        ("- a", '"- a"'),
    ],
)
def test_a_title_with_signs_of_yaml_is_quoted(tmp_path: Path, title: str, written: str) -> None:
    made = draft_source(Config(tmp_path), EditionDraft(title, "", ("blog/ryg",)), "")

    assert f"\ntitle: {written}\n" in made.after


@pytest.mark.parametrize(
    "wish",
    [EditionDraft(" ", "", ("blog/ryg",)), EditionDraft("Ryg", "", ()), EditionDraft("???", "", ("blog/ryg",))],
    ids=["no title", "no articles", "no letters"],
)
def test_an_edition_without_title_or_articles_is_refused(tmp_path: Path, wish: EditionDraft) -> None:
    with pytest.raises(ConfigError):
        draft_source(Config(tmp_path), wish, "")


def test_a_new_edition_never_takes_the_place_of_another(tmp_path: Path) -> None:
    write(tmp_path / "sources/editions/ryg.md", EDITION)

    with pytest.raises(ConfigError, match="exists"):
        draft_source(Config(tmp_path), EditionDraft("Ryg", "", ("blog/ryg",)), "")


def test_what_changed_since_the_difference_was_seen_is_not_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path / "sources/editions/ryg.md", EDITION)
    wish = EditionDraft("Ryg", "", ("blog/ryg",))
    seen = draft_source(Config(tmp_path), wish, "sources/editions/ryg.md").seen
    path.write_text(EDITION + "Mere.\n", "utf-8")

    with pytest.raises(ConfigError, match="has changed"):
        save_source(Config(tmp_path), draft_source(Config(tmp_path), wish, "sources/editions/ryg.md"), seen)

    assert path.read_text("utf-8") == EDITION + "Mere.\n"


@pytest.mark.parametrize("link", ["sources/editions", "sources/editions/ryg.md", "sources/editions/.ryg.md.new"])
def test_an_edition_is_never_written_through_a_link_out_of_the_project(tmp_path: Path, link: str) -> None:
    project, outside = tmp_path / "project", write(tmp_path / "outside/ryg.md", "mine")
    path = project / link
    path.parent.mkdir(parents=True)
    path.symlink_to(outside if path.name.endswith((".md", ".new")) else outside.parent)
    made = SourceChange("sources/editions/ryg.md", "", "foreign")

    with suppress(ConfigError):
        save_source(Config(project), made, made.seen)

    assert {each.read_text("utf-8") for each in outside.parent.iterdir()} == {"mine"}


def test_a_title_cannot_lead_out_of_the_project(tmp_path: Path) -> None:
    made = draft_source(Config(tmp_path), EditionDraft("../../etc/passwd", "", ("blog/ryg",)), "")

    assert made.path.startswith("sources/editions/")
    assert ".." not in made.path
