"""Rendering what a plan asks for: from the cache where it holds the files, else by the executor."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline.engine.output_dir import OutputDir
from pipeline.engine.rendering_task import (
    FILE,
    RenderContext,
    Rendered,
    RenderTask,
    failed,
    render,
    staged_name,
)
from pipeline.engine.worker_pool import Task, TaskFailure
from pipeline.run.manifest import cached_rendering
from pipeline.run.planning import Plan
from pipeline.run.source_set import RunContext, SourceReader

Results = tuple[RenderTask, dict[str, Rendered]]
"""A task, and each of its formats; the files are staged."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """Carries out the plan of a run."""

    run: RunContext
    reader: SourceReader
    context: RenderContext
    outputs: OutputDir
    plan: Plan

    def results(self, *, is_forced: bool) -> Iterator[Results]:
        """Yield what became of each edition.

        Args:
            is_forced: Take nothing from the cache.
        """
        done = 0
        known: dict[int, dict[str, Rendered]] = {}
        remaining: list[RenderTask] = []
        for task in self.plan.tasks:
            own = known[task.number] = {} if is_forced else dict(self._restored(task))
            if formats := tuple(name for name in task.formats if name not in own):
                facts = {**task.facts, **{name: rendered.facts for name, rendered in own.items()}}
                remaining.append(replace(task, formats=formats, facts=facts))
                continue
            done += 1
            self.run.progress("write", done, len(self.plan.tasks))
            yield task, own
        for task, results in self._rendered(remaining):
            done += 1
            self.run.progress("write", done, len(self.plan.tasks))
            yield task, {**known[task.number], **results}

    def _restored(self, task: RenderTask) -> Iterator[tuple[str, Rendered]]:
        """Yield the formats whose files the cache holds, and stage them."""
        for name in task.formats:
            rendered = cached_rendering(self.run.cache, name, self.plan.keys[task.binding.id, name])
            if rendered and self._is_staged(task, rendered):
                yield name, rendered

    def _is_staged(self, task: RenderTask, rendered: Rendered) -> bool:
        for saved in rendered.artifacts:
            data = self.run.cache.get(FILE, saved.sha256)
            if data is None or (len(data), hashlib.sha256(data).hexdigest()) != (saved.bytes, saved.sha256):
                return False
            self.outputs.stage(staged_name(task.number, saved.path), data)
        return True

    def _rendered(self, tasks: list[RenderTask]) -> Iterator[Results]:
        """Yield what was rendered; an edition whose worker was lost is tried again, a format at a time."""
        lost: list[RenderTask] = []
        for task, results in self.run.executor.render(self._calls(tasks)):
            own: RenderTask = task.arguments[0]
            if isinstance(results, TaskFailure) and len(own.formats) > 1:
                lost.append(replace(own, articles=()))
            else:
                yield own, _of(own, results)
        for each in lost:
            parts = [replace(each, formats=(name,)) for name in each.formats]
            done = self.run.executor.render(self._calls(parts))
            yield each, {name: own for task, results in done for name, own in _of(task.arguments[0], results).items()}

    def _calls(self, tasks: Iterable[RenderTask]) -> Iterator[Task]:
        """Yield calls for the executor; articles are loaded only when one of them is handed out."""
        for task in tasks:
            articles = tuple(map(self.reader.article, task.binding.all_metas))
            yield Task(render, (replace(task, articles=articles), self.context), task.timeout_s)


def _of(task: RenderTask, results: dict[str, Rendered] | TaskFailure) -> dict[str, Rendered]:
    if not isinstance(results, TaskFailure):
        return results
    return {name: failed(task.binding.front.source, name, results.message) for name in task.formats}
