"""Publishing in the process of the test, so that it can be watched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline import config
from pipeline.build import publish
from pipeline.engine.executor import Executor
from pipeline.engine.worker_pool import Task
from pipeline.report import Report
from pipeline.run.run_context import Request
from pipeline.writers import installed_writers


class Here(Executor):
    """Does every task in this process, and counts what it was given to read and write."""

    def __init__(self) -> None:
        super().__init__(1)
        self.read_paths: list[str] = []
        self.written: list[str] = []

    def warm(self, formats: Iterable[str]) -> None:
        pass

    def read(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        for task in tasks:
            self.read_paths += [source.path for source in task.arguments[0]]
            yield task, task.function(*task.arguments)

    def render(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        for task in tasks:
            self.written.append(task.arguments[0].edition_plan.id)
            yield task, task.function(*task.arguments)


def run(project: Path, **asked: Any) -> tuple[Here, Report]:
    """Publish the newsletters of a project; `asked` are fields of `Request`."""
    here = Here()
    settings = config.load_config(project, installed_writers())
    report = publish(settings, Request(("newsletter",), **asked), lambda *_: None, here)
    return here, report
