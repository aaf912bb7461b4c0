"""A saved file touches its article, the editions that bind it, or all that is drawn with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.model import ArticleMeta, Metadata
from pipeline.preview.publish_queue import Affected, affected_by
from tests.makers import contents

HOME = Path("/klinik")
IDS = {"sources/ryg.md": "ryg", "sources/knae.md": "knae", "sources/editions/alt.md": "editions/alt"}
LISTINGS = (
    ArticleMeta("ryg", "sources/ryg.md", Metadata(), pictures=("sources/images/ryg.png",)),
    ArticleMeta("knae", "sources/knae.md", Metadata()),
    ArticleMeta("editions/alt", "sources/editions/alt.md", Metadata(contents=contents(("ryg",)))),
)


def after(*names: str) -> Affected:
    return affected_by([HOME / name for name in names], HOME, IDS, LISTINGS)


def test_a_source_touches_itself_and_the_editions_that_bind_it() -> None:
    assert after("sources/ryg.md") == Affected(frozenset({"ryg"}), frozenset({"editions/alt"}))
    assert after("sources/knae.md") == Affected(frozenset({"knae"}))


def test_a_picture_touches_the_articles_that_show_it() -> None:
    assert after("sources/images/ryg.png") == Affected(frozenset({"ryg"}), frozenset({"editions/alt"}))
    assert after("sources/images/other.png") == Affected()


@pytest.mark.parametrize("name", ["styles/handout/handout.css", "styles/words/da.toml", "publish.toml"])
def test_styles_words_and_configuration_touch_everything(name: str) -> None:
    assert after(name).is_everything


def test_a_file_outside_the_project_touches_nothing() -> None:
    assert affected_by([Path("/elsewhere/sources/ryg.md")], HOME, IDS, LISTINGS) == Affected()
