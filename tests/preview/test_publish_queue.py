"""What is published next: what someone looks at, then what was saved, then the rest."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.preview.publish_queue import BATCH_ARTICLES, PreviewBuild, PublishQueue, QueuedRun

FORMATS = ("handout", "epub", "newsletter")


def taken(queue: PublishQueue, *shown: str) -> QueuedRun:
    return asyncio.run(asyncio.wait_for(queue.next(shown), 1))


def test_a_saved_article_is_published_a_format_at_a_time_the_quickest_first() -> None:
    queue = PublishQueue(FORMATS)
    queue.add(["blog/ryg"], is_urgent=True)

    formats = [taken(queue).formats for _ in FORMATS]

    assert formats == [("newsletter",), ("handout",), ("epub",)]
    assert len(queue) == 0


def test_fifty_saves_of_a_file_are_one() -> None:
    queue = PublishQueue(FORMATS)

    for _ in range(50):
        queue.add(["blog/ryg"], is_urgent=True)

    assert len(queue) == 1


def test_a_save_while_an_article_is_being_published_begins_it_anew() -> None:
    queue = PublishQueue(FORMATS)
    queue.add(["blog/ryg"], is_urgent=True)
    taken(queue)

    queue.add(["blog/ryg"], is_urgent=True)

    assert taken(queue).formats == ("newsletter",)


def test_what_someone_looks_at_goes_first() -> None:
    queue = PublishQueue(FORMATS)
    queue.add(["a", "b", "c"], is_urgent=True)

    assert taken(queue, "b").ids == ("b",)


def test_of_the_rest_what_someone_looks_at_goes_first_and_nothing_else_is_published() -> None:
    queue = PublishQueue(FORMATS)
    queue.add(["a", "b", "c"], is_urgent=False)

    works = [taken(queue, "b", "current") for _ in range(4)]

    assert [(work.ids, work.is_urgent) for work in works] == [(("b",), True)] * 3 + [(("a", "c"), False)]
    assert len(queue) == 0


def test_the_rest_goes_in_batches_once_nothing_is_urgent() -> None:
    queue = PublishQueue(FORMATS)
    queue.add([f"article-{number:02}" for number in range(BATCH_ARTICLES + 3)], is_urgent=False)
    queue.add(["saved"], is_urgent=True)

    works = [taken(queue) for _ in range(5)]

    assert [len(work.ids) for work in works] == [1, 1, 1, BATCH_ARTICLES, 3]
    assert works[3].formats == ("newsletter", "handout", "epub")


def test_what_is_gone_is_not_published() -> None:
    queue = PublishQueue(FORMATS)
    queue.add(["a"], is_urgent=True)
    queue.add(["a"], is_urgent=False)

    queue.drop(["a"])

    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(queue.next(()), 0.05))


def test_a_proof_that_someone_looks_at_is_printed_after_what_was_saved_and_before_the_rest(tmp_path: Path) -> None:
    queue, aside = PublishQueue(FORMATS), PreviewBuild("blog/ryg", tmp_path, "1", Config(tmp_path))
    queue.add(["blog/rest"], is_urgent=False)
    queue.add_preview_build(aside)
    queue.add_preview_build(replace(aside, stamp="2"))
    queue.add(["blog/saved"], is_urgent=True)

    work = [taken(queue) for _ in range(5)]

    assert [each.ids for each in work[2:]] == [("blog/saved",), ("blog/ryg",), ("blog/rest",)]
    assert [each.preview_build.stamp for each in work if each.preview_build] == ["2"]
