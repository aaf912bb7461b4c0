"""Rendering by workers: what is lost, and what is tried again."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import config
from pipeline.build import publish
from pipeline.engine import worker_pool
from pipeline.engine.executor import Executor
from pipeline.engine.worker_pool import Task
from pipeline.run.run_context import Request
from pipeline.writers import installed_writers
from tests.makers import write


class Watched(Executor):
    """Real workers, with a note of each task that they were given."""

    def __init__(self) -> None:
        super().__init__(1)
        self.given: list[tuple[str, tuple[str, ...]]] = []

    def render(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        def noted() -> Iterator[Task]:
            for task in tasks:
                self.given.append((task.arguments[0].edition_plan.id, task.arguments[0].formats))
                yield task

        return super().render(noted())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for the time of a processor")
def test_a_format_that_takes_too_long_is_tried_once_and_the_others_are_published(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "WALL_CLOCK_FACTOR", 500)
    slow = " ".join("`" * (1 + at % 79) for at in range(500))  # a page that takes more than ten seconds to lay out
    write(project / "sources/langsom.md", f"---\ntitle: Langsom\n---\n\nRyg.\n\n{slow}\n")
    write(project / "publish.toml", (project / "publish.toml").read_text("utf-8") + "\n[limits]\nseconds = 2\n")
    formats = ("epub", "handout", "newsletter")
    settings = config.load_config(project, installed_writers())

    with Watched() as workers:
        report = publish(settings, Request(formats), lambda *_: None, workers)

    assert {(entry.id, entry.format): entry.status for entry in report.entries} == {
        **{("blog/ryg", name): "written" for name in formats},
        ("langsom", "epub"): "written",
        ("langsom", "handout"): "failed",
        ("langsom", "newsletter"): "written",
    }
    assert ["more than 2 seconds" in finding.message for finding in report.findings if finding.severity == "error"] == [
        True
    ]
    together = [given for given in workers.given if len(given[1]) == 3]
    assert workers.given == [*together, ("langsom", ("epub",)), ("langsom", ("newsletter",))]
    assert (project / "outputs/epub/langsom.epub").is_file()
