"""Ending the preview while it publishes: the publishing thread ends first, then the workers."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
import time
from pathlib import Path

from pipeline import config
from pipeline.engine.executor import Executor
from pipeline.engine.worker_pool import Task
from pipeline.preview.preview_state import PreviewState
from pipeline.preview.publish_queue import QueuedRun
from pipeline.report import Report
from pipeline.writers import installed_writers


class SlowDesk(PreviewState):
    """A desk whose runs last until they are interrupted."""

    def __init__(self, project: Path) -> None:
        super().__init__(config.load_config(project, installed_writers()), project / "outputs", jobs=1)
        self.is_publishing = threading.Event()
        self.outcomes: list[BaseException] = []

    def _publish(self, work: QueuedRun, workers: Executor) -> Report:
        self.is_publishing.set()
        try:
            list(workers.render([Task(time.sleep, (60.0,), 90)]))
        except BaseException as error:
            self.outcomes.append(error)
            raise
        raise AssertionError(f"{work} was not interrupted")


async def end_while_a_worker_is_busy(desk: SlowDesk) -> None:
    server = asyncio.create_task(desk.work())
    await asyncio.to_thread(desk.is_publishing.wait)
    while not multiprocessing.active_children():
        await asyncio.sleep(0.01)
    server.cancel()
    await asyncio.gather(server, return_exceptions=True)


def test_the_publishing_thread_has_ended_when_the_workers_end(project: Path) -> None:
    """Ctrl-C in mid-publishing: the thread must not see its pipes closed by another."""
    desk = SlowDesk(project)
    started = time.monotonic()

    asyncio.run(end_while_a_worker_is_busy(desk))

    assert [type(error) for error in desk.outcomes] == [KeyboardInterrupt]
    assert time.monotonic() - started < 30
    assert not multiprocessing.active_children()
