"""Publishing in the process of the test, so that it can be watched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline import config
from pipeline.publish import Request, publish
from pipeline.report import Report
from pipeline.running.crew import Task
from pipeline.writers import installed_writers


class Here:
    """Does every task in this process, and counts what it was given to read and write."""

    jobs = 1

    def __init__(self) -> None:
        self.read_paths: list[str] = []
        self.written: list[str] = []

    def warm(self, formats: Iterable[str]) -> None:
        pass

    def taken(self) -> dict[str, float]:
        return {}

    def read(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        for task in tasks:
            self.read_paths += [source.path for source in task.arguments[1]]
            yield task, task.function(*task.arguments)

    def write(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        for task in tasks:
            self.written.append(task.arguments[0].binding.id)
            yield task, task.function(*task.arguments)


def run(project: Path, **asked: Any) -> tuple[Here, Report]:
    """Publish the newsletters of a project; `asked` are fields of `Request`."""
    here = Here()
    settings = config.load_config(project, installed_writers())
    report = publish(settings, Request(("newsletter",), **asked), lambda *_: None, here)
    return here, report
